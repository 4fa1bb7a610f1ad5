import Foundation
import HL7Parser
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Rows 1 to 3: the process dies at the worst moments, which are held open for it.
final class CrashFaultTests: XCTestCase {
  func testRow1KilledBeforeTheCommitNothingIsThereAndTheResendIsStoredOnce() async throws {
    // The transaction waits before its COMMIT is on its way.
    try await killWhileWaiting(for: "clinic.patient") { database in
      let before = try await database.stored()
      XCTAssertEqual(before, [:])
    }
  }

  /// The process has asked for the COMMIT and is dead before Postgres gets to it: stored or not, the resend makes it one.
  func testRow1KilledWithTheCommitOnItsWayTheResendIsStoredOnce() async throws {
    try await killWhileWaiting(for: "gateway.message_effect") { _ in }
  }

  private func killWhileWaiting(
    for relation: String, _ check: @escaping @Sendable (FaultDatabase) async throws -> Void
  ) async throws {
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      let child = try await server.start()
      let callers = server.callers
      let message = MLLPFixture.update("ROW-1")
      try await database.holding("lock table \(relation) in access exclusive mode") {
        async let answer = callers.code(message)
        try await database.waitForWaiters()
        child.kill()
        let code = await answer
        XCTAssertNil(code, "no answer without a commit")
      }
      try await database.wait(
        "the end of the dead process's sessions",
        until: """
          select count(*) = 0 from pg_stat_activity where datname = current_database() and usename like 'passerelle%'
          """)
      try await check(database)
      try await server.start()
      let answers = try await callers.send([message, message])
      XCTAssertEqual(answers.map(\.code), ["AA", "AA"])
      let stored = try await database.stored()
      XCTAssertEqual(stored, ["ROW-1": 1])
    }
  }

  func testRow2KilledBetweenCommitAndAnswerTheResendHasTheSameCode() async throws {
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      let child = try await server.start()
      let callers = server.callers
      let proxy = try FaultProxy(to: .loopback(port: callers.mllp))
      defer { proxy.stop() }
      let message = MLLPFixture.update("ROW-2")
      async let lost = try? callers.send([message], port: proxy.port) { proxy.toClient = .blackhole }
      try await database.wait("the commit", until: "select count(*) = 1 from gateway.hl7_message")
      child.kill()
      proxy.resetAll()
      let answer = await lost
      XCTAssertNil(answer, "the answer never came")
      try await server.start()
      let again = try await callers.send([message])
      XCTAssertEqual(again.map(\.code), ["AA"])
      let rows = try await database.rows(
        "select m.count, l.repeats from gateway.message_ledger l, (select count(*) from gateway.hl7_message) m")
      XCTAssertEqual(rows, [["1", "1"]], "recognised, not stored again")
    }
  }

  /// The partner has said 200 and the process dies before it can note it: what it held is taken over when its lease has
  /// run out, about ten seconds later, and carries the same key and bytes.
  func testRow3KilledAfterThePartnersYesTheRepeatIsTheSame() async throws {
    try FaultRun.skipUnlessLong()
    try await DeliveryHarness.run("row3") { harness in
      try await FaultServer.run(harness.faultDatabase, harness.faultOptions) { server in
        let child = try await server.start()
        let killed = try await harness.faultDatabase.holding(
          "lock table gateway.delivery_attempt in exclusive mode"
        ) {
          try await harness.loop.run { try await harness.issue("f1") }
          let came = try await FaultClock.wait {
            try await harness.loop.run { harness.insurer.receipts.count == 1 && harness.books.receipts.count == 1 }
          }
          XCTAssertTrue(came, "both partners have it")
          try await harness.faultDatabase.waitForWaiters()
          child.kill()
          // What it has asked Postgres for dies with it.
          try await harness.faultDatabase.rows(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and usename like 'passerelle%'
            """)
          return FaultClock.now
        }
        try await server.start()
        try await harness.faultDatabase.wait(
          "delivered again", until: "select count(*) = 2 and bool_and(state = 'delivered') from gateway.delivery")
        let seconds = FaultClock.seconds(since: killed)
        FaultRun.say(String(format: "row 3: delivered again %.1f s after the kill", seconds))
        XCTAssertLessThan(seconds, 16, "a killed process's leases are free within about ten seconds")
        let all = try await harness.loop.run { [harness.insurer.receipts, harness.books.receipts] }
        for receipts in all {
          XCTAssertEqual(receipts.map(\.isRepeat), [false, true])
          XCTAssertEqual(Set(receipts.map(\.key)).count, 1)
          XCTAssertEqual(Set(receipts.map(\.sha256)).count, 1)
        }
        let claim = try String(contentsOfFile: "\(harness.folder)/insurer/\(all[0][0].key).json", encoding: .utf8)
        XCTAssertTrue(claim.contains("https://localhost:\(server.callers.https)/fhir/casablanca/Claim/"), claim)
      }
    }
  }
}

extension DeliveryHarness {
  /// The harness's database for a server of its own.
  var faultDatabase: FaultDatabase {
    get throws { FaultDatabase(cluster: try .shared(), dsn: dsn, key: "") }
  }

  /// A server that delivers what the harness owes, with its sealing key.
  var faultOptions: FaultServer.Options { faultOptions(pollMilliseconds: 200) }

  /// - Parameter deliveries: further lines of `[deliveries]`.
  func faultOptions(
    pollMilliseconds: Int, deliveries: String = "", schedule: String = "[0, 0, 0, 0]"
  ) -> FaultServer.Options {
    var options = FaultServer.Options()
    options.configuration = """
      [gateway]
      sealing_key = "\(Data(Self.sealingKey).base64EncodedString())"
      [deliveries]
      retry_schedule_seconds = \(schedule)
      poll_milliseconds = \(pollMilliseconds)
      \(deliveries)
      """
    return options
  }
}
