internal import Reactor

/// A wait for a connection of one's own.
final class LeaseRequest {
  var continuation: UnsafeContinuation<Result<PostgresConnection, PostgresError>, Never>?

  func finish(_ connection: PostgresConnection?) {
    let outcome: Result<PostgresConnection, PostgresError> =
      connection.map { .success($0) } ?? .failure(PostgresError(.connectionLost, "the connection closed"))
    continuation?.resume(returning: outcome)
    continuation = nil
  }

  func refuse(_ error: PostgresError) {
    continuation?.resume(returning: .failure(error))
    continuation = nil
  }
}

/// One connection for one caller, from `PostgresPool.withSession`. Not to be used after the closure returns.
public struct PostgresSession {
  let pool: PostgresPool
  let connection: PostgresConnection

  /// Runs statements as one pipeline with one sync. Outside an explicit transaction it is one by itself.
  public func run(
    _ queries: [PostgresQuery], timeoutMilliseconds: Int? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    try await run(queries, timeoutMilliseconds, mayCommit: true)
  }

  func run(
    _ queries: [PostgresQuery], _ timeoutMilliseconds: Int?, mayCommit: Bool
  ) async throws(PostgresError) -> [PostgresResult] {
    guard !queries.isEmpty else { return [] }
    let checked = try pool.request(queries, timeoutMilliseconds)
    let request = PipelineRequest(queries: queries, deadline: checked.deadline, isWholeTransaction: false)
    request.mayCommit = mayCommit
    return try await connection.run(request)
  }

  /// Runs one statement.
  public func run(_ query: PostgresQuery) async throws(PostgresError) -> PostgresResult { try await run([query])[0] }
}

extension PostgresConnection {
  /// Sends a pipeline and waits for its end.
  func run(_ request: PipelineRequest) async throws(PostgresError) -> [PostgresResult] {
    let outcome = await withUnsafeContinuation { continuation in
      request.continuation = continuation
      send(request)
    }
    return try outcome.get()
  }
}

extension PostgresPool {
  /// Lends a connection to `body` alone. It comes back idle, or is closed if it does not.
  public func withSession<Value>(_ body: (PostgresSession) async throws -> Value) async throws -> Value {
    assert(loop.isCurrent)
    let lease = LeaseRequest()
    let outcome = await withUnsafeContinuation { continuation in
      lease.continuation = continuation
      let until = acquireDeadline
      if let slot = machine.submit(.lease(lease), .lease, until: until, now: loop.now) {
        lease.finish(connections[slot])
      }
      settle()
    }
    let connection = try outcome.get()
    defer { giveBack(connection) }
    return try await body(PostgresSession(pool: self, connection: connection))
  }

  private func giveBack(_ connection: PostgresConnection) {
    guard connections[connection.slot] === connection, !connection.isClosed else { return settle() }
    if connection.isIdle, connection.acceptsWork, !connection.isCopying {
      machine.released(connection.slot)
      if machine.isClosed { connection.retire() }
    } else {
      connection.close()
    }
    settle()
  }
}
