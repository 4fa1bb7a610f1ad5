/// An explicit transaction: BEGIN … COMMIT, with savepoints. For what one pipeline cannot do: deciding in between.
///
/// Not to be used after the closure of `transaction` returns, nor by two tasks at once.
public final class PostgresTransaction {
  private let session: PostgresSession
  fileprivate enum State { case notBegun, open, over }
  fileprivate var state = State.notBegun
  private var savepoints = 0

  init(_ session: PostgresSession) { self.session = session }

  /// Runs statements as one pipeline inside the transaction. BEGIN travels with the first.
  ///
  /// After an error the server refuses everything until the savepoint around it, or the transaction, is rolled back.
  public func run(
    _ queries: [PostgresQuery], timeoutMilliseconds: Int? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    guard !queries.isEmpty else { return [] }
    switch state {
    case .over: throw PostgresError(.transactionOver, "the transaction is over")
    case .open: return try await session.run(queries, timeoutMilliseconds, mayCommit: false)
    case .notBegun:
      state = .open
      let results = try await session.run([Self.begin] + queries, timeoutMilliseconds, mayCommit: false)
      return Array(results.dropFirst())
    }
  }

  /// Runs one statement.
  public func run(_ query: PostgresQuery) async throws(PostgresError) -> PostgresResult { try await run([query])[0] }

  /// Runs the last statements and COMMIT in one round trip. Results are given out only after the commit.
  public func finish(
    _ queries: [PostgresQuery] = [], timeoutMilliseconds: Int? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    switch state {
    case .over: throw PostgresError(.transactionOver, "the transaction is over")
    case .notBegun:
      state = .over
      guard !queries.isEmpty else { return [] }
      return try await session.run(queries, timeoutMilliseconds: timeoutMilliseconds)
    case .open: break
    }
    var results = try await session.run(queries + [Self.commit], timeoutMilliseconds: timeoutMilliseconds)
    state = .over
    // COMMIT of a failed transaction is no error to the server: it says ROLLBACK instead.
    guard results.removeLast().commandTag == "COMMIT" else {
      throw PostgresError(.transactionOver, "COMMIT became ROLLBACK: a statement had failed")
    }
    return results
  }

  /// Runs `body` behind a savepoint: if it throws, what it did is undone, the transaction lives, and the error goes on
  /// to the caller.
  public func savepoint<Value>(_ body: (PostgresTransaction) async throws -> Value) async throws -> Value {
    savepoints += 1
    let name = "s\(savepoints)"
    _ = try await run([PostgresQuery(dynamic: "SAVEPOINT \(name)")])
    do {
      let value = try await body(self)
      _ = try await run([PostgresQuery(dynamic: "RELEASE SAVEPOINT \(name)")])
      return value
    } catch {
      let failure = error
      _ = try await run([
        PostgresQuery(dynamic: "ROLLBACK TO SAVEPOINT \(name)"), PostgresQuery(dynamic: "RELEASE SAVEPOINT \(name)"),
      ])
      throw failure
    }
  }

  /// Ends the transaction without keeping anything. Nothing happens if it is over.
  public func rollback() async throws(PostgresError) {
    guard state == .open else {
      state = .over
      return
    }
    state = .over
    _ = try await session.run([PostgresQuery("ROLLBACK")])
  }

  /// The connection beneath, for COPY inside the transaction.
  func openSession() async throws(PostgresError) -> PostgresSession {
    switch state {
    case .over: throw PostgresError(.transactionOver, "the transaction is over")
    case .open: break
    case .notBegun:
      state = .open
      _ = try await session.run([Self.begin])
    }
    return session
  }

  private static let begin = PostgresQuery("BEGIN")
  private static let commit = PostgresQuery("COMMIT")
}

extension PostgresPool {
  /// Runs `body` in an explicit transaction on a connection of its own, and commits when it returns.
  ///
  /// If it throws, everything is rolled back and the error goes on. `commitUnknown` means that the connection broke
  /// during COMMIT: look by key before trying again.
  public func transaction<Value>(_ body: (PostgresTransaction) async throws -> Value) async throws -> Value {
    try await withSession { session in
      let transaction = PostgresTransaction(session)
      do {
        let value = try await body(transaction)
        if !transaction.isOver { _ = try await transaction.finish() }
        return value
      } catch {
        let failure = error
        // A connection that cannot roll back is closed when it is given back, which does the same.
        do throws(PostgresError) { try await transaction.rollback() } catch {}
        throw failure
      }
    }
  }
}

extension PostgresTransaction {
  /// Whether it has been committed or rolled back.
  public var isOver: Bool { state == .over }
}
