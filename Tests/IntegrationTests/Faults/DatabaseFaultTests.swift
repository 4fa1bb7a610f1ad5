import Foundation
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Rows 5 and 9 to 11: connections to Postgres that are lost, silent or all taken.
final class DatabaseFaultTests: XCTestCase {
  /// A lock that a test holds to keep commits of messages waiting in the middle of COMMIT.
  private static let holdCommits = "select pg_advisory_xact_lock(424242)"

  private func commitsCanBeHeld(_ database: FaultDatabase) async throws {
    try await database.rows(
      """
      create function gateway.hold_commit() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(424242); return null; end $$
      """,
      """
      create constraint trigger hold_commit after insert on gateway.message_ledger deferrable initially deferred
        for each row execute function gateway.hold_commit()
      """)
  }

  /// The connection is lost, the commit happens all the same: the gateway looks by key, finds the message and says so.
  func testRow5AConnectionLostDuringCommitThatHappensIsAnsweredAsCommitted() async throws {
    let database = try await FaultDatabase.fresh()
    try await commitsCanBeHeld(database)
    try await FaultServer.runBehindProxy(database) { server, proxy in
      let callers = server.callers
      let message = MLLPFixture.update("ROW-5")
      let sending = try await database.holding(Self.holdCommits) {
        let sending = Task { await callers.code(message) }
        try await database.waitForWaiters()
        proxy.resetAll()
        // The look-up waits for the locks of the commit that nobody hears of any more.
        try await database.waitForWaiters(2)
        return sending
      }
      let code = await sending.value
      XCTAssertEqual(code, "AA", "what is committed is acknowledged")
      let stored = try await database.stored()
      XCTAssertEqual(stored, ["ROW-5": 1])
      let again = await callers.code(message)
      XCTAssertEqual(again, "AA")
      let after = try await database.stored()
      XCTAssertEqual(after, ["ROW-5": 1])
    }
  }

  /// The server process dies in the middle of COMMIT: nothing is stored, and nothing positive is said.
  func testRow5ACommitThatDiesIsNotAcknowledgedAndTheResendIsStoredOnce() async throws {
    let database = try await FaultDatabase.fresh()
    try await commitsCanBeHeld(database)
    try await FaultServer.run(database) { server in
      try await server.start()
      let callers = server.callers
      let message = MLLPFixture.update("ROW-5B")
      let sending = try await database.holding(Self.holdCommits) {
        let sending = Task { await callers.code(message) }
        try await database.waitForWaiters()
        try await database.rows(
          """
          select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
          where not granted and datname = current_database()
          """)
        return sending
      }
      let code = await sending.value
      XCTAssertEqual(code, "AR", "not stored, so not accepted")
      let stored = try await database.stored()
      XCTAssertEqual(stored, [:])
      let tries = await callers.sendUntilAccepted(message)
      XCTAssertLessThan(tries, 5)
      let after = try await database.stored()
      XCTAssertEqual(after, ["ROW-5B": 1])
    }
  }

  /// The notification is lost with the session that listened: the catch-up poll after LISTEN finds what is owed, long
  /// before the interval of the poll.
  func testRow9AListenerThatIsTerminatedListensAgainAndCatchesUp() async throws {
    try FaultRun.skipUnlessLong()
    try await DeliveryHarness.run("row9") { harness in
      let options = harness.faultOptions(pollMilliseconds: 300_000)
      let database = try harness.faultDatabase
      try await FaultServer.run(database, options) { server in
        try await server.start()
        let terminate =
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'passerelle_dispatcher'"
        let began = FaultClock.now
        _ = try await harness.loop.run { try await harness.sql([terminate] + DeliveryHarness.issueStatements("f1")) }
        let delivered = "select count(*) = 2 and bool_and(state = 'delivered') from gateway.delivery"
        try await database.wait("delivered without the notification", until: delivered)
        FaultRun.say(
          String(format: "row 9: delivered %.1f s after the listener's end", FaultClock.seconds(since: began)))
        try await harness.loop.run { try await harness.issue("f2") }
        try await database.wait(
          "delivered by notification",
          until: "select count(*) = 4 and bool_and(state = 'delivered') from gateway.delivery")
      }
    }
  }

