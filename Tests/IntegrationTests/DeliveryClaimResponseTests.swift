import ClinicModel
import Mappers
import PostgresClient
import XCTest

@testable import Gateway

/// What an insurer's answer does to the claim and its invoice.
final class DeliveryClaimResponseTests: XCTestCase {
  private static func response(
    _ claimID: String, outcome: String = "complete", paid: String? = nil, reference: String = "V-1",
    eligible: String? = nil, more: String = ""
  ) -> [UInt8] {
    let payment =
      paid.map {
        """
        ,"payment":{"type":{"text":"complete"},"date":"2026-03-20","amount":{"value":\($0),"currency":"MAD"},
        "identifier":{"value":"\(reference)"}}
        """
      } ?? ""
    let item =
      eligible.map {
        """
        ,"item":[{"itemSequence":1,"adjudication":[
        {"category":{"coding":[{"code":"eligible"}]},"amount":{"value":\($0),"currency":"MAD"},
        "reason":{"coding":[{"code":"ar002"}]}}]}]
        """
      } ?? ""
    return Array(
      """
      {"resourceType":"ClaimResponse","status":"active","type":{"text":"professional"},"use":"claim",
      "patient":{"reference":"Patient/p"},"created":"2026-03-20","insurer":{"display":"AMO"},
      "request":{"reference":"Claim/\(claimID)"},"outcome":"\(outcome)"\(item)\(payment)\(more)}
      """.utf8)
  }

  private struct Bench: Sendable {
    let harness: DeliveryHarness
    let service: ClaimResponseService
    let claimID: String
    let insurer: String

    func apply(_ body: [UInt8], as partner: String? = nil) async -> ClaimResponseService.Result {
      await service.apply(clinicID: DeliveryHarness.clinic, partnerID: partner ?? insurer, body: body)
    }

    func claim() async throws -> [String?] {
      try await harness.sql("select status, paid::text, allowed::text from clinic.claim")[0]
    }

    func rows(_ relation: String) async throws -> String? {
      try await harness.sql("select count(*) from clinic.\(relation)")[0][0]
    }

    func invoice() async throws -> String? { try await harness.sql("select status from clinic.invoice")[0][0] }
  }

  private func bench(_ label: String, _ body: @escaping @Sendable (Bench) async throws -> Void) async throws {
    try await DeliveryHarness.run(label) { harness in
      try await harness.issue("f1")
      try await harness.sql("update clinic.claim set status = 'sent'")
      let claim = try await harness.sql("select id from clinic.claim")[0][0] ?? ""
      try await body(
        Bench(
          harness: harness, service: ClaimResponseService(pool: harness.app), claimID: claim,
          insurer: try await harness.partnerID("insurer")))
    }
  }

  func testAFullPaymentBalancesTheInvoice() async throws {
    try await bench("paid") { bench in
      let body = Self.response(bench.claimID, paid: "300.00", eligible: "300.00")
      guard case .applied(let first) = await bench.apply(body) else { return XCTFail("refused") }
      XCTAssertEqual(first.status, .paid)
      XCTAssertEqual(first.patientID, "p")
      let (claim, invoice) = try await (bench.claim(), bench.invoice())
      XCTAssertEqual(claim, ["paid", "300.00", "300.00"])
      XCTAssertEqual(invoice, "balanced")
      let payment = try await bench.harness.sql(
        "select method, amount::text, payer_id, reference, (paid_at at time zone 'UTC')::date::text from clinic.payment"
      )
      XCTAssertEqual(payment, [["remittance", "300.00", "amo", "V-1", "2026-03-20"]])
      let item = try await bench.harness.sql("select allowed::text, reasons -> 0 ->> 'code' from clinic.claim_item")
      XCTAssertEqual(item, [["300.00", "ar002"]])
      // The same again: the same answer, nothing changes.
      let versions = try await bench.harness.sql(
        "select version from clinic.claim union all select version from clinic.invoice")
      guard case .applied(let again) = await bench.apply(body) else { return XCTFail("refused") }
      XCTAssertEqual([again.id, again.claimID], [first.id, first.claimID])
      XCTAssertEqual(again.status, .paid)
      XCTAssertTrue(again.isRepeat)
      let after = try await bench.harness.sql(
        "select version from clinic.claim union all select version from clinic.invoice")
      XCTAssertEqual(versions, after)
      let (payments, responses) = try await (bench.rows("payment"), bench.rows("claim_response"))
      XCTAssertEqual([payments, responses], ["1", "1"])
    }
  }

