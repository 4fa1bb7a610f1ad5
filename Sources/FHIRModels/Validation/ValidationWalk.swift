/// One pass over a resource by the field tables: everything that R4 itself says, whatever the profile.
struct ValidationWalk: ~Copyable {
  /// A resource that is being visited: what `%resource`, `%rootResource` and `#id` mean inside.
  struct Scope {
    let resource: FHIRNode
    /// Around a contained resource its container, else the resource itself.
    let container: FHIRNode
    let contained: ContainedIndex
    let context: FHIRPathContext
    var isContained: Bool { resource.storage !== container.storage }
  }

  let options: ValidationOptions
  let library: ProfileLibrary
  var findings: Findings
  var path = DocumentPath()
  var scopes: [Scope] = []
  var bundles: [BundleView] = []
  /// The urls of the extensions that are being visited, the outermost first.
  var openExtensions: [String] = []
  /// The rules of the types met in this walk, by their place in the schema.
  private var rules: [TypeRules?]

  init(_ options: ValidationOptions, _ library: ProfileLibrary) {
    self.options = options
    self.library = library
    findings = Findings(limit: options.issues, steps: options.steps)
    rules = Array(repeating: nil, count: Schema.shared.types.count)
  }

  // MARK: Resources

  /// Visits a resource that stands on its own: the root, an entry's, a parameter's.
  mutating func resource(_ node: FHIRNode, against profiles: [String] = []) {
    if path.root.isEmpty { path.root = node.typeName }
    // A Bundle's own profiles follow references to its entries too.
    let bundle = node.typeName == Bundle.typeName ? Bundle(node: node) : nil
    let parameters = node.typeName == Parameters.typeName ? Parameters(node: node) : nil
    if let index = bundle.map({ BundleIndex($0) }) ?? parameters.map({ BundleIndex($0) }) {
      bundles.append(BundleView(index: index))
    }
    enter(node, container: node, ContainedIndex(node))
    element(node)
    contained(of: node)
    definition(node)
    conformance(of: node, to: profiles)
    if let bundle { self.bundle(bundle) }
    if bundle != nil || parameters != nil { bundles.removeLast() }
    scopes.removeLast()
  }

  private mutating func containedResource(_ node: FHIRNode) {
    guard let outer = scopes.last else { return }
    enter(node, container: outer.container, outer.contained)
    element(node)
    definition(node)
    scopes.removeLast()
  }

  private mutating func enter(_ node: FHIRNode, container: FHIRNode, _ contained: ContainedIndex) {
    var context = FHIRPathContext()
    context.resource = FHIRItem(node, keepsPlaces: false)
    context.rootResource = FHIRItem(container, keepsPlaces: false)
    context.targets = contained.targets
    context.limits = options.pathLimits
    let (bundles, outside) = (bundles, options.resolve)
    context.resolve = { reference in
      for bundle in bundles.reversed() {
        if let found = bundle.find(reference) { return FHIRItem(found, keepsPlaces: false) }
      }
      return outside?(reference).map { FHIRItem($0, keepsPlaces: false) }
    }
    answer(&context)
    scopes.append(Scope(resource: node, container: container, contained: contained, context: context))
  }

  /// Lets invariants ask for value sets and profiles.
  private func answer(_ context: inout FHIRPathContext) {
    let (library, options, plain) = (library, options, context)
    context.memberOf = { library.contains($0, in: $1) }
    context.conformsTo = { item, profile in
      guard library.profile(profile) != nil else { return nil }
      // Without its own `conformsTo`, so that no profile asks for itself without end.
      var walk = ProfileWalk(library, options, plain, at: "", Findings(limit: 1, steps: ProfileWalk.maximumTrialSteps))
      walk.check(item, profile: profile)
      return walk.findings.issues.areValid
    }
  }

  // MARK: Elements

  mutating func element(_ node: FHIRNode) {
    guard findings.takeStep() else { return }
    guard path.count <= options.depth else {
      return report(.error, .tooCostly, "Elements are nested more than \(options.depth) deep")
    }
    let type = node.type
    let index = PathNames.shared.index(of: type)
    let rules = rules[index] ?? RuleBook.shared.rules(of: type)
    self.rules[index] = rules
    if rules.special == .entry, !bundles.isEmpty {
      bundles[bundles.count - 1].entryAddress = Bundle.Entry(node: node).fullUrl
    }
    if rules.special == .extensions { openExtensions.append(Extension(node: node).url ?? "") }
    fields(node, type, rules)
    if rules.special == .extensions { openExtensions.removeLast() }
    presence(node, type)
    special(node, rules.special)
    if !rules.invariants.isEmpty { invariants(rules.invariants, on: FHIRItem(node, keepsPlaces: false)) }
  }

