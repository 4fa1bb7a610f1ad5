extension FHIRNode {
  /// The same content that no longer keeps the document it was read from.
  public func detached() -> FHIRNode {
    let count = storage.header.count
    let copy = NodeStorage.make(type: type, source: nil, capacity: count)
    forEachSlot { key, value in copy.insert(NodeSlot(key: key, value: detached(value)), at: copy.header.count) }
    return FHIRNode(storage: copy)
  }

  private func detached(_ value: NodeValue) -> NodeValue {
    switch value {
    case .slice: text(value).map { .text($0) } ?? value
    case .node(let node): .node(node.detached())
    case .list(let items): .list(items.map(detached))
    default: value
    }
  }
}

extension FHIRElement {
  /// The same content that no longer keeps the document it was read from: for what outlives a request.
  public func detached() -> Self { Self(node: node.detached()) }
}

extension AnyResource {
  /// The same content that no longer keeps the document it was read from: for what outlives a request.
  public func detached() -> AnyResource { AnyResource(node: node.detached()) }
}
