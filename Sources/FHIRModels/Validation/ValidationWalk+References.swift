// References: their form, what they point to, and whether that may be pointed to.
extension ValidationWalk {
  /// The rules of a Reference wherever it stands.
  mutating func reference(_ reference: Reference) {
    if let type = reference.type, !type.isAbsoluteURI, Schema.shared.type(named: type)?.isResource != true {
      report(.error, .value, "Reference.type is no resource of FHIR R4")
    }
    guard let text = reference.reference, let shape = ReferenceShape(text) else { return }
    switch shape {
    case .fragment(let id): fragment(id)
    case .malformed:
      report(.error, .value, "A reference is absolute, #id, or Type/id with a resource of FHIR R4")
    case .conditional:
      let type = bundles.last?.index.type
      if type != .transaction, type != .batch {
        report(.error, .value, "A conditional reference (Type?criteria) stands only in a transaction")
      }
    case .urn: urn(text, shape)
    case .literal(let type, _, _):
      if let said = reference.type, said != type {
        report(.error, .structure, "Reference.type is not the type referred to")
      }
      let found = target(of: text, shape)
      if let found, found.typeName != type {
        report(.error, .structure, "What this refers to is a \(found.typeName)")
      }
      if found == nil, options.requiresTargets { report(.error, .notFound, "What this refers to was not found") }
    case .address: break
    }
  }

  private mutating func fragment(_ id: String) {
    guard let scope = scopes.last else { return }
    if id.isEmpty {
      if !scope.isContained {
        report(.error, .invariant, "ref-1: # means the container, and this is no contained resource")
      }
      return
    }
    scope.contained.references.insert(id)
    if scope.contained.resources[id] == nil {
      report(.error, .invariant, "ref-1: No contained resource has this id")
    }
  }

  /// A urn means an entry of the Bundle; what must be complete in itself must hold that entry.
  private mutating func urn(_ text: String, _ shape: ReferenceShape) {
    guard let bundle = bundles.last, target(of: text, shape) == nil else { return }
    let type = bundle.index.type
    let isWhole = type == .transaction || type == .document || type == .message
    report(isWhole ? .error : .warning, .notFound, "No entry of the Bundle has this urn as its fullUrl")
  }

  /// What a reference points to, as far as the document and the caller can tell.
  private func target(of text: String, _ shape: ReferenceShape) -> FHIRNode? {
    guard let scope = scopes.last else { return nil }
    if case .fragment(let id) = shape {
      return id.isEmpty ? scope.container : scope.contained.resources[id]
    }
    return scope.context.resolve?(text)?.node
  }

  /// Holds a Reference's target against the types that its element allows.
  mutating func check(targets: [String], of node: FHIRNode) {
    guard node.typeName == Reference.typeName, !targets.contains("Resource") else { return }
    guard let type = targetType(of: Reference(node: node)), !targets.contains(type) else { return }
    report(
      .error, .structure, "A reference to \(type) stands where \(targets.joined(separator: ", ")) may be referred to")
  }

  /// The type that a reference points to; nil where nothing tells.
  private func targetType(of reference: Reference) -> String? {
    guard let text = reference.reference, let shape = ReferenceShape(text) else {
      return reference.type.flatMap { Schema.shared.type(named: $0)?.isResource == true ? $0 : nil }
    }
    switch shape {
    case .literal(let type, _, _), .conditional(let type): return type
    case .malformed: return nil
    case .fragment, .urn, .address: return target(of: text, shape)?.typeName
    }
  }
}
