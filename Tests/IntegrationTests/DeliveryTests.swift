import Crypto
import FHIRModels
import JSON
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// From an issued invoice to what stands in the partner's folder, over real Postgres and TLS.
final class DeliveryTests: XCTestCase {
  private static func body(_ harness: DeliveryHarness, _ partner: String, _ receipt: ReceivingPartner.Receipt) throws
    -> [UInt8]
  {
    let ending = receipt.contentType.contains("json") ? "json" : "xml"
    return try readWholeFile("\(harness.folder)/\(partner)/\(receipt.key).\(ending)", maximumBytes: 1 << 20)
  }

  func testAnIssuedInvoiceReachesInsurerAndAccountants() async throws {
    try await DeliveryHarness.run("arrives") { harness in
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("both arrive") {
        harness.insurer.receipts.count == 1 && harness.books.receipts.count == 1
          && harness.counts.byOutcome["delivered"] == 2
      }
      let claim = harness.insurer.receipts[0]
      let bundle = try Bundle(json: Self.body(harness, "insurer", claim))
      XCTAssertEqual(bundle.entry.first?.resource?.as(Claim.self)?.total?.value?.text, "300.00")
      XCTAssertEqual(
        bundle.entry.first?.fullUrl?.hasPrefix("https://gateway.example/fhir/casablanca/Claim/"), true)
      XCTAssertEqual(claim.contentType, "application/fhir+json")
      XCTAssertEqual(claim.path, "/in")
      let invoice = harness.books.receipts[0]
      let text = String(decoding: try Self.body(harness, "books", invoice), as: UTF8.self)
      XCTAssertTrue(text.contains("<cbc:ID>f1</cbc:ID>"), text)
      XCTAssertTrue(text.contains("001234567000089"), "the seller's number")
      // Kept bytes are sent bytes.
      let kept = try await harness.sql(
        "select idempotency_key, encode(body_sha256, 'hex') from gateway.delivery order by document_type")
      XCTAssertEqual(kept, [[claim.key, claim.sha256], [invoice.key, invoice.sha256]])
      let status = try await harness.sql("select status, submitted_at is not null from clinic.claim")
      XCTAssertEqual(status, [["sent", "t"]])
      let audit = try await harness.sql(
        "select interaction, resource_type, patient_id, action, outcome from gateway.audit_event order by resource_type"
      )
      XCTAssertEqual(audit, [["deliver", "Claim", "p", "R", "0"], ["deliver", "Invoice", "p", "R", "0"]])
      let tries = try await harness.sql("select attempt, outcome, status from gateway.delivery_attempt")
      XCTAssertEqual(tries, [["1", "delivered", "200"], ["1", "delivered", "200"]])
    }
  }

  func testEveryTryHasTheSameKeyAndBytes() async throws {
    try await DeliveryHarness.run("again") { harness in
      harness.insurer.behaviours = [.answer(503), .answer(401), .redirect("https://evil.example/")]
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("the fourth try succeeds") {
        try await harness.states(of: "insurer").allSatisfy { $0.hasSuffix("delivered") }
          && harness.insurer.receipts.count == 4
      }
      XCTAssertEqual(harness.insurer.receipts.map(\.status), [503, 401, 307, 200])
      XCTAssertEqual(Set(harness.insurer.receipts.map(\.key)).count, 1)
      XCTAssertEqual(Set(harness.insurer.receipts.map(\.sha256)).count, 1)
      let tries = try await harness.sql(
        """
        select a.attempt, a.outcome, a.status, a.response_excerpt from gateway.delivery_attempt a
        join gateway.delivery d on d.id = a.delivery_id where d.document_type = 'claim' order by a.fencing
        """)
      XCTAssertEqual(tries.map { $0[1] }, ["failed", "failed", "failed", "delivered"])
      XCTAssertEqual(tries.map { $0[3]?.trimmingCharacters(in: .whitespaces) }, ["as told", "as told", "", "taken"])
    }
  }

