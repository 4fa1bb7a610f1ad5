extension XHTMLNarrative {
  /// Whether a well-formed `div` has any text or an image.
  static func hasContent(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var offset = 0
    while offset < bytes.count {
      guard bytes[offset] == UInt8(ascii: "<") else {
        if bytes[offset] > 0x20 { return true }
        offset += 1
        continue
      }
      // `img`, or `x:img` where the narrative has a prefix.
      let name = bytes[(offset + 1)...].prefix { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 11 }
      if name.split(separator: UInt8(ascii: ":")).last?.elementsEqual("img".utf8) ?? false { return true }
      offset = end(ofMarkup: offset, bytes)
    }
    return false
  }

  /// Calls `body` with the id of each attribute that is `"#id"`: a link or image that leads into the resource.
  static func forEachFragment(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (String) -> Void) {
    var offset = 1
    while offset < bytes.count {
      let quote = bytes[offset - 1]
      if bytes[offset] == UInt8(ascii: "#"), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
        let id = bytes[(offset + 1)...].prefix(maximumIdBytes + 1).prefix { $0 != quote }
        if id.count <= maximumIdBytes { body(String(decoding: id, as: UTF8.self)) }
      }
      offset += 1
    }
  }

  /// R4, "id": no longer than 64 characters.
  private static let maximumIdBytes = 64

  /// The byte after a tag or comment.
  private static func end(ofMarkup start: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    let isComment = bytes[start...].starts(with: Array("<!--".utf8))
    var quote: UInt8?
    var offset = start + 1
    while offset < bytes.count {
      let byte = bytes[offset]
      if isComment {
        if byte == UInt8(ascii: ">"), bytes[offset - 1] == UInt8(ascii: "-"), bytes[offset - 2] == UInt8(ascii: "-") {
          break
        }
      } else if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        break
      }
      offset += 1
    }
    return offset + 1
  }
}
