import HL7Parser
import XCTest

final class HL7ValidatorTests: XCTestCase {
  private func findings(_ segments: [String]) throws -> [String] {
    let message = try HL7Message(parsing: Fixtures.message(segments))
    return HL7Validator().contentFindings(message).map {
      "\($0.severity.rawValue) \($0.condition.code) \($0.location?.description ?? "")"
    }
  }

  private func header(_ type: String) -> String { "MSH|^~\\&|A|B|C|D|20260101||\(type)|1|P|2.5" }

  func testGoodMessagesHaveNoFindings() throws {
    for bytes in [Fixtures.admit, Fixtures.booking] {
      let message = try HL7Message(parsing: bytes)
      XCTAssertEqual(HL7Validator().headerFindings(message), [])
      XCTAssertEqual(HL7Validator().contentFindings(message), [])
    }
  }

  func testTheHeaderIsJudgedFirst() throws {
    var validator = HL7Validator()
    validator.processingIDs = ["P"]
    validator.events = [.init("ADT", "A01"), .init("ADT", "A08"), .init("SIU", "S12")]
    func codes(_ line: String) throws -> [Int] {
      validator.headerFindings(try HL7Message(parsing: Array((line + "\r").utf8))).map(\.condition.code)
    }
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5"), [])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ADT^A60|1|P|2.5"), [201])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ADT|1|P|2.5"), [201])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5"), [200])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|T|2.5"), [202])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.9"), [203])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5.z"), [203])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|2026||ADT^A01||P|2.5"), [101])
    XCTAssertEqual(try codes("MSH|^~\\&|A"), [101, 101, 101, 101, 101])
    XCTAssertEqual(try codes("MSH|^~\\&|A|B|C|D|20261301||ADT^A01|1|P|2.5^FRA"), [102])
  }

  func testEveryVersionOfTheStandardIsTaken() {
    let names = ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2"]
    XCTAssertEqual(HL7Version.supported.map(\.description), names)
    XCTAssertEqual(names.compactMap(HL7Version.init), HL7Version.supported)
    XCTAssertEqual(HL7Version.supported.sorted(), HL7Version.supported)
    for bad in ["", "2", "2.", ".5", "2.5.1.1", "2.x", "2.100", "-2.5", "2..5"] { XCTAssertNil(HL7Version(bad), bad) }
  }

  func testRequiredSegmentsAndFields() throws {
    XCTAssertEqual(try findings([header("ADT^A08")]), ["W 100 EVN", "E 100 PID", "E 100 PV1"])
    XCTAssertEqual(
      try findings([header("ADT^A08"), "EVN|A08", "PID|1||^^^X||^", "PV1|1|O"]), ["E 101 PID-5"])
    XCTAssertEqual(
      try findings([header("ADT^A08"), "EVN|A08", "PID|1||^^~\"\"", "PV1|1"]),
      [
        "E 101 PID-3", "E 101 PID-5", "W 101 PV1-2",
      ])
    XCTAssertEqual(try findings([header("ADT^A31"), "EVN|A31", "PID|1||42||A"]), [])
    XCTAssertEqual(try findings([header("ADT^A40"), "EVN|A40", "PID|1||42||A"]), ["E 100 MRG"])
    XCTAssertEqual(
      try findings([header("ADT^A40"), "EVN|A40", "PID|1||42||A", "MRG|41", "PID|1||43||B", "MRG"]), ["E 101 MRG[2]-1"])
    XCTAssertEqual(try findings([header("SIU^S12")]), ["E 100 SCH", "W 100 PID", "W 100 RGS"])
    XCTAssertEqual(try findings([header("SIU^S12"), "SCH|||3", "PID|1||42||A", "RGS|1"]), ["E 101 SCH-1"])
    XCTAssertEqual(try findings([header("SIU^S12"), "SCH||F1", "PID|1||42||A", "RGS|1"]), [])
    XCTAssertEqual(try findings([header("ORU^R01")]), [])
  }

  func testDatesThatDoNotExistAreFoundWhereTheyStand() throws {
    XCTAssertEqual(
      try findings([
        header("ADT^A31"), "EVN|A31|20260230", "PID|1||42||A||19611315", "IN1|1||||||||||||2026", "IN1|2|||||||||||x",
      ]),
      ["E 102 EVN-2[1]", "E 102 PID-7[1]", "E 102 IN1[2]-12[1]"])
    XCTAssertEqual(
      try findings([header("SIU^S12"), "SCH|1||||||||||^^30^2026082025^20260820", "PID|1||42||A", "RGS|1"]),
      ["E 102 SCH-11[1].4"])
  }
}
