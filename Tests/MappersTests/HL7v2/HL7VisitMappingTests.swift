import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// PV1, PV2, IN1 and IN2.
final class HL7VisitMappingTests: XCTestCase {
  private func visit(_ event: String, _ pv1: String, _ more: String...) throws -> EncounterChange {
    let message = try HL7Fixtures.message(
      event, "EVN||20261101090000", "PID|||1^^^CHU", pv1, more.joined(separator: "\r"))
    return try XCTUnwrap(HL7Fixtures.changes(message).encounter)
  }

  private func pv1(_ fields: [Int: String]) -> String {
    "PV1|" + (1...(fields.keys.max() ?? 1)).map { fields[$0] ?? "" }.joined(separator: "|")
  }

  func testStatusOfEachEvent() throws {
    let expected: [(String, FieldChange<EncounterStatus>, mustExist: Bool)] = [
      ("ADT^A01", .set(.inProgress), false), ("ADT^A03", .set(.finished), false), ("ADT^A04", .set(.planned), false),
      ("ADT^A05", .set(.planned), false), ("ADT^A08", .fill(.inProgress), false), ("ADT^A11", .set(.cancelled), true),
      ("ADT^A13", .set(.inProgress), true), ("ADT^A02", .fill(.inProgress), false),
      ("ADT^A06", .set(.inProgress), false), ("ADT^A07", .set(.inProgress), false),
      ("ADT^A12", .fill(.inProgress), true), ("ADT^A14", .set(.planned), false), ("ADT^A21", .set(.onLeave), false),
      ("ADT^A22", .set(.inProgress), false), ("ADT^A23", .set(.enteredInError), true),
      ("ADT^A27", .set(.cancelled), true), ("ADT^A38", .set(.cancelled), true),
      ("ADT^A54", .fill(.inProgress), true), ("ADT^A55", .fill(.inProgress), true),
    ]
    for (event, status, mustExist) in expected {
      let change = try visit(event, pv1([2: "I", 19: "V1"]))
      XCTAssertEqual(change.status, status, event)
      XCTAssertEqual(change.mustExist, mustExist, event)
      XCTAssertEqual(change.match, .visitNumber(HL7Fixtures.identifier(HL7Fixtures.facility, "V1", "VN")), event)
    }
    XCTAssertEqual(try visit("ADT^A08", pv1([2: "P", 19: "V1"])).status, .fill(.planned))
    XCTAssertEqual(try visit("ADT^A08", pv1([2: "I", 19: "V1", 45: "20261101"])).status, .fill(.finished))
  }

  func testPersonEventsHaveNoVisit() throws {
    for event in ["ADT^A28", "ADT^A29", "ADT^A31"] {
      let message = try HL7Fixtures.message(event, "PID|||1", pv1([2: "I", 19: "V1"]))
      XCTAssertNil(try HL7Fixtures.changes(message).encounter)
    }
    let update = try HL7Fixtures.message("ADT^A08", "PID|||1^^^C||||||||||||||ACC", pv1([2: "O"]))
    XCTAssertNil(try HL7Fixtures.changes(update).encounter, "an update that names no visit is about the patient")
  }

  func testADeletedPersonIsKeptInactive() throws {
    let expected: [(String, FieldChange<Bool>)] = [("A28", .set(true)), ("A29", .set(false)), ("A31", .leave)]
    for (event, isActive) in expected {
      let patient = try HL7Fixtures.changes(HL7Fixtures.message("ADT^\(event)", "PID|||1")).patient
      XCTAssertEqual(patient?.isActive, isActive, event)
    }
  }

  func testEveryMergeEventReadsThePatientOfMRG() throws {
    for event in ["A18", "A34", "A40"] {
      let message = try HL7Fixtures.message("ADT^\(event)", "PID|||1^^^C", "MRG|2^^^C")
      let merge = try XCTUnwrap(HL7Fixtures.changes(message).merges.first, event)
      XCTAssertEqual(merge.survivor.identifiers.map(\.value), ["1"], event)
      XCTAssertEqual(merge.merged.identifiers.map(\.value), ["2"], event)
    }
  }

