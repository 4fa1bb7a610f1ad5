import XCTest

@testable import Gateway

/// Links, movements and blocked time over a real socket into a real database.
final class MLLPPlanTests: XCTestCase {
  private func message(_ control: String, _ event: String, at time: String, _ lines: String...) -> String {
    let header = MLLPFixture.header(event, control, at: time)
    return ([header, "EVN||\(time)"] + lines).joined(separator: "\r") + "\r"
  }

  func testPatientsAreLinkedAndTakenApart() async throws {
    let fixture = try await MLLPFixture()
    func link(_ control: String, _ event: String, at time: String, _ other: String = "P2") -> String {
      message(
        control, "ADT^\(event)", at: time, "PID|1||P1^^^CHU-IBN-ROCHD^MR", "PID|2||\(other)^^^CHU-IBN-ROCHD^MR")
    }
    let codes = try await fixture.codes(
      MLLPFixture.update("L-0", at: "20261101080000+0100"),
      MLLPFixture.update("L-1", patient: "P2", at: "20261101080000+0100"),
      link("L-2", "A24", at: "20261102080000+0100"), link("L-3", "A24", at: "20261102090000+0100", "P9"))
    XCTAssertEqual(codes, ["AA", "AA", "AA", "AE"])
    let place = try await fixture.value("select error_location from gateway.hl7_message where control_id = 'L-3'")
    XCTAssertEqual(place, "PID[2]-3")
    let pairs =
      "select count(*)::text, count(distinct patient_id)::text from clinic.patient_link where patient_id <> other_id"
    let linked = try await fixture.rows(pairs)
    XCTAssertEqual(linked, [["2", "2"]])
    let versions = try await fixture.rows("select version::text from clinic.patient")
    XCTAssertEqual(versions, [["2"], ["2"]], "a link is a change of both")
    let apart = try await fixture.codes(
      link("L-4", "A37", at: "20261103080000+0100"), link("L-5", "A24", at: "20261102100000+0100"))
    XCTAssertEqual(apart, ["AA", "AA"])
    let left = try await fixture.rows(pairs)
    XCTAssertEqual(left, [["0", "0"]], "the older event does not link them again")
    let again = try await fixture.codes(link("L-6", "A37", at: "20261104080000+0100"))
    XCTAssertEqual(again, ["AA"])
    let effects = try await fixture.rows(
      """
      select m.control_id, string_agg(distinct e.operation, ',') from gateway.message_effect e
      join gateway.hl7_message m on m.id = e.message_id where e.relation = 'patient_link' group by 1 order by 1
      """)
    XCTAssertEqual(effects, [["L-2", "create"], ["L-4", "delete"], ["L-5", "none"], ["L-6", "none"]])
    try await fixture.stop()
  }

