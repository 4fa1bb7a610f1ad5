import Foundation
import Reactor
import Synchronization
import TestSupport
import XCTest

@testable import Gateway

/// Row 28: a backup taken while the gateway works, restored elsewhere.
final class RestoreFaultTests: XCTestCase {
  /// Both ledgers agree with the restored database: what was acknowledged before the backup began is in it, a resend is
  /// recognised, and what is owed is delivered with the key and the bytes that it had.
  func testRow28ARestoredBackupKnowsWhatWasTakenAndWhatIsOwed() async throws {
    try FaultRun.skipUnlessLong()
    try await DeliveryHarness.run("row28") { harness in
      // One partner is down when the backup is taken; the other has its documents by then.
      let proxy = try FaultProxy(to: .loopback(port: harness.booksPort))
      defer { proxy.stop() }
      proxy.toServer = .reset(afterBytes: 0)
      try await harness.sql(
        "update gateway.partner set delivery_url = 'https://localhost:\(proxy.port)/in' where slug = 'books'",
        "select gateway.put_partner('hospital', 'Hospital', 'hospital', '{passerelle/hl7v2.c}', '{casablanca}', 'both')",
        "insert into gateway.partner_certificate (partner_id, kind, value) "
          + "select id, 'san', 'DNS:partner.example' from gateway.partner where slug = 'hospital'")
      let options = harness.faultOptions(pollMilliseconds: 200, schedule: "[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]")
      let database = try harness.faultDatabase
      let ledger = SenderLedger()
      let backup = harness.folder + "/backup"
      let kept = Mutex<(calls: [SenderLedger.Call], owed: [[String?]])>(([], []))
      try await FaultServer.run(database, options) { server in
        try await server.start()
        for number in 1...5 { try await harness.loop.run { try await harness.issue("f\(number)") } }
        try await database.wait("claims", until: Self.count("insurer", "delivered", 5))
        try await database.wait(
          "tries",
          until: "select count(*) >= 1 from gateway.delivery where state <> 'delivered' and body is not null")
        let ((calls, owed), _) = try await FaultLoad.during(server.callers, senders: 4, readers: 0, into: ledger) {
          _ = await FaultClock.wait { ledger.positive.count > 40 }
          let (calls, owed) = (ledger.positive, try await database.rows(Self.owed))
          try Self.tool("pg_dump", ["--format=custom", "--file=\(backup)", "--dbname=\(database.dsn)"])
          return (calls, owed)
        }
        kept.withLock { $0 = (calls, owed) }
      }
      let (before, owed) = kept.withLock { ($0.calls, $0.owed) }
      XCTAssertEqual(owed.count, 10)
      let dsn = try await database.cluster.makeDatabase("restored")
      try Self.tool("pg_restore", ["--exit-on-error", "--dbname=\(dsn)", backup])
      let restored = FaultDatabase(cluster: database.cluster, dsn: dsn, key: database.key)
      let same = try await restored.rows(Self.owed)
      XCTAssertEqual(same.map { $0.prefix(3) }, owed.map { $0.prefix(3) }, "the same keys and documents")
      for (now, then) in zip(same, owed) where then[3] != nil { XCTAssertEqual(now[3], then[3], "other bytes") }
      try await FaultServer.run(restored, options) { server in
        try await server.start()
        let stored = try await restored.stored()
        XCTAssertEqual(before.filter { stored[$0.controlID] != 1 }.map(\.controlID), [], "acknowledged and lost")
        // Senders send again what they are not sure of.
        for sender in 0..<4 {
          let id = "L-\(sender)-0"
          let code = await server.callers.code(MLLPFixture.update(id, patient: "L\(sender)", family: "Name0"))
          XCTAssertEqual(code, "AA")
        }
        let again = try await restored.stored()
        XCTAssertEqual(again.filter { $0.value != 1 }.map(\.key), [], "stored twice")
        proxy.toServer = .none
        try await restored.wait(seconds: 60, "what was owed", until: Self.count("books", "delivered", 5))
        let receipts = try await harness.loop.run { harness.books.receipts }
        XCTAssertEqual(Set(receipts.map(\.key)), Set(owed.filter { $0[0] == "books" }.compactMap { $0[1] }))
        let claims = try await harness.loop.run { harness.insurer.receipts.count }
        XCTAssertEqual(claims, 5, "what was delivered before the backup is not sent again")
      }
      FaultRun.say("row 28: \(before.count) acknowledged messages and \(owed.count) deliveries came through")
    }
  }

  private static let owed = """
    select p.slug, d.idempotency_key, d.document_id, encode(sha256(d.body), 'hex')
    from gateway.delivery d join gateway.partner p on p.id = d.partner_id order by 1, 2
    """

  private static func count(_ partner: String, _ state: String, _ number: Int) -> String {
    "select count(*) = \(number) from gateway.delivery d join gateway.partner p on p.id = d.partner_id "
      + "where p.slug = '\(partner)' and d.state = '\(state)'"
  }

  /// Runs a tool of Postgres as the superuser of the test cluster.
  private static func tool(_ name: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", #"PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin | tail -1)"; exec "$@""#, "bash", name]
    process.arguments? += arguments
    try process.run()
    process.waitUntilExit()
    XCTAssertEqual(process.terminationStatus, 0, name)
  }
}
