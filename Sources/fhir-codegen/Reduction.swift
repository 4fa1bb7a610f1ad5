import JSON

/// Takes from the official definitions the facts that the generator needs, and none of their prose.
struct Reduction {
  let structures: [JSONValue]
  let valueSets: [String: JSONValue]
  let codeSystems: [String: JSONValue]

  private static let sources = [
    "profiles-types.json", "profiles-resources.json", "valuesets.json", "v3-codesystems.json", "v2-tables.json",
  ]

  init(folder: String) throws {
    var structures: [JSONValue] = []
    var valueSets: [String: JSONValue] = [:]
    var codeSystems: [String: JSONValue] = [:]
    for name in Reduction.sources {
      let bundle = try JSONValue.parse(try Files.read("\(folder)/\(name)"))
      for entry in bundle["entry"]?.array ?? [] {
        guard let resource = entry["resource"], let url = resource["url"]?.string else { continue }
        switch resource["resourceType"]?.string {
        case "StructureDefinition": structures.append(resource)
        case "ValueSet": valueSets[url] = resource
        case "CodeSystem": codeSystems[url] = resource
        default: break
        }
      }
    }
    self.structures = structures
    self.valueSets = valueSets
    self.codeSystems = codeSystems
  }

  func files() throws -> [(String, String)] {
    [
      ("elements.tsv", try elements()), ("valuesets.tsv", valueSetRows()), ("invariants.tsv", try invariants()),
      ("primitives.tsv", primitives()),
    ]
  }

  // MARK: Elements

  private func elements() throws -> String {
    var lines = [
      "# FHIR R4 4.0.1, profiles-types.json and profiles-resources.json, by `fhir-codegen reduce`.",
      "# type: name, kind, base. Its elements: path, min, max, flags, types, binding.",
      "# Flags: s summary, m modifier, a XML attribute, - none.",
    ]
    let wanted = structures.filter {
      $0["derivation"]?.string != "constraint" && $0["kind"]?.string != "primitive-type"
    }
    for structure in wanted.sorted(by: { name($0) < name($1) }) {
      let isAbstract = structure["abstract"]?.bool == true
      let base = structure["baseDefinition"]?.string.map(lastSegment) ?? "-"
      lines.append(
        "type\t\(name(structure))\t\(structure["kind"]?.string ?? "-")\(isAbstract ? " abstract" : "")\t\(base)")
      for element in (structure["snapshot"]?["element"]?.array ?? []).dropFirst() {
        lines.append(try line(element))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  func name(_ structure: JSONValue) -> String { structure["name"]?.string ?? "" }

  private func line(_ element: JSONValue) throws -> String {
    guard let path = element["path"]?.string, let min = element["min"]?.int, let max = element["max"]?.string else {
      throw Failure("an element without path or cardinality")
    }
    var flags = ""
    if element["isSummary"]?.bool == true { flags += "s" }
    if element["isModifier"]?.bool == true { flags += "m" }
    if element["representation"]?.array?.contains("xmlAttr") == true { flags += "a" }
    let types: String
    if let reference = element["contentReference"]?.string {
      types = reference
    } else {
      var alternatives: [String] = []
      for type in element["type"]?.array ?? [] {
        let alternative = self.type(type, path)
        // The definitions give two profiles of Quantity as two types.
        if !alternatives.contains(alternative) { alternatives.append(alternative) }
      }
      types = alternatives.joined(separator: "|")
    }
    var binding = "-"
    if let strength = element["binding"]?["strength"]?.string, let set = element["binding"]?["valueSet"]?.string {
      binding = "\(strength):\(set.prefix { $0 != "|" })"
    }
    return [path, String(min), max, flags.isEmpty ? "-" : flags, types, binding].joined(separator: "\t")
  }

  private func type(_ type: JSONValue, _ path: String) -> String {
    let code = type["code"]?.string ?? ""
    guard !code.hasPrefix("http") else {
      // Ids are FHIRPath strings there; the extension names the FHIR type. That of a resource's id is `id`.
      if path == "Resource.id" || path.hasSuffix(".id") && isResource(String(path.prefix { $0 != "." })) {
        return path.split(separator: ".").count == 2 ? "id" : "string"
      }
      let named = type["extension"]?.array?.first { $0["url"]?.string?.hasSuffix("fhir-type") == true }
      return named?["valueUrl"]?.string ?? "string"
    }
    let targets = type["targetProfile"]?.array?.compactMap { $0.string.map(lastSegment) } ?? []
    return targets.isEmpty ? code : "\(code)(\(targets.joined(separator: ",")))"
  }

  private func isResource(_ name: String) -> Bool {
    structures.contains { $0["name"]?.string == name && $0["kind"]?.string == "resource" }
  }

  func lastSegment(_ url: String) -> String { url.split(separator: "/").last.map(String.init) ?? url }
}
