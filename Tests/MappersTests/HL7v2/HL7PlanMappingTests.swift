import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// Links, movements and blocked time, field by field.
final class HL7PlanMappingTests: XCTestCase {
  func testLinks() throws {
    let pids = "PID|||P1^^^A^MR~NI1^^^MAR^NI\rPV1|1|N\rPID|||P2^^^A^MR~NI1^^^MAR^NI"
    let link = try XCTUnwrap(HL7Fixtures.changes(HL7Fixtures.message("ADT^A24", pids)).links.first)
    XCTAssertTrue(link.isLinked)
    XCTAssertEqual(link.first.identifiers.map(\.value), ["P1", "NI1"])
    XCTAssertEqual(link.second.identifiers.map(\.value), ["P2"], "what both have does not tell them apart")
    XCTAssertEqual(try HL7Fixtures.changes(HL7Fixtures.message("ADT^A37", pids)).links.first?.isLinked, false)
    assertRefused(try HL7Fixtures.message("ADT^A24", "PID|||P1"), .requiredFieldMissing, "PID[2]")
    assertRefused(try HL7Fixtures.message("ADT^A24", "PID|||P1\rPID|||P1"), .duplicateKeyIdentifier, "PID[2]-3")
  }

  private func transfer(_ event: String, _ zbe: String, visit: String = "V1") throws -> HL7Message {
    try HL7Fixtures.message("ADT^\(event)", "PID|||P1\rPV1|1|I|CARD^12||||||||||||||||\(visit)\r\(zbe)")
  }

  func testMovements() throws {
    let zbe = "ZBE|M1^HIS|20261102090000|20261102120000|INSERT|N|A02|CARDIO^^^^^^^^^U12"
    let changes = try HL7Fixtures.changes(transfer("A02", zbe))
    let movement = try XCTUnwrap(changes.movements.first)
    XCTAssertNotNil(changes.encounter)
    XCTAssertEqual(movement.number, "M1")
    XCTAssertEqual(movement.event, "A02")
    XCTAssertEqual(movement.startedAt, .set(try Instant("2026-11-02T09:00:00+01:00")))
    XCTAssertEqual(movement.unit, .set("CARDIO"))
    XCTAssertEqual(movement.location.initial?.path.last?.name, "12")
    let past = try HL7Fixtures.changes(transfer("A02", "ZBE|M1^HIS|20261102090000||UPDATE|Y|A02"))
    XCTAssertNil(past.encounter, "a movement of the past leaves the encounter alone")
    XCTAssertEqual(past.movements.first?.key, movement.key)
    let cancelled = try HL7Fixtures.changes(transfer("A12", "ZBE|M1^HIS|20261102090000||CANCEL|N|A02"))
    XCTAssertEqual(cancelled.movements.first?.isCancelled, true)
    XCTAssertEqual(cancelled.movements.first?.location, .leave)
    XCTAssertEqual(try HL7Fixtures.changes(transfer("A08", "ZBE|M1^HIS|2026||REFERENCE|N")).movements.count, 0)
    XCTAssertNil(try HL7Fixtures.changes(transfer("Z99", "ZBE|M1^HIS|20261102090000||UPDATE|N")).encounter)
    assertRefused(try transfer("A02", "ZBE|||20261102||"), .requiredFieldMissing, "ZBE-1")
    assertRefused(try transfer("A02", "ZBE|M1|20261102||MOVE"), .tableValueNotFound, "ZBE-4")
    assertRefused(try transfer("A02", "ZBE|M1|20261103|20261102|INSERT"), .dataTypeError, "ZBE-3")
    assertRefused(try transfer("Z99", ""), .requiredFieldMissing, "ZBE")
  }

  func testBlocks() throws {
    let sch = "SCH|B1^HIS||||||||||^^^20261110080000^20261110120000"
    let people = "RGS|1\rAIP|1||INPE1^Roe^Ann\rAIL|1||KINE^SALLE2"
    let slots = try HL7Fixtures.changes(HL7Fixtures.message("SIU^S23", "\(sch)\r\(people)")).slots
    XCTAssertEqual(slots.count, 2)
    XCTAssertEqual(slots.map(\.status), [.busyUnavailable, .busyUnavailable])
    XCTAssertEqual(slots[0].startAt, try Instant("2026-11-10T08:00:00+01:00"))
    XCTAssertEqual(slots[0].endAt, try Instant("2026-11-10T12:00:00+01:00"))
    let opened = try HL7Fixtures.changes(HL7Fixtures.message("SIU^S24", "\(sch)\r\(people)")).slots
    XCTAssertEqual(opened.map(\.key), slots.map(\.key))
    XCTAssertEqual(opened.map(\.mustExist), [true, true])
    assertRefused(try HL7Fixtures.message("SIU^S23", people), .requiredFieldMissing, "SCH")
    assertRefused(try HL7Fixtures.message("SIU^S23", "\(sch)\rRGS|1"), .requiredFieldMissing, "RGS")
    assertRefused(
      try HL7Fixtures.message("SIU^S23", "SCH|B1^HIS||||||||||^^^20261110080000\r\(people)"), .requiredFieldMissing,
      "SCH-11")
  }
}
