import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// Messages and the profile that the HL7 v2 mapping is tested with.
enum HL7Fixtures {
  static let facility = "urn:id:CHU-IBN-ROCHD"
  /// An hour east of UTC all year.
  static let profile = HL7MappingProfile(zone: ZoneOffsets(fixedSeconds: 3600))

  /// A message of an event with the segments that follow MSH.
  static func message(_ event: String, _ segments: String..., time: String = "20261101080500+0100") throws -> HL7Message
  {
    let header = "MSH|^~\\&|HIS|CHU-IBN-ROCHD|PASSERELLE|KINE-ANFA|\(time)||\(event)|1|P|2.5.1"
    return try HL7Message(parsing: Array(([header] + segments).joined(separator: "\r").utf8))
  }

  static func sample(_ name: String) throws -> HL7Message {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: root.appendingPathComponent("Samples/hl7/\(name).hl7"))
    return try HL7Message(parsing: Array(data))
  }

  static func changes(
    _ message: HL7Message, profile: HL7MappingProfile = HL7Fixtures.profile
  ) throws -> [ClinicChange] {
    try HL7Mapping.changes(for: message, profile: profile).changes
  }

  static func identifier(_ system: String, _ value: String, _ type: String) -> IdentifierValue {
    IdentifierValue(
      system: system, value: value, type: Code(system: "http://terminology.hl7.org/CodeSystem/v2-0203", code: type))
  }

  static let key = PatientKey(identifiers: [
    identifier(facility, "IR-204417", "MR"), identifier("urn:passerelle:ma:cin", "BE741852", "NI"),
  ])

  static func instant(_ text: String) throws -> Instant { try Instant(text) }
}

extension Array where Element == ClinicChange {
  var patient: PatientChange? { compactMap { if case .upsertPatient(let change) = $0 { change } else { nil } }.first }
  var contacts: ContactsChange? {
    compactMap { if case .replaceContacts(let change) = $0 { change } else { nil } }.first
  }
  var coverages: [CoverageChange] {
    compactMap { if case .upsertCoverage(let change) = $0 { change } else { nil } }
  }
  var encounter: EncounterChange? {
    compactMap { if case .upsertEncounter(let change) = $0 { change } else { nil } }.first
  }
  var appointment: AppointmentChange? {
    compactMap { if case .upsertAppointment(let change) = $0 { change } else { nil } }.first
  }
  var observations: [ObservationChange] {
    compactMap { if case .upsertObservation(let change) = $0 { change } else { nil } }
  }
  var documents: [DocumentChange] {
    compactMap { if case .upsertDocument(let change) = $0 { change } else { nil } }
  }
  var charges: [ChargeChange] {
    compactMap { if case .upsertCharge(let change) = $0 { change } else { nil } }
  }
  var payments: [PaymentChange] {
    compactMap { if case .upsertPayment(let change) = $0 { change } else { nil } }
  }
  var account: AccountChange? { compactMap { if case .upsertAccount(let change) = $0 { change } else { nil } }.first }
  var conditions: [ConditionChange] {
    compactMap { if case .upsertCondition(let change) = $0 { change } else { nil } }
  }
  var procedures: [ProcedureChange] {
    compactMap { if case .upsertProcedure(let change) = $0 { change } else { nil } }
  }
  var allergies: [AllergyChange] {
    compactMap { if case .upsertAllergy(let change) = $0 { change } else { nil } }
  }
  var links: [PatientLink] { compactMap { if case .linkPatients(let change) = $0 { change } else { nil } } }
  var movements: [MovementChange] {
    compactMap { if case .upsertMovement(let change) = $0 { change } else { nil } }
  }
  var slots: [SlotChange] { compactMap { if case .upsertSlot(let change) = $0 { change } else { nil } } }
  var merges: [PatientMerge] { compactMap { if case .mergePatients(let change) = $0 { change } else { nil } } }
}

/// The findings with which a message is refused.
func refusal(
  _ message: HL7Message, profile: HL7MappingProfile = HL7Fixtures.profile, file: StaticString = #filePath,
  line: UInt = #line
) -> HL7MappingError? {
  do throws(HL7MappingError) {
    _ = try HL7Mapping.changes(for: message, profile: profile)
    XCTFail("the message is applied", file: file, line: line)
    return nil
  } catch {
    XCTAssertFalse(error.findings.isEmpty, file: file, line: line)
    return error
  }
}

func assertRefused(
  _ message: HL7Message, _ condition: HL7ErrorCondition, _ location: String, file: StaticString = #filePath,
  line: UInt = #line
) {
  guard let error = refusal(message, file: file, line: line) else { return }
  XCTAssertEqual(error.code, .content, file: file, line: line)
  let found = error.findings.map { "\($0.condition.code) \($0.location?.description ?? "")" }
  XCTAssertEqual(found, ["\(condition.code) \(location)"], file: file, line: line)
}
