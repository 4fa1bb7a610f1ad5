/// The one door through which walking, FHIRPath and their like see what the fields of a node hold: they know items, not
/// how a node stores them.
extension FHIRNode {
  /// One value of a field, and what stands beside it when it is a primitive.
  struct Item {
    /// Nil where only an id or extensions are given.
    var value: NodeValue?
    var side: FHIRNode?
  }

  /// Calls `body` with each item of the fields in `range`, in the order of the table. The index is -1 in a field that
  /// does not repeat. A gap that holds neither a value nor a side is left out.
  @inline(__always)
  func forEachItem(of range: ClosedRange<Int>, _ body: (_ field: Int, _ index: Int, _ item: Item) -> Void) {
    storage.withUnsafeMutablePointers { header, slots in
      let count = header.pointee.count
      let type = header.pointee.type
      let first = SlotKey(range.lowerBound)
      var position = 0
      while position < count, slots[position].key < first { position &+= 1 }
      while position < count, slots[position].key != .unknown, slots[position].key.field <= range.upperBound {
        let key = slots[position].key
        var value: NodeValue?
        var side: NodeValue?
        if key.isSide {
          side = slots[position].value
        } else {
          value = slots[position].value
          if position &+ 1 < count, slots[position &+ 1].key == SlotKey(key.field, isSide: true) {
            position &+= 1
            side = slots[position].value
          }
        }
        position &+= 1
        FHIRNode.deal(value, side, isList: type.field(key.field).pointee.isList) { body(key.field, $0, $1) }
      }
    }
  }

  private static func deal(_ value: NodeValue?, _ side: NodeValue?, isList: Bool, _ body: (Int, Item) -> Void) {
    guard isList else { return body(-1, Item(value: value, side: side?.node)) }
    for index in 0..<max(value?.itemCount ?? 0, side?.itemCount ?? 0) {
      let item = Item(value: value?.item(at: index)?.present, side: side?.item(at: index)?.node)
      if item.value != nil || item.side != nil { body(index, item) }
    }
  }
}

extension NodeValue {
  /// The element or resource that the value is.
  var node: FHIRNode? {
    if case .node(let node) = self { node } else { nil }
  }

  /// The boolean that the value is.
  var flag: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The value, unless it is a gap.
  fileprivate var present: NodeValue? {
    if case .null = self { nil } else { self }
  }
}
