import JSON

// What the runtime reads at its start, and the code types.
extension Generator {
  /// The field tables of a type and of its backbone elements, in the order of their indices.
  func table(_ path: String) -> [String] {
    ["static let table: StaticString = \"\"\""] + rows(path).map { "  " + $0 } + ["  \"\"\""]
  }

  private func rows(_ path: String) -> [String] {
    guard let type = definitions.types[path] else { return [] }
    var flags = type.isResource ? "R" : "-"
    if type.isAbstract { flags += "a" }
    var lines = ["#\(path) \(flags)"]
    for element in type.elements {
      let types = element.types.map {
        $0.targets.isEmpty ? $0.name : "\($0.name)(\($0.targets.joined(separator: ",")))"
      }
      var line = "\(element.name) \(element.min) \(element.max) \(element.flags) \(types.joined(separator: "|"))"
      if let binding = element.binding { line += " \(binding.strength):\(binding.name)" }
      lines.append(line)
    }
    return lines + type.nested.flatMap { rows($0) }
  }

  /// The value sets of all bindings: a line for the set, then one for each system.
  func valueSetTable() throws -> [String] {
    let sets = definitions.codeSets.values.sorted { $0.address < $1.address }
    var names: Set<String> = []
    for set in sets where !names.insert(Definitions.Binding(strength: "", address: set.address).name).inserted {
      throw Failure("two value sets would be called alike: \(set.address)")
    }
    let rows = sets.flatMap { set in
      ["#\(set.address)\t\(set.missing ?? "-")"]
        + set.systems.map { ([$0.system] + $0.codes).joined(separator: "\t") }
    }
    return [
      "/// The value sets of required and extensible bindings: `#address`, what is missing to check it or `-`; then a line",
      "/// for each system with its codes. Divided by tabs.", "let valueSetTable: StaticString = #\"\"\"",
    ] + rows.map { "  " + $0 } + ["  \"\"\"#"]
  }

  /// The invariants of all types: path, key, severity, expression.
  func invariantTable() -> [String] {
    ["/// Invariants: path, key, severity, FHIRPath. Divided by tabs.", "let invariantTable: StaticString = #\"\"\""]
      + definitions.invariants.map { "  \($0.path)\t\($0.key)\t\($0.severity)\t\($0.expression)" } + ["  \"\"\"#"]
  }

  /// The specification's profiles and extensions: address, a tab, the StructureDefinition.
  func profileTable() throws -> [String] {
    let rows = try definitions.profiles.map { row in
      guard let address = try JSONValue.parse(Array(row.utf8))["url"]?.string else {
        throw Failure("profiles.ndjson: a definition without url")
      }
      return "  \(address)\t\(row)"
    }
    return [
      "/// The specification's own profiles and extensions: address, a tab, the StructureDefinition as JSON.",
      "let profileTable: StaticString = ##\"\"\"",
    ] + rows + ["  \"\"\"##"]
  }

  func codeName(_ set: Definitions.CodeSet) -> String {
    // Two value sets have one name; their addresses tell them apart.
    let isShared = usedCodes.contains { $0 != set.address && definitions.codeSets[$0]?.name == set.name }
    let segment = set.address.split(separator: "/").last.map(String.init) ?? set.name
    let name = Names.capitalized(isShared ? Names.member(segment) : set.name.filter { $0.isLetter || $0.isNumber })
    let isTaken = definitions.types[name] != nil || Emission.renamed.values.contains(name)
    return isTaken ? name + "Code" : name
  }

  func codeType(_ set: Definitions.CodeSet) -> [String] {
    var lines = [
      "", "/// A code of `\(set.address)`; open, so that others are kept.",
      "public struct \(codeName(set)): FHIRCode {",
      "  public let rawValue: String",
      "  public init(rawValue: String) { self.rawValue = rawValue }",
      "",
    ]
    var names: Set<String> = []
    for code in set.codes {
      var name = Names.member(code)
      while !names.insert(name).inserted { name += "_" }
      lines.append("  public static var \(Names.quoted(name)): Self { Self(rawValue: \"\(code)\") }")
    }
    return lines + ["}"]
  }
}