  func testMovementsStandBesideTheEncounter() async throws {
    let fixture = try await MLLPFixture()
    func move(_ control: String, _ event: String, _ place: String, _ zbe: String, at time: String) -> String {
      MLLPFixture.update(control, at: time, event: event).replacing("SALLE2", with: place)
        + zbe + "\r"
    }
    let codes = try await fixture.codes(
      move("V-1", "A01", "SALLE1", "ZBE|M1^HIS|20261102080000+0100||INSERT|N|A01", at: "20261102080000+0100"),
      move("V-2", "A02", "SALLE2", "ZBE|M2^HIS|20261102100000+0100||INSERT|N|A02", at: "20261102100000+0100"),
      move(
        "V-3", "A02", "SALLE0", "ZBE|M0^HIS|20261102070000+0100|20261102080000+0100|INSERT|Y|A02",
        at: "20261102110000+0100"),
      move(
        "V-4", "Z99", "SALLE1", "ZBE|M1^HIS|20261102080000+0100|20261102100000+0100|UPDATE|N|A01",
        at: "20261102120000+0100"),
      move("V-5", "A12", "SALLE1", "ZBE|M2^HIS|20261102100000+0100||CANCEL|N|A02", at: "20261102130000+0100"),
      message(
        "V-6", "ADT^A02", at: "20261102140000+0100", "PID|1||P1^^^CHU-IBN-ROCHD^MR",
        "PV1|1|I|KINE^SALLE2||||||||||||||||V-404^^^CHU-IBN-ROCHD^VN", "ZBE|M9^HIS|20261102140000+0100||INSERT|Y|A02"))
    XCTAssertEqual(codes, ["AA", "AA", "AA", "AA", "AA", "AE"])
    let movements = try await fixture.rows(
      """
      select m.number, m.event, m.status, l.name, m.started_at::text, m.ended_at::text from clinic.encounter_movement m
      join clinic.location l on l.id = m.location_id order by m.started_at
      """)
    XCTAssertEqual(
      movements,
      [
        ["M0", "A02", "active", "SALLE0", "2026-11-02 06:00:00+00", "2026-11-02 07:00:00+00"],
        ["M1", "A01", "active", "SALLE1", "2026-11-02 07:00:00+00", "2026-11-02 09:00:00+00"],
        ["M2", "A02", "cancelled", "SALLE2", "2026-11-02 09:00:00+00", nil],
      ])
    let now = try await fixture.value(
      "select l.name from clinic.encounter e join clinic.location l on l.id = e.location_id")
    XCTAssertEqual(now, "SALLE1")
    let place = try await fixture.value("select error_location from gateway.hl7_message where control_id = 'V-6'")
    XCTAssertEqual(place, "PV1-19")
    try await fixture.stop()
  }

  func testTimeIsBlockedMovedAndOpened() async throws {
    let fixture = try await MLLPFixture()
    func block(
      _ control: String, _ event: String, _ start: String, _ end: String, at time: String, _ name: String = "B1"
    )
      -> String
    {
      message(
        control, "SIU^\(event)", at: time, "SCH|\(name)^HIS||||||||||^^^\(start)^\(end)", "RGS|1",
        "AIP|1||INPE081234^El Fassi^Nadia", "AIL|1||KINE^SALLE2^^ANFA")
    }
    let codes = try await fixture.codes(
      block("K-1", "S23", "20261110080000+0100", "20261110120000+0100", at: "20261101080000+0100"),
      block("K-2", "S23", "20261110090000+0100", "20261110120000+0100", at: "20261101090000+0100"),
      block("K-3", "S23", "20261110070000+0100", "20261110120000+0100", at: "20261101083000+0100"))
    XCTAssertEqual(codes, ["AA", "AA", "AA"])
    let slots = """
      select s.status, s.start_at::text, coalesce(p.family, l.name) from clinic.slot s
      join clinic.schedule c on c.id = s.schedule_id left join clinic.practitioner p on p.id = c.practitioner_id
      left join clinic.location l on l.id = c.location_id order by 3
      """
    let blocked = try await fixture.rows(slots)
    XCTAssertEqual(
      blocked,
      [
        ["busy-unavailable", "2026-11-10 08:00:00+00", "El Fassi"],
        ["busy-unavailable", "2026-11-10 08:00:00+00", "SALLE2"],
      ])
    let opened = try await fixture.codes(
      block("K-4", "S24", "20261110090000+0100", "20261110120000+0100", at: "20261102090000+0100"),
      block("K-5", "S24", "20261110090000+0100", "20261110120000+0100", at: "20261102090000+0100", "B9"))
    XCTAssertEqual(opened, ["AA", "AE"])
    let free = try await fixture.rows("select distinct status, version::text from clinic.slot")
    XCTAssertEqual(free, [["free", "3"]])
    let states = try await fixture.rows("select control_id, state, error_location from gateway.hl7_message order by id")
    XCTAssertEqual(states.map { $0[1] }, ["applied", "applied", "superseded", "applied", "failed"])
    XCTAssertEqual(states[4][2], "SCH-1")
    try await fixture.stop()
  }
}
