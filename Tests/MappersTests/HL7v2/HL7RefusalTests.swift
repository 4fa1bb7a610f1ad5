import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// What is refused, with which condition and where; and that nothing of the message is repeated.
final class HL7RefusalTests: XCTestCase {
  func testEventsThatAreNotMapped() throws {
    for event in ["ADT^A36", "SIU^S25", "ADT", "ADT^"] {
      let error = refusal(try HL7Fixtures.message(event, "PID|||1"))
      XCTAssertEqual(error?.code, .unsupportedEvent, event)
      XCTAssertEqual(error?.findings.map(\.condition), [.unsupportedEventCode], event)
      XCTAssertEqual(error?.outcome, .rejected, event)
      XCTAssertEqual(error?.location, "MSH-9.2", event)
    }
    for event in ["ORM^O01", "", "\"\"", "ACK"] {
      let error = refusal(try HL7Fixtures.message(event, "PID|||1"))
      XCTAssertEqual(error?.code, .unsupportedMessage, event)
      XCTAssertEqual(error?.findings.map(\.condition), [.unsupportedMessageType], event)
      XCTAssertEqual(error?.outcome, .rejected, event)
    }
    XCTAssertEqual(HL7Mapping.events.count, 69)
    XCTAssertEqual(Set(HL7Mapping.events).count, 69)
  }

  func testEventOfAnOldMessage() throws {
    let message = try HL7Fixtures.message("ADT", "EVN|A31|19960101", "PID|||1")
    XCTAssertEqual(try HL7Mapping.changes(for: message, profile: HL7Fixtures.profile).event, "ADT^A31")
  }

  func testContent() throws {
    func pid(_ text: String) throws -> HL7Message { try HL7Fixtures.message("ADT^A31", text) }
    assertRefused(try pid("PID|||"), .requiredFieldMissing, "PID-3")
    assertRefused(try pid("PID|||^^^CHU^MR"), .requiredFieldMissing, "PID-3")
    assertRefused(try pid("EVN"), .requiredFieldMissing, "PID")
    assertRefused(try pid("PID|||1||||19840231"), .dataTypeError, "PID-7")
    assertRefused(try pid("PID|||1||||00000101"), .dataTypeError, "PID-7")
    assertRefused(try pid("PID|||1||||12/03/1984"), .dataTypeError, "PID-7")
    assertRefused(try pid("PID|||1|||||Z"), .tableValueNotFound, "PID-8")
    assertRefused(try pid("PID|||1||||||||||||||||||||||||||2026"), .dataTypeError, "PID-29")
    assertRefused(try pid("EVN||2026\rPID|||1"), .dataTypeError, "EVN-2")
    assertRefused(try pid("PID|||\(String(repeating: "9", count: 251))~1"), .valueTooLong, "PID-3[1]")
    assertRefused(try pid("PID|||1||\(String(repeating: "é", count: 251))"), .valueTooLong, "PID-5[1]")
    assertRefused(try pid("PID|||" + String(repeating: "1~", count: 100) + "1"), .valueTooLong, "PID-3")
    assertRefused(
      try pid("PID|||1\r" + String(repeating: "NK1|1|A^B\r", count: 101)), .valueTooLong, "NK1[101]")
  }

  func testEveryFindingAtOnce() throws {
    let message = try HL7Fixtures.message(
      "ADT^A01", "EVN||bad", "PID|||1||||1984023|Q", "PV1|1|Q|||||||||||||||||V1|||||||||||||||||||||||||20261301")
    let error = refusal(message)
    XCTAssertEqual(
      error?.findings.compactMap { $0.location?.description }, ["EVN-2", "PID-7", "PID-8", "PV1-44", "PV1-2"])
    XCTAssertEqual(error?.outcome, .error)
    XCTAssertEqual(error?.location, "EVN-2")
  }

  func testNothingOfThePatientIsRepeated() throws {
    let secret = "Sekhmet7"
    let message = try HL7Fixtures.message(
      "ADT^A01",
      "PID|||\(secret)^^^\(secret)||\(secret)||\(secret)|\(secret)|||\(secret)^^^^^\(secret)||||\(secret)-\(secret)",
      "PV1|1|\(secret)|||||||||||||||||\(secret)|||||||||||||||||||||||||\(secret)")
    let error = try XCTUnwrap(refusal(message))
    XCTAssertGreaterThanOrEqual(error.findings.count, 4)
    XCTAssertFalse(error.description.contains(secret))
    let warned = try HL7Fixtures.message("ADT^A31", "PID|||1||||||||a^^^^^\(secret)||||\(secret)-\(secret)")
    let warnings = try HL7Mapping.changes(for: warned, profile: HL7Fixtures.profile).warnings
    XCTAssertEqual(warnings.count, 2)
    XCTAssertFalse(warnings.description.contains(secret))
  }

  func testControlCharactersNeverReachTheDatabase() throws {
    let message = try HL7Fixtures.message("ADT^A31", "PID|||1\\X00\\2||  Ber\\X00\\rada\\X0D0A\\ ^\\X07\\")
    let patient = try XCTUnwrap(HL7Fixtures.changes(message).patient)
    XCTAssertEqual(patient.key.identifiers.first?.value, "1 2")
    XCTAssertEqual(patient.family, .set("Ber rada"))
    XCTAssertEqual(patient.given, .leave)
  }

  func testAMessageWithoutTimeHasNoMoment() throws {
    let message = try HL7Fixtures.message("ADT^A31", "PID|||1", time: "")
    XCTAssertNil(try HL7Mapping.changes(for: message, profile: HL7Fixtures.profile).moment)
  }
}
