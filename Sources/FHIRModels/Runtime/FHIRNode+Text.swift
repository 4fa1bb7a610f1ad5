import JSON

extension FHIRNode {
  /// The text of a primitive of this node; nil for what is no text.
  func text(_ value: NodeValue) -> String? {
    storage.withUnsafeMutablePointerToHeader { $0.pointee.text(value) }
  }

  /// The bytes of a slice as they stand in the source. A slice is always within the source of its node.
  func withBytes<R>(_ slice: Slice, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    storage.withUnsafeMutablePointerToHeader { body($0.pointee.bytes(slice)) }
  }
}

extension FHIRNode: Equatable {
  /// Whether both hold the same fields with the same text: `1.0` and `1.00` differ, escapes do not matter, nor does
  /// whether nulls stand where a list has extensions only.
  public static func == (left: FHIRNode, right: FHIRNode) -> Bool {
    if left.storage === right.storage { return true }
    guard left.type == right.type else { return false }
    return left.storage.withUnsafeMutablePointers { leftHeader, leftSlots in
      right.storage.withUnsafeMutablePointers { rightHeader, rightSlots in
        let (leftCount, rightCount) = (leftHeader.pointee.count, rightHeader.pointee.count)
        var (first, second) = (0, 0)
        while true {
          while first < leftCount, leftSlots[first].value.isGaps { first += 1 }
          while second < rightCount, rightSlots[second].value.isGaps { second += 1 }
          guard first < leftCount, second < rightCount else { return first == leftCount && second == rightCount }
          guard leftSlots[first].key == rightSlots[second].key,
            areEqual(leftSlots[first].value, of: left, rightSlots[second].value, of: right)
          else { return false }
          first += 1
          second += 1
        }
      }
    }
  }

  private static func areEqual(_ first: NodeValue, of left: FHIRNode, _ second: NodeValue, of right: FHIRNode) -> Bool {
    switch (first, second) {
    case (.null, .null): true
    case (.bool(let first), .bool(let second)): first == second
    case (.node(let first), .node(let second)): first == second
    case (.unknown(let first), .unknown(let second)): first == second
    case (.list(let first), .list(let second)):
      first.count == second.count && zip(first, second).allSatisfy { areEqual($0, of: left, $1, of: right) }
    case (.slice, .slice), (.slice, .text), (.text, .slice), (.text, .text):
      left.text(first).isSame(as: right.text(second))
    default: false
    }
  }
}

extension NodeValue {
  /// Whether this is a list of nulls alone, beside the extensions of its items.
  fileprivate var isGaps: Bool {
    switch self {
    case .null: true
    case .list(let items): items.allSatisfy { if case .null = $0 { true } else { false } }
    default: false
    }
  }
}

extension String {
  /// Whether both are the same code points. `==` also takes a letter for the same one written with its accent apart.
  func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension String? {
  /// Whether both are the same code points, or both are missing.
  func isSame(as other: String?) -> Bool {
    guard let self, let other else { return self == nil && other == nil }
    return self.isSame(as: other)
  }
}
