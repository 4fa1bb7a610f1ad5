import ClinicModel
import FHIRModels
import Mappers
import XCTest

/// People, places, visits and bills, as an EMR reads them.
final class FHIRMappersTests: FHIRMapperTestCase {
  func testAPatientCarriesNamesTelecomsAndTheirPrecision() throws {
    var record = PatientRecord(row: row("p1"))
    record.family = "El Fassi"
    record.given = ["Amina", "Zahra"]
    record.gender = .female
    record.birthDate = try CalendarDate("1980-05")
    record.phone = "+212600000001"
    record.maritalStatus = Code(code: nil, display: "married")
    record.replacedBy = "p2"
    var identifier = IdentifierRecord(ownerType: .patient, ownerID: "p1", system: "urn:oid:2.16.504.1", value: "BE1234")
    identifier.use = .official
    record.identifiers = [identifier]
    let json = try text(PatientMapper.resource(record, context))
    for part in [
      #""id":"p1""#, #""versionId":"3""#, #""birthDate":"1980-05""#, #""given":["Amina","Zahra"]"#,
      #""maritalStatus":{"text":"married"}"#, #""link":[{"other":{"reference":"Patient/p2"},"type":"replaced-by"}]"#,
      #""managingOrganization":{"reference":"Organization/clinic-1"}"#, #""value":"BE1234""#,
    ] { XCTAssertTrue(json.contains(part), "\(part) is not in \(json)") }
    XCTAssertFalse(json.contains("deceased"))
  }

  func testAnAppointmentListsEachParticipantOnceAndCarriesTheClinicsOffset() throws {
    var record = AppointmentRecord(row: row("a1"), status: .booked)
    record.startAt = nine
    record.endAt = nine.adding(seconds: 1800)
    record.patientID = "p1"
    record.practitionerID = "d1"
    record.cancelReason = Code(system: "s", code: "c")
    record.participants = [AppointmentParticipantRecord(actorType: .practitioner, actorID: "d1")]
    let appointment = AppointmentMapper.resource(record, context)
    XCTAssertEqual(appointment.participant.compactMap { $0.actor?.reference }, ["Patient/p1", "Practitioner/d1"])
    XCTAssertEqual(appointment.minutesDuration, 30)
    XCTAssertNil(appointment.cancelationReason)
    XCTAssertTrue(try text(appointment).contains("+01:00"))
  }

  func testTheComponentsOfAnInvoiceAddUpToItsTotals() throws {
    var record = InvoiceRecord(row: row("i1"), kind: .invoice, status: .issued, patientID: "p1", currency: "EUR")
    record.number = "F-2026-1"
    var item = InvoiceItemRecord(
      row: row("l1"), invoiceID: "i1", sequence: 1, description: "Whitening", quantity: try Quantity("2"),
      unitPrice: try Quantity("50.005"), net: try Amount("95.01"))
    item.discount = try Amount("5.00")
    item.taxes = [
      TaxLine(
        taxCode: "VAT", category: .standard, rate: try Quantity("20"), base: try Amount("95.01"),
        amount: try Amount("19.00"))
    ]
    record.items = [item]
    record.totalNet = try Amount("95.01")
    record.totalTax = try Amount("19.00")
    record.totalGross = try Amount("114.01")
    let invoice = try InvoiceMapper.resource(record, context)
    let components = invoice.lineItem.flatMap(\.priceComponent)
    let cents = components.compactMap { $0.amount?.value?.minorUnits(scale: 2) }
    XCTAssertEqual(cents, [10001, -500, 1900])
    XCTAssertEqual(cents.reduce(0, +), invoice.totalGross?.value?.minorUnits(scale: 2))
    XCTAssertEqual(components.compactMap { $0.factor?.text }, ["2", "0.20"])
    XCTAssertEqual(invoice.identifier.first?.value, "F-2026-1")
    _ = try text(invoice)
  }

