import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// A patient with everything, and what the clinic keeps of one, for what is sent of them.
enum HL7FeedFixtures {
  static let clinicID = "11111111-1111-4111-8111-111111111111"

  static func row(_ id: String) -> RowMeta { RowMeta(clinicID: clinicID, id: id) }

  static func identifier(
    _ owner: OwnerType, _ id: String, _ system: String, _ value: String, _ type: String? = nil
  ) -> IdentifierRecord {
    var identifier = IdentifierRecord(ownerType: owner, ownerID: id, system: system, value: value)
    identifier.type = type.map { Code(system: "http://terminology.hl7.org/CodeSystem/v2-0203", code: $0) }
    return identifier
  }

  static func patient() throws -> PatientRecord {
    var patient = PatientRecord(row: row("p1"))
    (patient.family, patient.given, patient.prefix) = ("Bénnani|Idrissi", ["Amina", "Jean", "Rose"], "Dr")
    patient.gender = .female
    patient.birthDate = try CalendarDate("1984-05")
    (patient.phone, patient.email, patient.language) = ("+212 6 61 00 00 01", "amina@example.ma", "fr-MA")
    patient.maritalStatus = Code(
      system: "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", code: "M", display: "Married")
    patient.address.line = ["12 rue des Orangers", "Étage 3"]
    (patient.address.city, patient.address.postalCode, patient.address.country) = ("Casablanca", "20000", "MA")
    patient.address.district = "Anfa"
    patient.generalPractitionerID = "doctor"
    patient.identifiers = [
      identifier(.patient, "p1", "urn:id:CHU", "IR-204417", "MR"),
      identifier(.patient, "p1", "urn:passerelle:ma:cin", "BE741852", "NI"),
      identifier(.patient, "p1", "urn:oid:1.2.250.1.213", "28405", "NH"),
      identifier(.patient, "p1", "https://ids.example/card", "C^9", nil),
    ]
    patient.names = [NameRecord(use: .maiden, family: "Tazi", given: ["Amina"])]
    var work = TelecomRecord(system: .phone, value: "+212 5 22 00 00 00")
    work.use = .work
    var mobile = TelecomRecord(system: .phone, value: "+212 6 00 11 22 33")
    mobile.use = .mobile
    patient.telecoms = [mobile, work]
    var billing = AddressRecord()
    (billing.use, billing.line, billing.city, billing.country) = (.billing, ["BP 4"], "Rabat", "MA")
    patient.addresses = [billing]
    var contact = PatientContactRecord(row: row("k1"), patientID: "p1")
    (contact.family, contact.given, contact.phone) = ("Bennani", ["Omar"], "+212 6 61 99 99 99")
    contact.relationship = Code(
      system: "http://terminology.hl7.org/CodeSystem/v3-RoleCode", code: "SPS", display: "spouse")
    contact.gender = .male
    patient.contacts = [contact]
    return patient
  }

  static func encounter() throws -> EncounterRecord {
    var encounter = EncounterRecord(
      row: row("e1"), status: .inProgress, encounterClass: .inpatient, patientID: "p1")
    (encounter.practitionerID, encounter.locationID) = ("doctor", "bed")
    encounter.type = Code(system: "http://terminology.hl7.org/CodeSystem/v2-0007", code: "R")
    encounter.reason = Code(system: "http://hl7.org/fhir/sid/icd-10", code: "M54.5", display: "Lombalgie")
    encounter.startedAt = try Instant("2026-11-02T08:00:00+01:00")
    return encounter
  }

  static func appointment() throws -> AppointmentRecord {
    var appointment = AppointmentRecord(row: row("a1"), status: .booked)
    (appointment.patientID, appointment.practitionerID, appointment.locationID) = ("p1", "doctor", "room")
    appointment.startAt = try Instant("2026-11-09T09:30:00+01:00")
    appointment.endAt = try Instant("2026-11-09T10:15:00+01:00")
    appointment.service = Code(system: "urn:id:NGAP", code: "AMK7", display: "Rééducation")
    appointment.reason = Code(system: "https://codes.example/reasons", code: "R1", display: "Suite")
    var assistant = AppointmentParticipantRecord(actorType: .practitioner, actorID: "assistant")
    assistant.role = Code(system: "http://terminology.hl7.org/CodeSystem/v2-0443", code: "AT", display: "Aide")
    appointment.participants = [assistant]
    appointment.identifiers = [identifier(.appointment, "a1", "urn:id:HIS", "PL-7", "PLAC")]
    return appointment
  }

