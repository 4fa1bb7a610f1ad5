import ClinicModel
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Each message of a known partner is one audit row, committed with it, in chains that hold.
final class MLLPAuditTests: XCTestCase {
  func testEveryAnswerHasItsRowAndTheChainsHold() async throws {
    let fixture = try await MLLPFixture()
    let good = MLLPFixture.update("A-1")
    let messages = [
      good, good, MLLPFixture.update("A-2").replacing("19840312", with: "19840231"),
      MLLPFixture.update("A-3", event: "Z98"), MLLPFixture.update("A-4", header: "||NE|NE"),
    ]
    for message in messages {
      let isSilent = message == messages.last
      _ = try await fixture.exchange([MLLPFixture.frame(message)], answers: isSilent ? 0 : 1)
    }
    let rows = try await fixture.rows(
      """
      select interaction, action, outcome::text, split_part(query, '&', 3), split_part(query, '=', 1),
        (patient_id is not null)::text, (request_id is not null)::text, host(remote_address)
      from gateway.audit_event order by at
      """)
    XCTAssertEqual(
      rows,
      [
        ["hl7v2", "C", "0", "ack=AA", "message", "true", "true", "127.0.0.1"],
        ["hl7v2", "C", "0", "ack=AA", "repeat", "false", "true", "127.0.0.1"],
        ["hl7v2", "C", "4", "ack=AE", "message", "false", "true", "127.0.0.1"],
        ["hl7v2", "C", "4", "ack=AR", "message", "false", "true", "127.0.0.1"],
        ["hl7v2", "C", "0", "ack=AA", "message", "true", "true", "127.0.0.1"],
      ])
    let reasons = try await fixture.rows("select reason from gateway.audit_event where reason like '%1984%'")
    XCTAssertEqual(reasons, [], "nothing of the message is in the audit")
    try await Self.assertChainsHold(fixture.dsn)
    try await fixture.stop()
  }

  func testConcurrentMessagesShareRowsOfOneStatementAndAFailedApplicationHasOneRow() async throws {
    let fixture = try await MLLPFixture()
    // The tables refuse this one only when it is applied: the savepoint's way.
    let refused = MLLPFixture.update("X-0", patient: "P0", event: "A03").replacing(
      "20261102101500+0100\r", with: "20261102101500+0100|20261101000000+0100\r", maxReplacements: 3)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { _ = try await fixture.send(refused) }
      for number in 1...60 {
        tasks.addTask { _ = try await fixture.send(MLLPFixture.update("X-\(number)", patient: "P\(number)")) }
      }
      try await tasks.waitForAll()
    }
    let counts = try await fixture.rows(
      """
      select (select count(*) from gateway.hl7_message)::text, count(*)::text,
        count(distinct split_part(query, '&', 1))::text, (count(distinct chain) <= 3)::text
      from gateway.audit_event
      """)
    XCTAssertEqual(counts, [["61", "61", "61", "true"]])
    let failed = try await fixture.value("select count(*) from gateway.audit_event where outcome = 4")
    XCTAssertEqual(failed, "1")
    let agreement = try await fixture.rows(
      """
      select count(*)::text from gateway.audit_event a join gateway.hl7_message m
        on a.query like 'message=' || m.id || '&%' where (m.state = 'failed') = (a.outcome = 4)
      """)
    XCTAssertEqual(agreement, [["61"]])
    try await Self.assertChainsHold(fixture.dsn)
    try await fixture.stop()
  }

  func testAFaultyProfileKeepsMessagesUntilItIsMended() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.rows(
      "update gateway.partner set hl7_profile = '{\"unavailabel\": \"AE\"}' where slug = 'hospital' returning id")
    let answer = try await fixture.send(MLLPFixture.update("F-1"))
    XCTAssertEqual(answer.code, "AE")
    XCTAssertTrue(String(decoding: answer.message, as: UTF8.self).contains("did you mean unavailable?"))
    let kept = try await fixture.rows("select state, id::text from gateway.hl7_message")
    XCTAssertEqual(kept[0][0], "failed")
    _ = try await fixture.rows("update gateway.partner set hl7_profile = '{}' where slug = 'hospital' returning id")
    try await Task.sleep(for: .milliseconds(2_100))  // routes are kept for two seconds
    let (service, id) = (fixture.service, Int(kept[0][1] ?? "") ?? 0)
    let mended = try await fixture.loop.run { await service.reprocess(clinicID: MLLPFixture.clinicID, id: id) }
    XCTAssertEqual(mended, .done(.applied, code: "AA"))
    let rows = try await fixture.value("select count(*) from gateway.audit_event")
    XCTAssertEqual(rows, "1", "the operator's doing is not the partner's access")
    try await fixture.stop()
  }

  /// What `doctor` finds: every hash anew, every link, every head.
  static func assertChainsHold(_ dsn: String, file: StaticString = #filePath, line: UInt = #line) async throws {
    let findings = try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      try await AuditChecks.verify(pool, rows: 100_000)
    }
    XCTAssertEqual(findings.map(\.state), [.pass], "\(findings.map(\.text))", file: file, line: line)
  }
}