  func testACoverageWritesThePayersShareAsTheCopayThatIsLeft() throws {
    var record = CoverageRecord(row: row("v1"), patientID: "p1", payerID: "amo", status: .active)
    record.rate = try Quantity("70")
    record.plan = "AMO"
    let json = try text(CoverageMapper.resource(record, context))
    XCTAssertTrue(json.contains(#""value":30"#), json)
    XCTAssertTrue(json.contains(#""payor":[{"reference":"Organization/amo"}]"#), json)
  }

  func testANameWithItsSuffixIsTheOwnName() throws {
    var record = PatientRecord(row: row("p1"))
    (record.family, record.given) = ("O'Hara", ["Siobhan"])
    var whole = NameRecord(use: nil, family: "O'Hara", given: ["Siobhan"])
    whole.suffix = "Jr"
    record.names = [whole, NameRecord(use: .maiden, family: "Hara")]
    let names = PatientMapper.resource(record, context).name
    XCTAssertEqual(names.map(\.family), ["O'Hara", "Hara"])
    XCTAssertEqual(names.first?.suffix, ["Jr"])
    XCTAssertEqual(names.first?.use, .official)
    record.names[0].given = ["Other"]
    XCTAssertEqual(PatientMapper.resource(record, context).name.count, 3)
  }

  func testEveryoneOfAnEncounterIsAParticipantOnce() throws {
    var record = EncounterRecord(row: row("e1"), status: .inProgress, encounterClass: .inpatient, patientID: "p1")
    (record.practitionerID, record.referrerID, record.admitterID) = ("d1", "d2", "d1")
    let encounter = EncounterMapper.resource(record, context)
    XCTAssertEqual(
      encounter.participant.map { $0.type.compactMap { $0.coding.first?.code } }, [["ATND", "ADM"], ["REF"]])
    XCTAssertEqual(
      encounter.participant.compactMap(\.individual?.reference), ["Practitioner/d1", "Practitioner/d2"])
    _ = try text(encounter)
    record.encounterClass = .ambulatory
    record.admitterID = nil
    record.consultantID = "d3"
    XCTAssertEqual(
      EncounterMapper.resource(record, context).participant.map { $0.type.first?.coding.first?.code },
      ["PPRF", "REF", "CON"])
  }

  /// The patient is the subscriber unless the coverage says that somebody else is.
  func testTheSubscriberOfAnotherPersonsPolicyIsNotThePatient() throws {
    var record = CoverageRecord(row: row("v1"), patientID: "p1", payerID: "amo", status: .active)
    let subscriber = #""subscriber":{"reference":"Patient/p1"}"#
    XCTAssertTrue(try text(CoverageMapper.resource(record, context)).contains(subscriber))
    for (code, isOwn) in [("self", true), ("spouse", false), ("child", false), ("02", false)] {
      record.relationship = Code(system: "http://terminology.hl7.org/CodeSystem/subscriber-relationship", code: code)
      XCTAssertEqual(try text(CoverageMapper.resource(record, context)).contains(subscriber), isOwn, code)
    }
    record.subscriberID = "p2"
    XCTAssertTrue(
      try text(CoverageMapper.resource(record, context)).contains(#""subscriber":{"reference":"Patient/p2"}"#))
  }

  func testEncountersLocationsPractitionersAndOrganizationsAreValid() throws {
    var encounter = EncounterRecord(row: row("e1"), status: .finished, encounterClass: .ambulatory, patientID: "p1")
    encounter.startedAt = nine
    encounter.practitionerID = "d1"
    encounter.locationID = "r1"
    encounter.appointmentID = "a1"
    XCTAssertTrue(try text(EncounterMapper.resource(encounter, context)).contains(#""code":"AMB""#))
    var location = LocationRecord(row: row("r1"), kind: .room, name: "Salle 2")
    location.parentID = "site"
    XCTAssertTrue(try text(LocationMapper.resource(location, context)).contains(#""partOf""#))
    _ = try text(PractitionerMapper.resource(PractitionerRecord(row: row("d1"), family: "Idrissi"), context))
    let payer = PayerRecord(row: row("amo"), name: "AMO", kind: .public)
    XCTAssertTrue(try text(OrganizationMapper.resource(payer, context)).contains(#""code":"ins""#))
  }
}