  /// Connections that are open fall silent, as behind a firewall that forgot them.
  func testRow10SilentConnectionsAreNoticedAndEverybodyIsServedAgain() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    try await FaultServer.runBehindProxy(database) { server, proxy in
      let callers = server.callers
      let ledger = SenderLedger()
      let ((dark, isBack, seconds), reads) = try await FaultLoad.during(callers, senders: 4, readers: 4, into: ledger) {
        let warm = await FaultClock.wait { ledger.positive.count > 20 }
        XCTAssertTrue(warm)
        proxy.darken()
        let dark = FaultClock.now
        let isBack = await FaultClock.wait(seconds: 40) {
          let late = ledger.positive.filter { $0.began > dark }
          return Set(late.map { $0.controlID.split(separator: "-")[1] }).count == 4 && late.count > 20
        }
        return (dark, isBack, FaultClock.seconds(since: dark))
      }
      let late = ledger.calls.filter { $0.ended > dark }.map {
        String(
          format: "%@ %@ %.1f to %.1f s", $0.controlID, $0.code ?? "-", FaultClock.seconds(since: dark, $0.began),
          FaultClock.seconds(since: dark, $0.ended))
      }
      XCTAssertTrue(isBack, "\(late.prefix(60))")
      FaultRun.say(String(format: "row 10: every sender is served again %.1f s after the silence", seconds))
      XCTAssertLessThan(seconds, 30)
      XCTAssertEqual(FaultLoad.faulty(reads), [])
      XCTAssertLessThan(reads.map(\.seconds).max() ?? 0, 20)
      try await ledger.assertAgrees(database)
    }
  }

  /// The gateway is cut off between the two round trips of a message: Postgres still holds its locks, and the resend
  /// would wait for them for as long as Postgres takes the session for alive.
  func testRow10ATransactionThatIsCutOffHoldsItsLocksForTenSecondsOnly() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    try await FaultServer.runBehindProxy(database) { server, proxy in
      let callers = server.callers
      let message = MLLPFixture.update("CUT")
      let sending = try await database.holding("lock table clinic.patient in access exclusive mode") {
        let sending = Task { await callers.code(message) }
        try await database.waitForWaiters()
        proxy.toServer = .blackhole
        return sending
      }
      try await database.wait(
        "the first round trip's end",
        until: """
          select count(*) > 0 from pg_stat_activity
          where datname = current_database() and usename = 'passerelle_app' and state = 'idle in transaction'
          """)
      let cut = FaultClock.now
      proxy.darken()
      proxy.toServer = .none
      let code = await sending.value
      XCTAssertEqual(code, "AR")
      let tries = await callers.sendUntilAccepted(message, seconds: 60)
      let seconds = FaultClock.seconds(since: cut)
      FaultRun.say(String(format: "row 10: a message cut off is accepted %.1f s later, at try %d", seconds, tries))
      XCTAssertLessThan(seconds, 30)
      let stored = try await database.stored()
      XCTAssertEqual(stored, ["CUT": 1])
    }
  }

  /// With little to do it is not each connection in turn that costs somebody a time-out.
  func testRow10OneSilentConnectionGivesUpTheIdleOnes() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    try await FaultServer.runBehindProxy(database) { server, proxy in
      let callers = server.callers
      _ = try await FaultLoad.during(callers, senders: 8, readers: 16, into: SenderLedger()) {
        let isWarm = await FaultClock.wait { proxy.connectionCount > 8 }
        XCTAssertTrue(isWarm, "\(proxy.connectionCount) connections")
      }
      let open = proxy.connectionCount
      proxy.darken()
      let dark = FaultClock.now
      for number in 0..<20 { _ = await callers.sendUntilAccepted(MLLPFixture.update("S-\(number)")) }
      let seconds = FaultClock.seconds(since: dark)
      FaultRun.say(String(format: "row 10: one sender, %d silent connections: 20 messages in %.1f s", open, seconds))
      XCTAssertLessThan(seconds, 30)
    }
  }

  func testRow11AnExhaustedPoolIs503NotReadyAndAlive() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.configuration = "[database]\nconnections_per_loop = 1\nwaiters_per_loop = 2\nwait_milliseconds = 500"
    try await FaultServer.run(database, options) { server in
      try await server.start()
      let callers = server.callers
      let before = await callers.status()
      XCTAssertEqual(before, 200)
      let reads = try await database.holding("lock table clinic.patient in access exclusive mode") {
        try await FaultLoad.during(callers, senders: 0, readers: 12, into: SenderLedger()) {
          try await callers.waitReadiness(503)
          let alive = try await callers.operation("/livez")
          XCTAssertEqual(alive.status, 200, "a restart would not help")
        }.reads
      }
      XCTAssertEqual(Set(reads.map(\.status)).subtracting([200]), [503])
      XCTAssertEqual(FaultLoad.faulty(reads), [])
      XCTAssertLessThan(reads.map(\.seconds).max() ?? 0, 15)
      try await callers.waitReadiness(200)
      let after = await callers.status()
      XCTAssertEqual(after, 200)
    }
  }
}
