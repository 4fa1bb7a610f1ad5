// What the measurements need: code that reads every element of a document once through its typed accessor.
extension Generator {
  /// The resources of the documents that are measured.
  private static let measured: Set<String> = [
    "Account", "AllergyIntolerance", "Appointment", "Bundle", "CarePlan", "CareTeam", "ChargeItem", "Claim",
    "ClaimResponse", "Communication", "CommunicationRequest", "Condition", "Coverage", "Device", "DiagnosticReport",
    "DocumentReference", "Encounter", "EpisodeOfCare", "ExplanationOfBenefit", "Goal", "Immunization", "Invoice",
    "Location", "Medication", "MedicationRequest", "Observation", "Organization", "Patient", "PaymentNotice",
    "Practitioner", "PractitionerRole", "Procedure", "Provenance", "RelatedPerson", "Schedule", "ServiceRequest",
    "Slot", "Specimen", "Substance", "Task",
  ]

  /// Extensions with `read(_:)` for each type, some types a file.
  func readers() -> [String: String] {
    let resources = emitted.filter { Self.measured.contains($0) }
    var files = ["Readers.swift": file(anyResource(resources) + [""] + openValueReader())]
    let others = emitted.filter { !(definitions.types[$0]?.isResource ?? false) }
    files["Readers+DataTypes.swift"] = file(others.flatMap(reader))
    for initial in Set(resources.compactMap(\.first)) {
      files["Readers+\(initial).swift"] = file(resources.filter { $0.first == initial }.flatMap(reader))
    }
    return files
  }

  private func file(_ lines: [String]) -> String {
    Emission.banner + "import FHIRModels\n\n" + lines.joined(separator: "\n") + "\n"
  }

  private func anyResource(_ resources: [String]) -> [String] {
    [
      "extension AnyResource {", "  func read(_ sum: inout Int) {",
      "    guard let reader = readers[resourceType] else {",
      "      preconditionFailure(\"\\(resourceType) is not among the measured resources\")", "    }",
      "    reader(self, &sum)", "  }", "}", "",
      "private let readers: [String: @Sendable (AnyResource, inout Int) -> Void] = [",
    ] + resources.map { "  \"\($0)\": { $0.as(\(swiftName($0)).self)?.read(&$1) }," } + ["]"]
  }

  private func openValueReader() -> [String] {
    ["extension OpenValue {", "  func read(_ sum: inout Int) {"] + choice("self", openTypes).map { "  " + $0 }
      + ["  }", "}"]
  }

  /// The extension of `path` and those of the backbone elements inside it.
  private func reader(_ path: String) -> [String] {
    guard let type = definitions.types[path] else { return [] }
    var lines = ["extension \(swiftName(path)) {", "  func read(_ sum: inout Int) {"]
    for element in type.elements {
      let name = Names.quoted(element.stem)
      if element.isChoice, !isOpen(element) {
        lines.append("    if let \(name) {")
        lines += choice(name, element.types).map { "    " + $0 }
        lines.append("    }")
      } else {
        lines.append(element.isList ? "    for item in \(name) { item.read(&sum) }" : "    \(name)?.read(&sum)")
      }
    }
    return lines + ["  }", "}", ""] + type.nested.flatMap(reader)
  }

  private func choice(_ name: String, _ types: [Definitions.TypeUse]) -> [String] {
    ["  switch \(name) {"]
      + types.map { "  case .\(Names.quoted(Names.uncapitalized($0.name)))(let value): value.read(&sum)" } + ["  }"]
  }
}
