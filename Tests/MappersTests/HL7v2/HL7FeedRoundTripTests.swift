import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// What is sent, read by our own inbound mapper, gives the same clinic data.
final class HL7FeedRoundTripTests: XCTestCase {
  private typealias Fixtures = HL7FeedFixtures

  private static let versions = ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8.2"]

  private func roundTrip(
    _ event: HL7FeedEvent, _ subject: HL7FeedSource.Subject, patient: PatientRecord? = nil,
    _ change: (inout HL7FeedSource) -> Void = { _ in }, profile: HL7FeedProfile = Fixtures.profile
  ) throws -> ClinicChanges {
    var source = try Fixtures.source(event, subject, patient: patient)
    change(&source)
    return try Fixtures.read(HL7FeedMapper.message(source, profile: profile), profile)
  }

  /// The patient's record once the change is applied to one that holds nothing.
  private func applied(_ changes: ClinicChanges, to start: PatientRecord? = nil) throws -> PatientRecord {
    let change = try XCTUnwrap(changes.changes.patient)
    var patient = start ?? PatientRecord(row: Fixtures.row("p1"))
    change.apply(to: &patient)
    return patient
  }

  func testAPersonInEveryVersion() throws {
    let sent = try Fixtures.patient()
    for version in Self.versions {
      var profile = Fixtures.profile
      profile.version = try XCTUnwrap(HL7Version(version))
      let changes = try roundTrip(.personAdded, .person, profile: profile)
      XCTAssertEqual(changes.event, "ADT^A28")
      XCTAssertEqual(changes.warnings, [], version)
      XCTAssertEqual(changes.moment, try Instant("2026-11-02T08:05:09+01:00"))
      var got = try applied(changes)
      // The columns of the first address have no use.
      XCTAssertEqual(got.address.use, .home)
      got.address.use = nil
      var expected = sent
      (expected.identifiers, expected.contacts, expected.generalPractitionerID) = ([], [], nil)
      XCTAssertEqual(got, expected, version)
    }
  }

  func testNumbersOfAPerson() throws {
    let key = try XCTUnwrap(roundTrip(.personAdded, .person).changes.patient).key
    let got = key.identifiers.map { "\($0.system) \($0.value) \($0.type?.code ?? "-")" }
    XCTAssertEqual(
      got,
      [
        "urn:id:ANFA p1 PI", "urn:id:CHU IR-204417 MR", "urn:passerelle:ma:cin BE741852 NI",
        "urn:oid:1.2.250.1.213 28405 NH", "https://ids.example/card C^9 -",
      ])
  }

  func testContactsCoveragesAndTheGeneralPractitioner() throws {
    let changes = try roundTrip(.personUpdated, .person).changes
    let contact = try XCTUnwrap(changes.contacts?.contacts.first)
    XCTAssertEqual(
      contact.record(row: Fixtures.row("k1"), patientID: "p1"), try Fixtures.patient().contacts.first)
    let coverage = try XCTUnwrap(changes.coverages.first)
    XCTAssertEqual(coverage.payer.name, "AMO & Cie")
    XCTAssertEqual(coverage.payer.phone, "+212 5 37 00 00 00")
    XCTAssertEqual(coverage.payer.identifiers.map { "\($0.system) \($0.value)" }, ["urn:id:CNSS 01"])
    XCTAssertEqual(coverage.memberNumber, .set("M-1"))
    XCTAssertEqual(coverage.plan, .set("Base"))
    XCTAssertEqual(coverage.group, .set("G7"))
    XCTAssertEqual(coverage.rank, .set(2))
    XCTAssertEqual(coverage.from, .set(try CalendarDate("2026-01-01")))
    XCTAssertEqual(coverage.to, .clear)
    XCTAssertEqual(coverage.relationship.initial?.code, "self")
    let doctor = try XCTUnwrap(changes.patient?.generalPractitioner.initial)
    XCTAssertEqual(doctor.identifiers.map { "\($0.system) \($0.value)" }, ["urn:id:INPE 061234567"])
    XCTAssertEqual([doctor.family, doctor.prefix, doctor.given.first], ["Tahiri", "Dr", "Karim"])
  }