  private mutating func fields(_ node: FHIRNode, _ type: TypeReference, _ rules: TypeRules) {
    let count = type.pointer.pointee.fields.count
    guard count > 0 else { return }
    var last = -1
    node.forEachItem(of: 0...count - 1) { index, place, item in
      let field = type.field(index)
      path.push(field)
      path.index = place
      if field.pointee.isChoice, last >= 0, last != index, field.pointee.group.contains(last) {
        report(.error, .structure, "Only one type of a choice may be present")
      }
      last = index
      visit(item, field, rules.fields[index], of: node)
      path.pop()
    }
  }

  private mutating func visit(
    _ item: FHIRNode.Item, _ field: UnsafeMutablePointer<Field>, _ rules: FieldRules, of owner: FHIRNode
  ) {
    let kind = field.pointee.kind
    if kind.isPrimitive {
      primitive(item, kind, rules, of: owner)
    } else if let child = item.value?.node {
      if kind == .resource {
        field.pointee.pathName == "contained" ? containedResource(child) : resource(child)
      } else {
        element(child)
        if let binding = rules.binding { check(binding, on: child) }
        if !field.pointee.targets.isEmpty { check(targets: field.pointee.targets, of: child) }
      }
    }
    if !rules.invariants.isEmpty { invariants(rules.invariants, on: FHIRItem(item, kind, of: owner, at: nil)) }
  }

  /// What must be there and what no table knows.
  private mutating func presence(_ node: FHIRNode, _ type: TypeReference) {
    for group in type.pointer.pointee.required where !node.hasField(in: group) {
      path.push(type.field(group.lowerBound))
      report(.error, .required, "The element must be present")
      path.pop()
    }
    if case .unknown(let members)? = node.value(.unknown) {
      for member in members {
        let name = NodeBuilder.shown(member.name, else: "A member")
        report(.error, .structure, "\(name) is not an element of \(type.name)")
      }
    }
    if !type.isResource, type != PrimitiveElement.type, node.hasNothingButId {
      report(.error, .invariant, ValidationWalk.emptyElement)
    }
  }

  static let emptyElement = "ele-1: An element has a value or children, not an id alone"

  private mutating func special(_ node: FHIRNode, _ special: TypeRules.Special) {
    switch special {
    case .extensions:
      let found = Extension(node: node)
      extensionRules(found)
      guard let url = found.url else { break }
      guard let profile = library.profile(url) else { return unknownExtension(url) }
      context(of: profile)
      conformance(of: node, to: url)
    case .reference: reference(Reference(node: node))
    case .coding: coding(Coding(node: node))
    case .identifier: identifier(Identifier(node: node))
    case .narrative: narrative(Narrative(node: node))
    case .attachment: attachment(Attachment(node: node))
    case .none, .entry: break
    }
  }

  // MARK: Invariants

  private mutating func invariants(_ rules: [Invariant], on item: FHIRItem) {
    guard options.checksInvariants, let scope = scopes.last else { return }
    for rule in rules {
      guard let path = rule.path, findings.takeStep() else { continue }
      do throws(FHIRPathError) {
        // Nothing said is nothing wrong: `fullUrl.contains('x').not()` is empty where there is no fullUrl.
        if try path.isTrue(on: item, in: scope.context) ?? true { continue }
        report(rule.severity, .invariant, "\(rule.key): \(rule.expression)")
      } catch {
        guard error.code == .limit || options.notesUnchecked else { continue }
        report(.warning, error.code == .limit ? .tooCostly : .notSupported, "\(rule.key) was not checked: \(error)")
      }
    }
  }

  // MARK: Reporting

  mutating func report(_ severity: IssueSeverity, _ code: IssueType, _ diagnostics: String) {
    findings.add(FHIRIssue(severity, code, at: path.expression, diagnostics))
  }
}

extension FHIRNode {
  /// Whether the element says nothing: it is empty, or has an id and no more.
  var hasNothingButId: Bool { count == (value(SlotKey(0)) == nil ? 0 : 1) }

  /// Whether a field of `group` is present, be it by extensions alone.
  func hasField(in group: ClosedRange<Int>) -> Bool {
    var isPresent = false
    forEachItem(of: group) { _, _, _ in isPresent = true }
    return isPresent
  }
}
