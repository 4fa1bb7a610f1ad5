import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// SCH, TQ1 and the resources of SIU.
final class HL7AppointmentMappingTests: XCTestCase {
  private func sch(_ fields: [Int: String]) -> String {
    let fields = fields.merging([1: "P1^HIS"]) { given, _ in given }
    return "SCH|" + (1...(fields.keys.max() ?? 1)).map { fields[$0] ?? "" }.joined(separator: "|")
  }

  private func appointment(_ event: String, _ segments: String...) throws -> AppointmentChange {
    let message = try HL7Fixtures.message(event, "PID|||1^^^CHU", segments.joined(separator: "\r"))
    return try XCTUnwrap(HL7Fixtures.changes(message).appointment)
  }

  private let timed = "^^^202611090930^202611091000"

  func testStatusOfEachEvent() throws {
    let expected: [(String, FieldChange<AppointmentStatus>, mustExist: Bool)] = [
      ("SIU^S12", .set(.booked), false), ("SIU^S13", .set(.booked), false), ("SIU^S14", .fill(.booked), false),
      ("SIU^S15", .set(.cancelled), true), ("SIU^S17", .set(.enteredInError), true), ("SIU^S26", .set(.noshow), false),
    ]
    for (event, status, mustExist) in expected {
      let change = try appointment(event, sch([11: timed]))
      XCTAssertEqual(change.status, status, event)
      XCTAssertEqual(change.mustExist, mustExist, event)
    }
    XCTAssertTrue(try appointment("SIU^S26", sch([:])).mustExist, "nothing to make an appointment of")
  }

  func testFillerStatus() throws {
    let expected: [String: AppointmentStatus] = [
      "Pending": .pending, "WAITLIST": .waitlist, "Overbook": .booked, "Started^In room": .checkedIn,
      "Complete": .fulfilled, "Cancelled": .cancelled, "No show": .noshow, "Deleted": .enteredInError,
    ]
    for (word, status) in expected {
      XCTAssertEqual(try appointment("SIU^S14", sch([11: timed, 25: word])).status, .set(status), word)
    }
    XCTAssertEqual(
      try appointment("SIU^S15", sch([11: timed, 25: "Booked"])).status, .set(.cancelled), "the event goes first")
    let message = try HL7Fixtures.message("SIU^S12", "PID|||1^^^C", sch([11: timed, 25: "Vu"]))
    let changes = try HL7Mapping.changes(for: message, profile: HL7Fixtures.profile)
    XCTAssertEqual(changes.changes.appointment?.status, .set(.booked))
    XCTAssertEqual(changes.warnings.map { $0.location?.description }, ["SCH-25"])
    var profile = HL7Fixtures.profile
    profile.codeMaps[.appointmentStatus] = ["Vu": Code(code: "fulfilled")]
    XCTAssertEqual(try HL7Fixtures.changes(message, profile: profile).appointment?.status, .set(.fulfilled))
  }

  func testTimesFromWhereverTheyStand() throws {
    let start = try Instant("2026-11-09T08:30:00Z")
    func times(_ segments: String...) throws -> [Instant?] {
      let change = try appointment("SIU^S12", segments.joined(separator: "\r"))
      return [change.startAt.initial, change.endAt.initial]
    }
    let half = start.adding(seconds: 1800)
    XCTAssertEqual(try times(sch([11: timed])), [start, half])
    XCTAssertEqual(try times(sch([9: "30", 11: "^^^202611090930"])), [start, half])
    XCTAssertEqual(try times(sch([11: "^^M30^202611090930"])), [start, half])
    XCTAssertEqual(try times(sch([9: "0.0"]), "TQ1|||||||202611090930|202611091000"), [start, half])
    XCTAssertEqual(try times(sch([:]), "TQ1||||||1^h|202611090930"), [start, start.adding(seconds: 3600)])
    XCTAssertEqual(try times(sch([:]), "AIS|1|A|X|202611090930|||1800|s"), [start, half])
    XCTAssertEqual(try times(sch([:]), "AIL|1|A|X^Y||| 202611090930"), [start, nil])
    assertRefused(
      try HL7Fixtures.message("SIU^S12", "PID|||1^^^C", sch([:])), .requiredFieldMissing, "SCH-11")
    assertRefused(
      try HL7Fixtures.message("SIU^S12", "PID|||1^^^C", sch([11: "^^^202611090930^202611090900"])), .dataTypeError,
      "SCH-11.5")
    assertRefused(
      try HL7Fixtures.message("SIU^S12", "PID|||1^^^C", sch([9: "30", 10: "fortnight", 11: "^^^202611090930"])),
      .dataTypeError, "SCH-9")
    assertRefused(
      try HL7Fixtures.message("SIU^S12", "PID|||1^^^C", sch([11: "^^^202602300930"])), .dataTypeError, "SCH-11.4")
  }

