#if canImport(Glibc)
  import Glibc
#endif

/// What is refused before libxml2 sees a byte: size, encoding, NUL, and tags with too many attributes. Where bytes are
/// not UTF-8, or NUL, it sees those before them, for the caller to know the place.
///
/// libxml2 would guess encodings, and compares each attribute of a tag with each other before it calls back, so that a
/// tag of a million attributes costs minutes. The scan follows tags, quotes, comments, CDATA and processing
/// instructions as XML's grammar cuts them; at the first place where the document is malformed it may go astray, and
/// there libxml2 stops.
enum XMLPrecheck {
  /// What libxml2 may see: the bytes from `skipped` (behind a byte-order mark) to `usable`, and why no more.
  struct Checked {
    let skipped: Int
    let usable: Int
    let fault: XMLError?
  }

  static func check(_ bytes: [UInt8], _ limits: XMLLimits) throws(XMLError) -> Checked {
    guard bytes.count <= limits.bytes else {
      throw XMLError(
        .limit, "the document has \(bytes.count) bytes, at most \(limits.bytes) are accepted", line: 1, column: 1)
    }
    let unusable = bytes.withUnsafeBufferPointer { faultInBytes($0) }
    let usable = unusable?.byteOffset ?? bytes.count
    let skipped = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = bytes[min(skipped, usable)..<usable].firstIndex(where: { !XMLCharacters.isSpace($0) }) else {
      throw unusable ?? XMLError(.empty, "the document is empty", line: 1, column: 1)
    }
    let fault = bytes.withUnsafeBufferPointer { whole in
      let bytes = UnsafeBufferPointer(rebasing: whole[..<usable])
      return faultInDeclaration(bytes, at: first) ?? faultInTags(bytes, from: skipped, limits)
    }
    if let fault { throw fault }
    return Checked(skipped: skipped, usable: usable, fault: unusable)
  }

  /// The error at `offset`, with its line and column counted from the bytes.
  static func error(
    _ code: XMLError.Code, _ message: String, at offset: Int, of bytes: UnsafeBufferPointer<UInt8>
  ) -> XMLError {
    var line = 1
    var lineStart = 0
    for index in 0..<min(offset, bytes.count) where bytes[index] == 0x0A {
      line += 1
      lineStart = index + 1
    }
    return XMLError(code, message, line: line, column: offset - lineStart + 1, byteOffset: offset)
  }

