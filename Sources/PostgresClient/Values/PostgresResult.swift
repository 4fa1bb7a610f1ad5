internal import CPostgres
internal import Glibc

/// What one statement gave back. Owns libpq's result; rows read from it without copying until a value is asked for.
// @unchecked: libpq's result is not changed after it is made, and reading it is thread-safe; it is freed once, in deinit.
public final class PostgresResult: @unchecked Sendable, RandomAccessCollection {
  let handle: OpaquePointer
  /// How many rows there are.
  public let rowCount: Int
  /// How many columns each row has.
  public let columnCount: Int

  init(owning handle: OpaquePointer) {
    self.handle = handle
    rowCount = Int(PQntuples(handle))
    columnCount = Int(PQnfields(handle))
  }

  deinit { PQclear(handle) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { rowCount }

  /// Row `row`, counted from 0. A row outside is a programming error.
  public subscript(row: Int) -> PostgresRow {
    precondition(row >= 0 && row < rowCount, "row \(row) of \(rowCount)")
    return PostgresRow(result: self, row: Int32(row))
  }

  /// The names of the columns.
  public var columns: [String] {
    (0..<columnCount).map { String(cString: PQfname(handle, Int32($0))) }
  }

  /// The position of the first column with exactly this name.
  public func column(_ name: String) -> Int? {
    for index in 0..<columnCount where strcmp(PQfname(handle, Int32(index)), name) == 0 { return index }
    return nil
  }

  /// Rows inserted, updated, deleted, selected or copied, as the command's tag says.
  public var affectedRows: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

  /// The command's tag, such as `INSERT 0 1`.
  public var commandTag: String { String(cString: PQcmdStatus(handle)) }

  /// Bytes that the result holds.
  var byteCount: Int { PQresultMemorySize(handle) }
}
