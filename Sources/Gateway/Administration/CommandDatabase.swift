package import PostgresClient
import Reactor

/// A database connection for one command: a loop and a pool of its own, both gone when it ends.
package enum CommandDatabase {
  /// A command may wait for what the gateway would not.
  static let queryTimeoutMilliseconds = 60_000

  /// Runs `body` on a loop of its own.
  package static func run<Value: Sendable>(
    _ dsn: Secret, connections: Int = 1, _ body: @escaping @Sendable (PostgresPool) async throws -> Value
  ) async throws(CommandFailure) -> Value {
    do {
      var configuration = PostgresConfiguration(dsn: dsn.reveal())
      configuration.connections = connections
      configuration.queryTimeoutMilliseconds = queryTimeoutMilliseconds
      configuration.applicationName = "passerelle-command"
      let settings = configuration
      return try await EventLoop.onLoop { loop in
        let pool = PostgresPool(settings, loop: loop)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
        await pool.shutdown(graceMilliseconds: 1_000)
        return try outcome.get()
      }
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Puts the rest of a transaction under the owner's rights, whatever member of it the connection belongs to.
  static let actAsOwner = PostgresQuery("set local role passerelle_owner")
}

extension CommandContext {
  /// Runs `body` with connections of `[database] owner`.
  package func withOwner<Value: Sendable>(
    connections: Int = 1, _ body: @escaping @Sendable (PostgresPool) async throws -> Value
  ) async throws(CommandFailure) -> Value {
    try await CommandDatabase.run(try ownerDSN(), connections: connections, body)
  }

  package func ownerDSN() throws(CommandFailure) -> Secret {
    guard let owner = try configuration().database.owner else {
      throw CommandFailure(
        .configuration,
        "[database] owner is not set: it is the connection string of the role that migrates and administers. "
          + "Name a file with --config, or set PASSERELLE_DATABASE_OWNER.")
    }
    return owner
  }
}
