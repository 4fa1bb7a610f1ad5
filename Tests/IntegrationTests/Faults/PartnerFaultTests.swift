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

  /// 100,000 documents wait for a partner that is down: it is left alone, others are served at once, there is one alert,
  /// and when it is back everything comes in the order of its key.
  func testRow20ManyDocumentsWaitForAPartnerThatIsDown() async throws {
    try FaultRun.skipUnlessLong()
    try await DeliveryHarness.run("row20") { harness in
      let proxy = try FaultProxy(to: .loopback(port: harness.booksPort))
      defer { proxy.stop() }
      proxy.toServer = .reset(afterBytes: 0)
      try await harness.sql(
        "update gateway.partner set delivery_url = 'https://localhost:\(proxy.port)/in' where slug = 'books'")
      try await harness.issue("f1")
      try await harness.sql(
        """
        insert into gateway.delivery (clinic_id, partner_id, format, document_type, document_id, document_version,
          idempotency_key, ordering_key)
        select clinic_id, partner_id, format, document_type, document_id, document_version, 'bulk-' || n, 'k' || n % 4
        from gateway.delivery, generate_series(1, 100000) n where document_type = 'invoice' order by n
        """,
        "delete from gateway.delivery where document_type = 'invoice' and idempotency_key not like 'bulk-%'")
      let options = harness.faultOptions(
        pollMilliseconds: 200, schedule: "[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]")
      let database = try harness.faultDatabase
      try await FaultServer.run(database, options) { server in
        let child = try await server.start()
        let memory = child.residentKiB
        let isSaid = await FaultClock.wait { server.output.contains("a partner does not answer") }
        XCTAssertTrue(isSaid)
        let began = FaultClock.now
        try await harness.loop.run { try await harness.issue("f2") }
        try await database.wait(
          "the other partner's claims", until: "select count(*) = 2 from gateway.delivery where state = 'delivered'")
        let others = FaultClock.seconds(since: began)
        try await Task.sleep(for: .seconds(12))
        let tries = Int(try await database.value("select count(*) from gateway.delivery_attempt") ?? "") ?? 0
        XCTAssertLessThan(tries, 30, "it is left alone while it is down")
        proxy.toServer = .none
        let wanted = 400
        let isBack = await FaultClock.wait(seconds: 90) {
          (try? await harness.loop.run { harness.books.receipts.count }) ?? 0 >= wanted
        }
        XCTAssertTrue(isBack)
        let keys = try await harness.loop.run { harness.books.receipts.filter { !$0.isRepeat }.map(\.key) }
        for turn in 0..<4 {
          let numbers = keys.compactMap { Int($0.dropFirst(5)) }.filter { $0 % 4 == turn }
          let expected = (0..<numbers.count).map { $0 * 4 + (turn == 0 ? 4 : turn) }
          XCTAssertEqual(numbers, expected, "key k\(turn): in order, without a gap")
        }
        let alerts = server.output.components(separatedBy: "a partner does not answer").count - 1
        XCTAssertEqual(alerts, 1)
        FaultRun.say(
          String(
            format:
              "row 20: 100,000 wait; another partner's claim took %.1f s, %d tries while down, memory %d to %d MiB",
            others, tries, memory >> 10, child.residentKiB >> 10))
        XCTAssertLessThan(child.residentKiB, memory + (32 << 10))
      }
    }
  }
}