  func testResources() throws {
    let change = try appointment(
      "SIU^S12", sch([11: timed]), "RGS|1", "AIS|1|D|OLD", "AIS|2|A|K1^Kiné^L", "AIP|1|A|9^Tazi|ATND^Attending",
      "AIP|2|A|10^Alaoui|ASST", "AIP|3|D|11^Gone", "AIL|1|A|KINE^S2", "AIL|2|A|KINE^POOL")
    XCTAssertEqual(change.service.initial, Code(system: "urn:id:L", code: "K1", display: "Kiné"))
    XCTAssertEqual(change.practitioner.initial?.family, "Tazi")
    XCTAssertEqual(change.location.initial?.path.map(\.name), ["KINE", "S2"])
    guard case .set(let others) = change.participants else { return XCTFail("participants are set") }
    XCTAssertEqual(others.count, 2)
    XCTAssertEqual(others.first?.role?.code, "ASST")
    guard case .practitioner(let second)? = others.first?.actor, case .location(let pool)? = others.last?.actor else {
      return XCTFail("a practitioner, then a place")
    }
    XCTAssertEqual(second.family, "Alaoui")
    XCTAssertEqual(pool.path.last?.name, "POOL")
    XCTAssertEqual(try appointment("SIU^S14", sch([11: timed])).participants, .leave)
  }

  func testNumbersAndReasons() throws {
    let change = try appointment("SIU^S12", sch([1: "7", 2: "7^HIS&1.2.3.4&ISO", 7: "R^Rachis^99X", 11: timed]))
    XCTAssertEqual(
      change.identifiers,
      [
        HL7Fixtures.identifier(HL7Fixtures.facility, "7", "PLAC"), HL7Fixtures.identifier("urn:id:HIS", "7", "FILL"),
      ])
    XCTAssertEqual(change.reason.initial, Code(system: "urn:id:99X", code: "R", display: "Rachis"))
    XCTAssertEqual(try appointment("SIU^S12", sch([1: "7^HIS", 2: "7^HIS", 11: timed])).identifiers.count, 1)
    assertRefused(
      try HL7Fixtures.message("SIU^S12", "PID|||1^^^C", sch([1: "", 11: timed])), .requiredFieldMissing, "SCH-1")
  }

  func testWithoutPatient() throws {
    let cancelled = try HL7Fixtures.message("SIU^S15", sch([6: "PAT"]))
    let changes = try HL7Fixtures.changes(cancelled)
    XCTAssertEqual(changes.count, 1)
    XCTAssertNil(try XCTUnwrap(changes.appointment).patient)
    XCTAssertEqual(changes.appointment?.cancelReason, .set(Code(code: "PAT")))
    assertRefused(try HL7Fixtures.message("SIU^S12", sch([11: timed])), .requiredFieldMissing, "PID")
    assertRefused(try HL7Fixtures.message("SIU^S14", "PID|||1^^^C"), .requiredFieldMissing, "SCH")
  }

  func testGroupAppointmentIsReported() throws {
    let message = try HL7Fixtures.message("SIU^S12", sch([11: timed]), "PID|||1^^^C", "PID|||2^^^C")
    let changes = try HL7Mapping.changes(for: message, profile: HL7Fixtures.profile)
    XCTAssertEqual(changes.changes.patient?.key.identifiers.first?.value, "1")
    XCTAssertEqual(changes.warnings.map { $0.location?.description }, ["PID[2]"])
  }
}
