/// The bytes of a decoded document. Its nodes keep slices of it until somebody asks for text.
///
/// A document lives as long as any node that was read from it.
final class Source: Sendable {
  let bytes: [UInt8]
  /// Whether slices are content of JSON strings, checked and with their escapes as written.
  let isJSON: Bool

  init(_ bytes: [UInt8], isJSON: Bool) {
    self.bytes = bytes
    self.isJSON = isJSON
  }
}

/// A stretch of a node's source. Eight bytes, nothing to count references of.
struct Slice: Sendable {
  let offset: UInt32
  private let lengthAndEscapes: UInt32

  /// The longest source that a slice can point into, in bytes.
  static let reach = Int(Int32.max)

  init(offset: Int, length: Int, hasEscapes: Bool) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    lengthAndEscapes = UInt32(truncatingIfNeeded: length) << 1 | (hasEscapes ? 1 : 0)
  }

  var length: Int { Int(lengthAndEscapes >> 1) }
  var hasEscapes: Bool { lengthAndEscapes & 1 == 1 }
}
