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

  private let paid = """
    select v.number, v.status, a.amount::text from clinic.invoice v
    left join clinic.payment_allocation a on a.invoice_id = v.id where v.number is not null order by v.number, a.amount
    """

  private func issue(_ fixture: MLLPFixture, _ number: String) async throws {
    _ = try await fixture.rows(
      """
      update clinic.invoice set status = 'issued', number = '\(number)', issued_at = clock_timestamp()
      where status = 'draft'
      """)
  }

  func testPaymentsSettleWhatIsIssuedToTheAccount() async throws {
    let fixture = try await MLLPFixture()
    let charged = try await fixture.codes(
      MLLPFixture.update("P-0", at: "20261101080000+0100"),
      charges("P-1", "FT1|1|T1||20261103||CG|KINE^Séance|||1|100&MAD", "FT1|2|R1||20261103||PY|CASH||||130&MAD"))
    XCTAssertEqual(charged, ["AA", "AA"])
    let waiting = try await fixture.rows(
      """
      select p.payer_type, p.method, p.amount::text, p.currency, x.family, i.value,
        (select count(*) from clinic.payment_allocation)::text
      from clinic.payment p join clinic.patient x on x.id = p.patient_id
      join clinic.identifier i on i.owner_type = 'account' and i.owner_id = p.account_id
      """)
    XCTAssertEqual(waiting, [["patient", "cash", "130.00", "MAD", "Berrada", "AC1", "0"]], "a draft is not paid")
    try await issue(fixture, "F-1")
    let first = try await fixture.rows(paid)
    XCTAssertEqual(first, [["F-1", "balanced", "100.00"]])
    _ = try await fixture.codes(
      charges("P-2", "FT1|1|T2||20261104||CG|BILAN^Bilan|||1|80", at: "20261104100000+0100"))
    try await issue(fixture, "F-2")
    let second = try await fixture.rows(paid)
    XCTAssertEqual(second, [["F-1", "balanced", "100.00"], ["F-2", "issued", "30.00"]])
    // Told twice it is one payment; told anew it takes back what it gave.
    let anew = try await fixture.codes(
      charges("P-3", "FT1|1|R1||20261103||PY|CASH||||130&MAD", at: "20261105100000+0100"),
      charges("P-4", "FT1|1|R1||20261103||PY|CHCK||||60&MAD", at: "20261105110000+0100"),
      charges("P-5", "FT1|1|R1||20261103||PY|CASH||||999&MAD", at: "20261105103000+0100"))
    XCTAssertEqual(anew, ["AA", "AA", "AA"])
    let lowered = try await fixture.rows(paid)
    XCTAssertEqual(lowered, [["F-1", "issued", "60.00"], ["F-2", "issued", nil]], "the later event counts")
    _ = try await fixture.codes(
      charges(
        "P-6", "FT1|1|R2||20261106||PY|EOB||||120|||MUT" + String(repeating: "|", count: 16) + "REM-9",
        "IN1|1|MUT|M-7|Mutuelle", at: "20261106100000+0100"))
    let settled = try await fixture.rows(paid)
    XCTAssertEqual(
      settled, [["F-1", "balanced", "40.00"], ["F-1", "balanced", "60.00"], ["F-2", "balanced", "80.00"]])
    let insurer = try await fixture.rows(
      """
      select p.method, p.reference, y.name from clinic.payment p join clinic.payer y on y.id = p.payer_id
      where p.payer_type = 'payer'
      """)
    XCTAssertEqual(insurer, [["remittance", "REM-9", "Mutuelle"]])
    // What a cancelled invoice took is free for the others.
    _ = try await fixture.rows("update clinic.invoice set status = 'cancelled' where number = 'F-1'")
    let cancelled = try await fixture.rows(paid)
    XCTAssertEqual(cancelled, [["F-1", "cancelled", nil], ["F-2", "balanced", "80.00"]])
    let effects = try await fixture.rows(
      """
      select e.relation, e.operation from gateway.message_effect e join gateway.hl7_message m on m.id = e.message_id
      where m.control_id = 'P-4'
      """)
    XCTAssertEqual(effects, [["payment", "update"]])
    try await fixture.stop()
  }

  func testAdjustmentsAreLinesAndUnknownAccountsAreNotPaid() async throws {
    let fixture = try await MLLPFixture()
    let codes = try await fixture.codes(
      MLLPFixture.update("J-0", at: "20261101080000+0100"),
      charges("J-1", "FT1|1|T1||20261103||CG|KINE^Séance|||1|100", "FT1|2|T1||20261103||AJ|GESTE^Geste||||-15"),
      charges("J-2", "FT1|1|R1||20261103||PY|CASH||||50", account: "AC9"),
      charges("J-3", "FT1|1|R1||20261103||PY|CASH||||50&EUR"))
    XCTAssertEqual(codes, ["AA", "AA", "AE", "AE"])
    let items = try await fixture.rows(lines)
    XCTAssertEqual(items, [["1", "KINE", "1.000000", "100.00"], ["2", "GESTE", "-1.000000", "-15.00"]])
    let places = try await fixture.rows(
      "select left(error, 3), error_location from gateway.hl7_message where state = 'failed' order by id")
    XCTAssertEqual(places, [["204", "PID-18"], ["103", "FT1-11"]])
    let payments = try await fixture.value("select count(*) from clinic.payment")
    XCTAssertEqual(payments, "0")
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
