import XCTest

@testable import Gateway

/// Charges over a real socket into a real database.
final class MLLPChargeTests: XCTestCase {
  private func charges(
    _ control: String, _ lines: String..., patient: String = "P1", account: String = "AC1",
    at time: String = "20261103100000+0100"
  ) -> String {
    let head = [
      MLLPFixture.header("DFT^P03^DFT_P03", control, at: time),
      "EVN|P03|\(time)",
      "PID|1||\(patient)^^^CHU-IBN-ROCHD^MR||Berrada^Salma|||||||||||||\(account)^^^CHU-IBN-ROCHD^AN",
      "PV1|1|O|||||||||||||||||V-P1^^^CHU-IBN-ROCHD^VN",
    ]
    return (head + lines).joined(separator: "\r") + "\r"
  }

  private let lines =
    "select sequence::text, code_code, quantity::text, net::text from clinic.invoice_item order by invoice_id, sequence"

  func testChargesGatherInADraftOfTheAccount() async throws {
    let fixture = try await MLLPFixture()
    let codes = try await fixture.codes(
      MLLPFixture.update("C-0", at: "20261101080000+0100"),
      charges(
        "C-1", "FT1|1|T1||20261103||CG|KINE^Séance|||2|300&MAD|150&MAD||||||||INPE081234^El Fassi^Nadia",
        "FT1|2|T2||20261103||CG|BILAN^Bilan|||1|200&MAD"),
      charges("C-2", "FT1|1|T1||20261103||CG|KINE^Séance|||2|300&MAD|150&MAD"),
      charges("C-3", "FT1|1|T1||20261103||CG|KINE^Séance|||3|450&MAD|150&MAD", at: "20261103120000+0100"),
      charges("C-4", "FT1|1|T2||20261103||CD|BILAN^Bilan|||1|200&MAD", at: "20261103130000+0100"),
      charges("C-5", "FT1|1|T1||20261103||CG|KINE^Séance|||9|1350&MAD|150&MAD", at: "20261103110000+0100"))
    XCTAssertEqual(codes, Array(repeating: "AA", count: 6))
    let items = try await fixture.rows(lines)
    XCTAssertEqual(
      items,
      [
        ["1", "KINE", "3.000000", "450.00"], ["2", "BILAN", "1.000000", "200.00"],
        ["3", "BILAN", "-1.000000", "-200.00"],
      ])
    let invoices = try await fixture.rows(
      """
      select v.status, v.currency, v.total_net::text, v.total_gross::text, a.status, i.value, e.account_id = a.id
      from clinic.invoice v join clinic.account a on a.id = v.account_id join clinic.encounter e on e.id = v.encounter_id
      join clinic.identifier i on i.owner_type = 'account' and i.owner_id = a.id
      """)
    XCTAssertEqual(invoices, [["draft", "MAD", "450.00", "450.00", "active", "AC1", "t"]])
    let late = try await fixture.value("select state from gateway.hl7_message where control_id = 'C-5'")
    XCTAssertEqual(late, "superseded")
    let performer = try await fixture.value(
      """
      select p.family from clinic.invoice_item i join clinic.practitioner p on p.id = i.practitioner_id
      where i.sequence = 1
      """)
    XCTAssertEqual(performer, "El Fassi")
    let effects = try await fixture.rows(
      """
      select e.relation, e.operation, count(*)::text from gateway.message_effect e
      join gateway.hl7_message m on m.id = e.message_id where m.control_id = 'C-1' group by 1, 2 order by 1
      """)
    XCTAssertEqual(
      effects, [["account", "create", "1"], ["invoice", "create", "1"], ["invoice_item", "create", "2"]])
    try await fixture.stop()
  }

  func testAChangedLineKeepsItsDiscountAndLosesItsTaxes() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.codes(
      MLLPFixture.update("D-0", at: "20261101080000+0100"),
      charges("D-1", "FT1|1|T1||20261103||CG|KINE^Séance|||1|100"))
    for statement in [
      "update clinic.invoice_item set discount = 10, net = 90",
      """
      insert into clinic.invoice_item_tax (clinic_id, id, invoice_id, invoice_item_id, tax_code, category, rate, base, amount)
      select clinic_id, 't', invoice_id, id, 'VAT', 'S', 20, 90, 18 from clinic.invoice_item
      """, "update clinic.invoice set total_net = 90, total_tax = 18, total_gross = 108",
    ] { _ = try await fixture.rows(statement) }
    let again = try await fixture.codes(
      charges("D-2", "FT1|1|T1||20261103||CG|KINE^Séance bis|||1|100", at: "20261103110000+0100"))
    XCTAssertEqual(again, ["AA"])
    let totals = "select total_net::text, total_tax::text, total_gross::text from clinic.invoice"
    let kept = try await fixture.rows(totals)
    XCTAssertEqual(kept, [["90.00", "18.00", "108.00"]], "the words changed, the price did not")
    let more = try await fixture.codes(
      charges("D-3", "FT1|1|T1||20261103||CG|KINE^Séance|||2|200", at: "20261103120000+0100"))
    XCTAssertEqual(more, ["AA"])
    let changed = try await fixture.rows(totals)
    XCTAssertEqual(changed, [["190.00", "0.00", "190.00"]])
    try await fixture.stop()
  }

  func testAnIssuedInvoiceIsClosed() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.codes(
      MLLPFixture.update("I-0", at: "20261101080000+0100"),
      charges("I-1", "FT1|1|T1||20261103||CG|KINE^Séance|||1|100"))
    _ = try await fixture.rows(
      "update clinic.invoice set status = 'issued', number = 'F-1', issued_at = now()")
    let codes = try await fixture.codes(
      charges("I-2", "FT1|1|T1||20261103||CG|KINE^Séance|||2|200", at: "20261103110000+0100"),
      charges("I-3", "FT1|1|T2||20261103||CG|BILAN^Bilan|||1|50", at: "20261103120000+0100"))
    XCTAssertEqual(codes, ["AE", "AA"])
    let place = try await fixture.rows(
      "select error, error_location from gateway.hl7_message where control_id = 'I-2'")
    XCTAssertEqual(place.first?.last, "FT1-2")
    XCTAssertEqual(place.first?.first??.hasPrefix("206"), true)
    let invoices = try await fixture.rows("select status, total_net::text from clinic.invoice order by status")
    XCTAssertEqual(invoices, [["draft", "50.00"], ["issued", "100.00"]])
    try await fixture.stop()
  }

  func testRefusals() async throws {
    let fixture = try await MLLPFixture()
    let codes = try await fixture.codes(
      charges("X-1", "FT1|1|T1||20261103||CG|KINE|||1|100"), MLLPFixture.update("X-0"),
      charges("X-2", "FT1|1|T1||20261103||CG|KINE|||1|100&EUR"))
    XCTAssertEqual(codes, ["AE", "AA", "AE"])
    let places = try await fixture.rows(
      "select error_location from gateway.hl7_message where state = 'failed' order by id")
    XCTAssertEqual(places, [["PID-3"], ["FT1-11"]])
    let count = try await fixture.value("select count(*) from clinic.account")
    XCTAssertEqual(count, "0", "nothing stays of what was refused")
    try await fixture.stop()
  }
}
