/// One bound parameter.
///
/// Everything travels as text except `bytes` and `bytesArray`, which are binary `bytea`; dates, timestamps, UUIDs and numerics are
/// `text` in their Postgres spelling, and the server infers the type from the statement.
public enum PostgresValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case text(String)
  /// Text that is already UTF-8 bytes, such as a JSON document.
  case utf8([UInt8])
  /// A `bytea`.
  case bytes([UInt8])
  /// A one-dimensional `text[]` (or `uuid[]` …).
  case textArray([String])
  /// A one-dimensional `bytea[]`, sent in binary.
  case bytesArray([[UInt8]])
  /// A one-dimensional `int8[]`.
  case intArray([Int64])

  public init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  public init(_ number: Int?) { self = number.map { .int(Int64($0)) } ?? .null }
  public init(_ flag: Bool?) { self = flag.map { .bool($0) } ?? .null }

  /// An integer of Swift's own size.
  public static func int(_ number: Int) -> PostgresValue { .int(Int64(number)) }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByFloatLiteral, ExpressibleByNilLiteral, ExpressibleByStringInterpolation
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(nilLiteral: ()) { self = .null }
}
