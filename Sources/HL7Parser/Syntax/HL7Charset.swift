/// The character set of a message: MSH-18, table 0211.
///
/// Only sets in which no byte of a character can be taken for a delimiter are read. UTF-16 and UTF-32 are refused:
/// their bytes are not the delimiters that MSH-1 and MSH-2 announce; so are the shifting sets of East Asia. Where MSH-18
/// names further parts of ISO 8859, a text may switch to their letters: see `HL7Charset+Switching.swift`.
public struct HL7Charset: Sendable, Hashable {
  private enum Kind: Sendable, Hashable {
    case ascii
    case utf8
    case iso8859(Int)
  }

  private let kind: Kind
  /// Whether texts may switch to another set: MSH-18 names several.
  var isSwitching = false

  public static let ascii = HL7Charset(kind: .ascii)
  public static let utf8 = HL7Charset(kind: .utf8)
  public static let latin1 = HL7Charset(kind: .iso8859(1))

  private init(kind: Kind) {
    self.kind = kind
  }

  /// The same set, from which texts may switch, or may not.
  func switching(_ isSwitching: Bool) -> HL7Charset {
    var charset = self
    charset.isSwitching = isSwitching
    return charset
  }

  /// ISO 8859 part 1 to 15; there is no part 12.
  public init?(iso8859Part part: Int) {
    guard part == 1 || Self.upperHalf(ofPart: part) != nil else { return nil }
    kind = .iso8859(part)
  }

  /// A charset by its name in table 0211 (`ASCII`, `8859/1`, `UNICODE UTF-8`) or a common spelling of it.
  ///
  /// `UNICODE` alone is read as UTF-8: what starts with the three bytes `MSH` is not UTF-16.
  public init?(named name: String) {
    // Anything else would be dropped below, and a name that is none would be echoed as one.
    guard name.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
    let plain = name.uppercased().filter { $0.isLetter || $0.isNumber }
    switch plain {
    case "ASCII", "USASCII", "ISOIR6": self = .ascii
    case "UNICODEUTF8", "UTF8", "UNICODE": self = .utf8
    case "LATIN1": self = .latin1
    default:
      let digits = plain.hasPrefix("ISO8859") ? plain.dropFirst(7) : plain.hasPrefix("8859") ? plain.dropFirst(4) : ""
      guard let part = Int(digits), let charset = HL7Charset(iso8859Part: part) else { return nil }
      self = charset
    }
  }

  /// A charset by the bytes of MSH-18; the spellings of table 0211 are found without making a string.
  package static func named(_ bytes: ArraySlice<UInt8>) -> HL7Charset? {
    common.first { $0.name.elementsEqual(bytes) }?.charset ?? HL7Charset(named: String(decoding: bytes, as: UTF8.self))
  }

  private static let common: [(name: [UInt8], charset: HL7Charset)] = [HL7Charset.utf8, .latin1, .ascii].map {
    (Array($0.name.utf8), $0)
  }

  /// The name in table 0211.
  public var name: String {
    switch kind {
    case .ascii: "ASCII"
    case .utf8: "UNICODE UTF-8"
    case .iso8859(let part): "8859/\(part)"
    }
  }

  /// Whether the bytes are text in this set.
  public func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    switch kind {
    case .ascii: bytes.allSatisfy { $0 < 0x80 }
    case .utf8: bytes.withUnsafeBufferPointer { HL7UTF8.isValid($0) }
    case .iso8859(let part):
      Self.upperHalf(ofPart: part).map { table in
        bytes.allSatisfy { $0 < 0xA0 || table[Int($0) - 0xA0] != 0 }
      } ?? true
    }
  }

  /// The text of the bytes; what is not valid becomes U+FFFD.
  package func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    isSwitching && bytes.contains(0x1B) ? decodeSwitching(bytes) : decodePlain(bytes)
  }

  /// The text of bytes that are all of this set.
  func decodePlain(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    switch kind {
    case .ascii, .utf8: return String(decoding: bytes, as: UTF8.self)
    case .iso8859(let part):
      if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
      let table = Self.upperHalf(ofPart: part)
      var text = String.UnicodeScalarView()
      for byte in bytes {
        guard byte >= 0xA0, let table else {
          text.append(Unicode.Scalar(byte))
          continue
        }
        let scalar = table[Int(byte) - 0xA0]
        text.append(scalar == 0 ? "\u{FFFD}" : Unicode.Scalar(scalar) ?? "\u{FFFD}")
      }
      return String(text)
    }
  }

  /// The byte of one character in a single-byte set, or `nil` where the set has none for it. UTF-8 needs no table and
  /// is not asked.
  package func encode(_ scalar: Unicode.Scalar) -> UInt8? {
    if scalar.value < 0x80 { return UInt8(scalar.value) }
    guard case .iso8859(let part) = kind else { return nil }
    guard let table = Self.upperHalf(ofPart: part) else { return UInt8(exactly: scalar.value) }
    if scalar.value < 0xA0 { return UInt8(scalar.value) }
    guard let value = UInt16(exactly: scalar.value), let index = table.firstIndex(of: value) else { return nil }
    return UInt8(0xA0 + index)
  }
}
