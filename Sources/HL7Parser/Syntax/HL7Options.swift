/// How a partner's messages are read: what is tolerated, what is assumed, how much is too much.
public struct HL7Options: Sendable {
  /// What ends a segment.
  public enum Terminators: Sendable {
    /// CR alone, as the standard has it; a line feed is data, and one that starts a segment is refused.
    case carriageReturn
    /// CR, CRLF and LF. A lone LF ends a segment only where a segment, another terminator or the end follows;
    /// elsewhere it is data. Whatever is not CR is reported as a notice.
    case tolerant
  }

  public var terminators = Terminators.tolerant
  /// The charset of a message whose MSH-18 is empty.
  public var defaultCharset = HL7Charset.utf8
  /// The charset assumed when MSH-18 is empty and the bytes are not valid in `defaultCharset`; `nil` refuses.
  public var fallbackCharset: HL7Charset? = .latin1
  /// Whether bytes that are not valid in the charset that MSH-18 names refuse the message. When off, they are
  /// reported and read as U+FFFD.
  public var refusesCharsetMismatch = true
  public var limits = HL7Limits()

  public init() {}
}

/// The most that one message may hold.
public struct HL7Limits: Sendable {
  /// Bytes of a message; never more than 4 GiB - 1, the reach of the index.
  public var messageBytes = 64 << 20
  public var segments = 100_000
  /// Fields of the whole message. The index takes four bytes each.
  public var fields = 2_000_000
  /// Repetitions of one field.
  public var repetitions = 100_000
  /// Messages in one batch file.
  public var batchMessages = 100_000

  public init() {}
}

/// Something tolerated in a message that is not as the standard has it.
public struct HL7Notice: Sendable, Hashable {
  /// What was noticed.
  public enum Kind: String, Sendable {
    case byteOrderMark, leadingWhitespace, lineFeedTerminator, emptySegment, missingFinalTerminator
    case controlCharacter, charsetAssumed, charsetMismatch, fewDelimiters
    /// Set while editing: characters that the charset lacks (`?` stands in their place), values deeper than the
    /// delimiters allow, numbers beyond a limit.
    case notExpressible
  }

  public let kind: Kind
  /// How often it occurs.
  public internal(set) var count: Int
  /// The byte offset of the first occurrence.
  public let offset: Int
}
