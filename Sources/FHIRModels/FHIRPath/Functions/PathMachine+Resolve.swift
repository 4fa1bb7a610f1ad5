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
        if let found = contained(String(reference.dropFirst())) { result.append(.item(found)) }
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

  private func contained(_ id: String) -> FHIRItem? {
    guard let document else { return nil }
    return id.isEmpty ? document : document.children(named: "contained").first { $0.id == id }
  }

  /// The resource of a Bundle whose full URL is the reference, or whose type and id a relative one names (R4, "Resolving
  /// references in Bundles").
  private mutating func entry(_ reference: String) throws(FHIRPathError) -> FHIRItem? {
    guard let document, document.node?.type == Bundle.type else { return nil }
    let entries = document.children(named: "entry")
    try spend(entries.count)
    let isRelative = !reference.contains(":")
    let parts = reference.split(separator: "/")
    for entry in entries {
      guard let resource = entry.children(named: "resource").first else { continue }
      if entry.children(named: "fullUrl").first?.text == reference { return resource }
      let isVersioned = parts.count == 4 && parts[2] == "_history"
      if isRelative, parts.count == 2 || isVersioned, parts[0] == resource.typeName, parts[1] == resource.id ?? "" {
        return resource
      }
    }
    return nil
  }
}