  func testRecordsThatChangeBetweenTriesDoNotChangeTheBytes() async throws {
    try await DeliveryHarness.run("changes") { harness in
      harness.insurer.usually = .answer(500)
      harness.configure { $0.retryScheduleSeconds = [0, 1, 1, 1] }
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("a first try") { harness.insurer.receipts.count == 1 }
      try await harness.sql("update clinic.patient set family = 'Renamed'")
      harness.insurer.usually = .accept
      try await harness.wait("delivered") {
        try await harness.states(of: "insurer").first?.hasSuffix("delivered") ?? false
      }
      XCTAssertEqual(Set(harness.insurer.receipts.map(\.sha256)).count, 1)
    }
  }

  /// A process that dies after the partner's yes and before it could note it.
  func testALostOutcomeIsDeliveredAgainWithTheSameKeyAndBytes() async throws {
    try await DeliveryHarness.run("lost") { harness in
      // Recording the first outcome fails for good, and the lease runs out.
      harness.configure { $0.leaseSeconds = 1 }
      try await harness.sql(
        """
        create function gateway.lose() returns trigger language plpgsql as
          $$ begin raise exception 'the process has died'; end $$
        """,
        """
        create trigger lose before update on gateway.delivery for each row
          when (new.state = 'delivered' and old.fencing = 1) execute function gateway.lose()
        """)
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("delivered again") {
        try await harness.states(of: "insurer").first?.hasSuffix("delivered") ?? false
      }
      let receipts = harness.insurer.receipts
      XCTAssertEqual(receipts.map(\.isRepeat), [false, true])
      XCTAssertEqual(receipts.map(\.status), [200, 200])
      XCTAssertEqual(Set(receipts.map(\.key)).count, 1)
      XCTAssertEqual(Set(receipts.map(\.sha256)).count, 1)
    }
  }

  /// The lease runs out while the partner thinks; another worker takes over, and the late answer is refused.
  func testALateCompletionIsRefused() async throws {
    try await DeliveryHarness.run("late") { harness in
      harness.configure {
        $0.leaseSeconds = 60
        $0.responseMilliseconds = 1_500
      }
      harness.insurer.behaviours = [.hang]
      try harness.startWorkers("slow")
      try await harness.issue("f1")
      try await harness.wait("the first hangs") { harness.insurer.receipts.count == 1 }
      try await harness.sql(
        "update gateway.delivery set lease_until = now() - interval '1 second' where document_type = 'claim'")
      try harness.startWorkers("quick")
      try await harness.wait("delivered") {
        try await harness.states(of: "insurer").first?.hasSuffix("delivered") ?? false
      }
      await harness.loop.sleep(milliseconds: 2_500)
      let tries = try await harness.sql(
        """
        select a.outcome, a.fencing from gateway.delivery_attempt a join gateway.delivery d on d.id = a.delivery_id
        where d.document_type = 'claim'
        """)
      XCTAssertEqual(tries, [["delivered", "2"]], "the late failure changed nothing")
      let states = try await harness.states(of: "insurer")
      XCTAssertEqual(states.map { $0.hasSuffix("delivered") }, [true])
    }
  }

  func testTwoProcessesShareWithoutDoubling() async throws {
    try await DeliveryHarness.run("shared") { harness in
      try harness.startWorkers("one")
      try harness.startWorkers("two")
      for number in 1...25 { try await harness.issue("f\(number)") }
      try await harness.wait(seconds: 30, "all delivered") { harness.counts.byOutcome["delivered"] == 50 }
      for partner in [harness.insurer, harness.books] {
        XCTAssertEqual(partner.receipts.count, 25)
        XCTAssertEqual(Set(partner.receipts.map(\.key)).count, 25)
        XCTAssertFalse(partner.receipts.contains(where: \.isRepeat))
      }
      let tries = try await harness.sql("select count(*), count(distinct worker) > 0 from gateway.delivery_attempt")
      XCTAssertEqual(tries, [["50", "t"]])
      // Invoices keep their partner's order.
      let order = try await harness.sql(
        """
        select d.idempotency_key from gateway.delivery d where d.document_type = 'invoice' order by d.sequence
        """
      ).compactMap(\.[0])
      XCTAssertEqual(harness.books.receipts.map(\.key), order)
    }
  }

