extension AnyResource {
  /// The resource after a FHIRPath Patch, read strictly. What no operation touches stays as it is written.
  ///
  /// Throws `path` where a path leads to no single element, `value` where a value is of no type that its place takes,
  /// `limit` where the paths cost too much, `result` when what came out is no valid resource.
  public func patched(by patch: FHIRPathPatch) throws(FHIRPatchError) -> AnyResource {
    var edit = PathEdit(node, patch.limits)
    for (index, operation) in patch.operations.enumerated() {
      do throws(FHIRPatchError) {
        try edit.apply(operation)
      } catch {
        throw error.of(index, operation.path.expression)
      }
    }
    return try AnyResource(patched: edit.node.json(pretty: false))
  }
}

/// A resource in the making of a FHIRPath Patch.
private struct PathEdit {
  private(set) var node: FHIRNode
  /// What the paths may still cost.
  private var steps: Int

  init(_ node: FHIRNode, _ limits: FHIRPatchLimits) {
    self.node = node
    steps = limits.steps
  }

  mutating func apply(_ operation: FHIRPathPatch.Operation) throws(FHIRPatchError) {
    let root = FHIRItem(node, keepsPlaces: true)
    switch operation.kind {
    case .add: try add(operation, root)
    case .delete:
      guard let item = try single(operation.path, root) else { return }
      let (parent, field, index) = try place(of: item)
      try edit(parent) { (node) throws(FHIRPatchError) in
        var items = FieldItems(node, field)
        items.items.remove(at: index)
        items.store(in: &node)
      }
    case .replace:
      guard let item = try single(operation.path, root) else { throw PathEdit.missing }
      let (parent, field, index) = try place(of: item)
      try replace(parent, field, index, operation.value)
    case .insert, .move: try rearrange(operation, root)
    }
  }

  private static let missing = FHIRPatchError(.path, "The path leads to nothing")

  // MARK: Finding

  private mutating func evaluate<T>(
    _ body: (inout Int) throws(FHIRPathError) -> T
  ) throws(FHIRPatchError) -> T {
    do throws(FHIRPathError) {
      return try body(&steps)
    } catch {
      throw FHIRPatchError(error.code == .limit ? .limit : .path, error.description)
    }
  }

  /// The one element of the resource that a path leads to; nil for none.
  private mutating func single(_ path: FHIRPath, _ root: FHIRItem) throws(FHIRPatchError) -> FHIRItem? {
    let found = try evaluate { (steps) throws(FHIRPathError) in
      try path.evaluate(on: root, spending: &steps)
    }
    guard found.count <= 1 else { throw FHIRPatchError(.path, "The path leads to \(found.count) places") }
    guard let value = found.first else { return nil }
    guard let item = value.item, item.place?.root === root.place else {
      throw FHIRPatchError(.path, "The path leads to no element of the resource")
    }
    return item
  }

  /// The element that holds an item, and where in it the item stands.
  private func place(of item: FHIRItem) throws(FHIRPatchError) -> (FHIRPlace, field: Int, index: Int) {
    guard let place = item.place, let parent = place.parent, let field = place.field else {
      throw FHIRPatchError(.path, "The resource itself cannot be deleted or replaced")
    }
    return (parent, field.index, max(place.index, 0))
  }

  // MARK: Changing

  private mutating func add(_ operation: FHIRPathPatch.Operation, _ root: FHIRItem) throws(FHIRPatchError) {
    guard let item = try single(operation.path, root), let place = item.place else { throw PathEdit.missing }
    guard let value = operation.value, let name = operation.name else { return }
    try edit(place) { (node) throws(FHIRPatchError) in try node.append(PatchValue(value), named: name) }
  }

  private mutating func replace(
    _ parent: FHIRPlace, _ field: Int, _ index: Int, _ value: Parameters.Parameter?
  ) throws(FHIRPatchError) {
    guard let value else { return }
    try edit(parent) { (node) throws(FHIRPatchError) in
      let (target, item) = try PatchValue(value).item(named: node.type.field(field).pointee.pathName, of: node.type)
      if target != field { FieldItems(replacing: field).store(in: &node) }
      var items = FieldItems(node, target)
      if items.items.indices.contains(index) { items.items[index] = item } else { items.items.append(item) }
      items.store(in: &node)
    }
  }

  private mutating func rearrange(_ operation: FHIRPathPatch.Operation, _ root: FHIRItem) throws(FHIRPatchError) {
    let target = try evaluate { (steps) throws(FHIRPathError) in
      try operation.path.listTarget(on: root, spending: &steps)
    }
    guard let (owners, name) = target else {
      throw FHIRPatchError(.path, "insert and move take the path of a list: a step to an element of a name")
    }
    guard owners.count == 1, let owner = owners[0].item, let place = owner.place, place.root === root.place else {
      throw FHIRPatchError(.path, "The path leads to \(owners.count) lists")
    }
    try edit(place) { (node) throws(FHIRPatchError) in
      if operation.kind == .insert {
        guard let value = operation.value, let index = operation.index else { return }
        try node.insert(PatchValue(value), named: name, at: index)
      } else {
        guard let source = operation.source, let destination = operation.destination else { return }
        try node.moveItem(named: name, from: source, to: destination)
      }
    }
  }

  /// Changes the element at a place; those around it that are left without content go too.
  private mutating func edit(
    _ place: FHIRPlace, _ body: (inout FHIRNode) throws(FHIRPatchError) -> Void
  ) throws(FHIRPatchError) {
    var steps: [FHIRPlace] = []
    var next: FHIRPlace? = place
    while let step = next, step.parent != nil {
      steps.append(step)
      next = step.parent
    }
    try PathEdit.edit(&node, steps.reversed()[...], body)
  }

  private static func edit(
    _ node: inout FHIRNode, _ steps: ArraySlice<FHIRPlace>, _ body: (inout FHIRNode) throws(FHIRPatchError) -> Void
  ) throws(FHIRPatchError) {
    guard let step = steps.first, let field = step.field?.index else { return try body(&node) }
    var items = FieldItems(node, field)
    let index = max(step.index, 0)
    guard items.items.indices.contains(index) else { throw missing }
    let isPrimitive = node.type.field(field).pointee.kind.isPrimitive
    let item = items.items[index]
    guard var child = isPrimitive ? item.side ?? FHIRNode(type: PrimitiveElement.type) : item.value?.node else {
      throw missing
    }
    try edit(&child, steps.dropFirst(), body)
    let isLeft = !child.isEmpty || child.type.isResource
    if isPrimitive {
      items.items[index].side = isLeft ? child : nil
    } else {
      items.items[index].value = isLeft ? .node(child) : nil
    }
    if items.items[index].isEmpty { items.items.remove(at: index) }
    items.store(in: &node)
  }
}
