import Foundation
import HTTP
import TestSupport
import XCTest

@testable import Gateway

/// pgbouncer in transaction mode between the gateway and Postgres: each transaction may run on another session.
final class PoolerFaultTests: XCTestCase {
  private func pooler(_ cluster: PostgresTestCluster) throws -> TestPooler {
    try FaultRun.skipUnlessLong()
    guard let program = TestPooler.program else { throw skip("pgbouncer is not installed") }
    return try TestPooler(program: program, before: cluster)
  }

  /// With the statement cache off and LISTEN past the pooler everything works, and no clinic sees another's rows.
  func testTransactionModeWorksWithTheStatementCacheOff() async throws {
    let database = try await FaultDatabase.fresh()
    let pooler = try pooler(database.cluster)
    defer { pooler.stop() }
    var options = FaultServer.Options()
    options.dsn = pooler.dsn(database.dsn)
    options.configuration = """
      [database]
      statement_cache_entries = 0
      listen = "\(database.dsn.replacingOccurrences(of: "user=postgres", with: "user=passerelle_dispatcher"))"
      """
    try await FaultServer.run(database, options) { server in
      try await server.start()
      let callers = server.callers
      let ledger = SenderLedger()
      let (total, reads) = try await FaultLoad.during(callers, senders: 8, readers: 8, into: ledger) {
        let warm = await FaultClock.wait(seconds: 60) { ledger.positive.count > 200 }
        XCTAssertTrue(warm, "\(ledger.positive.count) accepted")
        return try await callers.fhir("Patient?_summary=count")
      }
      XCTAssertEqual(Set(reads.map(\.status)), [200])
      XCTAssertEqual(ledger.calls.filter { !$0.isPositive }.map(\.code), [])
      try await ledger.assertAgrees(database)
      let all = try await database.value("select count(*) from clinic.patient where deleted_at is null")
      let text = String(decoding: total.body, as: UTF8.self)
      let seen = Int(text.components(separatedBy: "\"total\":").last?.prefix { $0.isNumber } ?? "") ?? 0
      XCTAssertGreaterThan(seen, 0, text)
      XCTAssertLessThan(seen, Int(all ?? "") ?? 0, "the other clinic's patients are not counted")
    }
  }

  /// With the cache on the start is refused: statements would be looked for on sessions that never prepared them.
  func testTransactionModeWithTheStatementCacheOnRefusesTheStart() async throws {
    let database = try await FaultDatabase.fresh()
    let pooler = try pooler(database.cluster)
    defer { pooler.stop() }
    var options = FaultServer.Options()
    options.dsn = pooler.dsn(database.dsn)
    try await FaultServer.run(database, options) { server in
      let refused = try await server.startRefused()
      XCTAssertEqual(refused.end, .exited(3))
      XCTAssertTrue(refused.said.contains("statement_cache_entries = 0"), refused.said)
    }
  }
}
