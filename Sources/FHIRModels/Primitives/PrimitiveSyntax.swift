import JSON

/// The lexical rules of FHIR's primitives (R4, "Data Types"), on bytes.
enum PrimitiveSyntax {
  /// Whether the content of a JSON string is a value of `kind`.
  static func isValid(_ bytes: UnsafeBufferPointer<UInt8>, _ kind: FieldKind, hasEscapes: Bool) -> Bool {
    if bytes.isEmpty { return false }
    guard hasEscapes else { return isValid(bytes, kind) }
    return JSONText.decode(bytes, hasEscapes: true).read { text in
      hasNoControls(text) && isValid(text, kind)
    }
  }

  private static func isValid(_ text: UnsafeBufferPointer<UInt8>, _ kind: FieldKind) -> Bool {
    switch kind {
    case .string, .markdown, .xhtml: true
    case .code: isCode(text)
    case .uri, .url, .canonical: text.allSatisfy { $0 > 0x20 }
    case .id: text.count <= 64 && text.allSatisfy(isIdByte)
    case .oid: isOID(text)
    case .uuid: isUUID(text)
    case .base64Binary: isBase64(text)
    case .date: text.count <= 10 && CivilTime(dateTime: text) != nil
    case .dateTime: CivilTime(dateTime: text) != nil
    case .instant: CivilTime(dateTime: text)?.precision == .second
    case .time: CivilTime(time: text) != nil
    default: true
    }
  }

  /// What a value of `kind` must be, for messages.
  static func expectation(_ kind: FieldKind) -> String {
    switch kind {
    case .string, .markdown, .xhtml: "A string must not be empty nor hold control characters"
    case .code: "A code has no white space at its ends and single spaces inside"
    case .uri, .url, .canonical: "An address has no white space"
    case .id: "An id is 1 to 64 of A-Z a-z 0-9 - ."
    case .oid: "An OID is written urn:oid:1.2.3"
    case .uuid: "A UUID is written urn:uuid: and 36 lower-case characters"
    case .base64Binary: "Base64 is groups of four of A-Z a-z 0-9 + / ="
    case .date: "A date is a day that exists, as YYYY, YYYY-MM or YYYY-MM-DD"
    case .dateTime: "A dateTime is a date that exists, or one with Thh:mm:ss and a zone"
    case .instant: "An instant is YYYY-MM-DDThh:mm:ss with a zone, on a day that exists"
    case .time: "A time is hh:mm:ss"
    case .positiveInt: "A positiveInt is a whole number from 1 to 2147483647"
    case .unsignedInt: "An unsignedInt is a whole number from 0 to 2147483647"
    case .integer: "An integer is a whole number of 32 bits"
    default: "The value is not of its type"
    }
  }

  /// Whether the text of a JSON number is a 32-bit integer in the range of `kind`.
  static func isInteger(_ text: UnsafeBufferPointer<UInt8>, _ kind: FieldKind) -> Bool {
    guard let value = integer(text) else { return false }
    switch kind {
    case .positiveInt: return value >= 1 && value <= Int(Int32.max)
    case .unsignedInt: return text.first != UInt8(ascii: "-") && value <= Int(Int32.max)
    default: return value >= Int(Int32.min) && value <= Int(Int32.max)
    }
  }

  /// The number that a minus sign, if any, and up to ten digits behind it are; nil for anything else.
  static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    let isNegative = text.first == UInt8(ascii: "-")
    let first = isNegative ? 1 : 0
    guard text.count > first, text.count <= 11 else { return nil }
    var value = 0
    for index in first..<text.count {
      let digit = text[index] &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return isNegative ? -value : value
  }

  private static func hasNoControls(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
  }

  private static func isCode(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var wasSpace = true
    for byte in text {
      let isSpace = byte <= 0x20
      if isSpace, wasSpace { return false }
      wasSpace = isSpace
    }
    return !wasSpace
  }

  private static func isIdByte(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  private static func isOID(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let prefix: StaticString = "urn:oid:"
    guard hasPrefix(text, prefix) else { return false }
    let arcs = text.dropFirst(8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard arcs.count >= 2, let root = arcs[0].first, arcs[0].count == 1, (0x30...0x32).contains(root) else {
      return false
    }
    return arcs.allSatisfy { arc in
      !arc.isEmpty && arc.allSatisfy { $0 &- 0x30 < 10 } && (arc.count == 1 || arc.first != 0x30)
    }
  }

  private static func isUUID(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count == 45, hasPrefix(text, "urn:uuid:") else { return false }
    for (index, byte) in text.dropFirst(9).enumerated() {
      if [8, 13, 18, 23].contains(index) {
        guard byte == UInt8(ascii: "-") else { return false }
      } else {
        guard byte &- 0x30 < 10 || byte &- 0x61 < 6 else { return false }
      }
    }
    return true
  }

  private static func isBase64(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var count = 0
    var padding = 0
    for byte in text {
      if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { continue }
      count &+= 1
      if byte == UInt8(ascii: "=") {
        padding &+= 1
        continue
      }
      let isDigit = (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10
      guard padding == 0, isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") else { return false }
    }
    return count % 4 == 0 && padding <= 2 && count > 0
  }

  private static func hasPrefix(_ text: UnsafeBufferPointer<UInt8>, _ prefix: StaticString) -> Bool {
    guard text.count >= prefix.utf8CodeUnitCount else { return false }
    for index in 0..<prefix.utf8CodeUnitCount where text[index] != prefix.utf8Start[index] { return false }
    return true
  }
}
