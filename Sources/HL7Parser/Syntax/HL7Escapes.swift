/// Escape sequences of text, HL7 chapter 2, "Use of escape sequences in text fields".
///
/// Decoding happens after splitting, so what an escape stands for can never become a delimiter or a segment.
package enum HL7Escapes {
  enum Formatting {
    /// Sequences that format (`\.br\`, `\H\`) stay as they stand.
    case kept
    /// Line and paragraph commands become line breaks, other formatting is dropped.
    case rendered
  }

  static func decode(_ element: HL7Element, formatting: Formatting = .kept) -> String {
    let storage = element.storage
    return storage.slice(element.start, element.end).withUnsafeBufferPointer { bytes in
      guard element.level != .literal, let escape = storage.delimiters.escape, bytes.contains(escape) else {
        return storage.charset.decode(bytes)
      }
      let plain = unescape(bytes, storage, escape, formatting)
      return plain.withUnsafeBufferPointer { storage.charset.decode($0) }
    }
  }

  /// The text of bytes that are not split any further.
  static func decode(_ bytes: ArraySlice<UInt8>, of storage: HL7Storage) -> String {
    bytes.withUnsafeBufferPointer { bytes in
      guard let escape = storage.delimiters.escape else { return storage.charset.decode(bytes) }
      let plain = unescape(bytes, storage, escape, .kept)
      return plain.withUnsafeBufferPointer { storage.charset.decode($0) }
    }
  }

  /// Whether what stands between two escape characters formats, shifts the character set or is private, and so is to
  /// stay an escape sequence wherever the text goes.
  static func isFormatting(_ sequence: ArraySlice<UInt8>) -> Bool {
    guard let kind = sequence.first else { return false }
    switch kind {
    case UInt8(ascii: "H"), UInt8(ascii: "N"): return sequence.count == 1
    case UInt8(ascii: "."), UInt8(ascii: "C"), UInt8(ascii: "M"), UInt8(ascii: "Z"): return sequence.count > 1
    default: return false
    }
  }

  private static func unescape(
    _ bytes: UnsafeBufferPointer<UInt8>, _ storage: HL7Storage, _ escape: UInt8, _ formatting: Formatting
  ) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      guard bytes[at] == escape else {
        let run = bytes[at...].firstIndex(of: escape) ?? bytes.count
        text.append(contentsOf: bytes[at..<run])
        at = run
        continue
      }
      guard let close = bytes[(at + 1)...].firstIndex(of: escape) else {
        // An escape character that opens nothing is text.
        text.append(contentsOf: bytes[at...])
        break
      }
      let sequence = UnsafeBufferPointer(rebasing: bytes[(at + 1)..<close])
      if let meaning = meaning(of: sequence, storage, formatting) {
        text.append(contentsOf: meaning)
      } else {
        text.append(contentsOf: bytes[at...close])
      }
      at = close + 1
    }
    return text
  }

  /// The bytes that a sequence stands for, or `nil` where it is to stay as it stands.
  private static func meaning(
    of sequence: UnsafeBufferPointer<UInt8>, _ storage: HL7Storage, _ formatting: Formatting
  ) -> [UInt8]? {
    guard let kind = sequence.first else { return nil }
    let delimiters = storage.delimiters
    if sequence.count == 1 {
      switch kind {
      case UInt8(ascii: "F"): return [delimiters.field]
      case UInt8(ascii: "S"): return [delimiters.component]
      case UInt8(ascii: "T"): return delimiters.subcomponent.map { [$0] }
      case UInt8(ascii: "R"): return delimiters.repetition.map { [$0] }
      case UInt8(ascii: "E"): return delimiters.escape.map { [$0] }
      case UInt8(ascii: "P"): return [delimiters.truncation ?? UInt8(ascii: "#")]
      case UInt8(ascii: "H"), UInt8(ascii: "N"): return formatting == .rendered ? [] : nil
      default: return nil
      }
    }
    if kind == UInt8(ascii: "X") { return hexadecimal(sequence.dropFirst()) }
    if kind == UInt8(ascii: "C"), storage.charset.isSwitching { return shift(sequence.dropFirst(), storage.charset) }
    if kind == UInt8(ascii: "."), formatting == .rendered { return rendering(of: sequence.dropFirst()) }
    return nil
  }

  /// A set that the charset can switch to, as the bytes that it looks for.
  private static func shift(_ digits: Slice<UnsafeBufferPointer<UInt8>>, _ charset: HL7Charset) -> [UInt8]? {
    guard let bytes = hexadecimal(digits), bytes.count == 2,
      HL7Charset.invoked(by: bytes[0], bytes[1], from: charset) != nil
    else { return nil }
    return [0x1B] + bytes
  }

  private static func hexadecimal(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    var high: Int?
    for digit in digits {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
      if let first = high {
        bytes.append(UInt8(first << 4 | value))
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }

  /// What a formatting command looks like in plain text; `nil` for one that the standard does not know.
  private static func rendering(of command: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
    let text = String(decoding: command, as: UTF8.self)
    switch text.prefix(2) {
    case "br", "ce": return [.lineFeed]
    case "sp": return Array(repeating: .lineFeed, count: min(max(Int(text.dropFirst(2)) ?? 1, 1), 100))
    case "in", "ti", "sk":
      return text.hasPrefix("sk") ? Array(repeating: 0x20, count: min(max(Int(text.dropFirst(2)) ?? 1, 0), 100)) : []
    case "fi", "nf": return []
    default: return nil
    }
  }

  /// Appends text so that it holds no delimiter and no control character. Returns how many characters the charset,
  /// or a message without an escape character, could not express; `?` stands in their place.
  package static func encode(
    _ text: String, into bytes: inout [UInt8], delimiters: HL7Delimiters, charset: HL7Charset
  ) -> Int {
    // A text that reads `""` would be taken for null.
    if text == "\"\"", let escape = delimiters.escape {
      bytes.append(contentsOf: [escape, 0x58, 0x32, 0x32, 0x32, 0x32, escape])
      return 0
    }
    var substituted = 0
    var text = text
    if charset == .utf8 {
      text.withUTF8 { utf8 in
        for byte in utf8 { append(byte, to: &bytes, delimiters, &substituted) }
      }
      return substituted
    }
    for scalar in text.unicodeScalars {
      if let byte = charset.encode(scalar) {
        append(byte, to: &bytes, delimiters, &substituted)
      } else {
        substituted += 1
        bytes.append(UInt8(ascii: "?"))
      }
    }
    return substituted
  }

  @inline(__always)
  private static func append(
    _ byte: UInt8, to bytes: inout [UInt8], _ delimiters: HL7Delimiters, _ substituted: inout Int
  ) {
    if byte >= 0x80 || byte == 0x20 || byte.isASCIIAlphanumeric {
      bytes.append(byte)
      return
    }
    let letter = delimiters.escapeLetter(for: byte)
    guard letter != nil || byte < 0x20 || byte == 0x7F else {
      bytes.append(byte)
      return
    }
    guard let escape = delimiters.escape else {
      substituted += 1
      bytes.append(UInt8(ascii: "?"))
      return
    }
    bytes.append(escape)
    if let letter { bytes.append(letter) } else { bytes.append(contentsOf: [0x58, hex(byte >> 4), hex(byte & 15)]) }
    bytes.append(escape)
  }

  private static func hex(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }
}
