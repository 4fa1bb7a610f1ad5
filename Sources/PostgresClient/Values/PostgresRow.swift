internal import CPostgres
internal import Glibc

/// One row of a result: a view, no copy.
///
/// Each type has a reader that throws `unexpectedValue` on null and an `optional…` one that gives nil.
public struct PostgresRow: Sendable {
  let result: PostgresResult
  let row: Int32

  /// The position of the column with this name.
  public func column(_ name: String) throws(PostgresError) -> Int {
    guard let index = result.column(name) else {
      throw PostgresError(
        .unexpectedValue, "no column named \(name); there are \(result.columns.joined(separator: ", "))")
    }
    return index
  }

  /// Whether a column is null (an absent column is, too).
  public func isNull(_ column: Int) -> Bool {
    column < 0 || column >= result.columnCount || PQgetisnull(result.handle, row, Int32(column)) != 0
  }

  /// Calls `body` with the bytes as the server sent them, nil for null. Valid during the call only.
  public func utf8<Value>(_ column: Int, _ body: (UnsafeBufferPointer<UInt8>?) -> Value) -> Value {
    body(raw(column))
  }

  /// Text of any type, in the server's spelling.
  public func optionalString(_ column: Int) throws(PostgresError) -> String? {
    guard let bytes = try present(column) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An integer that fits into 64 bits.
  public func optionalInt(_ column: Int) throws(PostgresError) -> Int? {
    guard let bytes = try present(column) else { return nil }
    guard let number = isBinary(column) ? Self.integer(binary: bytes) : Self.integer(text: bytes) else {
      throw mismatch(column, "an integer")
    }
    return number
  }

  public func optionalBool(_ column: Int) throws(PostgresError) -> Bool? {
    guard let bytes = try present(column) else { return nil }
    switch bytes.count == 1 ? bytes[0] : 0xFF {
    case UInt8(ascii: "t"): return true
    case UInt8(ascii: "f"): return false
    case 1 where isBinary(column): return true
    case 0 where isBinary(column): return false
    default: throw mismatch(column, "a boolean")
    }
  }

  /// A floating-point number. Money and other numerics: read `string`, which keeps every digit.
  public func optionalDouble(_ column: Int) throws(PostgresError) -> Double? {
    guard let bytes = try present(column) else { return nil }
    if isBinary(column) {
      guard bytes.count == 8, let bits = Self.integer(binary: bytes) else { throw mismatch(column, "a float8") }
      return Double(bitPattern: UInt64(bitPattern: Int64(bits)))
    }
    guard let number = Double(String(decoding: bytes, as: UTF8.self)) else { throw mismatch(column, "a number") }
    return number
  }

  /// The bytes of a `bytea`.
  public func optionalBytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
    guard let bytes = try present(column) else { return nil }
    if isBinary(column) { return [UInt8](bytes) }
    guard let decoded = Bytea.decode(bytes) else { throw mismatch(column, "a bytea") }
    return decoded
  }

  /// The elements of a one-dimensional array without nulls, as text.
  public func optionalStrings(_ column: Int) throws(PostgresError) -> [String]? {
    guard let bytes = try present(column) else { return nil }
    guard !isBinary(column), let elements = ArrayText.decode(bytes) else { throw mismatch(column, "a flat array") }
    return elements
  }

  public func string(_ column: Int) throws(PostgresError) -> String { try need(optionalString(column), column) }
  public func int(_ column: Int) throws(PostgresError) -> Int { try need(optionalInt(column), column) }
  public func bool(_ column: Int) throws(PostgresError) -> Bool { try need(optionalBool(column), column) }
  public func double(_ column: Int) throws(PostgresError) -> Double { try need(optionalDouble(column), column) }
  public func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try need(optionalBytes(column), column) }
  public func strings(_ column: Int) throws(PostgresError) -> [String] { try need(optionalStrings(column), column) }

  // By name: a comparison per column, so for results of few rows.
  public func string(_ name: String) throws(PostgresError) -> String { try string(column(name)) }
  public func int(_ name: String) throws(PostgresError) -> Int { try int(column(name)) }
  public func bool(_ name: String) throws(PostgresError) -> Bool { try bool(column(name)) }
  public func double(_ name: String) throws(PostgresError) -> Double { try double(column(name)) }
  public func bytes(_ name: String) throws(PostgresError) -> [UInt8] { try bytes(column(name)) }
  public func strings(_ name: String) throws(PostgresError) -> [String] { try strings(column(name)) }
  public func optionalString(_ name: String) throws(PostgresError) -> String? { try optionalString(column(name)) }
  public func optionalInt(_ name: String) throws(PostgresError) -> Int? { try optionalInt(column(name)) }
  public func optionalBool(_ name: String) throws(PostgresError) -> Bool? { try optionalBool(column(name)) }
  public func optionalBytes(_ name: String) throws(PostgresError) -> [UInt8]? { try optionalBytes(column(name)) }

  private func raw(_ column: Int) -> UnsafeBufferPointer<UInt8>? {
    guard !isNull(column), let start = PQgetvalue(result.handle, row, Int32(column)) else { return nil }
    return UnsafeBufferPointer(
      start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self),
      count: Int(PQgetlength(result.handle, row, Int32(column))))
  }

  private func present(_ column: Int) throws(PostgresError) -> UnsafeBufferPointer<UInt8>? {
    guard column >= 0, column < result.columnCount else {
      throw PostgresError(.unexpectedValue, "no column \(column); there are \(result.columnCount)")
    }
    return raw(column)
  }

  private func isBinary(_ column: Int) -> Bool { PQfformat(result.handle, Int32(column)) != 0 }

  private func need<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
    guard let value else { throw PostgresError(.unexpectedValue, "\(label(column)) is null") }
    return value
  }

  private func mismatch(_ column: Int, _ wanted: String) -> PostgresError {
    PostgresError(.unexpectedValue, "\(label(column)) does not hold \(wanted)")
  }

  private func label(_ column: Int) -> String {
    "column \(column) (\(PQfname(result.handle, Int32(column)).map { String(cString: $0) } ?? "?"))"
  }

  static func integer(text: UnsafeBufferPointer<UInt8>) -> Int? {
    var index = 0
    let isNegative = text.first == UInt8(ascii: "-")
    if isNegative { index = 1 }
    guard index < text.count, text.count - index <= 19 else { return nil }
    var number = 0
    while index < text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (product, over) = number.multipliedReportingOverflow(by: 10)
      let (sum, past) = product.subtractingReportingOverflow(Int(digit))
      guard !over, !past else { return nil }
      number = sum
      index += 1
    }
    if isNegative { return number }
    return number == .min ? nil : -number
  }

  private static func integer(binary: UnsafeBufferPointer<UInt8>) -> Int? {
    var bits: UInt64 = 0
    for byte in binary.prefix(8) { bits = bits << 8 | UInt64(byte) }
    switch binary.count {
    case 8: return Int(truncatingIfNeeded: bits)
    case 4: return Int(Int32(truncatingIfNeeded: bits))
    case 2: return Int(Int16(truncatingIfNeeded: bits))
    default: return nil
    }
  }
}