  func testClasses() throws {
    let expected: [String: FieldChange<EncounterClass>] = [
      "E": .set(.emergency), "I": .set(.inpatient), "O": .set(.ambulatory), "P": .set(.preAdmission),
      "R": .set(.ambulatory), "B": .set(.inpatient), "N": .fill(.ambulatory), "U": .fill(.ambulatory),
      "": .fill(.ambulatory),
    ]
    for (word, change) in expected {
      XCTAssertEqual(try visit("ADT^A01", pv1([2: word, 19: "V1"])).encounterClass, change, word)
    }
    let day = try HL7Fixtures.message("ADT^A01", "PID|||1^^^C", pv1([2: "D", 19: "V1"]))
    assertRefused(day, .tableValueNotFound, "PV1-2")
    var profile = HL7Fixtures.profile
    profile.codeMaps[.encounterClass] = ["D": Code(code: "SS"), "N": Code(code: "VR")]
    XCTAssertEqual(try HL7Fixtures.changes(day, profile: profile).encounter?.encounterClass, .set(.shortStay))
    let none = try HL7Fixtures.message("ADT^A01", "PID|||1^^^C", pv1([2: "N", 19: "V1"]))
    XCTAssertEqual(try HL7Fixtures.changes(none, profile: profile).encounter?.encounterClass, .set(.virtual))
  }

  func testMatchWithoutVisitNumber() throws {
    let account = HL7Fixtures.identifier(HL7Fixtures.facility, "ACC", "AN")
    let start = try Instant("2026-11-01T07:00:00Z")
    let pid = "PID|||1^^^C||||||||||||||| ACC ".replacingOccurrences(of: "||||||||||||||| ", with: "|||||||||||||||")
    let withAccount = try HL7Fixtures.message("ADT^A03", pid, pv1([2: "I", 44: "202611010800"]))
    XCTAssertEqual(try HL7Fixtures.changes(withAccount).encounter?.match, .account(account, startedAt: start))
    let accountOnly = try HL7Fixtures.message("ADT^A11", pid, pv1([2: "I"]))
    XCTAssertEqual(try HL7Fixtures.changes(accountOnly).encounter?.match, .account(account, startedAt: nil))
    let startOnly = try HL7Fixtures.message("ADT^A03", "PID|||1^^^C", pv1([2: "I", 44: "202611010800"]))
    XCTAssertEqual(try HL7Fixtures.changes(startOnly).encounter?.match, .start(start))
    let bare = try HL7Fixtures.message("ADT^A01", "EVN||202611010800", "PID|||1^^^C", pv1([2: "I"]))
    XCTAssertEqual(try HL7Fixtures.changes(bare).encounter?.match, .start(start), "an admission begins when it happens")
    assertRefused(
      try HL7Fixtures.message("ADT^A03", "PID|||1^^^C", pv1([2: "I"])), .requiredFieldMissing, "PV1-19")
    assertRefused(try HL7Fixtures.message("ADT^A01", "PID|||1^^^C"), .requiredFieldMissing, "PV1")
  }

  func testTimes() throws {
    let moment = try Instant("2026-11-01T08:00:00Z")
    XCTAssertEqual(try visit("ADT^A01", pv1([2: "I", 19: "V1"])).startedAt, .fill(moment))
    XCTAssertEqual(try visit("ADT^A08", pv1([2: "I", 19: "V1"])).startedAt, .leave)
    XCTAssertEqual(try visit("ADT^A03", pv1([2: "I", 19: "V1"])).endedAt, .fill(moment))
    let reopened = try visit("ADT^A13", pv1([2: "I", 19: "V1", 36: "01", 45: "20261101"]))
    XCTAssertEqual(reopened.endedAt, .clear)
    XCTAssertEqual(reopened.disposition, .clear)
    let expected = try visit("ADT^A05", pv1([2: "P", 19: "V1"]), "PV2||||||||202611200900")
    XCTAssertEqual(expected.startedAt, .fill(try Instant("2026-11-20T08:00:00Z")))
    assertRefused(
      try HL7Fixtures.message("ADT^A03", "PID|||1^^^C", pv1([2: "I", 19: "V", 44: "20261102", 45: "20261101"])),
      .dataTypeError, "PV1-45")
  }

