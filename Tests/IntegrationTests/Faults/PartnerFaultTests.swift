import Foundation
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Rows 18 and 20: partners that take a connection and say nothing, or are down while much is owed.
final class PartnerFaultTests: XCTestCase {
  func testRow18APartnerThatAcceptsAndNeverAnswersDelaysNobodyElse() async throws {
    try FaultRun.skipUnlessLong()
    try await DeliveryHarness.run("row18") { harness in
      let proxy = try FaultProxy(to: .loopback(port: harness.insurerPort))
      defer { proxy.stop() }
      proxy.toServer = .blackhole
      try await harness.sql(
        "update gateway.partner set delivery_url = 'https://localhost:\(proxy.port)/in' where slug = 'insurer'")
      let options = harness.faultOptions(
        pollMilliseconds: 200, deliveries: "connect_milliseconds = 1000\nresponse_milliseconds = 1000",
        schedule: "[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]")
      let database = try harness.faultDatabase
      try await FaultServer.run(database, options) { server in
        let child = try await server.start()
        let before = child.sockets
        let began = FaultClock.now
        for number in 1...20 { try await harness.loop.run { try await harness.issue("f\(number)") } }
        let others = await FaultClock.wait(seconds: 60) {
          (try? await harness.loop.run { harness.books.receipts.count }) == 20
        }
        XCTAssertTrue(others, "the accountants have theirs")
        FaultRun.say(
          String(format: "row 18: 20 invoices to the other partner in %.1f s", FaultClock.seconds(since: began)))
        try await database.wait(
          "time-outs are tries",
          until: "select count(*) > 2 from gateway.delivery_attempt where outcome = 'failed' and status is null")
        let isFlat = await FaultClock.wait { child.sockets <= before + 4 }
        XCTAssertTrue(isFlat, "\(child.sockets) sockets, \(before) before")
        // It answers again; what it is owed comes by itself, each once.
        proxy.toServer = .none
        proxy.resetAll()
        try await database.wait(
          seconds: 120, "everything delivered",
          until: "select count(*) = 40 and bool_and(state = 'delivered') from gateway.delivery")
        let receipts = try await harness.loop.run { harness.insurer.receipts }
        XCTAssertEqual(Set(receipts.map(\.key)).count, 20)
        XCTAssertEqual(receipts.count, 20)
      }
    }
  }
}
