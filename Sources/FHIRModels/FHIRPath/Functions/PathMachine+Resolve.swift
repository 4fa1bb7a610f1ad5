extension PathMachine {
  /// What references point to: a resource contained in the one around the reference, what the caller finds, or an entry of
  /// the Bundle that the root is.
  mutating func resolve(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    var result = PathItems.empty
    for value in items {
      var reference: String?
      if case .item(let item) = value, let element = item.as(Reference.self) { reference = element.reference }
      if case .string(let text) = value.plain { reference = text }
      guard let reference else { continue }
      try spend(10)
      if reference.hasPrefix("#") {
        let found = try contained(String(reference.dropFirst()), holder(of: value))
        if let found { result.append(.item(found)) }
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

  private mutating func contained(_ id: String, _ holder: FHIRItem?) throws(FHIRPathError) -> FHIRItem? {
    guard let holder else { return id.isEmpty ? document : try known()?.contained(id) }
    if id.isEmpty { return holder }
    let contained = holder.children(named: "contained")
    try spend(contained.count)
    return contained.first { $0.id == id }
  }

  /// The resource of an entry or a parameter that an item stands in. Nil where the document itself is the resource around
  /// it, and where that cannot be told.
  private func holder(of value: PathValue) -> FHIRItem? {
    guard case .item(let item) = value, let document, let root = document.node, let top = document.place,
      item.place?.root === top
    else { return nil }
    var place = item.place
    while let step = place?.field?.pointer.pointee, step.kind != .resource || step.pathName == "contained" {
      place = place?.parent
    }
    guard let place, place !== top, let node = PathMachine.node(at: place, below: root) else { return nil }
    return FHIRItem(.element(node), at: place)
  }

  private static func node(at place: FHIRPlace, below root: FHIRNode) -> FHIRNode? {
    guard let parent = place.parent, let field = place.field else { return root }
    return node(at: parent, below: root)?.value(SlotKey(field.index))?.item(at: max(place.index, 0))?.node
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