  func testWallClockOfTheClinic() throws {
    let zone = ZoneOffsets(fixedSeconds: 7200)
    let message = try HL7Fixtures.message(
      "ADT^A01", "PID|||1^^^C", pv1([2: "I", 19: "V", 44: "20260701093000.25"]), time: "20260701093000-0500")
    let changes = try HL7Mapping.changes(for: message, profile: HL7MappingProfile(zone: zone))
    XCTAssertEqual(changes.changes.encounter?.startedAt, .set(try Instant("2026-07-01T09:30:00.250+02:00")))
    XCTAssertEqual(changes.moment, try Instant("2026-07-01T09:30:00-05:00"))
  }

  func testPlacePeopleAndCodes() throws {
    let change = try visit(
      "ADT^A01", pv1([2: "I", 3: "CARD^12^B^CHU", 4: "E", 5: "PRE1", 17: "9^Tazi^Ali", 19: "V1", 36: "01", 50: "ALT"]),
      "PV2|||I21^Infarct^I10")
    XCTAssertEqual(
      change.location.initial?.path.map(\.name), ["CHU", "CARD", "12", "B"], "from the outermost inwards")
    XCTAssertEqual(change.location.initial?.path.map(\.kind), [.site, .department, .room, .bed])
    XCTAssertEqual(change.practitioner.initial?.family, "Tazi", "PV1-17 where PV1-7 is empty")
    XCTAssertEqual(change.type.initial, Code(system: "http://terminology.hl7.org/CodeSystem/v2-0007", code: "E"))
    XCTAssertEqual(
      change.disposition.initial, Code(system: "http://terminology.hl7.org/CodeSystem/v2-0112", code: "01"))
    XCTAssertEqual(
      change.reason.initial, Code(system: "http://hl7.org/fhir/sid/icd-10", code: "I21", display: "Infarct"))
    XCTAssertEqual(change.identifiers.map(\.value), ["V1", "ALT", "PRE1"])
    XCTAssertEqual(change.identifiers.compactMap(\.type?.code), ["VN", "VN", "PRN"])
  }

  func testPendingTrackingAndTheirCancels() throws {
    for (event, status, mustExist): (String, FieldChange<EncounterStatus>, Bool) in [
      ("A09", .fill(.inProgress), false), ("A10", .fill(.inProgress), false), ("A15", .fill(.inProgress), false),
      ("A16", .fill(.inProgress), false), ("A25", .fill(.inProgress), true), ("A26", .fill(.inProgress), true),
      ("A32", .fill(.inProgress), true), ("A33", .fill(.inProgress), true), ("A52", .set(.inProgress), true),
      ("A53", .set(.onLeave), true),
    ] {
      let change = try visit("ADT^\(event)", pv1([2: "I", 3: "CARD^12", 19: "V1"]))
      XCTAssertEqual(change.status, status, event)
      XCTAssertEqual(change.mustExist, mustExist, event)
      XCTAssertEqual(change.location.initial?.path.map(\.name), ["CARD", "12"], event)
    }
  }

  func testEveryoneOfAVisit() throws {
    let change = try visit(
      "ADT^A01",
      pv1([2: "I", 7: "1^Attends", 8: "2^Refers~3^Other", 9: "4^Consults", 17: "5^Admits", 19: "V1"]))
    let people = [change.practitioner, change.referrer, change.consultant, change.admitter]
    XCTAssertEqual(people.map { $0.initial?.family }, ["Attends", "Refers", "Consults", "Admits"])
    let silent = try visit("ADT^A08", pv1([2: "I", 8: "\"\"", 19: "V1"]))
    XCTAssertEqual(silent.referrer, .clear)
    XCTAssertEqual(silent.consultant, .leave)
  }

