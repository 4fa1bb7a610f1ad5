public import PostgresClient

/// Why a database cannot be brought to, or used at, this program's schema.
public struct MigrationError: Error, Sendable, CustomStringConvertible {
  /// What is wrong; new codes may be added.
  public struct Code: Sendable, Hashable {
    public let name: String
    /// A later program has migrated this database.
    public static let databaseIsNewer = Code(name: "database-is-newer")
    /// Steps are missing: `passerelle migrate` adds them.
    public static let databaseIsOlder = Code(name: "database-is-older")
    /// A step that was applied differs from the one in this program.
    public static let changed = Code(name: "migration-changed")
    /// Postgres refused a step; nothing of it remains.
    public static let refused = Code(name: "migration-refused")
  }

  public let code: Code
  public let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}

/// Brings a database to this program's schema.
///
/// One migrator at a time works on a database (an advisory lock); each step is one transaction together with its row
/// in `gateway.migration`, so a killed migrator leaves whole steps and the next run goes on from there.
public struct Migrator: Sendable {
  private let migrations: [Migration]

  /// A step may build indexes over a large clinic.
  static let stepTimeoutMilliseconds = 3_600_000
  static let lockTimeoutMilliseconds = 600_000

  public init(_ migrations: [Migration] = Migration.all) { self.migrations = migrations }

  /// Applies what is missing and returns the numbers applied. `pool` belongs to a role that may create roles and
  /// schemas, or to `passerelle_owner` where a DBA has made both.
  public func migrate(_ pool: PostgresPool) async throws -> [Int] {
    try await pool.withSession { session in
      _ = try await session.run(
        [PostgresQuery("select pg_advisory_lock(7241553001)")], timeoutMilliseconds: Self.lockTimeoutMilliseconds)
      let outcome = await outcome(session)
      await unlock(session)
      return try outcome.get()
    }
  }

  private func outcome(_ session: PostgresSession) async -> Result<[Int], any Error> {
    do { return .success(try await applyMissing(session)) } catch { return .failure(error) }
  }

  /// The lock must not outlive the run on a pooled connection; a broken one has released it already.
  private func unlock(_ session: PostgresSession) async {
    _ = try? await session.run(PostgresQuery("select pg_advisory_unlock(7241553001)"))
  }

  /// Throws unless the database is exactly at this program's schema. Needs only `passerelle_app`.
  public func check(_ pool: PostgresPool) async throws {
    let present = try await pool.withSession { try await applied($0) }
    try verify(present)
    if let missing = migrations.first(where: { present[$0.number] == nil }) {
      throw MigrationError(
        .databaseIsOlder,
        "the database lacks schema step \(missing.number) (\(missing.name)); run `passerelle migrate`")
    }
  }

  /// Every step of this program and whether the database has it. Throws as `check` does when one was changed.
  public func status(_ pool: PostgresPool) async throws -> [(number: Int, name: String, isApplied: Bool)] {
    let present = try await pool.withSession { try await applied($0) }
    try verify(present)
    return migrations.map { (number: $0.number, name: $0.name, isApplied: present[$0.number] != nil) }
  }

  private func applyMissing(_ session: PostgresSession) async throws -> [Int] {
    let present = try await applied(session)
    try verify(present)
    var done: [Int] = []
    for migration in migrations where present[migration.number] == nil {
      try await apply(migration, session)
      done.append(migration.number)
    }
    return done
  }

  /// Checksums by number; empty when the database has never been migrated.
  private func applied(_ session: PostgresSession) async throws(PostgresError) -> [Int: String] {
    let known = try await session.run(PostgresQuery("select to_regclass('gateway.migration') is not null"))
    guard try known[0].bool(0) else { return [:] }
    var present: [Int: String] = [:]
    for row in try await session.run(PostgresQuery("select number, sha256 from gateway.migration")) {
      present[try row.int(0)] = try row.string(1)
    }
    return present
  }

  private func verify(_ present: [Int: String]) throws(MigrationError) {
    let newest = migrations.last?.number ?? 0
    if let later = present.keys.max(), later > newest {
      throw MigrationError(
        .databaseIsNewer,
        "the database is at schema step \(later), this program knows \(newest): a newer passerelle has migrated it")
    }
    for migration in migrations {
      guard let checksum = present[migration.number], checksum != migration.checksum else { continue }
      throw MigrationError(
        .changed, "schema step \(migration.number) (\(migration.name)) was applied in another form than this program's")
    }
  }

  private func apply(_ migration: Migration, _ session: PostgresSession) async throws(MigrationError) {
    var queries = migration.statements.map { text in
      var query = PostgresQuery(dynamic: text)
      query.isPrepared = false
      return query
    }
    if migration.number > 1 {
      queries.insert(PostgresQuery("set local role passerelle_owner"), at: 0)
    }
    queries.append(
      PostgresQuery(
        "insert into gateway.migration (number, name, sha256) values ($1::int, $2, $3)",
        [.int(migration.number), .text(migration.name), .text(migration.checksum)]))
    do {
      _ = try await session.run(queries, timeoutMilliseconds: Self.stepTimeoutMilliseconds)
    } catch {
      throw MigrationError(
        .refused, "schema step \(migration.number) (\(migration.name)): \(error): \(error.message)")
    }
  }
}
