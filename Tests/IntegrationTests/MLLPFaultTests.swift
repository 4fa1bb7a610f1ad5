import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// The database away, slow or lost in the middle: nothing positive that is not there.
final class MLLPFaultTests: XCTestCase {
  func testNoPositiveAnswerWhilePostgresIsAwayThenItRecovers() async throws {
    let cluster = try PostgresTestCluster()
    defer { cluster.drop() }
    let fixture = try await MLLPFixture(cluster: cluster, postgres: { $0.acquireTimeoutMilliseconds = 2_000 })
    let before = try await fixture.send(MLLPFixture.update("A-1"))
    XCTAssertEqual(before.code, "AA")
    try cluster.stopImmediately()
    let away = MLLPFixture.update("A-2", family: "Away", at: "20261103101500+0100")
    let refused = try await fixture.send(away)
    XCTAssertEqual(refused.code, "AR")
    XCTAssertTrue(String(decoding: refused.message, as: UTF8.self).contains("|207^"))
    // Enhanced mode that asks for nothing but good news gets silence and a close.
    let silent = try await fixture.exchange(
      [MLLPFixture.frame(MLLPFixture.update("A-3", header: "||SU|SU"))], answers: 0)
    XCTAssertEqual(silent, [])
    try cluster.start()
    var code = ""
    for _ in 0..<50 where code != "AA" {
      code = try await fixture.send(away).code
      try await Task.sleep(nanoseconds: 100_000_000)
    }
    XCTAssertEqual(code, "AA", "what was refused for want of a database is not remembered")
    let family = try await fixture.value("select family from clinic.patient")
    XCTAssertEqual(family, "Away")
    try await fixture.stop()
  }

  func testKilledBackendsNeverMakeAFalseAnswer() async throws {
    let fixture = try await MLLPFixture()
    let positive = SharedCount()
    // The next kill waits for a positive answer, a second at most: a slow machine has time to connect anew.
    let killer = Task {
      var kills = 0
      while !Task.isCancelled {
        let before = positive.value
        _ = try? await fixture.rows(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'passerelle_app' and datname = current_database()"
        )
        kills += 1
        try? await Task.sleep(for: .milliseconds(30))
        for _ in 0..<97 where positive.value == before { try? await Task.sleep(for: .milliseconds(10)) }
      }
      return kills
    }
    var acknowledged: [String] = []
    for number in 0..<120 {
      let id = "K-\(number)"
      let message = MLLPFixture.update(
        id, family: "Name\(number)", at: "20261102\(10 + number / 60)\(10 + number % 50)00+0100")
      if let answer = try? await fixture.send(message), answer.isPositive {
        acknowledged.append(id)
        positive.add()
      }
    }
    killer.cancel()
    let kills = await killer.value
    XCTAssertGreaterThan(kills, 5)
    XCTAssertGreaterThan(acknowledged.count, 10)
    let kept = Set(
      try await fixture.rows("select control_id from gateway.hl7_message where state in ('applied', 'superseded')")
        .compactMap { $0[0] })
    XCTAssertEqual(acknowledged.filter { !kept.contains($0) }, [], "every acknowledged message is there")
    try await fixture.stop()
  }

  /// The gateway died after the commit and before the answer: the sender sends again, to another process.
  func testAResendAfterACrashBetweenCommitAndAnswer() async throws {
    let first = try await MLLPFixture()
    let message = MLLPFixture.update("R-1")
    // Committed, answered to nobody: the peer is gone before the answer is written.
    let (service, sender) = (first.service, Array(message.utf8))
    let answer = try await first.loop.run {
      await service.receive(
        sender, from: HL7Sender(transport: .mllp, peer: first.server.address, lane: service.newLane()))
    }
    XCTAssertEqual(answer.code, "AA")
    let again = try await first.send(message)
    XCTAssertEqual(again.code, "AA")
    XCTAssertEqual(again.message, answer.messages.first)
    let rows = try await first.rows(
      "select (select count(*) from gateway.hl7_message), (select repeats from gateway.message_ledger)")
    XCTAssertEqual(rows, [["1", "1"]])
    try await first.stop()
  }
}