  static func invoice(_ kind: InvoiceKind = .invoice) throws -> InvoiceRecord {
    var invoice = InvoiceRecord(row: row("i1"), kind: kind, status: .issued, patientID: "p1", currency: "MAD")
    invoice.number = "F-1"
    invoice.issuedAt = try Instant("2026-11-03T12:00:00+01:00")
    invoice.practitionerID = "doctor"
    func item(_ sequence: Int, _ quantity: String, _ price: String, _ net: String) throws -> InvoiceItemRecord {
      InvoiceItemRecord(
        row: row("i1.\(sequence)"), invoiceID: "i1", sequence: sequence, description: "Séance \(sequence)",
        quantity: try Quantity(quantity), unitPrice: try Quantity(price), net: try Amount(net))
    }
    var first = try item(1, "2", "150", "300.00")
    first.code = Code(system: "urn:id:NGAP", code: "AMK7")
    first.servedAt = try Instant("2026-11-02T08:00:00+01:00")
    var discounted = try item(2, "3", "100", "250.00")
    discounted.discount = try Amount("50.00")
    let returned = try item(3, "-1", "20", "-20.00")
    invoice.items = [first, discounted, returned]
    return invoice
  }

  static func source(
    _ event: HL7FeedEvent, _ subject: HL7FeedSource.Subject, patient: PatientRecord? = nil
  ) throws -> HL7FeedSource {
    var source = HL7FeedSource(
      event: event, subject: subject, patient: try patient ?? self.patient(), controlID: "A1B2C3D4E5F6A1B2C3D4",
      at: try Instant("2026-11-02T08:05:09+01:00"))
    var doctor = PractitionerRecord(row: row("doctor"), family: "Tahiri")
    (doctor.given, doctor.prefix) = (["Karim"], "Dr")
    doctor.identifiers = [identifier(.practitioner, "doctor", "urn:id:INPE", "061234567")]
    let assistant = PractitionerRecord(row: row("assistant"), family: "Alaoui")
    source.practitioners = ["doctor": doctor, "assistant": assistant]
    for (id, kind, name, parent) in [
      ("site", LocationKind.site, "ANFA", nil), ("ward", .department, "KINE", "site"),
      ("room", .room, "SALLE 2", "ward"), ("bed", .bed, "B", "room"),
    ] {
      var location = LocationRecord(row: row(id), kind: kind, name: name)
      location.parentID = parent
      source.locations[id] = location
    }
    var payer = PayerRecord(row: row("amo"), name: "AMO & Cie", kind: .public)
    payer.phone = "+212 5 37 00 00 00"
    payer.identifiers = [identifier(.payer, "amo", "urn:id:CNSS", "01")]
    source.payers = ["amo": payer]
    var coverage = CoverageRecord(row: row("v1"), patientID: "p1", payerID: "amo", status: .active)
    (coverage.memberNumber, coverage.plan, coverage.group, coverage.rank) = ("M-1", "Base", "G7", 2)
    coverage.relationship = Code(
      system: "http://terminology.hl7.org/CodeSystem/subscriber-relationship", code: "self", display: "Self")
    coverage.period = DayPeriod(from: try CalendarDate("2026-01-01"))
    source.coverages = [coverage]
    return source
  }

  static var profile: HL7FeedProfile {
    var mapping = HL7Fixtures.profile
    mapping.codeMaps[.participantRole] = ["HELPER": Code(system: nil, code: "AT", display: nil)]
    mapping.identifierSystems["CARD"] = "https://ids.example/card"
    return HL7FeedProfile(facility: "ANFA", mapping: mapping)
  }

  /// What our own listener understands of a message made here.
  static func read(_ bytes: [UInt8], _ profile: HL7FeedProfile) throws -> ClinicChanges {
    try HL7Mapping.changes(for: try HL7Message(parsing: bytes), profile: profile.mapping)
  }
}
