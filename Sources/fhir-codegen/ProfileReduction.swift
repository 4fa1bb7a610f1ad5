import JSON

/// Takes from the specification's own profiles and extensions what validation needs: a StructureDefinition of few words
/// each, its differential without prose.
struct ProfileReduction {
  private let structures: [JSONValue]

  /// Reads the `StructureDefinition-*.json` of the specification's examples.
  init(folder: String) throws {
    structures = try Files.names(in: folder, like: "StructureDefinition-", ".json").map { name in
      try JSONValue.parse(try Files.read("\(folder)/\(name)"))
    }
  }

  func files() throws -> [(String, String)] { [("profiles.ndjson", try rows())] }

  /// One StructureDefinition a line, in the order of their addresses.
  private func rows() throws -> String {
    let wanted = structures.filter { structure in
      structure["derivation"]?.string == "constraint"
        && structure["url"]?.string?.hasPrefix("http://hl7.org/fhir/StructureDefinition/") == true
    }
    let lines = wanted.sorted { address($0) < address($1) }.map { reduced($0).serialized() }
    return lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
  }

  private func address(_ structure: JSONValue) -> String { structure["url"]?.string ?? "" }

  /// Extensions whose context the specification itself does not keep to, in a thousand of its own definitions.
  private static let misplaced: Set<String> = [
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type",
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-normative-version",
  ]

  private func reduced(_ structure: JSONValue) -> JSONValue {
    var kept = JSONObject()
    for key in [
      "resourceType", "url", "name", "status", "kind", "abstract", "context", "contextInvariant", "type",
      "baseDefinition", "derivation",
    ] { kept[key] = structure[key] }
    if ProfileReduction.misplaced.contains(address(structure)) { kept["context"] = nil }
    let elements = (structure["differential"]?["element"]?.array ?? []).map { element($0) }
    kept["differential"] = ["element": .array(elements)]
    return .object(kept)
  }

  private func element(_ element: JSONValue) -> JSONValue {
    var kept = JSONObject()
    for member in element.object ?? JSONObject() {
      let key = member.key
      switch key {
      case "id":
        // Told by the path where nothing is sliced.
        if member.value != element["path"] { kept[key] = member.value }
      case "path", "sliceName", "min", "max", "maxLength", "type": kept[key] = member.value
      case "slicing": kept[key] = without("description", member.value)
      case "binding":
        if ["required", "extensible"].contains(member.value["strength"]?.string) {
          kept[key] = without("description", member.value)
        }
      case "constraint":
        let rules = (member.value.array ?? []).filter { !["ele-1", "ext-1"].contains($0["key"]?.string) }
        if !rules.isEmpty { kept[key] = .array(rules.map { rule($0) }) }
      default:
        if ["fixed", "pattern", "minValue", "maxValue"].contains(where: key.hasPrefix) { kept[key] = member.value }
      }
    }
    return .object(kept)
  }

  private func without(_ key: String, _ value: JSONValue) -> JSONValue {
    guard var object = value.object else { return value }
    object[key] = nil
    return .object(object)
  }

  private func rule(_ constraint: JSONValue) -> JSONValue {
    var kept = JSONObject()
    for key in ["key", "severity", "human", "expression"] { kept[key] = constraint[key] }
    return .object(kept)
  }
}
