import XCTest

@testable import Gateway

/// Allergies, diagnoses, procedures and accounts over a real socket into a real database.
final class MLLPHistoryTests: XCTestCase {
  private func adt(_ control: String, _ lines: String..., event: String = "A08", at time: String) -> String {
    MLLPFixture.update(control, at: time, event: event) + lines.joined(separator: "\r") + "\r"
  }

  func testARegistrationTellsOfThePatientsState() async throws {
    let fixture = try await MLLPFixture()
    let allergy = "AL1|1|DA|7980^Pénicilline^RXNORM|MO|Urticaire|20240310"
    let codes = try await fixture.codes(
      adt(
        "S-1", allergy, "DG1|1||M54.5^Lombalgie^I10||20261102090000+0100|W|||||||||1",
        "PR1|1||AHQP001^Rééducation^CCAM||20261102091500+0100||||||INPE070011^Tazi^Karim", event: "A01",
        at: "20261102100000+0100"),
      adt("S-2", allergy, "DG1|1||M54.5^Lombalgie^I10|||F", at: "20261102120000+0100"),
      adt("S-3", "AL1|1|DA|7980^Pénicilline^RXNORM|SV", "AL1|2|FA|^Arachide", at: "20261102110000+0100"),
      adt("S-4", "DG1|1||M54.5^Lombalgie^I10|||F|||||||||||||||D", at: "20261102130000+0100"))
    XCTAssertEqual(codes, ["AA", "AA", "AA", "AA"])
    let allergies = try await fixture.rows(
      "select code_display, category, severity, reaction, recorded_on::text, status from clinic.allergy order by 1")
    XCTAssertEqual(
      allergies,
      [
        ["Arachide", "food", nil, nil, nil, "active"],
        ["Pénicilline", "medication", "moderate", "Urticaire", "2024-03-10", "active"],
      ], "an older message adds what is new in it and changes nothing else")
    let conditions = try await fixture.rows(
      """
      select c.code_code, c.verification, c.use_code, c.rank::text, c.status, e.id is not null, c.version::text
      from clinic.condition c left join clinic.encounter e on e.id = c.encounter_id
      """)
    XCTAssertEqual(conditions, [["M54.5", "confirmed", "F", "1", "entered-in-error", "t", "3"]])
    let procedures = try await fixture.rows(
      """
      select p.code_code, p.performed_at::text, p.status, r.family from clinic.procedure p
      join clinic.practitioner r on r.id = p.practitioner_id
      """)
    XCTAssertEqual(procedures, [["AHQP001", "2026-11-02 08:15:00+00", "completed", "Tazi"]])
    try await fixture.stop()
  }

  func testTheSameWordsAgainChangeNothing() async throws {
    let fixture = try await MLLPFixture()
    let lines = "AL1|1|DA|7980^Pénicilline^RXNORM|MO\rDG1|1||M54.5^Lombalgie^I10|||F"
    let codes = try await fixture.codes(
      adt("T-1", lines, at: "20261102100000+0100"), adt("T-2", lines, at: "20261102110000+0100"),
      adt("T-3", lines, at: "20261102120000+0100"))
    XCTAssertEqual(codes, ["AA", "AA", "AA"])
    let effects = try await fixture.rows(
      """
      select m.control_id, e.relation, e.operation from gateway.message_effect e
      join gateway.hl7_message m on m.id = e.message_id
      where m.control_id = 'T-3' and e.relation in ('allergy', 'condition') order by 2
      """)
    XCTAssertEqual(effects, [["T-3", "allergy", "none"], ["T-3", "condition", "none"]])
    // What the clinic says of a diagnosis stays.
    _ = try await fixture.rows("update clinic.condition set status = 'resolved'")
    let again = try await fixture.codes(adt("T-4", lines, at: "20261102130000+0100"))
    XCTAssertEqual(again, ["AA"])
    let status = try await fixture.value("select status from clinic.condition")
    XCTAssertEqual(status, "resolved")
    try await fixture.stop()
  }

  func testAnAccountIsOpenedAndEnded() async throws {
    let fixture = try await MLLPFixture()
    func bar(_ control: String, _ event: String, account: String = "AC1", at time: String) -> String {
      MLLPFixture.update(control, at: time, event: "A08").replacing("ADT^A08^ADT_A01", with: "BAR^\(event)^BAR_P01")
        .replacing("^PRN^CP\rPV1", with: "^PRN^CP|||||\(account)^^^CHU-IBN-ROCHD^AN\rPV1")
        + "IN1|1||CNSS|Caisse\rDG1|1||M54.5^Lombalgie^I10\r"
    }
    let codes = try await fixture.codes(
      MLLPFixture.update("B-0", at: "20261101080000+0100"), bar("B-1", "P01", at: "20261102100000+0100"),
      bar("B-2", "P06", at: "20261104100000+0100"), bar("B-3", "P05", at: "20261103100000+0100"),
      bar("B-4", "P06", account: "AC9", at: "20261105100000+0100"))
    XCTAssertEqual(codes, ["AA", "AA", "AA", "AA", "AE"])
    let accounts = try await fixture.rows(
      """
      select a.status, i.value, e.account_id = a.id from clinic.account a
      join clinic.identifier i on i.owner_type = 'account' and i.owner_id = a.id, clinic.encounter e
      """)
    XCTAssertEqual(accounts, [["inactive", "AC1", "t"]])
    let others = try await fixture.rows(
      "select (select count(*) from clinic.coverage), (select count(*) from clinic.condition)")
    XCTAssertEqual(others, [["1", "1"]])
    let place = try await fixture.value("select error_location from gateway.hl7_message where control_id = 'B-4'")
    XCTAssertEqual(place, "PID-18")
    try await fixture.stop()
  }
}
