// Rules of whole resources: what is contained.
extension ValidationWalk {
  /// dom-2 to dom-6 (R4, "Contained resources"), after everything inside was visited.
  mutating func contained(of node: FHIRNode) {
    guard let scope = scopes.last else { return }
    let index = scope.contained
    if let field = PathNames.shared.fields(named: "text", of: node.type), !node.hasField(in: field) {
      report(.warning, .invariant, "dom-6: A resource has a narrative, so that it can be read without software")
    }
    guard !index.items.isEmpty, let field = PathNames.shared.fields(named: "contained", of: node.type) else { return }
    for (place, item) in index.items.enumerated() {
      path.push(node.type.field(field.lowerBound))
      path.index = place
      containedItem(item, index)
      path.pop()
    }
  }

  private mutating func containedItem(_ item: FHIRNode, _ index: ContainedIndex) {
    if !item.containedNodes.isEmpty {
      report(.error, .invariant, "dom-2: A contained resource contains no others")
    }
    let walk = FHIRItem(item, keepsPlaces: false)
    let meta = walk.children(named: "meta").first?.as(Meta.self)
    if meta?.versionId != nil || meta?.lastUpdated != nil {
      report(.error, .invariant, "dom-4: A contained resource has no meta.versionId nor meta.lastUpdated")
    }
    if meta?.security.isEmpty == false {
      report(.error, .invariant, "dom-5: A contained resource has no security label")
    }
    guard let id = AnyResource(node: item).id else {
      return report(.error, .invariant, "dom-3: A contained resource has an id by which it is referred to")
    }
    if index.duplicates.contains(id) { report(.error, .duplicate, "Two contained resources have this id") }
    if !index.references.contains(id), !pointsToContainer(item) {
      report(.error, .invariant, "dom-3: Nothing refers to this contained resource, nor does it refer to its container")
    }
  }

  /// Whether `#` stands anywhere in a contained resource.
  private func pointsToContainer(_ item: FHIRNode) -> Bool {
    var found = false
    FHIRItem(item, keepsPlaces: false).forEachDescendant { inside in
      if inside.isPrimitive, inside.text == "#" { found = true }
    }
    return found
  }
}
