/// The contained resources of a container by id, and which of them are pointed to.
final class ContainedIndex {
  private(set) var resources: [String: FHIRNode] = [:]
  /// Ids that more than one contained resource has.
  private(set) var duplicates: Set<String> = []
  /// Fragments (`#id` without the #) that were met so far.
  var references: Set<String> = []
  let items: [FHIRNode]
  /// The same for FHIRPath.
  let targets: DocumentTargets

  init(_ container: FHIRNode) {
    items = container.containedNodes
    targets = DocumentTargets(contained: items.map { FHIRItem($0, keepsPlaces: false) })
    for node in items {
      guard let id = AnyResource(node: node).id else { continue }
      if resources.updateValue(node, forKey: id) != nil { duplicates.insert(id) }
    }
  }
}

extension FHIRNode {
  /// What stands in `contained`; empty for types that have no such element.
  var containedNodes: [FHIRNode] {
    guard let field = PathNames.shared.fields(named: "contained", of: type) else { return [] }
    var nodes: [FHIRNode] = []
    forEachItem(of: field) { _, _, item in
      if let node = item.value?.node { nodes.append(node) }
    }
    return nodes
  }
}
