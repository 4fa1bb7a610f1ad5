/// Holds items against the trees of profiles. The base rules are `ValidationWalk`'s: here is only what profiles add.
struct ProfileWalk {
  /// Profiles inside profiles at one item, and references followed.
  static let maximumNesting = 16
  /// References followed one after another.
  static let maximumHops = 4
  /// What `conformsTo` in an invariant may cost.
  static let maximumTrialSteps = 100_000

  let library: ProfileLibrary
  let options: ValidationOptions
  /// What references and FHIRPath see: the resource, its container, the Bundle around.
  let context: FHIRPathContext
  var findings: Findings
  /// Where the resource stands in the document; the walk's own paths begin with its type.
  private let place: String
  private var nesting = 0
  private var hops = 0

  init(
    _ library: ProfileLibrary, _ options: ValidationOptions, _ context: FHIRPathContext, at place: String,
    _ findings: Findings
  ) {
    self.library = library
    self.options = options
    self.context = context
    self.place = place
    self.findings = findings
  }

  /// Holds an item against the profile at an address; one that is not known is reported as not checked.
  mutating func check(_ item: FHIRItem, profile address: String) {
    guard let profile = library.profile(address) else {
      guard let type = ProfileLibrary.baseType(address) else {
        return report(item, .warning, .notFound, "The profile \(address) was not given: it is not checked")
      }
      if !FHIRTypeNames.isA(item.typeName, type) {
        report(item, .error, .structure, "A \(type) must stand here, and this is a \(item.typeName)")
      }
      return
    }
    guard FHIRTypeNames.isA(item.typeName, profile.typeName) else {
      return report(
        item, .error, .structure, "The profile \(address) is about \(profile.typeName), not \(item.typeName)")
    }
    guard nesting < ProfileWalk.maximumNesting else {
      return report(item, .warning, .tooCostly, "Profiles are nested more than \(ProfileWalk.maximumNesting) deep here")
    }
    nesting += 1
    check(item, profile.root)
    nesting -= 1
  }

  /// Holds one item against what is said of its element.
  mutating func check(_ item: FHIRItem, _ element: ProfileElement) {
    guard findings.takeStep() else { return }
    types(of: item, element)
    values(of: item, element)
    if let binding = element.binding { check(binding, item) }
    if let address = element.unknownBinding, options.notesUnchecked {
      report(item, .information, .notSupported, "Not checked against \(address): the value set was not given")
    }
    if options.checksInvariants {
      for invariant in element.invariants { check(invariant, item) }
    }
    children(of: item, element)
  }

  /// Cardinality, slices and everything below.
  mutating func children(of item: FHIRItem, _ element: ProfileElement) {
    for child in element.children {
      guard !findings.isFull else { return }
      let items = item.children(named: child.name)
      count(items.count, child, in: item)
      for found in items { check(found, child) }
      if !child.slices.isEmpty { slices(items, child, in: item) }
    }
  }

  /// Reports when there are fewer or more items than an element or slice allows.
  mutating func count(_ count: Int, _ element: ProfileElement, in parent: FHIRItem) {
    let slice = element.sliceName.map { " of the slice \($0)" } ?? ""
    let place = (parent.path ?? parent.typeName) + "." + element.name
    if let min = element.min, count < min {
      report(
        place, .error, .required, "At least \(min)\(slice) must be present; there \(count == 1 ? "is" : "are") \(count)"
      )
    }
    if let max = element.max, count > max {
      let problem = max == 0 ? "None\(slice) may be present" : "At most \(max)\(slice) may be present"
      report(place, .error, .structure, "\(problem); there \(count == 1 ? "is" : "are") \(count)")
    }
  }

  /// Whether an item conforms, with nothing reported. What it costs counts.
  mutating func conforms(_ item: FHIRItem, to profile: String) -> Bool {
    var trial = self
    trial.findings = findings.forTrial()
    trial.check(item, profile: profile)
    findings.count(trial.findings)
    return trial.findings.issues.areValid
  }

  private mutating func check(_ rule: Invariant, _ item: FHIRItem) {
    guard let path = rule.path else {
      return report(item, .warning, .notSupported, "\(rule.key) was not checked: its expression does not compile")
    }
    do throws(FHIRPathError) {
      if try path.isTrue(on: item, in: context) ?? true { return }
      report(item, rule.severity, .invariant, "\(rule.key): \(rule.expression)")
    } catch {
      report(item, .warning, .notSupported, "\(rule.key) was not checked: \(error)")
    }
  }

  // MARK: Types

  private mutating func types(of item: FHIRItem, _ element: ProfileElement) {
    guard !element.types.isEmpty else { return }
    let fitting = element.types.filter { FHIRTypeNames.isA(item.typeName, $0.code) }
    guard !fitting.isEmpty else {
      let allowed = element.types.map(\.code).joined(separator: ", ")
      return report(item, .error, .structure, "The type \(item.typeName) is not one of those allowed here: \(allowed)")
    }
    if !fitting.contains(where: { $0.profiles.isEmpty }) { oneOf(fitting.flatMap(\.profiles), item) }
    guard item.typeName == "Reference", fitting.contains(where: { !$0.targetProfiles.isEmpty }),
      !fitting.contains(where: { $0.targetProfiles.isEmpty })
    else { return }
    target(of: item, fitting.flatMap(\.targetProfiles))
  }

