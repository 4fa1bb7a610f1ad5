import Foundation
import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

/// How long the fault tests take: `make test-faults` runs all of them, `make test` those that are quick.
enum FaultRun {
  static let isLong = ProcessInfo.processInfo.environment["PASSERELLE_TEST_FAULTS"] == "long"

  static func skipUnlessLong() throws {
    guard isLong else { throw skip("takes long: `make test-faults`, or PASSERELLE_TEST_FAULTS=long") }
  }

  /// One line of what was measured, among the test's output.
  static func say(_ text: String) { print("fault: \(text)") }
}

enum FaultClock {
  /// Monotonic nanoseconds.
  static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

  static func seconds(since start: UInt64, _ moment: UInt64 = now) -> Double {
    (Double(moment) - Double(start)) / 1e9
  }

  /// Waits until a condition holds; false when it does not within the time.
  static func wait(seconds: Int = 20, until condition: () async throws -> Bool) async rethrows -> Bool {
    let end = now + UInt64(seconds) * 1_000_000_000
    while try await !condition() {
      if now > end { return false }
      try? await Task.sleep(for: .milliseconds(25))
    }
    return true
  }
}

/// The database of a fault test: the sample clinics, and a partner with key and certificate that reads and sends.
struct FaultDatabase: Sendable {
  let cluster: PostgresTestCluster
  let dsn: String
  let key: String

  var name: String { TestDSN.value(of: "dbname", in: dsn) }
  /// The folder of the server's socket.
  var sockets: String { TestDSN.value(of: "host", in: dsn) }

  private static let template = Task { try await make(PostgresTestCluster.shared()) }

  /// A copy in the process's cluster.
  static func fresh() async throws -> FaultDatabase {
    let made = try await template.value
    let dsn = try await made.cluster.makeDatabase("faults", template: made.name)
    return FaultDatabase(cluster: made.cluster, dsn: dsn, key: made.key)
  }

  /// One in a cluster of the test's own.
  static func make(_ cluster: PostgresTestCluster) async throws -> FaultDatabase {
    try await make(cluster, dsn: cluster.makeDatabase("faults"))
  }

  /// Migrates an empty database and fills it.
  static func make(_ cluster: PostgresTestCluster, dsn: String) async throws -> FaultDatabase {
    let key = try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      _ = try await Migrator().migrate(pool)
      _ = try await Seeder().loadSamples(pool)
      var changes = PartnerChanges()
      changes.kind = .hospital
      changes.scopes = ["system/*.rs", "passerelle/hl7v2.c"]
      changes.clinics = [FaultServer.clinic]
      changes.addedCertificates = [CertificateName(alternativeName: "DNS:partner.example")].compactMap { $0 }
      try await PartnerAdministration.add("hospital", changes, pool)
      return try await KeyAdministration.create(for: "hospital", environment: "test", pool).reveal()
    }
    return FaultDatabase(cluster: cluster, dsn: dsn, key: key)
  }

  /// Rows of the last of some statements, which are one transaction, as the superuser.
  @discardableResult
  func rows(_ statements: String...) async throws -> [[String?]] {
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      let queries = statements.map { statement in
        var query = PostgresQuery(dynamic: statement)
        query.isPrepared = false
        return query
      }
      guard let result = try await pool.run(queries, timeoutMilliseconds: 180_000).last else { return [] }
      return try result.map { row in try (0..<result.columnCount).map { try row.optionalString($0) } }
    }
  }

  func value(_ statement: String) async throws -> String? { try await rows(statement).first?.first ?? nil }

  /// Runs `body` while a transaction holds what the statement locks.
  func holding<Value: Sendable>(
    _ statement: String, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      try await pool.transaction { transaction in
        _ = try await transaction.run([PostgresQuery(dynamic: statement)])
        return try await body()
      }
    }
  }

  /// Waits until the statement's first value is `t`.
  func wait(
    seconds: Int = 30, _ what: String, until statement: String, file: StaticString = #filePath, line: UInt = #line
  ) async throws {
    let happened = try await FaultClock.wait(seconds: seconds) { try await value(statement) == "t" }
    XCTAssertTrue(happened, "\(what) did not happen within \(seconds) s", file: file, line: line)
  }

  /// Waits until so many statements of the server under test wait for a lock.
  func waitForWaiters(_ count: Int = 1, file: StaticString = #filePath, line: UInt = #line) async throws {
    try await wait(
      "\(count) statements that wait",
      until: """
        select count(distinct pid) >= \(count) from pg_locks join pg_stat_activity using (pid)
        where not granted and datname = current_database() and usename like 'passerelle%'
        """, file: file, line: line)
  }

  /// How often each message is stored, by control id.
  func stored() async throws -> [String: Int] {
    let rows = try await rows("select control_id, count(*) from gateway.hl7_message group by 1")
    return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) })
  }
}
