import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// The messages of Samples/hl7, field by field.
final class HL7SamplesTests: XCTestCase {
  private func salma(street: String, phone: String) throws -> PatientChange {
    var patient = PatientChange(key: HL7Fixtures.key)
    patient.family = .set("Berrada")
    patient.given = .set(["Salma", "Houda"])
    patient.prefix = .set("Mme")
    patient.gender = .set(.female)
    patient.birthDate = .set(try CalendarDate("1984-03-12"))
    patient.phone = .set(phone)
    patient.email = .set("salma.berrada@example.org")
    patient.language = .set("fr")
    patient.maritalStatus = .set(
      Code(system: "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", code: "M", display: "Married"))
    var address = AddressRecord()
    address.use = .home
    address.line = [street]
    address.city = "Casablanca"
    address.postalCode = "20250"
    address.country = "MA"
    patient.address = .set(address)
    patient.names = .set([])
    patient.addresses = .set([])
    patient.homeTelecoms = .set([])
    return patient
  }

  private var nadia: PractitionerReference {
    PractitionerReference(
      identifiers: [IdentifierValue(system: HL7Fixtures.facility, value: "INPE081234")], family: "El Fassi",
      given: ["Nadia"], prefix: "Dr")
  }

  private var roomTwo: LocationReference {
    LocationReference(path: [.init(.site, "ANFA"), .init(.department, "KINE"), .init(.room, "SALLE2")])
  }

  private func visit(_ status: EncounterStatus?) throws -> EncounterChange {
    let number = HL7Fixtures.identifier(HL7Fixtures.facility, "V-88121", "VN")
    var visit = EncounterChange(
      patient: HL7Fixtures.key, match: .visitNumber(number), status: status.map { .set($0) } ?? .fill(.inProgress))
    visit.identifiers = [number]
    visit.encounterClass = .set(.ambulatory)
    visit.practitioner = .set(nadia)
    visit.location = .set(roomTwo)
    visit.startedAt = .set(try Instant("2026-11-02T09:00:00+01:00"))
    return visit
  }

  func testAdmission() throws {
    let changes = try HL7Mapping.changes(for: HL7Fixtures.sample("adt_a01_admit"), profile: HL7Fixtures.profile)
    XCTAssertEqual(changes.event, "ADT^A01")
    XCTAssertEqual(changes.moment, try Instant("2026-11-02T09:00:00+01:00"))
    XCTAssertEqual(changes.warnings, [])
    XCTAssertEqual(
      changes.changes,
      [
        .upsertPatient(try salma(street: "14 rue Tarik Ibn Ziad", phone: "+212661203040")),
        .upsertEncounter(try visit(.inProgress)),
      ])
  }

  func testDischarge() throws {
    let changes = try HL7Fixtures.changes(HL7Fixtures.sample("adt_a03_discharge"))
    var visit = try visit(.finished)
    visit.endedAt = .set(try Instant("2026-11-02T09:55:00+01:00"))
    XCTAssertEqual(changes.encounter, visit)
  }

  func testUpdate() throws {
    let changes = try HL7Fixtures.changes(HL7Fixtures.sample("adt_a08_update"))
    XCTAssertEqual(
      changes,
      [
        .upsertPatient(try salma(street: "7 boulevard d'Anfa", phone: "+212661203099")),
        .upsertEncounter(try visit(nil)),
      ])
  }

  func testNewPerson() throws {
    let changes = try HL7Fixtures.changes(HL7Fixtures.sample("adt_a28_new_person"))
    var salma = try salma(street: "14 rue Tarik Ibn Ziad", phone: "+212661203040")
    salma.isActive = .set(true)
    XCTAssertEqual(changes.patient, salma)
    var omar = ContactValue()
    omar.family = "Berrada"
    omar.given = ["Omar"]
    omar.relationship = Code(
      system: "http://terminology.hl7.org/CodeSystem/v3-RoleCode", code: "SPS", display: "spouse")
    omar.phone = "+212661998877"
    omar.address.line = ["14 rue Tarik Ibn Ziad"]
    omar.address.city = "Casablanca"
    omar.address.postalCode = "20250"
    omar.address.country = "MA"
    XCTAssertEqual(changes.contacts, ContactsChange(patient: HL7Fixtures.key, contacts: [omar]))
    XCTAssertEqual(changes.coverages.count, 1)
    let payer = try XCTUnwrap(changes.coverages.first?.payer)
    XCTAssertEqual(payer.identifiers, [IdentifierValue(system: HL7Fixtures.facility, value: "CNSS")])
    XCTAssertEqual(payer.name, "Caisse Nationale de Sécurité Sociale")
    XCTAssertNil(changes.encounter, "PV1-2 N is no visit, and A28 is about a person")
  }