  /// One profile must hold; of one alone each finding is told.
  private mutating func oneOf(_ profiles: [String], _ item: FHIRItem) {
    if profiles.count == 1 { return check(item, profile: profiles[0]) }
    let known = profiles.filter { library.profile($0) != nil }
    guard !known.isEmpty, known.count == profiles.count else { return }
    for profile in known where conforms(item, to: profile) { return }
    report(item, .error, .structure, "None of the profiles allowed here holds: \(profiles.joined(separator: ", "))")
  }

  /// Holds a reference's target against the profiles that it may have.
  private mutating func target(of item: FHIRItem, _ profiles: [String]) {
    guard let reference = item.as(Reference.self) else { return }
    let resource = target(of: reference)
    guard let type = resource?.typeName ?? targetType(of: reference) else { return }
    let ofType = profiles.filter { address in
      let wanted = ProfileLibrary.baseType(address) ?? library.profile(address)?.typeName
      return wanted.map { FHIRTypeNames.isA(type, $0) } ?? true
    }
    guard !ofType.isEmpty else {
      return report(
        item, .error, .structure,
        "A reference to \(type) stands where \(profiles.joined(separator: ", ")) may be referred to")
    }
    let known = ofType.filter { library.profile($0) != nil }
    // A target is checked only when each profile that it may have is known, and none is the bare type.
    guard known.count == ofType.count, let resource, hops < ProfileWalk.maximumHops else { return }
    for profile in known where conforms(resource, to: profile) { return }
    report(
      item, .error, .structure, "What is referred to does not conform to \(known.joined(separator: " or "))")
  }

  /// Whether a resource that a reference led to conforms.
  private mutating func conforms(_ resource: FHIRNode, to profile: String) -> Bool {
    var context = context
    let isContained = context.rootResource?.node?.containedNodes.contains { $0.storage === resource.storage } ?? false
    context.resource = FHIRItem(resource, keepsPlaces: false)
    if !isContained {
      context.rootResource = context.resource
      context.targets = nil
    }
    var walk = ProfileWalk(library, options, context, at: place, findings.forTrial())
    walk.hops = hops + 1
    walk.check(FHIRItem(resource, keepsPlaces: true), profile: profile)
    findings.count(walk.findings)
    return walk.findings.issues.areValid
  }

  // MARK: References

  /// What a reference points to, as far as the document and the caller can tell.
  func target(of reference: Reference) -> FHIRNode? {
    guard let text = reference.reference else { return nil }
    guard case .fragment(let id) = ReferenceShape(text) else { return context.resolve?(text)?.node }
    let container = context.rootResource
    if id.isEmpty { return container?.node }
    return (context.targets ?? container.map { DocumentTargets($0) })?.contained(id)?.node
  }

  /// The type that a reference points to; nil where nothing tells.
  func targetType(of reference: Reference) -> String? {
    switch reference.reference.flatMap({ ReferenceShape($0) }) {
    case .literal(let type, _, _), .conditional(let type): type
    case .malformed: nil
    case .fragment, .urn, .address: target(of: reference)?.typeName
    case nil: reference.type
    }
  }

  // MARK: Reporting

  mutating func report(_ item: FHIRItem, _ severity: IssueSeverity, _ code: IssueType, _ diagnostics: String) {
    report(item.path ?? item.typeName, severity, code, diagnostics)
  }

  /// `path` begins with the type of the resource, which stands at `place`.
  mutating func report(_ path: String, _ severity: IssueSeverity, _ code: IssueType, _ diagnostics: String) {
    let below = path.firstIndex(of: ".").map { path[$0...] } ?? ""
    findings.addOnce(FHIRIssue(severity, code, at: place + below, diagnostics))
  }
}

/// Which types are others.
enum FHIRTypeNames {
  static func isA(_ name: String, _ wanted: String) -> Bool {
    if name == wanted { return true }
    switch wanted {
    case "Resource": return Schema.shared.type(named: name)?.isResource ?? false
    case "DomainResource":
      guard let type = Schema.shared.type(named: name), type.isResource else { return false }
      return PathNames.shared.fields(named: "contained", of: type) != nil
    case "Element": return !(Schema.shared.type(named: name)?.isResource ?? false)
    case "BackboneElement": return name.contains(".") && Schema.shared.type(named: name) != nil
    case "Quantity": return ["Age", "Count", "Distance", "Duration"].contains(name)
    case "string": return ["code", "id", "markdown"].contains(name)
    case "uri": return ["url", "canonical", "oid", "uuid"].contains(name)
    case "integer": return ["positiveInt", "unsignedInt"].contains(name)
    default: return false
    }
  }
}
