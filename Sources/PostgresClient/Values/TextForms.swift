/// Text output of `bytea`, in both of Postgres's forms (manual, 8.4).
enum Bytea {
  /// The bytes of `\x6869` or of the older escape form `a\000b\\c`; nil if it is neither.
  static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    if text.count >= 2, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") { return decode(hex: text) }
    var bytes: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "\\") else {
        bytes.append(text[index])
        index += 1
        continue
      }
      if index + 1 < text.count, text[index + 1] == UInt8(ascii: "\\") {
        bytes.append(UInt8(ascii: "\\"))
        index += 2
        continue
      }
      guard index + 3 < text.count else { return nil }
      var value = 0
      for place in 1...3 {
        let digit = text[index + place] &- UInt8(ascii: "0")
        guard digit < 8 else { return nil }
        value = value * 8 + Int(digit)
      }
      guard value < 256 else { return nil }
      bytes.append(UInt8(value))
      index += 4
    }
    return bytes
  }

  private static func decode(hex text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard text.count % 2 == 0 else { return nil }
    var isHex = true
    let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 2 - 1) { buffer, count in
      count = text.count / 2 - 1
      for index in 0..<count {
        let (high, low) = (nibble(text[2 * index + 2]), nibble(text[2 * index + 3]))
        if high | low > 15 { isHex = false }
        buffer.initializeElement(at: index, to: high << 4 | low & 15)
      }
    }
    return isHex ? bytes : nil
  }

  private static func nibble(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: 0xFF
    }
  }
}

/// Text output of one-dimensional arrays (manual, 8.15.6): `{a,"b c","d\"e"}`.
package enum ArrayText {
  /// The elements; nil if the text is no flat array or holds a null.
  package static func decode(_ text: String) -> [String]? {
    var text = text
    return text.withUTF8 { decode($0) }
  }

  /// The elements; nil if the text is no flat array or holds a null.
  static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [String]? {
    guard text.count >= 2, text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else { return nil }
    if text.count == 2 { return [] }
    var elements: [String] = []
    var index = 1
    let end = text.count - 1
    while true {
      var element: [UInt8] = []
      if index < end, text[index] == UInt8(ascii: "\"") {
        index += 1
        while index < end, text[index] != UInt8(ascii: "\"") {
          if text[index] == UInt8(ascii: "\\") { index += 1 }
          guard index < end else { return nil }
          element.append(text[index])
          index += 1
        }
        guard index < end else { return nil }
        index += 1
      } else {
        while index < end, text[index] != UInt8(ascii: ",") {
          guard text[index] != UInt8(ascii: "{") else { return nil }
          element.append(text[index])
          index += 1
        }
        if element.isEmpty || element.elementsEqual("NULL".utf8) { return nil }
      }
      elements.append(String(decoding: element, as: UTF8.self))
      if index == end { return elements }
      guard text[index] == UInt8(ascii: ",") else { return nil }
      index += 1
    }
  }
}
