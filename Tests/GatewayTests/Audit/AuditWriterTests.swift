import ClinicModel
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// The audit on a real Postgres: durable before the caller goes on, in few commits, chained.
final class AuditWriterTests: XCTestCase {
  private func entry(_ number: Int) -> AuditEntry {
    var entry = AuditEntry(
      at: Instant(microseconds: 1_793_869_200_000_001 + Int64(number)), action: .read, interaction: "read",
      requestID: "r\(number)")
    entry.clinicID = StoreFixture.casablanca
    entry.resourceType = "Patient"
    entry.resourceID = "p\(number)"
    entry.query = number % 2 == 0 ? "name=\u{e9}\"\\{}," : nil
    entry.status = 200
    entry.results = 1
    entry.remoteAddress = "127.0.0.1"
    entry.reason = number % 3 == 0 ? "" : nil
    return entry
  }

  func testConcurrentRowsShareCommitsAndTheChainHolds() async throws {
    let dsn = try await StoreFixture.migratedDatabase("audit")
    try await StoreFixture.addClinics(dsn)
    let entries = (0..<200).map(entry)
    let batches = try await PostgresTestCluster.withPool(
      dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" }
    ) { pool in
      let writer = try AuditWriter(pool: pool, process: "test")
      writer.start()
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for entry in entries {
          tasks.addTask(executorPreference: pool.loop) { try await writer.record(entry) }
        }
        try await tasks.waitForAll()
      }
      let batches = writer.batches
      await writer.stop()
      return batches
    }
    XCTAssertLessThan(batches, 20, "concurrent rows must share commits")
    let rows = try await StoreFixture.run(
      dsn,
      """
      select sequence, encode(previous_hash, 'hex'), encode(hash, 'hex'), request_id from gateway.audit_event
      order by sequence
      """)
    XCTAssertEqual(rows.count, entries.count)
    let byRequest = Dictionary(uniqueKeysWithValues: entries.map { ($0.requestID, $0) })
    var previous = [UInt8](repeating: 0, count: 32)
    for (index, row) in rows.enumerated() {
      let entry = try XCTUnwrap(byRequest[row[3] ?? ""])
      let hash = AuditChain.hash(of: entry.columns, sequence: Int64(index + 1), after: previous)
      XCTAssertEqual(row[0], String(index + 1))
      XCTAssertEqual(row[1], hex(previous))
      XCTAssertEqual(row[2], hex(hash), "row \(index + 1)")
      previous = hash
    }
    let heads = try await StoreFixture.run(
      dsn, "select reason, sequence, encode(hash, 'hex') from gateway.audit_chain_head order by at, sequence")
    XCTAssertEqual(heads, [["start", "0", hex([UInt8](repeating: 0, count: 32))], ["stop", "200", hex(previous)]])
  }

  func testARowThatPostgresRefusesFailsItsCallerAndTheChainGoesOn() async throws {
    let dsn = try await StoreFixture.migratedDatabase("auditfail")
    try await StoreFixture.addClinics(dsn)
    let good = entry(1)
    var bad = entry(2)
    bad.partnerID = "not a uuid"
    let (broken, fine) = (bad, good)
    try await PostgresTestCluster.withPool(dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" }) { pool in
      let writer = try AuditWriter(pool: pool, process: "test")
      writer.start()
      do {
        try await writer.record(broken)
        XCTFail("a row that is not durable must not be reported as durable")
      } catch let error as AuditError {
        XCTAssertEqual(error.code, .databaseAway)
      }
      try await writer.record(fine)
      await writer.stop()
    }
    let rows = try await StoreFixture.run(dsn, "select sequence, request_id from gateway.audit_event")
    XCTAssertEqual(rows, [["1", "r1"]])
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
