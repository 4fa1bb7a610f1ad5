/// The characters that a message splits itself by, as MSH-1 and MSH-2 declare them.
///
/// A delimiter that MSH-2 leaves out is `nil`: nothing is split by it. All are distinct printable ASCII
/// punctuation. HL7 chapter 2, "Message delimiters"; the truncation character came with version 2.7.
public struct HL7Delimiters: Sendable, Hashable {
  public let field: UInt8
  public let component: UInt8
  public let repetition: UInt8?
  public let escape: UInt8?
  public let subcomponent: UInt8?
  public let truncation: UInt8?

  /// `|^~\&`, which nearly every sender uses.
  public static let standard = HL7Delimiters()

  private init() {
    field = UInt8(ascii: "|")
    component = UInt8(ascii: "^")
    repetition = UInt8(ascii: "~")
    escape = UInt8(ascii: "\\")
    subcomponent = UInt8(ascii: "&")
    truncation = nil
  }

  /// Delimiters from MSH-1 and the 1 to 5 bytes of MSH-2; `nil` where two are equal or one is not punctuation.
  public init?(field: UInt8, encodingCharacters: some Collection<UInt8>) {
    if field == UInt8(ascii: "|"), encodingCharacters.elementsEqual(#"^~\&"#.utf8) {
      self = .standard
      return
    }
    let encoding = Array(encodingCharacters)
    guard (1...5).contains(encoding.count) else { return nil }
    let all = [field] + encoding
    guard all.allSatisfy(Self.mayDelimit), Set(all).count == all.count else { return nil }
    self.field = field
    component = encoding[0]
    repetition = encoding.count > 1 ? encoding[1] : nil
    escape = encoding.count > 2 ? encoding[2] : nil
    subcomponent = encoding.count > 3 ? encoding[3] : nil
    truncation = encoding.count > 4 ? encoding[4] : nil
  }

  /// MSH-2 as it is written.
  public var encodingCharacters: [UInt8] {
    [component] + [repetition, escape, subcomponent, truncation].prefix { $0 != nil }.compactMap { $0 }
  }

  /// Bytes of `encodingCharacters`.
  var encodingCount: Int {
    1 + (repetition == nil ? 0 : 1) + (escape == nil ? 0 : 1) + (subcomponent == nil ? 0 : 1)
      + (truncation == nil ? 0 : 1)
  }

  /// The letter that stands for a delimiter inside an escape sequence, or `nil` when the byte is none.
  package func escapeLetter(for byte: UInt8) -> UInt8? {
    switch byte {
    case field: UInt8(ascii: "F")
    case component: UInt8(ascii: "S")
    case subcomponent: UInt8(ascii: "T")
    case repetition: UInt8(ascii: "R")
    case escape: UInt8(ascii: "E")
    case truncation: UInt8(ascii: "P")
    default: nil
    }
  }

  /// Letters, digits, spaces, control and 8-bit bytes would make every text ambiguous.
  private static func mayDelimit(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && !byte.isASCIIAlphanumeric
  }
}

extension UInt8 {
  var isASCIIUppercase: Bool { self >= 0x41 && self <= 0x5A }
  var isASCIIDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isASCIIAlphanumeric: Bool { isASCIIDigit || isASCIIUppercase || (self >= 0x61 && self <= 0x7A) }

  static let carriageReturn: UInt8 = 0x0D
  static let lineFeed: UInt8 = 0x0A
}