  func testADeadPartnerDelaysNobody() async throws {
    try await DeliveryHarness.run("dead") { harness in
      harness.insurer.usually = .hang
      try harness.startWorkers()
      for number in 1...12 { try await harness.issue("f\(number)") }
      try await harness.wait(seconds: 10, "the accountants have theirs") { harness.books.receipts.count == 12 }
      let delivered = try await harness.states(of: "insurer").filter { $0.hasSuffix("delivered") }
      XCTAssertEqual(delivered, [])
    }
  }

  func testGoneIsADeadLetterAndPausesThePartner() async throws {
    try await DeliveryHarness.run("gone") { harness in
      harness.insurer.behaviours = [.answer(410)]
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("dead") { harness.counts.byOutcome["dead"] == 1 }
      try await harness.issue("f2")
      try await harness.wait("the accountants have both") { harness.books.receipts.count == 2 }
      await harness.loop.sleep(milliseconds: 300)
      XCTAssertEqual(harness.insurer.receipts.count, 1, "paused")
      let ledger = DeliveryLedger(pool: harness.admin)
      let resumed = try await ledger.resume(partner: "insurer")
      XCTAssertTrue(resumed)
      try await harness.wait("the next one goes out") { harness.insurer.receipts.count == 2 }
      var filter = DeliveryLedger.Filter()
      filter.states = ["dead"]
      let dead = try await ledger.list(filter)
      XCTAssertEqual(dead.map(\.partner), ["insurer"])
      XCTAssertTrue(dead[0].reason?.contains("410") ?? false)
      let retried = try await ledger.retry(dead[0].id)
      XCTAssertEqual(retried, .owed)
      try await harness.wait("the dead letter lives") {
        harness.insurer.receipts.count == 3 && harness.counts.byOutcome["delivered"] == 4
      }
      XCTAssertEqual(harness.insurer.receipts[0].key, harness.insurer.receipts[2].key)
      XCTAssertEqual(harness.insurer.receipts[0].sha256, harness.insurer.receipts[2].sha256)
      let shown = try await ledger.show(dead[0].id)
      XCTAssertEqual(shown?.attempts.map(\.outcome), ["dead", "delivered"])
      let again = try await ledger.retry(dead[0].id)
      XCTAssertEqual(again, .inState("delivered"))
      let unknown = try await ledger.retry("no-such-id")
      XCTAssertEqual(unknown, .unknown)
    }
  }

  func testRetryAfterIsHonoured() async throws {
    try await DeliveryHarness.run("after") { harness in
      harness.insurer.behaviours = [.answer(429, retryAfter: "2")]
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("the second try") { harness.insurer.receipts.count == 2 }
      try await harness.wait("settled") {
        try await harness.states(of: "insurer").first?.hasSuffix("delivered") ?? false
      }
      let gap = harness.insurer.receipts[1].unixSeconds - harness.insurer.receipts[0].unixSeconds
      XCTAssertGreaterThanOrEqual(gap, 2)
    }
  }

  func testAPoisonDocumentIsADeadLetterAndHoldsUpNobody() async throws {
    try await DeliveryHarness.run("poison") { harness in
      // Issued without the seller's number: EN 16931 cannot be met.
      try await harness.sql("update clinic.identifier set deleted_at = now()")
      try await harness.issue("f1")
      try harness.startWorkers()
      try await harness.wait("dead") { harness.counts.byOutcome["dead"] == 1 }
      let reason = try await harness.reason(of: "books")
      XCTAssertTrue(reason.contains("clinic.identifier"), reason)
      try await harness.sql("update clinic.identifier set deleted_at = null")
      try await harness.issue("f2")
      try await harness.wait("the next arrives") { harness.books.receipts.count == 1 }
    }
  }

  func testAnUnknownFormatIsADeadLetter() async throws {
    try await DeliveryHarness.run("format") { harness in
      try await harness.sql("update gateway.partner set delivery_formats = '{papyrus}' where slug = 'books'")
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("dead") { harness.counts.byOutcome["dead"] == 1 }
      let reason = try await harness.reason(of: "books")
      XCTAssertTrue(reason.contains("papyrus") && reason.contains("ubl-2.1"), reason)
    }
  }