  func testMerge() throws {
    let changes = try HL7Fixtures.changes(HL7Fixtures.sample("adt_a40_merge"))
    XCTAssertEqual(
      changes,
      [
        .upsertPatient(try salma(street: "14 rue Tarik Ibn Ziad", phone: "+212661203040")),
        .mergePatients(
          PatientMerge(
            survivor: HL7Fixtures.key,
            merged: PatientKey(identifiers: [HL7Fixtures.identifier(HL7Fixtures.facility, "IR-199002", "MR")]))),
      ])
  }

  private func appointment(
    _ status: AppointmentStatus, start: String, end: String, at moment: String
  ) throws -> AppointmentChange {
    var appointment = AppointmentChange(
      identifiers: [
        HL7Fixtures.identifier("urn:id:HIS", "PL-5521", "PLAC"),
        HL7Fixtures.identifier("urn:id:HIS", "FL-5521", "FILL"),
      ], patient: HL7Fixtures.key, status: .set(status))
    appointment.startAt = .set(try Instant(start))
    appointment.endAt = .set(try Instant(end))
    appointment.practitioner = .set(nadia)
    appointment.location = .set(roomTwo)
    appointment.service = .set(
      Code(system: "urn:id:99KINE", code: "KINE-RACHIS", display: "Rééducation du rachis"))
    appointment.createdAt = .fill(try Instant(moment))
    appointment.participants = .set([])
    return appointment
  }

  func testBooking() throws {
    let changes = try HL7Fixtures.changes(HL7Fixtures.sample("siu_s12_book"))
    var expected = try appointment(
      .booked, start: "2026-11-09T09:30:00+01:00", end: "2026-11-09T10:00:00+01:00", at: "2026-11-01T09:00:00+01:00")
    expected.reason = .set(Code(code: "ROUTINE", display: "Séance de rééducation"))
    XCTAssertEqual(
      changes,
      [
        .upsertPatient(try salma(street: "14 rue Tarik Ibn Ziad", phone: "+212661203040")),
        .upsertAppointment(expected),
      ])
  }

  func testRescheduling() throws {
    let changes = try HL7Fixtures.changes(HL7Fixtures.sample("siu_s13_reschedule"))
    var expected = try appointment(
      .booked, start: "2026-11-10T14:00:00+01:00", end: "2026-11-10T14:30:00+01:00", at: "2026-11-04T09:00:00+01:00")
    expected.reason = .set(Code(code: "ROUTINE", display: "Séance de rééducation"))
    XCTAssertEqual(changes.appointment, expected)
  }

  func testCancellation() throws {
    let changes = try HL7Fixtures.changes(HL7Fixtures.sample("siu_s15_cancel"))
    var expected = try appointment(
      .cancelled, start: "2026-11-10T14:00:00+01:00", end: "2026-11-10T14:30:00+01:00",
      at: "2026-11-05T09:00:00+01:00")
    expected.mustExist = true
    expected.cancelReason = .set(Code(code: "PATIENT", display: "Empêchement"))
    XCTAssertEqual(changes.appointment, expected)
  }

  private static let names = [
    "adt_a01_admit", "adt_a03_discharge", "adt_a08_update", "adt_a28_new_person", "adt_a40_merge", "siu_s12_book",
    "siu_s13_reschedule", "siu_s15_cancel", "oru_r01_results", "mdm_t02_document", "dft_p03_charges",
  ]

  /// By the definitions of its version, as `passerelle hl7 validate` judges it.
  func testEachSampleIsValid() throws {
    for name in Self.names {
      let findings = HL7Conformance().findings(in: try HL7Fixtures.sample(name))
      XCTAssertEqual(findings.filter { $0.severity != .warning }.map(\.description), [], name)
    }
  }

  /// Each sample with one of its bytes replaced by each delimiter, quote or letter in turn: mapped, or refused with
  /// findings and without a trap.
  func testDamagedSamples() throws {
    var mapped = 0
    var refused = 0
    for (place, name) in Self.names.enumerated() {
      let whole = Array(try HL7Fixtures.sample(name).bytes)
      // After MSH-2; another phase of the positions for each sample keeps the test short.
      for at in stride(from: 8 + place % 3, to: whole.count, by: 3) {
        for byte in Array(#"|^~&\"A9 "#.utf8) + [0x0D] where whole[at] != byte {
          var bytes = whole
          bytes[at] = byte
          guard let message = try? HL7Message(parsing: bytes) else { continue }
          do throws(HL7MappingError) {
            let changes = try HL7Mapping.changes(for: message, profile: HL7Fixtures.profile).changes
            XCTAssertFalse(changes.isEmpty, "\(name) byte \(at)")
            mapped += 1
          } catch {
            XCTAssertFalse(error.findings.isEmpty, "\(name) byte \(at)")
            refused += 1
          }
        }
      }
    }
    XCTAssertGreaterThan(mapped, 1000)
    XCTAssertGreaterThan(refused, 100)
  }
}
