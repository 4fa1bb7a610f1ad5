/// Bytes received and not yet used: what the state machines read from.
struct HTTPInput: Sendable {
  var bytes: [UInt8] = []
  var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { start == bytes.count }

  /// Marks the next `count` bytes as used.
  mutating func consume(_ count: Int) {
    start += count
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 64 << 10)
      start = 0
    }
  }

  /// Gives used space back before more is received.
  mutating func compact() {
    guard start > 16 << 10 || start > bytes.count / 2 else { return }
    bytes.removeSubrange(..<start)
    start = 0
  }
}
