extension PathMachine {
  /// What references point to: a resource contained in the root, what the caller finds, or an entry of the Bundle that the
  /// root is.
  mutating func resolve(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    var result = PathItems.empty
    for value in items {
      var reference: String?
      if case .item(let item) = value, let element = item.as(Reference.self) { reference = element.reference }
      if case .string(let text) = value.plain { reference = text }
      guard let reference else { continue }
      try spend(10)
      if reference.hasPrefix("#") {
        if let found = try contained(String(reference.dropFirst())) { result.append(.item(found)) }
      } else if let found = context.resolve?(reference) {
        result.append(.item(found))
      } else if let found = try entry(reference) {
        result.append(.item(found))
      }
    }
    return try checked(result)
  }

  private var document: FHIRItem? {
    if let root = context.rootResource ?? context.resource { return root }
    guard case .item(let start)? = input.first else { return nil }
    return start
  }

  private mutating func contained(_ id: String) throws(FHIRPathError) -> FHIRItem? {
    if id.isEmpty { return document }
    return try known()?.contained(id)
  }

  private mutating func entry(_ reference: String) throws(FHIRPathError) -> FHIRItem? {
    guard document?.node?.type == Bundle.type else { return nil }
    return try known()?.entry(reference)
  }

  /// What the document holds, looked through once.
  private mutating func known() throws(FHIRPathError) -> DocumentTargets? {
    if let targets { return targets }
    guard let document else { return nil }
    let found = DocumentTargets(document)
    try spend(document.children(named: "entry").count + document.children(named: "contained").count)
    targets = found
    return found
  }
}