  func testPrivateAddressesAreRefusedUnlessThePartnerMayHaveThem() async throws {
    try await DeliveryHarness.run("private") { harness in
      harness.configure { $0.retryScheduleSeconds = [0, 600] }
      try await harness.sql("update gateway.partner set delivery_allows_private_networks = false where slug = 'books'")
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("refused") { harness.counts.byOutcome["failed"] == 1 }
      let reason = try await harness.reason(of: "books")
      XCTAssertTrue(reason.contains("private or special address"), reason)
      XCTAssertEqual(harness.books.receipts.count, 0)
    }
  }

  func testAServerThatIsNotThePartnersIsNotTrusted() async throws {
    try await DeliveryHarness.run("trust") { harness in
      let files = try TestCertificates.shared.get()
      harness.configure { $0.retryScheduleSeconds = [0, 600] }
      try await harness.sql(
        "update gateway.partner set delivery_ca_path = '\(files.certificate("other-ca"))' where slug = 'books'")
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("tried") { harness.counts.byOutcome["failed"] ?? 0 > 0 }
      let reason = try await harness.reason(of: "books")
      XCTAssertTrue(reason.contains("TLS"), reason)
      XCTAssertEqual(harness.books.receipts.count, 0)
    }
  }

  func testAnInvoiceThatCommitsLateIsNotSkipped() async throws {
    try await DeliveryHarness.run("commit") { harness in
      try harness.startWorkers()
      try await harness.admin.transaction { slow in
        _ = try await slow.run(DeliveryHarness.issueStatements("early").map { PostgresQuery(dynamic: $0) })
        // Deferred triggers run now: the delivery has its place in the sequence before the others.
        _ = try await slow.run(PostgresQuery("set constraints all immediate"))
        try await harness.issue("later")
        try await harness.wait("the later one is delivered") { harness.books.receipts.count == 1 }
      }
      try await harness.wait("the early one too") { harness.books.receipts.count == 2 }
      let states = try await harness.states(of: "insurer")
      XCTAssertEqual(states.count, 2)
    }
  }

  func testWorkersFindWhatTheyWereNotToldOf() async throws {
    try await DeliveryHarness.run("missed") { harness in
      try await harness.issue("f1")
      try harness.startWorkers()
      try await harness.wait("delivered") { harness.counts.byOutcome["delivered"] == 2 }
      try await harness.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'LISTEN%'"
      )
      try await harness.issue("f2")
      try await harness.wait("delivered") { harness.counts.byOutcome["delivered"] == 4 }
    }
  }

  func testAStoppingProcessGivesBackWhatItHolds() async throws {
    try await DeliveryHarness.run("drain") { harness in
      harness.configure { $0.responseMilliseconds = 10_000 }
      harness.insurer.behaviours = [.hang]
      let first = try harness.startWorkers("first")
      try await harness.issue("f1")
      try await harness.wait("it hangs") { harness.insurer.receipts.count == 1 }
      await first.stop(until: .after(milliseconds: 200))
      let held = try await harness.sql("select state, attempts from gateway.delivery where document_type = 'claim'")
      XCTAssertEqual(held, [["owed", "0"]])
      try harness.startWorkers("second")
      try await harness.wait("the other delivers") {
        try await harness.states(of: "insurer").first?.hasSuffix("delivered") ?? false
      }
      XCTAssertEqual(Set(harness.insurer.receipts.map(\.key)).count, 1)
    }
  }

  func testOneClinicOfManyAndBothSignaturesOfARotation() async throws {
    try await DeliveryHarness.run("rotate") { harness in
      let fresh = try WebhookSecrets.generate()
      let rows = try await harness.admin.run(
        PostgresQuery("select delivery_secret_sealed from gateway.partner where slug = 'insurer'"))
      let old = String(
        decoding: try AES256GCM.open(
          try rows[0].bytes(0), key: DeliveryHarness.sealingKey, context: Array("delivery-secret:insurer".utf8)),
        as: UTF8.self)
      _ = try await harness.admin.run(
        PostgresQuery(
          "update gateway.partner set delivery_secret_sealed = $1 where slug = 'insurer'",
          [
            .bytes(try WebhookSecrets.seal("\(fresh) \(old)", partner: "insurer", key: DeliveryHarness.sealingKey))
          ]))
      try harness.startWorkers()
      try await harness.issue("f1")
      try await harness.wait("a partner with the old secret takes it") {
        try await harness.states(of: "insurer").first?.hasSuffix("delivered") ?? false
      }
    }
  }
}
