import TestSupport
import XCTest

@testable import Gateway

/// Row 8: the database's machine is gone and a standby takes its place.
final class FailoverFaultTests: XCTestCase {
  /// With a synchronous standby, as the operations guide has it, every acknowledged message is on the standby too; the
  /// gateway goes on there by itself.
  func testRow8WhatWasAcknowledgedIsOnTheSynchronousStandby() async throws {
    try FaultRun.skipUnlessLong()
    let cluster = try PostgresTestCluster()
    defer { cluster.drop() }
    let database = try await FaultDatabase.make(cluster)
    try await FaultServer.run(database) { server in
      let child = try await server.start()
      let callers = server.callers
      let standby = try cluster.makeStandby()
      defer { cluster.dropStandby(standby) }
      let ledger = SenderLedger()
      let (gone, _) = try await FaultLoad.during(callers, senders: 6, readers: 0, into: ledger) {
        let isServing = await FaultClock.wait { ledger.positive.count > 60 }
        XCTAssertTrue(isServing)
        try cluster.stopImmediately()
        let gone = FaultClock.now
        try await callers.waitReadiness(503)
        try cluster.takeOver(by: standby)
        let isBack = await FaultClock.wait(seconds: 30) { ledger.positive.contains { $0.began > gone } }
        XCTAssertTrue(isBack, "served again on the standby")
        return gone
      }
      FaultRun.say(
        String(
          format: "row 8: %d accepted before and after the fail-over, none lost; served again %.1f s after the loss",
          ledger.positive.count,
          (ledger.positive.first { $0.began > gone }).map { FaultClock.seconds(since: gone, $0.ended) } ?? -1))
      XCTAssertNil(child.end, "the same process all the time")
      try await ledger.assertAgrees(database)
    }
  }
}
