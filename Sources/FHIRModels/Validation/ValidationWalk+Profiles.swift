// Profiles of resources, and where extensions may stand.
extension ValidationWalk {
  mutating func conformance(of node: FHIRNode, to profiles: [String]) {
    let meta = FHIRItem(node, keepsPlaces: false).children(named: "meta").first?.as(Meta.self)
    let named = meta?.profile ?? []
    for (place, address) in named.enumerated() { claim(address, place, of: node) }
    let known = named.filter { library.profile($0) != nil && !profiles.contains($0) }
    for address in profiles + known { conformance(of: node, to: address) }
  }

  /// A profile in `meta.profile` that says nothing here: one that nobody knows, or a type of the specification.
  private mutating func claim(_ address: String, _ place: Int, of node: FHIRNode) {
    if library.profile(address) != nil { return }
    let issue: FHIRIssue
    let at = (path.expression ?? node.typeName) + ".meta.profile[\(place)]"
    if let type = ProfileLibrary.baseType(address) {
      guard !FHIRTypeNames.isA(node.typeName, type) else { return }
      issue = FHIRIssue(.error, .structure, at: at, "This resource is no \(type)")
    } else {
      issue = FHIRIssue(.warning, .notFound, at: at, "The profile is not known here: it was not held against it")
    }
    findings.add(issue)
  }

  mutating func conformance(of node: FHIRNode, to address: String) {
    guard let scope = scopes.last, let place = path.expression else { return }
    var walk = ProfileWalk(library, options, scope.context, at: place, findings)
    walk.check(FHIRItem(node, keepsPlaces: true), profile: address)
    findings = walk.findings
  }

  /// Whether an extension may stand where it does (R4, "StructureDefinition.context").
  mutating func context(of profile: ProfileLibrary.Profile) {
    guard let scope = scopes.last else { return }
    contextInvariants(of: profile, scope)
    if profile.contexts.isEmpty { return }
    let resource = scope.resource.typeName
    var names = path.namesOfHolder(in: resource)
    // `DomainResource.text` is the text of any.
    for parent in ["Resource", "DomainResource"] where FHIRTypeNames.isA(resource, parent) {
      names.append(parent + names[0].dropFirst(resource.count))
    }
    let isMet = profile.contexts.contains { context in
      switch context.type {
      case .element: names.contains { FHIRTypeNames.isA($0, context.expression) }
      case .extension: path.isInsideExtension && openExtensions.last == context.expression
      case .fhirpath: isAmong(context, scope)
      // A way to tell that nobody here knows.
      default: true
      }
    }
    if !isMet { report(.error, .structure, "The extension \(profile.address) may not stand here") }
  }

  /// Whether the element around the extension is among those that a FHIRPath finds in the resource.
  private func isAmong(_ context: ProfileLibrary.Context, _ scope: Scope) -> Bool {
    let resource = FHIRItem(scope.resource, keepsPlaces: true)
    guard let found = try? context.path?.evaluate(on: resource, in: scope.context) else { return true }
    let place = path.placeOfHolder(in: scope.resource.typeName)
    return found.contains { $0.item?.path == place }
  }

  /// Holds the element around an extension against the rules that the extension has for it.
  private mutating func contextInvariants(of profile: ProfileLibrary.Profile, _ scope: Scope) {
    if profile.contextInvariants.isEmpty { return }
    let place = path.placeOfHolder(in: scope.resource.typeName)
    let resource = FHIRItem(scope.resource, keepsPlaces: true)
    guard let holder = (try? FHIRPath(place).evaluate(on: resource, in: scope.context))?.first?.item else { return }
    for expression in profile.contextInvariants {
      guard let rule = try? FHIRPath(expression), let holds = try? rule.isTrue(on: holder, in: scope.context), !holds
      else { continue }
      report(.error, .invariant, "The extension \(profile.address) may stand only where \(expression)")
    }
  }

  /// An extension that no profile at hand defines: refused where the options say whose may stand.
  mutating func unknownExtension(_ url: String) {
    if !url.isAbsoluteURI { return unknownPart(url) }
    guard let domains = options.extensionDomains, !domains.contains(where: url.hasPrefix) else {
      return
    }
    report(.error, .notFound, "Nobody here defines the extension \(url)")
  }

  /// A part of an extension, which has no address: one that the extension around it does not define.
  private mutating func unknownPart(_ url: String) {
    guard path.isInsideExtension, let outer = openExtensions.last,
      let parts = library.profile(outer)?.root.child("extension")?.allSlices, !parts.isEmpty,
      !parts.contains(where: { $0.extensionAddress(library) == url || $0.sliceName == url })
    else { return }
    report(.error, .structure, "The extension \(outer) has no such part")
  }
}