  private static func faultInBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> XMLError? {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return nil }
    if bytes.count >= 2, (bytes[0] == 0xFE && bytes[1] == 0xFF) || (bytes[0] == 0xFF && bytes[1] == 0xFE) {
      return error(.encoding, "the document is UTF-16; only UTF-8 is accepted", at: 0, of: bytes)
    }
    if let zero = memchr(base, 0, bytes.count) {
      return error(
        .illegalCharacter, "a NUL byte cannot stand in XML", at: UnsafeRawPointer(base).distance(to: zero), of: bytes)
    }
    do {
      _ = try UTF8Span(validating: bytes.span)
      return nil
    } catch {
      return self.error(
        .encoding, "the bytes are not UTF-8 (\(error.kind))", at: error.byteOffsets.lowerBound, of: bytes)
    }
  }

  /// A declaration longer than this is left to libxml2, which is told that the bytes are UTF-8 whatever it says.
  private static let declarationBytes = 256

  /// Refuses an encoding other than UTF-8 or its subset in `<?xml … encoding="…"?>`.
  private static func faultInDeclaration(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> XMLError? {
    let head = bytes[start..<min(start + declarationBytes, bytes.count)]
    guard head.starts(with: "<?xml".utf8), let end = head.firstIndex(of: 0x3E) else { return nil }
    guard let name = firstEnd(of: "encoding", in: head[..<end]) else { return nil }
    let value = head[name..<end].drop { $0 != 0x22 && $0 != 0x27 }.dropFirst()
      .prefix { $0 != 0x22 && $0 != 0x27 }
    if accepted.contains(where: { isEqual(value, $0) }) { return nil }
    let encoding = String(decoding: value, as: UTF8.self)
    return error(
      .encoding, "the declaration names the encoding '\(encoding.prefix(40))'; only UTF-8 is accepted", at: start,
      of: bytes)
  }

  private static let accepted: [StaticString] = ["utf-8", "utf8", "us-ascii", "ascii"]

  /// Whether a name is `wanted`, which is in lower case, in any case: names of encodings are ASCII.
  private static func isEqual(_ name: UnsafeBufferPointer<UInt8>.SubSequence, _ wanted: StaticString) -> Bool {
    guard name.count == wanted.utf8CodeUnitCount else { return false }
    for (offset, byte) in name.enumerated() {
      let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
      if lower != wanted.utf8Start[offset] { return false }
    }
    return true
  }

  /// The place behind the first `text`. The library's search is generic, and would cost as much as a small document.
  private static func firstEnd(of text: StaticString, in bytes: UnsafeBufferPointer<UInt8>.SubSequence) -> Int? {
    let length = text.utf8CodeUnitCount
    guard bytes.count >= length else { return nil }
    for start in bytes.startIndex...(bytes.endIndex - length) where bytes[start] == text.utf8Start[0] {
      if (1..<length).allSatisfy({ bytes[start + $0] == text.utf8Start[$0] }) { return start + length }
    }
    return nil
  }

  /// Counts the attributes of each start tag.
  private static func faultInTags(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ limits: XMLLimits
  ) -> XMLError? {
    var scan = TagScan(bytes: bytes, index: start)
    while let tag = scan.nextTag() {
      var attributes = 0
      while scan.skipAttribute() {
        attributes += 1
        if attributes > limits.attributesPerElement {
          return error(
            .limit, "an element has more than \(limits.attributesPerElement) attributes", at: tag, of: bytes)
        }
      }
    }
    return nil
  }

  /// A cursor from start tag to start tag.
  private struct TagScan {
    let bytes: UnsafeBufferPointer<UInt8>
    var index: Int

    /// Moves past the `<` of the next start tag and returns its offset; nil at the end.
    mutating func nextTag() -> Int? {
      while let open = find(0x3C) {
        index = open + 1
        guard index < bytes.count else { return nil }
        switch bytes[index] {
        case 0x21:
          if matches("!--") {
            guard skip(past: "-->", from: 3) else { return nil }
          } else if matches("![CDATA[") {
            guard skip(past: "]]>", from: 8) else { return nil }
          }
        case 0x3F:
          guard skip(past: "?>", from: 1) else { return nil }
        case 0x2F: break
        default: return open
        }
      }
      return nil
    }

    /// Moves past the next quoted value of the current tag; false at the tag's end.
    mutating func skipAttribute() -> Bool {
      while index < bytes.count {
        let byte = bytes[index]
        if byte == 0x3E || byte == 0x3C { return false }
        index += 1
        if byte == 0x22 || byte == 0x27 {
          guard let close = find(byte) else {
            index = bytes.count
            return false
          }
          index = close + 1
          return true
        }
      }
      return false
    }

    private func find(_ byte: UInt8) -> Int? {
      guard index < bytes.count, let base = bytes.baseAddress else { return nil }
      guard let found = memchr(base + index, Int32(byte), bytes.count - index) else { return nil }
      return UnsafeRawPointer(base).distance(to: found)
    }

    private func matches(_ text: StaticString) -> Bool {
      let count = text.utf8CodeUnitCount
      guard index + count <= bytes.count, let base = bytes.baseAddress else { return false }
      return memcmp(base + index, text.utf8Start, count) == 0
    }

    /// Moves past a terminator, all of which end in `>`; false when there is none.
    private mutating func skip(past text: StaticString, from offset: Int) -> Bool {
      index += offset
      let count = text.utf8CodeUnitCount
      let first = index
      while let close = find(0x3E) {
        index = close + 1
        guard index - first >= count, let base = bytes.baseAddress else { continue }
        if memcmp(base + (index - count), text.utf8Start, count) == 0 { return true }
      }
      return false
    }
  }
}
