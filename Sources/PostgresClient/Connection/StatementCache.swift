/// A statement that a connection keeps prepared, or is about to.
final class PreparedStatement {
  enum State { case preparing, ready, gone }

  let number: Int
  let key: StatementKey
  /// `p<number>`, NUL-terminated. A number is never used twice on a connection.
  let name: [CChar]
  var state = State.preparing
  /// The pipeline that carries the preparation; later statements of the same pipeline may count on it.
  let preparedBy: Int
  fileprivate(set) var lastUse = 0

  init(number: Int, key: StatementKey, preparedBy: Int) {
    self.number = number
    self.key = key
    self.preparedBy = preparedBy
    name = "p\(number)".utf8CString.map { $0 }
  }
}

/// Which statements a connection has prepared: least recently used goes first. No I/O.
struct StatementCache {
  enum Use {
    /// Send it by name.
    case prepared(PreparedStatement)
    /// Prepare it in this pipeline, then send it by name.
    case prepare(PreparedStatement)
    /// Send its text: it is not kept, or another pipeline's preparation is not confirmed yet.
    case unnamed
  }

  let limit: Int
  private var statements: [StatementKey: PreparedStatement] = [:]
  private var clock = 0
  private var nextNumber = 0
  /// Statements that fell out and that the server still holds.
  private(set) var evicted: [PreparedStatement] = []

  init(limit: Int) { self.limit = limit }

  var count: Int { statements.count }

  /// How to send the statement `key` in pipeline `pipeline`.
  mutating func use(_ key: StatementKey, in pipeline: Int) -> Use {
    guard limit > 0 else { return .unnamed }
    clock += 1
    if let statement = statements[key] {
      statement.lastUse = clock
      if statement.state == .ready || statement.preparedBy == pipeline { return .prepared(statement) }
      return .unnamed
    }
    guard statements.count < limit || evictOne() else { return .unnamed }
    nextNumber += 1
    let statement = PreparedStatement(number: nextNumber, key: key, preparedBy: pipeline)
    statement.lastUse = clock
    statements[key] = statement
    return .prepare(statement)
  }

  /// The server prepared it.
  mutating func confirm(_ statement: PreparedStatement) {
    if statement.state == .preparing { statement.state = .ready }
  }

  /// The server did not prepare it, or no longer has it.
  mutating func forget(_ statement: PreparedStatement) {
    statement.state = .gone
    if statements[statement.key] === statement { statements[statement.key] = nil }
  }

  /// Forgets everything that is ready, with the server's copies to be dropped: their plans no longer fit.
  mutating func forgetAll() {
    for statement in Array(statements.values) where statement.state == .ready {
      forget(statement)
      evicted.append(statement)
    }
  }

  /// Hands over the statements that the server may drop.
  mutating func takeEvicted() -> [PreparedStatement] {
    let taken = evicted
    evicted = []
    return taken
  }

  private mutating func evictOne() -> Bool {
    var oldest: PreparedStatement?
    for statement in statements.values where statement.state == .ready {
      if statement.lastUse < oldest?.lastUse ?? .max { oldest = statement }
    }
    guard let oldest else { return false }
    forget(oldest)
    evicted.append(oldest)
    return true
  }
}
