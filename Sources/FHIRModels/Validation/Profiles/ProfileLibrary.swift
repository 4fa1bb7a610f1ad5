/// The profiles and value sets that a validator was given, compiled, by their canonical address; behind them the
/// specification's own.
struct ProfileLibrary: Sendable {
  /// A compiled profile.
  struct Profile: Sendable {
    let address: String
    /// The type that it constrains.
    let typeName: String
    let root: ProfileElement
    /// Where an extension may stand; empty for what is none, and where it does not say.
    let contexts: [Context]
    /// Expressions that are true of every element that the extension stands at.
    let contextInvariants: [String]
  }

  struct Context: Sendable {
    let type: ExtensionContextType
    /// Of an element its name without `[x]`, of an extension its url.
    let expression: String
    /// Of a context that is told by a FHIRPath.
    let path: FHIRPath?
  }

  private let profiles: [String: Profile]
  private let structures: [StructureDefinition]
  private let valueSets: [String: CodeSet]
  /// What kept a profile from being compiled, and what of it is not checked.
  let issues: [FHIRIssue]

  init(_ structures: [StructureDefinition], _ valueSets: [ValueSet]) {
    var sets: [String: CodeSet] = [:]
    for set in valueSets {
      if let address = set.url { sets[address] = CodeSet(set, at: address) }
    }
    self.structures = structures
    self.valueSets = sets
    var compiler = ProfileCompiler(structures, sets)
    compiler.compileAll()
    profiles = compiler.profiles
    issues = compiler.issues
  }

  /// The profile at a canonical address; a version after `|` is passed over.
  func profile(_ address: String) -> Profile? {
    let plain = String(address.prefix { $0 != "|" })
    return profiles[plain] ?? BuiltInProfiles.shared.profile(plain)
  }

  /// What is wrong with a profile beyond its own invariants: it is held against its base and the types that it names.
  func faults(of structure: StructureDefinition) -> [FHIRIssue] {
    guard let address = structure.url else { return [] }
    var compiler = ProfileCompiler(structures.filter { $0.url != address } + [structure], valueSets)
    _ = compiler.compile(address)
    return compiler.issues.filter { $0.severity == .error }
  }

  /// Whether a code, Coding or CodeableConcept is in a value set; nil when its codes are not known here.
  func contains(_ item: FHIRItem, in valueSet: String) -> Bool? {
    let address = String(valueSet.prefix { $0 != "|" })
    guard let set = valueSets[address] ?? CodeSets.shared.at(address), set.missing == nil else { return nil }
    if let text = item.text { return set.contains(text) }
    return item.node.map { PatternMatch.isCoded($0, in: set) }
  }

  /// The type that a canonical address of the base specification names.
  static func baseType(_ address: String) -> String? {
    let prefix = "http://hl7.org/fhir/StructureDefinition/"
    guard address.hasPrefix(prefix) else { return nil }
    let name = String(address.dropFirst(prefix.count).prefix { $0 != "|" })
    return Schema.shared.type(named: name) != nil || abstractTypes.contains(name) ? name : nil
  }

  static let abstractTypes: Set<String> = ["Resource", "DomainResource", "Element", "BackboneElement"]
}

extension CodeSet {
  /// The codes that a value set lists, in its expansion or one by one; sets that take more say what.
  convenience init(_ set: ValueSet, at address: String) {
    var systems: [String: Set<String>] = [:]
    var missing: String?
    if let expansion = set.expansion {
      var waiting = expansion.contains
      while let code = waiting.popLast() {
        waiting += code.contains
        if let text = code.code, code.abstract != true { systems[code.system ?? "", default: []].insert(text) }
      }
    } else {
      for part in set.compose?.include ?? [] {
        let codes = part.concept.compactMap(\.code)
        systems[part.system ?? "", default: []].formUnion(codes)
        if codes.isEmpty || !part.filter.isEmpty || !part.valueSet.isEmpty {
          missing = part.system ?? "other value sets"
        }
      }
      if set.compose?.exclude.isEmpty == false { missing = "exclusion of codes" }
    }
    self.init(address: address, missing: missing, systems: systems)
  }
}
