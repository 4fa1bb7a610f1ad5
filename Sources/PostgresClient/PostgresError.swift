internal import CPostgres

/// What went wrong between us and Postgres.
///
/// `description` is fit for logs: it never holds a parameter or a column value. `message` of data exceptions and
/// `detail` may quote values; they are for the caller's own judgement, never for logs.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure; extensible, so compare and keep a default.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ description: String) { self.description = description }

    /// The server refused a statement; `sqlState` says why.
    public static let server = Code("server")
    /// No connection could be made, or none was there in time.
    public static let connectionFailed = Code("connectionFailed")
    /// The connection broke before the work could have been committed: nothing has changed.
    public static let connectionLost = Code("connectionLost")
    /// The connection broke after the commit was asked for: it may have happened. Look before trying again.
    public static let commitUnknown = Code("commitUnknown")
    /// The time given ran out. `mayHaveCommitted` tells whether the server was seen to roll back.
    public static let timedOut = Code("timedOut")
    /// Every connection is busy and the queue is full, or the wait for a connection took too long.
    public static let poolExhausted = Code("poolExhausted")
    /// The pool has been shut down.
    public static let closed = Code("closed")
    /// A result was larger than the configured limit.
    public static let resultTooLarge = Code("resultTooLarge")
    /// A parameter cannot be sent (a NUL in text, or beyond a limit).
    public static let invalidParameter = Code("invalidParameter")
    /// A column is absent, null or not of the asked type.
    public static let unexpectedValue = Code("unexpectedValue")
    /// A transaction was already over, or a COMMIT turned into a rollback.
    public static let transactionOver = Code("transactionOver")
    /// The server or libpq said something that does not fit the protocol.
    public static let protocolViolation = Code("protocolViolation")
  }

  private final class Storage: Sendable {
    let code: Code
    let sqlState: String?
    let message: String
    let fields: [ServerField: String]
    let mayHaveCommitted: Bool

    init(_ code: Code, _ sqlState: String?, _ message: String, _ fields: [ServerField: String], _ unknown: Bool) {
      self.code = code
      self.sqlState = sqlState
      self.message = message
      self.fields = fields
      mayHaveCommitted = unknown
    }
  }

  private enum ServerField: Int32, CaseIterable {
    case detail = 68
    case hint = 72
    case schema = 115
    case table = 116
    case column = 99
    case constraint = 110
  }

  private let storage: Storage

  init(_ code: Code, _ message: String, mayHaveCommitted: Bool = false) {
    storage = Storage(code, nil, message, [:], mayHaveCommitted)
  }

  private init(_ storage: Storage) { self.storage = storage }

  /// Reads the error fields of a failed result.
  init(server result: OpaquePointer) {
    func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
    var fields: [ServerField: String] = [:]
    for name in ServerField.allCases { fields[name] = field(name.rawValue) }
    let message = field(77) ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "no message"
    storage = Storage(.server, field(67), message, fields, false)
  }

  public var code: Code { storage.code }
  /// Five characters of SQLSTATE when the server said so.
  public var sqlState: String? { storage.sqlState }
  /// The server's primary message. Data exceptions (class 22) quote values: not for logs.
  public var message: String { storage.message }
  /// May quote column values: not for logs.
  public var detail: String? { storage.fields[.detail] }
  public var hint: String? { storage.fields[.hint] }
  public var schemaName: String? { storage.fields[.schema] }
  public var tableName: String? { storage.fields[.table] }
  public var columnName: String? { storage.fields[.column] }
  public var constraintName: String? { storage.fields[.constraint] }
  /// Whether the work may have been committed although it failed for us.
  public var mayHaveCommitted: Bool { storage.mayHaveCommitted }

  /// Whether the same work may succeed later, unchanged: the database was away, short of something, or chose a loser.
  ///
  /// When `mayHaveCommitted` is set too, look by key before trying again.
  public var isTransient: Bool {
    switch code {
    case .connectionFailed, .connectionLost, .commitUnknown, .timedOut, .poolExhausted: return true
    case .server:
      guard let state = sqlState else { return false }
      return state.hasPrefix("08") || state.hasPrefix("53") || state.hasPrefix("57P0")
        || ["40001", "40P01", "55P03", "57014", "25006"].contains(state)
    default: return false
    }
  }

  public var description: String {
    var text = "postgres \(code)"
    if let sqlState { text += " \(sqlState)" }
    if let tableName { text += " table \(tableName)" }
    if let columnName { text += " column \(columnName)" }
    if let constraintName { text += " constraint \(constraintName)" }
    if sqlState?.hasPrefix("22") != true { text += ": \(message)" }
    return text
  }

  /// The same failure, seen as one of time: the server answered a cancel that we asked for.
  func asTimeOut() -> PostgresError {
    PostgresError(Storage(.timedOut, sqlState, "the statement was cancelled at its deadline", [:], false))
  }
}
