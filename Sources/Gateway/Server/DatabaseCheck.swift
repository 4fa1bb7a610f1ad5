import PostgresClient
import Reactor

/// What must hold of the database before anything listens.
enum DatabaseCheck {
  /// Throws unless the database is at this program's schema and is reached in a way that the configuration fits.
  static func run(_ configuration: Configuration.Database, _ loop: EventLoop) async throws {
    try await withPool(.app(configuration), loop) { pool in
      try await Migrator().check(pool)
      guard configuration.statementCacheEntries > 0, try await isPooledByTransaction(pool) else { return }
      throw CommandFailure(
        .configuration,
        "[database] app leads through a pooler in transaction mode, where prepared statements get lost: set "
          + "statement_cache_entries = 0, and listen to a connection string of the server itself")
    }
    guard configuration.listen == nil else { return }
    try await withPool(.dispatcher(configuration), loop) { pool in
      guard try await isPooledByTransaction(pool) else { return }
      throw CommandFailure(
        .configuration,
        "[database] dispatcher leads through a pooler in transaction mode, where LISTEN hears nothing: set listen to a "
          + "connection string of the server itself, of the same role")
    }
  }

  private static func withPool(
    _ settings: PostgresConfiguration, _ loop: EventLoop,
    _ body: @escaping @Sendable (PostgresPool) async throws -> Void
  ) async throws {
    var settings = settings
    settings.connections = 2
    settings.preparedStatements = 0
    let fixed = settings
    try await loop.run {
      let pool = PostgresPool(fixed, loop: loop)
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
      await pool.shutdown(graceMilliseconds: 500)
      try outcome.get()
    }
  }

  /// Whether sessions of the server are handed out by transaction: two connections that are open at once are given the
  /// same one, or one connection two in turn.
  private static func isPooledByTransaction(_ pool: PostgresPool) async throws -> Bool {
    let session = PostgresQuery("select pg_backend_pid()")
    return try await pool.withSession { first in
      let before = try await first.run(session)[0].int(0)
      return try await pool.withSession { second in
        let other = try await second.run([PostgresQuery("begin"), session])[1][0].int(0)
        let after = try await first.run(session)[0].int(0)
        _ = try await second.run(PostgresQuery("rollback"))
        return other == before || after != before
      }
    }
  }
}
