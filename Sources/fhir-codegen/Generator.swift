/// Writes `Sources/FHIRModels/Generated`: for each type its field table and its face, the code types, the registry.
struct Generator {
  let definitions: Definitions
  /// Types to write, in the order of the schema: each with its backbone elements after it.
  let emitted: [String]
  private let indices: [String: Int]
  let usedCodes: Set<String>

  init(_ definitions: Definitions) throws {
    self.definitions = definitions
    let tops = definitions.order.filter { name in
      guard let type = definitions.types[name] else { return false }
      if type.isAbstract && name != "Element" { return false }
      return !type.isResource || Emission.resources?.contains(name) ?? true
    }
    emitted = tops
    var indices: [String: Int] = [:]
    func number(_ path: String) {
      indices[path] = indices.count
      for nested in definitions.types[path]?.nested ?? [] { number(nested) }
    }
    for top in tops { number(top) }
    self.indices = indices
    var used: Set<String> = []
    for path in indices.keys {
      for element in definitions.types[path]?.elements ?? [] where element.types.contains(where: { $0.name == "code" })
      {
        guard let address = element.requiredBinding, let set = definitions.codeSets[address],
          set.missing == nil, set.codes.count <= Emission.namedCodes
        else { continue }
        used.insert(address)
      }
    }
    usedCodes = used
  }

  func files() throws -> [String: String] {
    var files: [String: String] = [:]
    for top in emitted { files["\(swiftName(top)).swift"] = Emission.banner + face(top).joined(separator: "\n") + "\n" }
    let sets = usedCodes.compactMap { definitions.codeSets[$0] }.sorted { codeName($0) < codeName($1) }
    var names = Set(emitted.map { swiftName($0) })
    for set in sets where !names.insert(codeName(set)).inserted {
      throw Failure("two types would be called \(codeName(set)): \(set.address)")
    }
    files["Codes.swift"] = Emission.banner + sets.flatMap { codeType($0) }.joined(separator: "\n") + "\n"
    files["OpenValue.swift"] =
      Emission.banner + openValue().joined(separator: "\n") + "\n"
    files["ValueSetTable.swift"] = Emission.banner + (try valueSetTable()).joined(separator: "\n") + "\n"
    files["InvariantTable.swift"] = Emission.banner + invariantTable().joined(separator: "\n") + "\n"
    files["ProfileTable.swift"] = Emission.banner + (try profileTable()).joined(separator: "\n") + "\n"
    files["Registry.swift"] = Emission.banner + registry().joined(separator: "\n") + "\n"
    return files
  }

  private func registry() -> [String] {
    ["/// The field tables of all types, in the order of their indices.", "let schemaTables: [StaticString] = ["]
      + emitted.map { "  \(swiftName($0)).table," } + ["]"]
  }

  func index(_ path: String) -> Int { indices[path, default: -1] }
}
