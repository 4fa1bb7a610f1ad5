import TestSupport
import XCTest

@testable import Gateway

/// What an issued invoice owes, and how workers share it.
final class DeliveryQueueTests: XCTestCase {
  private let clinic = StoreFixture.casablanca

  private func database(_ label: String) async throws -> String {
    let dsn = try await StoreFixture.migratedDatabase(label)
    try await StoreFixture.addClinics(dsn)
    try await StoreFixture.run(
      dsn, as: "passerelle_owner",
      "select gateway.put_partner('insurer', 'Insurer', 'insurer', '{}', '{casablanca}', 'both', 'amo')",
      "select gateway.put_partner('books', 'Books', 'accounting', '{}', '{casablanca}')",
      """
      update gateway.partner set delivery_url = 'https://partner.example',
        delivery_formats = case kind when 'insurer' then '{fhir-claim}' else '{ubl-2.1}' end::text[]
      """)
    return dsn
  }

  private func issue(_ dsn: String, _ id: String, net: String = "300.00", as role: String = "passerelle_app")
    async throws
  {
    try await StoreFixture.run(
      dsn, as: role, clinic: role == "passerelle_app" ? clinic : nil,
      """
      insert into clinic.invoice (clinic_id, id, number, status, patient_id, issued_at, currency, total_net, total_gross)
        values ('\(clinic)', '\(id)', '\(id)', 'issued', 'p', now(), 'MAD', 300, 300)
      """,
      """
      insert into clinic.invoice_item (clinic_id, id, invoice_id, sequence, description, unit_price, net, exemption_reason)
        values ('\(clinic)', '\(id).1', '\(id)', 1, 'Session', \(net), \(net), 'care')
      """)
  }

  private static func claim(_ dsn: String, _ worker: String, most: Int = 10, each: Int = 10, lease: Int = 30)
    async throws
    -> [[String?]]
  {
    try await StoreFixture.run(
      dsn, as: "passerelle_dispatcher",
      """
      select document_type, document_id, idempotency_key, id, fencing
      from gateway.claim_deliveries('\(worker)', \(most), \(each), \(lease)) order by document_type, document_id
      """)
  }

  func testIssuingOwesClaimAndInvoiceWhoeverWrites() async throws {
    let dsn = try await database("owe")
    try await issue(dsn, "f1")
    try await issue(dsn, "f2", as: "passerelle_owner")
    let rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      "select document_type || ' ' || state from gateway.delivery order by sequence")
    XCTAssertEqual(rows.compactMap(\.[0]), ["invoice owed", "claim owed", "invoice owed", "claim owed"])
    let claims = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      "select c.invoice_id, c.total, i.charged from clinic.claim c join clinic.claim_item i on i.claim_id = c.id order by 1"
    )
    XCTAssertEqual(claims, [["f1", "300.00", "300.00"], ["f2", "300.00", "300.00"]])
  }

  func testAnInvoiceThatDoesNotAddUpIsNotIssued() async throws {
    let dsn = try await database("sums")
    do {
      try await issue(dsn, "f1", net: "299.99")
      XCTFail("must not commit")
    } catch {}
    let rows = try await StoreFixture.run(
      dsn, "select (select count(*) from clinic.invoice) + (select count(*) from gateway.delivery)")
    XCTAssertEqual(rows, [["0"]])
  }

  func testTwoWorkersNeverHoldOneDelivery() async throws {
    let dsn = try await database("share")
    for number in 1...6 { try await issue(dsn, "f\(number)") }
    async let one = Self.claim(dsn, "a", most: 100, each: 100)
    async let two = Self.claim(dsn, "b", most: 100, each: 100)
    let (first, second) = try await (one, two)
    let keys = (first + second).compactMap(\.[2])
    XCTAssertEqual(Set(keys).count, keys.count)
    // Claims go side by side; invoices of one partner keep their order, so only the first is out.
    XCTAssertEqual((first + second).filter { $0[0] == "claim" }.count, 6)
    XCTAssertEqual((first + second).filter { $0[0] == "invoice" }.map { $0[1] }, ["f1"])
  }

  func testALateWorkerIsFencedOff() async throws {
    let dsn = try await database("fence")
    try await issue(dsn, "f1")
    let first = try await Self.claim(dsn, "slow", most: 1, lease: 0)
    let again = try await Self.claim(dsn, "quick", most: 10)
    let taken = try XCTUnwrap(again.first { $0[3] == first[0][3] })
    XCTAssertEqual(first[0][2], taken[2], "the key stays")
    let (id, late, now) = (taken[3] ?? "", first[0][4] ?? "", taken[4] ?? "")
    func finish(_ fencing: String) -> String {
      "select gateway.finish_delivery('\(clinic)', '\(id)', \(fencing), 'delivered', 200, null, null, null)"
    }
    func store(_ fencing: String) -> String {
      "select gateway.store_delivery_body('\(clinic)', '\(id)', \(fencing), 'application/json', 'body')"
    }
    for (statement, expected) in [
      (store(late), "f"), (finish(late), "f"), (finish(now), "f"), (store(now), "t"), (store(now), "f"),
      (finish(late), "f"), (finish(now), "t"), (finish(now), "f"),
    ] {
      let rows = try await StoreFixture.run(dsn, as: "passerelle_dispatcher", statement)
      XCTAssertEqual(rows, [[expected]], statement)
    }
  }

  func testADeadPartnerHoldsUpNobodyElse() async throws {
    let dsn = try await database("dead")
    for number in 1...20 { try await issue(dsn, "f\(number)") }
    let first = try await Self.claim(dsn, "w", most: 100, each: 3)
    XCTAssertEqual(first.filter { $0[0] == "claim" }.count, 3, "no more than its share in flight")
    XCTAssertEqual(first.filter { $0[0] == "invoice" }.count, 1)
    let second = try await Self.claim(dsn, "w", most: 100, each: 3)
    XCTAssertEqual(second.count, 0)
  }
}
