/// Makes trees of StructureDefinitions: the base profile's tree first, then what the differential says on top.
///
/// A snapshot says everything by itself; where there is one it is used instead.
struct ProfileCompiler {
  /// Elements in one profile; more are left out, and that is said.
  static let maximumElements = 20_000

  private let structures: [String: StructureDefinition]
  private let valueSets: [String: CodeSet]
  private(set) var profiles: [String: ProfileLibrary.Profile] = [:]
  private(set) var issues: [FHIRIssue] = []
  /// Profiles that are being compiled: one of them as a base is a circle.
  private var open: Set<String> = []

  init(_ structures: [StructureDefinition], _ valueSets: [String: CodeSet]) {
    var byAddress: [String: StructureDefinition] = [:]
    for structure in structures {
      if let address = structure.url { byAddress[address] = structure }
    }
    self.structures = byAddress
    self.valueSets = valueSets
  }

  mutating func compileAll() {
    for address in structures.keys.sorted() { _ = compile(address) }
  }

  /// Compiles the profile at an address, of those that were given or of the specification's own, and its bases.
  mutating func compile(_ address: String) -> ProfileLibrary.Profile? {
    if let known = profiles[address] { return known }
    guard let structure = structures[address] ?? BuiltInProfiles.shared.structure(at: address),
      let typeName = structure.type.map(ProfileCompiler.typeName)
    else {
      return nil
    }
    guard let type = Schema.shared.type(named: typeName) else {
      note(.warning, "\(address) is not used: it is not about a type of FHIR R4")
      return nil
    }
    guard open.insert(address).inserted else {
      note(.error, "\(address) is its own base")
      return nil
    }
    defer { open.remove(address) }
    let root = base(of: structure, type)
    let isWhole = structure.snapshot?.element.isEmpty == false
    let elements = (isWhole ? structure.snapshot?.element : structure.differential?.element) ?? []
    if elements.count > ProfileCompiler.maximumElements {
      note(.error, "\(address) has more than \(ProfileCompiler.maximumElements) elements")
    }
    var writer = ProfileWriter(root: root, type: type, valueSets: valueSets)
    for element in elements.prefix(ProfileCompiler.maximumElements) { writer.write(element) }
    for fault in writer.faults { note(.error, "\(address): \(fault)") }
    for problem in writer.problems { note(.warning, "\(address): \(problem)") }
    let profile = ProfileLibrary.Profile(
      address: address, typeName: typeName, root: root, contexts: ProfileCompiler.contexts(of: structure),
      contextInvariants: structure.contextInvariant)
    profiles[address] = profile
    return profile
  }

  private mutating func base(of structure: StructureDefinition, _ type: TypeReference) -> ProfileElement {
    let empty = ProfileElement(name: type.name, type: type)
    guard structure.snapshot?.element.isEmpty ?? true,
      let base = structure.baseDefinition.map({ String($0.prefix { $0 != "|" }) }),
      ProfileLibrary.baseType(base) == nil
    else { return empty }
    if let parent = compile(base) { return parent.root.copy() }
    note(
      .warning, "\(structure.url ?? "A profile") has the base \(base), which was not given: its rules are not checked")
    return empty
  }

  private mutating func note(_ severity: IssueSeverity, _ text: String) {
    issues.append(FHIRIssue(severity, .notFound, text))
  }

  /// Where an extension may stand. What names an element of a profile is not judged.
  private static func contexts(of structure: StructureDefinition) -> [ProfileLibrary.Context] {
    guard structure.type == Extension.typeName else { return [] }
    let contexts = structure.context.compactMap { context -> ProfileLibrary.Context? in
      guard let type = context.type, let expression = context.expression else { return nil }
      let plain = expression.hasSuffix("[x]") ? String(expression.dropLast(3)) : expression
      let path = type == .fhirpath ? try? FHIRPath(expression) : nil
      return ProfileLibrary.Context(type: type, expression: plain, path: path)
    }
    return contexts.contains { $0.type == .element && $0.expression.contains("#") } ? [] : contexts
  }

  /// `Patient` of `Patient` or of `http://hl7.org/fhir/StructureDefinition/Patient`.
  static func typeName(_ type: String) -> String { ProfileLibrary.baseType(type) ?? type }
}
