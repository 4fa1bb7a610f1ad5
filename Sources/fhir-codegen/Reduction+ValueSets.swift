import JSON

/// Which code of which system, in the order of the definitions.
private typealias Coded = (system: String, code: String)

// The value sets of bindings, expanded as far as the definitions go.
extension Reduction {
  /// Extensible sets beyond this many codes are left to a terminology server.
  private static let largestExtensible = 1_000

  func valueSetRows() -> String {
    var lines = [
      "# FHIR R4 4.0.1, valuesets.json, v3-codesystems.json and v2-tables.json, by `fhir-codegen reduce`.",
      "# set: address, name, strongest binding, what cannot be checked without a terminology server (- for nothing).",
      "# in: a system, its codes in the set.",
    ]
    for (address, strength) in boundSets().sorted(by: { $0.key < $1.key }) {
      let set = valueSets[address]
      let name = set?["name"]?.string ?? lastSegment(address)
      var (codes, missing) = set.map { expand($0, within: [address]) } ?? ([], address)
      if strength == "extensible", codes.count > Reduction.largestExtensible {
        (codes, missing) = ([], "\(codes.count) codes")
      }
      lines.append(["set", address, name, strength, missing ?? "-"].joined(separator: "\t"))
      if missing != nil { continue }
      var systems: [String] = []
      for code in codes where !systems.contains(code.system) { systems.append(code.system) }
      for system in systems {
        var seen: Set<String> = []
        let mine = codes.filter { $0.system == system && seen.insert($0.code).inserted }.map(\.code)
        lines.append((["in", system] + mine).joined(separator: "\t"))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The value sets of required and extensible bindings by address, each with its strongest use.
  private func boundSets() -> [String: String] {
    var sets: [String: String] = [:]
    for structure in structures where structure["derivation"]?.string != "constraint" {
      for element in structure["snapshot"]?["element"]?.array ?? [] {
        guard let strength = element["binding"]?["strength"]?.string, let set = element["binding"]?["valueSet"]?.string,
          strength == "required" || strength == "extensible"
        else { continue }
        let address = String(set.prefix { $0 != "|" })
        if strength == "required" || sets[address] == nil { sets[address] = strength }
      }
    }
    return sets
  }

  /// The codes of a set, or what is needed to know them.
  private func expand(_ set: JSONValue, within outer: Set<String>) -> (codes: [Coded], missing: String?) {
    var codes: [Coded] = []
    for include in set["compose"]?["include"]?.array ?? [] {
      let (found, missing) = part(include, within: outer)
      if let missing { return ([], missing) }
      codes += found
    }
    for exclude in set["compose"]?["exclude"]?.array ?? [] {
      let (found, missing) = part(exclude, within: outer)
      if let missing { return ([], missing) }
      codes.removeAll { code in found.contains { $0 == code } }
    }
    return codes.isEmpty ? ([], "its content") : (codes, nil)
  }

  private func part(_ include: JSONValue, within outer: Set<String>) -> (codes: [Coded], missing: String?) {
    var result: [Coded]?
    if let system = include["system"]?.string {
      let (codes, missing) = concepts(system, include)
      if let missing { return ([], missing) }
      result = codes.map { (system, $0) }
    }
    // A part that names sets besides is what all of them have in common.
    for reference in include["valueSet"]?.array ?? [] {
      let address = String((reference.string ?? "").prefix { $0 != "|" })
      guard let set = valueSets[address], !outer.contains(address) else { return ([], address) }
      let (codes, missing) = expand(set, within: outer.union([address]))
      if let missing { return ([], missing) }
      result = result.map { $0.filter { code in codes.contains { $0 == code } } } ?? codes
    }
    return (result ?? [], nil)
  }

  private func concepts(_ system: String, _ include: JSONValue) -> (codes: [String], missing: String?) {
    if let listed = include["concept"]?.array { return (listed.compactMap { $0["code"]?.string }, nil) }
    guard let definition = codeSystems[system], definition["content"]?.string == "complete",
      let concepts = definition["concept"]?.array
    else { return ([], system) }
    var codes = nested(concepts)
    for filter in include["filter"]?.array ?? [] {
      guard filter["property"]?.string == "concept", let value = filter["value"]?.string else { return ([], system) }
      let below = descendants(of: value, in: concepts)
      switch filter["op"]?.string {
      case "is-a": codes = codes.filter { $0 == value || below.contains($0) }
      case "descendent-of": codes = codes.filter { below.contains($0) }
      case "is-not-a": codes = codes.filter { $0 != value && !below.contains($0) }
      default: return ([], system)
      }
    }
    return (codes, nil)
  }

  private func nested(_ concepts: [JSONValue]) -> [String] {
    concepts.flatMap { [$0["code"]?.string].compactMap { $0 } + nested($0["concept"]?.array ?? []) }
  }

  /// All codes below `ancestor`. A concept stands below the one around it and below those that name it their child.
  private func descendants(of ancestor: String, in concepts: [JSONValue]) -> Set<String> {
    var children: [String: [String]] = [:]
    func note(_ concepts: [JSONValue]) {
      for concept in concepts {
        guard let code = concept["code"]?.string else { continue }
        let inside = concept["concept"]?.array ?? []
        let named = (concept["property"]?.array ?? []).filter { $0["code"]?.string == "child" }
        children[code, default: []] +=
          inside.compactMap { $0["code"]?.string } + named.compactMap { $0["valueCode"]?.string }
        note(inside)
      }
    }
    note(concepts)
    var found: Set<String> = []
    var open = [ancestor]
    while let code = open.popLast() {
      for child in children[code] ?? [] where found.insert(child).inserted { open.append(child) }
    }
    return found
  }
}
