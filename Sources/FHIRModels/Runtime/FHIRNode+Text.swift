import JSON

extension FHIRNode {
  /// The text of a primitive of this node; nil for what is no text.
  func text(_ value: NodeValue) -> String? {
    switch value {
    case .text(let text): return text
    case .slice(let slice): return withBytes(slice) { JSONText.decode($0, hasEscapes: slice.hasEscapes) }
    case .bool(let flag): return flag ? "true" : "false"
    default: return nil
    }
  }

  /// The bytes of a slice as they stand in the source. A slice is always within the source of its node.
  func withBytes<R>(_ slice: Slice, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    guard let source else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    return source.withBytes { bytes in
      body(UnsafeBufferPointer(rebasing: bytes[Int(slice.offset)..<Int(slice.offset) + slice.length]))
    }
  }
}

extension FHIRNode: Equatable {
  /// Whether both hold the same fields with the same text: `1.0` and `1.00` differ, escapes do not matter.
  public static func == (left: FHIRNode, right: FHIRNode) -> Bool {
    if left.storage === right.storage { return true }
    guard left.type == right.type, left.storage.header.count == right.storage.header.count else { return false }
    return left.storage.withUnsafeMutablePointers { header, leftSlots in
      right.storage.withUnsafeMutablePointerToElements { rightSlots in
        for position in 0..<header.pointee.count {
          guard leftSlots[position].key == rightSlots[position].key,
            areEqual(leftSlots[position].value, of: left, rightSlots[position].value, of: right)
          else { return false }
        }
        return true
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
    case (.slice, .slice), (.slice, .text), (.text, .slice), (.text, .text): left.text(first) == right.text(second)
    default: false
    }
  }
}