  /// What the record has lost is lost at the receiver too, unless it cannot take `""`.
  func testAnUpdateEmptiesWhatTheRecordHoldsNoMore() throws {
    var bare = PatientRecord(row: Fixtures.row("p1"))
    bare.family = "Bennani"
    let before = try Fixtures.patient()
    let changes = try roundTrip(.personUpdated, .person, patient: bare)
    var after = try applied(changes, to: before)
    XCTAssertEqual([after.phone, after.email, after.language, after.family], [nil, nil, nil, "Bennani"])
    XCTAssertNil(after.birthDate)
    XCTAssertNil(after.maritalStatus)
    XCTAssertTrue(after.address.isEmpty)
    XCTAssertEqual(after.telecoms, [])
    XCTAssertEqual(after.addresses, [])
    XCTAssertEqual(changes.changes.contacts?.contacts, [])
    var quiet = Fixtures.profile
    quiet.sendsNulls = false
    after = try applied(roundTrip(.personUpdated, .person, patient: bare, profile: quiet), to: before)
    XCTAssertEqual(after.phone, before.phone)
    after = try applied(roundTrip(.personAdded, .person, patient: bare), to: before)
    XCTAssertEqual(after.phone, before.phone, "who is added is not emptied")
  }

  func testDeathAndItsRevocation() throws {
    var dead = try Fixtures.patient()
    (dead.isDeceased, dead.deceasedAt) = (true, try Instant("2026-11-01T23:10:00+01:00"))
    let told = try applied(roundTrip(.personUpdated, .person, patient: dead))
    XCTAssertEqual(told.deceasedAt, dead.deceasedAt)
    XCTAssertTrue(told.isDeceased)
    let revoked = try applied(roundTrip(.personUpdated, .person), to: dead)
    XCTAssertNil(revoked.deceasedAt)
    XCTAssertFalse(revoked.isDeceased)
  }

  func testPersonsComeAndGo() throws {
    XCTAssertEqual(try roundTrip(.personAdded, .person).changes.patient?.isActive, .set(true))
    XCTAssertEqual(try roundTrip(.personDeleted, .person).changes.patient?.isActive, .set(false))
    let merge = try XCTUnwrap(
      roundTrip(.patientsMerged, .merged(PatientRecord(row: Fixtures.row("old")))).changes.merges.first)
    XCTAssertEqual(merge.merged.identifiers.map { "\($0.system) \($0.value)" }, ["urn:id:ANFA old"])
    XCTAssertEqual(merge.survivor.identifiers.first?.value, "p1")
  }

  // MARK: Visits

  private static let statuses: [(HL7FeedEvent, EncounterStatus)] = [
    (.admitted, .inProgress), (.registered, .planned), (.preAdmitted, .planned), (.discharged, .finished),
    (.admissionCancelled, .cancelled), (.dischargeCancelled, .inProgress), (.leftOnLeave, .onLeave),
    (.returnedFromLeave, .inProgress), (.visitDeleted, .enteredInError),
  ]

  func testAVisitOfEveryEvent() throws {
    for (event, status) in Self.statuses {
      var encounter = try Fixtures.encounter()
      encounter.status = status
      let change = try XCTUnwrap(roundTrip(event, .visit(encounter)).changes.encounter, event.rawValue)
      XCTAssertEqual(change.status, .set(status), event.rawValue)
      XCTAssertEqual(
        change.match, .visitNumber(HL7Fixtures.identifier("urn:id:ANFA", "e1", "VN")), event.rawValue)
    }
  }