  func testCodeMapsOfPeopleAndPlaces() throws {
    var profile = HL7Fixtures.profile
    profile.codeMaps = [
      .location: ["CARD^12^^CHU": Code(code: "room-12")], .practitioner: ["9": Code(code: "dr-tazi")],
      .payer: ["CNSS": Code(code: "payer-1")],
    ]
    profile.practitionerSystem = "urn:passerelle:ma:inpe"
    let message = try HL7Fixtures.message(
      "ADT^A01", "PID|||1^^^C", pv1([2: "I", 3: "CARD^12^^CHU", 7: "9^Tazi", 19: "V"]), "IN1|1|AMO|CNSS")
    let changes = try HL7Fixtures.changes(message, profile: profile)
    XCTAssertEqual(changes.encounter?.location.initial?.recordID, "room-12")
    XCTAssertEqual(changes.encounter?.practitioner.initial?.recordID, "dr-tazi")
    XCTAssertEqual(changes.encounter?.practitioner.initial?.identifiers.first?.system, "urn:passerelle:ma:inpe")
    XCTAssertEqual(changes.coverages.first?.payer.recordID, "payer-1")
  }

  // MARK: Insurance

  private func in1(_ fields: [Int: String]) -> String {
    "IN1|" + (1...(fields.keys.max() ?? 1)).map { fields[$0] ?? "" }.joined(separator: "|")
  }

  func testCoverages() throws {
    let message = try HL7Fixtures.message(
      "ADT^A28", "PID|||1^^^C",
      in1([
        1: "1", 2: "AMO^Assurance Maladie Obligatoire", 3: "CNSS^^^MAR^XX", 4: "Caisse Nationale", 5: "^^Casablanca",
        7: "+2125", 8: "G7", 12: "20260101", 13: "20271231", 15: "MC", 17: "SEL^Self^HL70063", 36: "P-1",
        49: "118845127",
      ]), in1([1: "2", 4: "Mutuelle Sud", 17: "FTH", 22: "1", 36: "POL9"]), "IN2|||", in1([1: "\"\""]))
    let coverages = try HL7Fixtures.changes(message).coverages
    XCTAssertEqual(coverages.count, 2, "an IN1 that says that there is none says nothing to apply")
    let first = try XCTUnwrap(coverages.first)
    XCTAssertEqual(first.payer.identifiers, [HL7Fixtures.identifier("urn:id:MAR", "CNSS", "XX")])
    XCTAssertEqual(first.payer.name, "Caisse Nationale")
    XCTAssertEqual(first.payer.phone, "+2125")
    XCTAssertEqual(first.payer.address.city, "Casablanca")
    XCTAssertEqual(first.memberNumber, .set("118845127"))
    XCTAssertEqual(first.plan, .set("Assurance Maladie Obligatoire"))
    XCTAssertEqual(first.group, .set("G7"))
    XCTAssertEqual(first.type.initial?.code, "MC")
    XCTAssertEqual(first.relationship.initial?.code, "self")
    XCTAssertEqual(first.rank, .set(1))
    XCTAssertEqual(first.from, .set(try CalendarDate("2026-01-01")))
    XCTAssertEqual(first.to, .set(try CalendarDate("2027-12-31")))
    XCTAssertEqual(first.status, .fill(.active))
    XCTAssertEqual(coverages[1].memberNumber, .set("POL9"))
    XCTAssertEqual(coverages[1].relationship.initial?.code, "child", "the holder is the patient's father")
    XCTAssertEqual(coverages[1].rank, .set(1), "IN1-22 goes before IN1-1")
    assertRefused(
      try HL7Fixtures.message("ADT^A28", "PID|||1^^^C", in1([1: "1", 8: "G"])), .requiredFieldMissing, "IN1-3")
    assertRefused(
      try HL7Fixtures.message("ADT^A28", "PID|||1^^^C", in1([3: "A"]), in1([3: "A", 12: "20260102", 13: "20260101"])),
      .dataTypeError, "IN1[2]-13")
  }
}
