/// Why bytes are not acceptable JSON, and at which byte.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, as a name that programs compare. Later versions may add codes.
  public struct Code: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let emptyInput = Code(rawValue: "empty-input")
    public static let byteOrderMark = Code(rawValue: "byte-order-mark")
    public static let unexpectedEnd = Code(rawValue: "unexpected-end")
    public static let unexpectedByte = Code(rawValue: "unexpected-byte")
    public static let trailingBytes = Code(rawValue: "trailing-bytes")
    public static let duplicateKey = Code(rawValue: "duplicate-key")
    public static let controlCharacter = Code(rawValue: "control-character")
    public static let invalidEscape = Code(rawValue: "invalid-escape")
    public static let loneSurrogate = Code(rawValue: "lone-surrogate")
    public static let invalidUTF8 = Code(rawValue: "invalid-utf8")
    public static let invalidNumber = Code(rawValue: "invalid-number")
    public static let tooLarge = Code(rawValue: "too-large")
    public static let tooDeep = Code(rawValue: "too-deep")
    public static let tooManyValues = Code(rawValue: "too-many-values")
    public static let stringTooLong = Code(rawValue: "string-too-long")
    public static let numberTooLong = Code(rawValue: "number-too-long")
  }

  public var code: Code
  /// Offset of the offending byte from the start of the input.
  public var offset: Int
  /// What was found and what belongs there. Holds no values of the document.
  public var message: String

  public init(_ code: Code, at offset: Int, _ message: String) {
    self.code = code
    self.offset = offset
    self.message = message
  }

  public var description: String { "\(message) (\(code.rawValue), byte \(offset))" }
}