  func testWhatAVisitHolds() throws {
    for version in Self.versions {
      var profile = Fixtures.profile
      profile.version = try XCTUnwrap(HL7Version(version))
      let encounter = try Fixtures.encounter()
      let change = try XCTUnwrap(roundTrip(.admitted, .visit(encounter), profile: profile).changes.encounter)
      XCTAssertEqual(change.encounterClass, .set(.inpatient))
      XCTAssertEqual(change.type, .set(try XCTUnwrap(encounter.type)))
      XCTAssertEqual(change.reason, .set(try XCTUnwrap(encounter.reason)))
      XCTAssertEqual(change.startedAt, .set(try XCTUnwrap(encounter.startedAt)))
      XCTAssertEqual(change.practitioner.initial?.family, "Tahiri")
      XCTAssertEqual(
        change.location.initial?.path,
        [.init(.site, "ANFA"), .init(.department, "KINE"), .init(.room, "SALLE 2"), .init(.bed, "B")])
      XCTAssertTrue(change.endedAt.isLeave)
    }
  }

  /// A visit that has ended since it began: each event tells its own part.
  func testAnEndThatCameSinceIsToldByTheDischargeAlone() throws {
    var encounter = try Fixtures.encounter()
    encounter.status = .finished
    encounter.endedAt = try Instant("2026-11-02T09:00:00+01:00")
    encounter.disposition = Code(system: "http://terminology.hl7.org/CodeSystem/v2-0112", code: "01")
    let admitted = try XCTUnwrap(roundTrip(.admitted, .visit(encounter)).changes.encounter)
    XCTAssertTrue(admitted.endedAt.isLeave)
    XCTAssertTrue(admitted.disposition.isLeave)
    let discharged = try XCTUnwrap(roundTrip(.discharged, .visit(encounter)).changes.encounter)
    XCTAssertEqual(discharged.endedAt, .set(try XCTUnwrap(encounter.endedAt)))
    XCTAssertEqual(discharged.disposition, .set(try XCTUnwrap(encounter.disposition)))
    let reopened = try XCTUnwrap(roundTrip(.dischargeCancelled, .visit(encounter)).changes.encounter)
    XCTAssertEqual(reopened.endedAt, .clear)
  }

  func testAVisitThatOthersNumbered() throws {
    var encounter = try Fixtures.encounter()
    encounter.identifiers = [Fixtures.identifier(.encounter, "e1", "urn:id:CHU", "V-7", "VN")]
    let change = try XCTUnwrap(roundTrip(.admitted, .visit(encounter)).changes.encounter)
    XCTAssertEqual(change.match, .visitNumber(HL7Fixtures.identifier("urn:id:CHU", "V-7", "VN")))
    XCTAssertEqual(change.identifiers.map(\.value), ["V-7", "e1"])
  }

  // MARK: Appointments

  private static let appointmentStatuses: [(HL7FeedEvent, AppointmentStatus)] =
    [AppointmentStatus.proposed, .pending, .waitlist, .booked, .arrived, .checkedIn, .fulfilled].map { (.booked, $0) }
    + [
      (.rescheduled, .booked), (.modified, .checkedIn), (.cancelled, .cancelled), (.deleted, .enteredInError),
      (.didNotCome, .noshow),
    ]

  func testAnAppointmentOfEveryEventAndStatus() throws {
    for (event, status) in Self.appointmentStatuses {
      var appointment = try Fixtures.appointment()
      appointment.status = status
      let change = try XCTUnwrap(roundTrip(event, .appointment(appointment)).changes.appointment)
      XCTAssertEqual(change.status, .set(status), "\(event)")
      XCTAssertEqual(change.startAt, .set(try XCTUnwrap(appointment.startAt)))
      XCTAssertEqual(change.endAt, .set(try XCTUnwrap(appointment.endAt)))
    }
  }

