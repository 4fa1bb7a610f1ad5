/// How much of a document a reader accepts before it refuses.
public struct JSONLimits: Sendable, Equatable {
  /// Bytes in the whole document.
  public var bytes = 64 << 20
  /// Objects and arrays inside one another.
  public var depth = 64
  /// Values of every kind, members of objects included.
  public var values = 8_000_000
  /// Bytes of one string as written, escapes counted as they stand.
  public var stringBytes = 64 << 20
  /// Bytes of one number.
  public var numberBytes = 256
  /// Whether `\u0000` may stand in a string. Postgres and C strings cannot hold it.
  public var permitsNUL = false

  public init() {}

  public static let `default` = JSONLimits()
}
