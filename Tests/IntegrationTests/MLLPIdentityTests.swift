import XCTest

@testable import Gateway

/// Whose record a message is about: never somebody else's, and nobody's where it cannot be told.
final class MLLPIdentityTests: XCTestCase {
  func testNumbersOfTwoPatientsAreNotTakenForOne() async throws {
    let fixture = try await MLLPFixture()
    let registered = try await fixture.codes(
      MLLPFixture.update("D-1", patient: "P1", family: "Alami"),
      MLLPFixture.update("D-2", patient: "P2", family: "Bennis"))
    XCTAssertEqual(registered, ["AA", "AA"])
    let both = MLLPFixture.update("D-3", patient: "P1^^^CHU-IBN-ROCHD^MR~P2", family: "Chraibi")
    let answer = try await fixture.send(both)
    XCTAssertEqual(answer.code, "AE")
    let text = String(decoding: answer.message, as: UTF8.self)
    XCTAssertTrue(text.contains("ERR||PID^1^3|205^"), text)
    let names = try await fixture.rows("select family from clinic.patient order by 1")
    XCTAssertEqual(names, [["Alami"], ["Bennis"]], "neither was written")
    let state = try await fixture.rows("select state, error_location from gateway.hl7_message order by id desc limit 1")
    XCTAssertEqual(state, [["failed", "PID-3"]])
    // Once they are one, both numbers are that one's.
    let merge =
      MLLPFixture.header("ADT^A40^ADT_A39", "D-4", at: "20261103080000+0100") + "\rEVN|A40|20261103080000+0100\r"
      + "PID|1||P1^^^CHU-IBN-ROCHD^MR||Alami^Salma\rMRG|P2^^^CHU-IBN-ROCHD^MR\r"
    let later = MLLPFixture.update(
      "D-5", patient: "P1^^^CHU-IBN-ROCHD^MR~P2", family: "Chraibi", at: "20261104080000+0100")
    let merged = try await fixture.codes(merge, later)
    XCTAssertEqual(merged, ["AA", "AA"])
    let survivor = try await fixture.value("select family from clinic.patient where active")
    XCTAssertEqual(survivor, "Chraibi")
    try await fixture.stop()
  }

  func testNewNumbersFindWhoHadTheOldOnes() async throws {
    let fixture = try await MLLPFixture()
    let renumbering =
      MLLPFixture.header("ADT^A47^ADT_A30", "R-2", at: "20261103080000+0100") + "\rEVN|A47|20261103080000+0100\r"
      + "PID|1||P9^^^CHU-IBN-ROCHD^MR||Alami^Salma\rMRG|P1^^^CHU-IBN-ROCHD^MR\r"
    let codes = try await fixture.codes(
      MLLPFixture.update("R-1", patient: "P1", family: "Alami"), renumbering,
      MLLPFixture.update("R-3", patient: "P9", family: "Alami-Tazi", at: "20261104080000+0100"))
    XCTAssertEqual(codes, ["AA", "AA", "AA"])
    let patients = try await fixture.rows("select family from clinic.patient")
    XCTAssertEqual(patients, [["Alami-Tazi"]])
    let numbers = try await fixture.rows(
      "select value from clinic.identifier where owner_type = 'patient' order by value")
    XCTAssertEqual(numbers, [["P1"], ["P9"]])
    try await fixture.stop()
  }

  func testAVisitIsNotHandedToAnotherPatient() async throws {
    let fixture = try await MLLPFixture()
    let own = MLLPFixture.update("V-1", patient: "P1", family: "Alami")
    let taken = MLLPFixture.update("V-2", patient: "P2", family: "Bennis", at: "20261103101500+0100")
      .replacingOccurrences(of: "V-P2", with: "V-P1")
    let answers = try await fixture.send([Array(own.utf8), Array(taken.utf8)])
    XCTAssertEqual(answers.map(\.code), ["AA", "AE"])
    let text = String(decoding: answers[1].message, as: UTF8.self)
    XCTAssertTrue(text.contains("205^Duplicate key identifier"), text)
    let holder = try await fixture.rows(
      "select p.family from clinic.encounter e join clinic.patient p on p.id = e.patient_id")
    XCTAssertEqual(holder, [["Alami"]])
    // Taken back there, it may be told of the right one.
    let back = MLLPFixture.update("V-3", patient: "P1", family: "Alami", at: "20261103111500+0100", event: "A23")
    let again = taken.replacingOccurrences(of: "|V-2|", with: "|V-4|")
      .replacingOccurrences(of: "20261103101500", with: "20261103121500")
    let codes = try await fixture.codes(back, again)
    XCTAssertEqual(codes, ["AA", "AA"])
    let moved = try await fixture.rows(
      "select p.family from clinic.encounter e join clinic.patient p on p.id = e.patient_id")
    XCTAssertEqual(moved, [["Bennis"]])
    try await fixture.stop()
  }

  func testAnAppointmentIsNotHandedToAnotherPatient() async throws {
    let fixture = try await MLLPFixture()
    func booking(_ id: String, _ patient: String, at time: String) -> String {
      MLLPFixture.header("SIU^S12^SIU_S12", id, at: time)
        + "\rSCH|A-1^HIS||||||CHECK||20|min|^^20^20261110140000+0100\rPID|1||\(patient)^^^CHU-IBN-ROCHD^MR||X^\(patient)\r"
    }
    let codes = try await fixture.codes(
      booking("S-1", "P1", at: "20261101080000+0100"), booking("S-2", "P2", at: "20261102080000+0100"),
      booking("S-3", "P1", at: "20261103080000+0100"))
    XCTAssertEqual(codes, ["AA", "AE", "AA"])
    let whose = try await fixture.rows(
      "select p.given::text from clinic.appointment a join clinic.patient p on p.id = a.patient_id")
    XCTAssertEqual(whose, [["{P1}"]])
    try await fixture.stop()
  }
}