  func testPartsAddUpAndStagesOnlyGoForward() async throws {
    try await bench("parts") { bench in
      let steps: [(body: [UInt8], claim: String, invoice: String)] = [
        (Self.response(bench.claimID, outcome: "queued"), "acknowledged", "issued"),
        (Self.response(bench.claimID, paid: "100.00", reference: "A"), "partly-paid", "issued"),
        (Self.response(bench.claimID, outcome: "queued", more: ",\"disposition\":\"late\""), "partly-paid", "issued"),
        (Self.response(bench.claimID, paid: "200.00", reference: "B"), "paid", "balanced"),
      ]
      for step in steps {
        guard case .applied(let applied) = await bench.apply(step.body) else { return XCTFail("refused") }
        XCTAssertEqual(applied.status.rawValue, step.claim)
        let (claim, invoice) = try await (bench.claim(), bench.invoice())
        XCTAssertEqual(claim[0], step.claim)
        XCTAssertEqual(invoice, step.invoice)
      }
      guard
        case .refused(409, let issues) = await bench.apply(Self.response(bench.claimID, paid: "0.01", reference: "C"))
      else { return XCTFail("paid more than claimed") }
      XCTAssertEqual(issues.map(\.field), ["ClaimResponse.payment.amount"])
      guard case .refused(409, let reversal) = await bench.apply(Self.response(bench.claimID, outcome: "error"))
      else { return XCTFail("took money back") }
      XCTAssertEqual(reversal.map(\.field), ["ClaimResponse.outcome"])
    }
  }

  func testDenial() async throws {
    try await bench("denied") { bench in
      guard case .applied(let applied) = await bench.apply(Self.response(bench.claimID, outcome: "error"))
      else { return XCTFail("refused") }
      XCTAssertEqual(applied.status, .denied)
      let (claim, invoice, payments) = try await (bench.claim(), bench.invoice(), bench.rows("payment"))
      XCTAssertEqual(claim, ["denied", "0.00", nil])
      XCTAssertEqual([invoice, payments], ["issued", "0"])
    }
  }

  func testSomebodyElsesClaimIsAsOneThatIsNot() async throws {
    try await bench("alien") { bench in
      let rival = try await bench.harness.partnerID("rival")
      let alien = await bench.apply(Self.response(bench.claimID, paid: "300.00"), as: rival)
      let absent = await bench.apply(Self.response("nowhere", paid: "300.00"))
      XCTAssertEqual(alien, absent)
      guard case .refused(422, let issues) = alien else { return XCTFail("not refused") }
      XCTAssertEqual(issues.map(\.field), ["ClaimResponse.request"])
      let elsewhere = await bench.service.apply(
        clinicID: "22222222-2222-4222-8222-222222222222", partnerID: bench.insurer,
        body: Self.response(bench.claimID, paid: "300.00"))
      XCTAssertEqual(elsewhere, absent)
      let claim = try await bench.claim()
      XCTAssertEqual(claim[0], "sent")
    }
  }

  func testFaultsAreLocatedAndChangeNothing() async throws {
    try await bench("faults") { bench in
      let cases: [([UInt8], Int, String)] = [
        (Array("{".utf8), 400, "ClaimResponse"),
        (Array("{\"resourceType\":\"Patient\"}".utf8), 422, "Patient"),
        (Self.response(bench.claimID, paid: "300.001"), 422, "ClaimResponse.payment.amount.value"),
        (Self.response(bench.claimID, paid: "301"), 422, "ClaimResponse.payment.amount"),
      ]
      for (body, status, field) in cases {
        guard case .refused(let found, let issues) = await bench.apply(body) else {
          XCTFail("\(field) was not refused")
          continue
        }
        XCTAssertEqual(found, status, field)
        XCTAssertTrue(issues.contains { $0.field == field }, "\(issues)")
      }
      let (claim, responses) = try await (bench.claim(), bench.rows("claim_response"))
      XCTAssertEqual(claim[0], "sent")
      XCTAssertEqual(responses, "0")
    }
  }

  func testTheSameAnswerTwiceAtOncePaysOnce() async throws {
    try await bench("race") { bench in
      let body = Self.response(bench.claimID, paid: "300.00")
      async let first = bench.apply(body)
      async let second = bench.apply(body)
      let results = await [first, second]
      let repeats = results.compactMap { result -> Bool? in
        guard case .applied(let applied) = result else { return nil }
        return applied.isRepeat
      }
      XCTAssertEqual(repeats.sorted { !$0 && $1 }, [false, true])
      let payments = try await bench.rows("payment")
      XCTAssertEqual(payments, "1")
    }
  }

  func testWhatThePatientPaidIsNotPaidTwice() async throws {
    try await bench("patient") { bench in
      try await bench.harness.sql(
        """
        insert into clinic.payment (clinic_id, id, payer_type, patient_id, method, amount, currency, paid_at)
          values ('\(DeliveryHarness.clinic)', 'own', 'patient', 'p', 'cash', 250, 'MAD', now())
        """,
        """
        insert into clinic.payment_allocation (clinic_id, id, payment_id, invoice_id, amount)
          values ('\(DeliveryHarness.clinic)', 'own', 'own', 'f1', 250)
        """)
      guard case .applied(let applied) = await bench.apply(Self.response(bench.claimID, paid: "100.00"))
      else { return XCTFail("refused") }
      XCTAssertEqual(applied.status, .partlyPaid)
      let allocated = try await bench.harness.sql("select sum(amount)::text from clinic.payment_allocation")
      XCTAssertEqual(allocated, [["300.00"]])
      let invoice = try await bench.invoice()
      XCTAssertEqual(invoice, "balanced")
    }
  }
}
