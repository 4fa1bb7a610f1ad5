import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

/// A migrated database of one's own, with two clinics, for suites of the store.
enum StoreFixture {
  static let casablanca = "11111111-1111-4111-8111-111111111111"
  static let paris = "22222222-2222-4222-8222-222222222222"

  /// A fresh database at this program's schema; returns the superuser's connection string.
  ///
  /// Copied from one that was migrated once for the whole process.
  static func migratedDatabase(_ label: String) async throws -> String {
    let template = try await template.value
    return try await PostgresTestCluster.shared().makeDatabase(label, template: template)
  }

  private static let template = Task {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("template")
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in _ = try await Migrator().migrate(pool) }
    return TestDSN.value(of: "dbname", in: dsn)
  }

  /// Runs statements one after the other as a role; the last one's rows come back as text.
  @discardableResult
  static func run(
    _ dsn: String, as role: String? = nil, clinic: String? = nil, _ statements: String...
  ) async throws -> [[String?]] {
    try await PostgresTestCluster.withPool(
      dsn: dsn,
      configure: { configuration in
        configuration.connections = 1
        if let role { configuration.overrides["user"] = role }
      },
      { pool in
        var queries: [PostgresQuery] = []
        if let clinic {
          queries.append(PostgresQuery("select set_config('passerelle.clinic_id', $1, true)", [.text(clinic)]))
        }
        queries += statements.map { PostgresQuery(dynamic: $0) }
        let result = try await pool.run(queries, timeoutMilliseconds: 60_000)[queries.count - 1]
        return try result.map { row in try (0..<result.columnCount).map { try row.optionalString($0) } }
      })
  }

  /// Two clinics, a payer and a patient of the first.
  static func addClinics(_ dsn: String) async throws {
    try await run(
      dsn, as: "passerelle_owner",
      """
      insert into clinic.clinic (clinic_id, id, slug, name, country, time_zone, currency, tax_regime) values
        ('\(casablanca)', 'c', 'casablanca', 'Cabinet', 'MA', 'Africa/Casablanca', 'MAD', 'ma-tva'),
        ('\(paris)', 'c', 'paris', 'Cabinet', 'FR', 'Europe/Paris', 'EUR', 'fr-tva')
      """,
      "insert into clinic.payer (clinic_id, id, name, kind) values ('\(casablanca)', 'amo', 'AMO', 'public')",
      """
      insert into clinic.patient (clinic_id, id, family, given, phone)
        values ('\(casablanca)', 'p', 'Bénnani', '{Amina,Fatima Zahra}', '+212 600-1')
      """,
      "insert into clinic.coverage (clinic_id, id, patient_id, payer_id) values ('\(casablanca)', 'v', 'p', 'amo')")
  }
}
