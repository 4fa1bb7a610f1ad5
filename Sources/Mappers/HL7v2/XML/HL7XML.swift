/// HL7 v2 in XML: the names and limits that writer and reader share. HL7 "XML Encoding Rules for Version 2 Messages".
public enum HL7XML {
  /// The namespace of messages, groups, segments, fields and parts.
  public static let namespace = "urn:hl7-org:v2xml"
  /// The namespace of what the encoding rules have no place for, so that ER7 comes back byte for byte: `form` first in
  /// the message, `gap` behind a segment, `raw` in a text. A reader that does not know it loses none of the content
  /// but delimiters that a sender left unescaped.
  public static let formNamespace = "urn:passerelle:er7"
  /// The element name of a part whose data type is not known, as of Z-segments: `UNKNOWN.1`.
  static let unknownType = "UNKNOWN"
  /// Elements inside one another in what is read; message structures nest ten deep at most.
  static let depthLimit = 40
  /// Elements of a document that is read.
  static let elementLimit = 4_000_000

  /// Whether a name is a segment's: a capital letter, then two capitals or digits. Group names hold a point.
  static func isSegment(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    return bytes.count == 3 && isCapital(bytes[0]) && bytes.dropFirst().allSatisfy { isCapital($0) || isDigit($0) }
  }

  /// Whether a text can stand as the name of an element, and is a plausible name of a structure or data type.
  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isCapital(first), text.utf8.count <= 40 else { return false }
    return text.utf8.allSatisfy { isCapital($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  private static func isCapital(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16, uppercase: true) + String($0 & 15, radix: 16, uppercase: true) }.joined()
  }

  /// The bytes of pairs of hexadecimal digits; nil for anything else.
  static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}

/// Why XML is not an HL7 v2 message.
public struct HL7XMLError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what would be right; names of elements, never their content.
  public let text: String
  /// The line of the document, from 1; 0 where none is known.
  public let line: Int

  init(_ text: String, line: Int = 0) {
    self.text = text
    self.line = line
  }

  public var description: String { line == 0 ? text : "line \(line): \(text)" }
}
