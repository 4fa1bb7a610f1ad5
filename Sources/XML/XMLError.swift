/// What went wrong while reading or writing XML, and where.
///
/// `line` and `column` count from 1, `byteOffset` from 0 in the bytes that the caller handed over (a byte-order mark
/// counts). A position that is not known (an error of the writer) is zero.
public struct XMLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a fault. New kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The input is empty, or white space only.
    public static let empty = Code(rawValue: "empty")
    /// The bytes are not UTF-8, or the declaration names another encoding.
    public static let encoding = Code(rawValue: "encoding")
    /// A character that XML 1.0 section 2.2 does not allow.
    public static let illegalCharacter = Code(rawValue: "illegal-character")
    /// The document stops before its root element is closed.
    public static let truncated = Code(rawValue: "truncated")
    /// A document type declaration; they are refused whatever they hold.
    public static let doctype = Code(rawValue: "doctype")
    /// A reference to an entity other than the five of the specification.
    public static let entity = Code(rawValue: "entity")
    /// A namespace prefix without a declaration, or a declaration that is not allowed.
    public static let namespace = Code(rawValue: "namespace")
    /// Any other breach of well-formedness.
    public static let malformed = Code(rawValue: "malformed")
    /// One of `XMLLimits` is exceeded.
    public static let limit = Code(rawValue: "limit")
    /// The writer was asked for a document that is not well-formed.
    public static let writer = Code(rawValue: "writer")
  }

  public let code: Code
  public let message: String
  public let line: Int
  public let column: Int
  public let byteOffset: Int

  public init(_ code: Code, _ message: String, line: Int = 0, column: Int = 0, byteOffset: Int = 0) {
    self.code = code
    self.message = message
    self.line = line
    self.column = column
    self.byteOffset = byteOffset
  }

  public var description: String {
    line == 0
      ? "XML \(code.rawValue): \(message)"
      : "XML \(code.rawValue) at line \(line), column \(column) (byte \(byteOffset)): \(message)"
  }
}
