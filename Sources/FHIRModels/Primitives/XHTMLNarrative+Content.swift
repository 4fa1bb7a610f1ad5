extension XHTMLNarrative {
  /// Whether a well-formed `div` has any text or an image.
  static func hasContent(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let image: [UInt8] = Array("img".utf8)
    var offset = 0
    while offset < bytes.count {
      guard bytes[offset] == UInt8(ascii: "<") else {
        if bytes[offset] > 0x20 { return true }
        offset += 1
        continue
      }
      if bytes[(offset + 1)...].starts(with: image) { return true }
      offset = end(ofMarkup: offset, bytes)
    }
    return false
  }

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
