import Foundation
import Glibc
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Rows 3, 18 and 24 for HL7 feeds: the process ends while a message is on its way.
final class FeedFaultTests: XCTestCase {
  private static func options(_ harness: FeedHarness) throws -> FaultServer.Options {
    harness.deliveries.faultOptions(
      pollMilliseconds: 200, deliveries: "lease_seconds = 5\nresponse_milliseconds = 20000")
  }

  private static func received(_ harness: FeedHarness, _ count: Int) async throws -> Bool {
    try await FaultClock.wait { try await harness.loop.run { harness.emr.receipts.count == count } }
  }

  func testRow3KilledBetweenSendingAndTheAnswerTheRepeatHasTheSameNumber() async throws {
    try FaultRun.skipUnlessLong()
    try await FeedHarness.run("row3") { harness in
      try await FaultServer.run(harness.deliveries.faultDatabase, Self.options(harness)) { server in
        let child = try await server.start()
        try await harness.loop.run {
          harness.emr.behaviours = [.hang]
          try await harness.makePatient("a")
        }
        let came = try await Self.received(harness, 1)
        XCTAssertTrue(came)
        child.kill()
        try await harness.loop.run { try await harness.makePatient("b") }
        try await server.start()
        try await harness.deliveries.faultDatabase.wait(
          "both delivered", until: "select count(*) = 2 and bool_and(state = 'delivered') from gateway.delivery")
        let receipts = try await harness.loop.run { harness.emr.receipts }
        XCTAssertEqual(receipts.map(\.isRepeat), [false, true, false])
        XCTAssertEqual(receipts[0].controlID, receipts[1].controlID)
        XCTAssertEqual(receipts[0].bytes, receipts[1].bytes)
        XCTAssertEqual(receipts.map(\.event), ["ADT^A28", "ADT^A28", "ADT^A28"])
      }
    }
  }

  func testRow24ToldToStopItWaitsForTheAnswerUnderWay() async throws {
    try await FeedHarness.run("row24") { harness in
      try await FaultServer.run(harness.deliveries.faultDatabase, Self.options(harness)) { server in
        let child = try await server.start()
        try await harness.loop.run {
          harness.emr.behaviours = [.late(milliseconds: 1_000)]
          try await harness.makePatient("a")
          try await harness.makePatient("b")
        }
        let came = try await Self.received(harness, 1)
        XCTAssertTrue(came)
        child.signal(SIGTERM)
        let end = await child.waitForEnd(seconds: 20)
        XCTAssertEqual(end, .exited(0))
        let states = try await harness.loop.run { try await harness.states() }
        XCTAssertEqual(states, ["ADT^A28: delivered", "ADT^A28: owed"])
        try await server.start()
        try await harness.deliveries.faultDatabase.wait(
          "both delivered", until: "select bool_and(state = 'delivered') from gateway.delivery")
        let repeats = try await harness.loop.run { harness.emr.receipts.map(\.isRepeat) }
        XCTAssertEqual(repeats, [false, false])
      }
    }
  }
}
