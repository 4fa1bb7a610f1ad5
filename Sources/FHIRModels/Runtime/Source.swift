/// The bytes that the slices of a decoded document point into. Its nodes keep them until somebody asks for text.
///
/// They live as long as any node that was read from the document. Of JSON they are the document itself; of XML the
/// texts of its attributes, references resolved.
///
/// Unchecked because of the texts' memory: the XML reader writes each byte of it once, before it hands out a node, and
/// nobody writes to it afterwards.
final class Source: @unchecked Sendable {
  private let document: [UInt8]
  private let texts: UnsafeMutableBufferPointer<UInt8>?
  /// The first byte. An array that nobody can change stays in its place as long as it lives.
  let base: UnsafePointer<UInt8>?
  /// Whether the document is handed out only if every value is of its field's type, as strict reading does.
  let isChecked: Bool

  /// The source of a JSON document.
  init(json: [UInt8], isChecked: Bool) {
    document = json
    self.isChecked = isChecked
    texts = nil
    base = json.withUnsafeBufferPointer { $0.baseAddress }
  }

  /// The source of an XML document, with room for `capacity` bytes of text that its reader will write.
  init(textCapacity capacity: Int, isChecked: Bool) {
    document = []
    self.isChecked = isChecked
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: capacity)
    texts = memory
    base = UnsafePointer(memory.baseAddress)
  }

  deinit { texts?.deallocate() }

  /// Whether slices are content of JSON strings, checked and with their escapes as written.
  var isJSON: Bool { texts == nil }

  @inline(__always)
  func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if let texts { return body(UnsafeBufferPointer(texts)) }
    return document.withUnsafeBufferPointer(body)
  }

  /// Writes `bytes` to the texts at `offset`, for the reader that makes this source; false when there is no room.
  func write(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
    guard let texts, offset >= 0, bytes.count <= texts.count - offset else { return false }
    _ = UnsafeMutableBufferPointer(rebasing: texts[offset...]).update(fromContentsOf: bytes)
    return true
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
