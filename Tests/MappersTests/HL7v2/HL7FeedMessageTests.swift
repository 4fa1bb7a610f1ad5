import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// The bytes of what is sent: header, character sets, structure.
final class HL7FeedMessageTests: XCTestCase {
  private typealias Fixtures = HL7FeedFixtures

  private func subject(_ event: HL7FeedEvent) throws -> HL7FeedSource.Subject {
    switch event.messageCode {
    case "SIU": return .appointment(try Fixtures.appointment())
    case "DFT": return .invoice(try Fixtures.invoice())
    default: break
    }
    switch event {
    case .patientsMerged: return .merged(PatientRecord(row: Fixtures.row("old")))
    case .personAdded, .personUpdated, .personDeleted: return .person
    default: return .visit(try Fixtures.encounter())
    }
  }

  private func message(
    _ event: HL7FeedEvent, _ profile: HL7FeedProfile = Fixtures.profile
  ) throws -> (bytes: [UInt8], parsed: HL7Message) {
    var source = try Fixtures.source(event, subject(event))
    if event.messageCode == "DFT" { source.encounter = try Fixtures.encounter() }
    let bytes = try HL7FeedMapper.message(source, profile: profile)
    return (bytes, try HL7Message(parsing: bytes))
  }

  /// Segments stand where the definitions of each version have them, and required ones are there.
  func testEveryEventFitsItsStructure() throws {
    for version in ["2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8.2"] {
      var profile = Fixtures.profile
      profile.version = try XCTUnwrap(HL7Version(version))
      for event in HL7FeedEvent.allCases {
        let (_, parsed) = try message(event, profile)
        let findings = HL7Conformance().findings(in: parsed)
        let errors = findings.filter { $0.severity == .error && $0.condition == .segmentSequenceError }
        XCTAssertEqual(errors.map { "\($0.location?.description ?? "") \($0.text)" }, [], "\(version) \(event)")
      }
    }
  }

  func testTheHeader() throws {
    var profile = Fixtures.profile
    profile.sendingApplication = "PSL^1.2.3^ISO"
    (profile.receivingApplication, profile.receivingFacility) = ("EMR", "CITY")
    profile.processingID = "T"
    let (_, parsed) = try message(.admitted, profile)
    let expected = [
      "MSH-3.2": "1.2.3", "MSH-4.1": "ANFA", "MSH-5.1": "EMR", "MSH-6.1": "CITY", "MSH-7": "20261102080509+0100",
      "MSH-9.1": "ADT", "MSH-9.2": "A01", "MSH-9.3": "ADT_A01", "MSH-10": "A1B2C3D4E5F6A1B2C3D4", "MSH-11": "T",
      "MSH-12": "2.5.1", "MSH-18": "UNICODE UTF-8", "EVN-1": "A01", "EVN-2": "20261102080509+0100",
    ]
    for (path, text) in expected { XCTAssertEqual(parsed[path].string, text, path) }
    XCTAssertFalse(parsed["MSH-15"].hasValue)
    XCTAssertFalse(parsed["MSH-16"].hasValue)
    profile.acknowledgement = .accept
    XCTAssertEqual(try message(.booked, profile).parsed["MSH-16"].string, "NE")
    profile.acknowledgement = .application
    XCTAssertEqual(try message(.booked, profile).parsed["MSH-16"].string, "AL")
  }

  func testNothingOfARecordMakesADelimiterOrASegment() throws {
    var patient = try Fixtures.patient()
    patient.family = "A|B^C&D~E\\F\rPID|evil\nG"
    let source = try Fixtures.source(.personAdded, .person, patient: patient)
    let parsed = try HL7Message(parsing: HL7FeedMapper.message(source, profile: Fixtures.profile))
    XCTAssertEqual(parsed.segments.filter { $0.name == "PID" }.count, 1)
    XCTAssertEqual(parsed["PID-5.1"].string, patient.family)
  }

  func testCharacterSets() throws {
    var profile = Fixtures.profile
    profile.charset = .latin1
    let (bytes, parsed) = try message(.personAdded, profile)
    XCTAssertTrue(bytes.contains(0xE9), "é is one byte")
    XCTAssertEqual(parsed["PID-5.1"].string, "Bénnani|Idrissi")
    var patient = try Fixtures.patient()
    patient.family = "بناني"
    let source = try Fixtures.source(.personAdded, .person, patient: patient)
    XCTAssertThrowsError(try HL7FeedMapper.message(source, profile: profile)) {
      let error = $0 as? MappingError
      XCTAssertEqual(error?.code, .unsupported)
      XCTAssertEqual(error?.field, "PID")
    }
    profile.charset = .utf8
    XCTAssertNoThrow(try HL7FeedMapper.message(source, profile: profile))
  }

  func testWhatCannotBeTold() throws {
    var appointment = try Fixtures.appointment()
    appointment.startAt = nil
    XCTAssertThrowsError(
      try HL7FeedMapper.message(Fixtures.source(.booked, .appointment(appointment)), profile: Fixtures.profile))
    var invoice = try Fixtures.invoice()
    invoice.items = []
    XCTAssertThrowsError(
      try HL7FeedMapper.message(Fixtures.source(.charged, .invoice(invoice)), profile: Fixtures.profile))
  }
}
