/// One statement with its bound parameters `$1`, `$2` … .
public struct PostgresQuery: Sendable {
  enum SQL: Sendable {
    case fixed(StaticString)
    case dynamic(String)
  }

  let sql: SQL
  /// The bound parameters, in order.
  public var values: [PostgresValue]
  /// Whether results come in binary: worth it for large `bytea` columns; `string`, `int`, `bool`, `bytes` understand it.
  public var binaryResults = false
  /// Whether the statement may be kept prepared on its connection.
  public var isPrepared = true

  /// A statement written in the source. The literal's address is its key in the statement cache.
  public init(_ sql: StaticString, _ values: [PostgresValue] = []) {
    self.sql = .fixed(sql)
    self.values = values
  }

  /// A statement put together at run time, from fixed pieces only: what comes from outside is bound.
  public init(dynamic sql: String, _ values: [PostgresValue] = []) {
    self.sql = .dynamic(sql)
    self.values = values
  }

  /// The statement's text.
  public var text: String {
    switch sql {
    case .fixed(let sql): sql.description
    case .dynamic(let sql): sql
    }
  }

  var key: StatementKey {
    switch sql {
    case .fixed(let sql) where sql.hasPointerRepresentation: .address(UInt(bitPattern: sql.utf8Start))
    case .fixed(let sql): .text(sql.description)
    case .dynamic(let sql): .text(sql)
    }
  }

  /// Whether it is the same statement with the same parameters.
  func isSame(as other: PostgresQuery) -> Bool { key == other.key && values == other.values }

  /// Calls `body` with the statement as a C string.
  func withCText<Value>(_ body: (UnsafePointer<CChar>) -> Value) -> Value {
    switch sql {
    case .fixed(let sql) where sql.hasPointerRepresentation:
      // A literal's bytes end in NUL.
      return sql.utf8Start.withMemoryRebound(to: CChar.self, capacity: sql.utf8CodeUnitCount + 1, body)
    case .fixed(let sql): return sql.description.withCString(body)
    case .dynamic(let sql): return sql.withCString(body)
    }
  }
}

/// A statement's name in the cache of a connection.
enum StatementKey: Hashable {
  case address(UInt)
  case text(String)
}