  func testWhatAnAppointmentHolds() throws {
    for version in Self.versions {
      var profile = Fixtures.profile
      profile.version = try XCTUnwrap(HL7Version(version))
      let appointment = try Fixtures.appointment()
      let change = try XCTUnwrap(
        roundTrip(.booked, .appointment(appointment), profile: profile).changes.appointment)
      XCTAssertEqual(
        change.identifiers,
        [HL7Fixtures.identifier("urn:id:HIS", "PL-7", "PLAC"), HL7Fixtures.identifier("urn:id:ANFA", "a1", "FILL")])
      XCTAssertEqual(change.startAt, .set(try XCTUnwrap(appointment.startAt)), version)
      XCTAssertEqual(change.endAt, .set(try XCTUnwrap(appointment.endAt)), version)
      XCTAssertEqual(change.service, .set(try XCTUnwrap(appointment.service)))
      XCTAssertEqual(change.reason, .set(try XCTUnwrap(appointment.reason)))
      XCTAssertEqual(change.practitioner.initial?.family, "Tahiri")
      XCTAssertEqual(
        change.location.initial?.path, [.init(.site, "ANFA"), .init(.department, "KINE"), .init(.room, "SALLE 2")])
      let helper = try XCTUnwrap(change.participants.initial?.first)
      XCTAssertEqual(helper.role?.code, "AT", "by the code map, there and back")
      guard case .practitioner(let person) = helper.actor else { return XCTFail("\(helper)") }
      XCTAssertEqual(person.identifiers.map { "\($0.system) \($0.value)" }, ["urn:id:ANFA assistant"])
    }
  }

  func testWhyItIsCancelled() throws {
    var appointment = try Fixtures.appointment()
    appointment.status = .cancelled
    appointment.cancelReason = Code(system: "urn:id:LOCAL", code: "ILL", display: "Malade")
    let change = try XCTUnwrap(roundTrip(.cancelled, .appointment(appointment)).changes.appointment)
    XCTAssertEqual(change.cancelReason, .set(try XCTUnwrap(appointment.cancelReason)))
    XCTAssertTrue(change.mustExist)
  }

  // MARK: Charges

  private func charges(_ event: HL7FeedEvent, _ invoice: InvoiceRecord) throws -> [String] {
    try roundTrip(event, .invoice(invoice)) { $0.encounter = try? Fixtures.encounter() }.changes.charges.map {
      "\($0.description) \($0.quantity) x \($0.unitPrice) = \($0.net) \($0.currency ?? "")"
    }
  }

  func testChargesCreditsAndReversals() throws {
    let invoice = try Fixtures.invoice()
    XCTAssertEqual(
      try charges(.charged, invoice),
      ["Séance 1 2 x 150 = 300.00 MAD", "Séance 2 1 x 250 = 250.00 MAD", "Séance 3 -1 x 20 = -20.00 MAD"])
    let reversed = [
      "Séance 1 -2 x 150 = -300.00 MAD", "Séance 2 -1 x 250 = -250.00 MAD", "Séance 3 1 x 20 = 20.00 MAD",
    ]
    XCTAssertEqual(try charges(.chargesReversed, invoice), reversed)
    XCTAssertEqual(try charges(.charged, try Fixtures.invoice(.creditNote)), reversed)
  }

  func testWhatAChargeHolds() throws {
    let changes = try roundTrip(.charged, .invoice(Fixtures.invoice())) { $0.encounter = try? Fixtures.encounter() }
    let charge = try XCTUnwrap(changes.changes.charges.first)
    XCTAssertEqual(charge.code.code, "AMK7")
    XCTAssertEqual(charge.code.system, "urn:id:NGAP")
    XCTAssertEqual(charge.servedAt, .set(try Instant("2026-11-02T08:00:00+01:00")))
    XCTAssertEqual(charge.practitioner.initial?.family, "Tahiri")
    XCTAssertEqual(charge.account.value, "i1", "an invoice without an account is one")
    XCTAssertEqual(charge.encounter?.identifiers.map(\.value), ["e1"])
    let keys = changes.changes.charges.map(\.key)
    XCTAssertEqual(Set(keys).count, 3)
  }

  func testTheAccountThatIsCharged() throws {
    let changes = try roundTrip(.charged, .invoice(Fixtures.invoice())) {
      var account = AccountRecord(row: Fixtures.row("acc"), patientID: "p1", status: .active)
      account.identifiers = [Fixtures.identifier(.account, "acc", "urn:id:CHU", "AC-1", "AN")]
      $0.account = account
    }
    XCTAssertEqual(changes.changes.account?.number, HL7Fixtures.identifier("urn:id:CHU", "AC-1", "AN"))
  }
}
