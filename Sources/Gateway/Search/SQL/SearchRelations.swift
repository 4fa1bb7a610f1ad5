import ClinicModel

/// The relations behind the searchable types, one entry a type.
package enum SearchRelations {
  package static func of(_ type: String) -> SearchRelation? { byType[type] }

  private static let byType: [String: SearchRelation] = Dictionary(
    uniqueKeysWithValues: [
      patient, practitioner, organization, location, appointment, encounter, invoice, coverage, observation,
      diagnosticReport, documentReference, condition, procedure, allergyIntolerance, account, chargeItem, auditEvent,
    ].map { ($0.type, $0) })

  private static let common: [String: SearchSource] = ["_id": .id, "_lastUpdated": .instant("r.updated_at")]
  private static let genderSystem = "http://hl7.org/fhir/administrative-gender"

  private static func sources(_ own: [String: SearchSource]) -> [String: SearchSource] {
    common.merging(own) { _, own in own }
  }

  private static let patient = SearchRelation(
    type: "Patient", from: "clinic.patient r",
    sources: sources([
      "identifier": .identifier(owner: "patient"),
      "family": .patientKeys(["family"]),
      "given": .patientKeys(["given"]),
      "name": .patientKeys(["family", "given"]),
      "phone": .patientKeys(["phone"]),
      "email": .patientKeys(["email"]),
      "gender": .code("r.gender", system: genderSystem),
      "birthdate": .day("r.birth_date", precision: "r.birth_precision"),
    ]))

  private static let practitioner = SearchRelation(
    type: "Practitioner", from: "clinic.practitioner r",
    sources: sources([
      "identifier": .identifier(owner: "practitioner"),
      "family": .texts([.init(column: "r.family", key: "r.family_key")]),
      "given": .texts([.init(column: "r.given", key: "r.given_key", isArray: true)]),
      "name": .texts([
        .init(column: "r.family", key: "r.family_key"), .init(column: "r.given", key: "r.given_key", isArray: true),
      ]),
      "gender": .code("r.gender", system: genderSystem),
      "phone": .contact("r.phone", function: "clinic.phone_key"),
      "email": .contact("r.email", function: "clinic.email_key"),
    ]))

  private static let organization = SearchRelation(
    type: "Organization",
    from: """
      (select clinic_id, clinic_id::text collate "C" as id, id as owner_id, 'clinic'::text as kind, version, updated_at,
         deleted_at, name, clinic.fold(name) collate "C" as name_key from clinic.clinic
       union all
       select clinic_id, id, id, 'payer', version, updated_at, deleted_at, name, name_key from clinic.payer) r
      """,
    sources: sources([
      "identifier": .identifier(owner: "r.kind", ownerColumn: "r.owner_id"),
      "name": .texts([.init(column: "r.name", key: "r.name_key")]),
    ]))

  private static let location = SearchRelation(
    type: "Location", from: "clinic.location r",
    sources: sources([
      "identifier": .identifier(owner: "location"),
      "name": .texts([.init(column: "r.name", key: "r.name_key")]),
      "status": .code("r.status", system: "http://hl7.org/fhir/location-status"),
    ]))

  private static let appointment = SearchRelation(
    type: "Appointment", from: "clinic.appointment r",
    sources: sources([
      "identifier": .identifier(owner: "appointment"),
      "status": .code(
        "r.status", system: "http://hl7.org/fhir/appointmentstatus",
        vocabulary: AppointmentStatus.allCases.map(\.rawValue)),
      "patient": .participants(["Patient": "r.patient_id"]),
      "practitioner": .participants(["Practitioner": "r.practitioner_id"]),
      "location": .participants(["Location": "r.location_id"]),
      "actor": .participants([
        "Patient": "r.patient_id", "Practitioner": "r.practitioner_id", "Location": "r.location_id",
      ]),
      "date": .instant("r.start_at", nullable: true),
    ]),
    order: [SortColumn("r.start_at", as: "timestamptz", nullable: true)])

  private static let peopleOfVisits = ["r.practitioner_id", "r.referrer_id", "r.consultant_id", "r.admitter_id"]
  private static let encounter = SearchRelation(
    type: "Encounter", from: "clinic.encounter r",
    sources: sources([
      "identifier": .identifier(owner: "encounter"),
      "status": .code(
        "r.status", system: "http://hl7.org/fhir/encounter-status", vocabulary: EncounterStatus.allCases.map(\.rawValue)
      ),
      "patient": .reference(["Patient": "r.patient_id"]),
      "subject": .reference(["Patient": "r.patient_id"]),
      "practitioner": .practitioners(peopleOfVisits),
      "participant": .practitioners(peopleOfVisits),
      "location": .reference(["Location": "r.location_id"]),
      "appointment": .reference(["Appointment": "r.appointment_id"]),
      "date": .period(start: "r.started_at", end: "r.ended_at"),
    ]),
    order: [SortColumn("r.started_at", as: "timestamptz", nullable: true)])

  private static let invoice = SearchRelation(
    type: "Invoice", from: "clinic.invoice r",
    sources: sources([
      "identifier": .identifier(owner: "invoice", bare: "number"),
      "status": .code(
        "r.status", system: "http://hl7.org/fhir/invoice-status", vocabulary: InvoiceStatus.allCases.map(\.rawValue)),
      "patient": .reference(["Patient": "r.patient_id"]),
      "subject": .reference(["Patient": "r.patient_id"]),
      "participant": .reference(["Practitioner": "r.practitioner_id"]),
      "recipient": .reference([
        "Patient":
          "(case when r.recipient_type = 'patient' then case when r.recipient_id is null then r.patient_id else r.recipient_id end end)",
        "Organization": "(case when r.recipient_type = 'payer' then r.recipient_id end)",
      ]),
      "date": .instant("r.issued_at", nullable: true),
    ]),
    order: [SortColumn("r.issued_at", as: "timestamptz", nullable: true)])

  private static let coverage = SearchRelation(
    type: "Coverage", from: "clinic.coverage r",
    sources: sources([
      "identifier": .identifier(owner: "coverage"),
      "status": .code(
        "r.status", system: "http://hl7.org/fhir/fm-status", vocabulary: CoverageStatus.allCases.map(\.rawValue)),
      "patient": .reference(["Patient": "r.patient_id"]),
      "beneficiary": .reference(["Patient": "r.patient_id"]),
      "payor": .reference(["Organization": "r.payer_id"]),
    ]))

  private static func observations(
    _ type: String, kind: ObservationKind, statusSystem: String
  ) -> SearchRelation {
    SearchRelation(
      type: type, from: "clinic.observation r", isLive: "r.deleted_at is null and r.kind = '\(kind.rawValue)'",
      sources: sources([
        "status": .code("r.status", system: statusSystem),
        "code": .coding(system: "r.code_system", code: "r.code_code"),
        "patient": .reference(["Patient": "r.patient_id"]),
        "subject": .reference(["Patient": "r.patient_id"]),
        "encounter": .reference(["Encounter": "r.encounter_id"]),
        "date": .instant("r.effective_at", nullable: true),
      ]),
      order: [SortColumn("r.effective_at", as: "timestamptz", nullable: true)])
  }

  private static let observation = observations(
    "Observation", kind: .result, statusSystem: "http://hl7.org/fhir/observation-status")
  private static let diagnosticReport = observations(
    "DiagnosticReport", kind: .report, statusSystem: "http://hl7.org/fhir/diagnostic-report-status")

  private static let documentReference = SearchRelation(
    type: "DocumentReference", from: "clinic.document r",
    sources: sources([
      "status": .code("r.status", system: "http://hl7.org/fhir/document-reference-status"),
      "type": .coding(system: "r.type_system", code: "r.type_code"),
      "patient": .reference(["Patient": "r.patient_id"]),
      "subject": .reference(["Patient": "r.patient_id"]),
      "encounter": .reference(["Encounter": "r.encounter_id"]),
      "date": .instant("r.created_at", nullable: true),
    ]),
    order: [SortColumn("r.created_at", as: "timestamptz", nullable: true)])

  private static let condition = SearchRelation(
    type: "Condition", from: "clinic.condition r",
    sources: sources([
      "code": .coding(system: "r.code_system", code: "r.code_code"),
      "patient": .reference(["Patient": "r.patient_id"]),
      "subject": .reference(["Patient": "r.patient_id"]),
      "encounter": .reference(["Encounter": "r.encounter_id"]),
    ]))

  private static let procedure = SearchRelation(
    type: "Procedure", from: "clinic.procedure r",
    sources: sources([
      "status": .code("r.status", system: "http://hl7.org/fhir/event-status"),
      "code": .coding(system: "r.code_system", code: "r.code_code"),
      "patient": .reference(["Patient": "r.patient_id"]),
      "subject": .reference(["Patient": "r.patient_id"]),
      "encounter": .reference(["Encounter": "r.encounter_id"]),
      "date": .instant("r.performed_at", nullable: true),
    ]),
    order: [SortColumn("r.performed_at", as: "timestamptz", nullable: true)])

  private static let allergyIntolerance = SearchRelation(
    type: "AllergyIntolerance", from: "clinic.allergy r",
    sources: sources([
      "code": .coding(system: "r.code_system", code: "r.code_code"),
      "patient": .reference(["Patient": "r.patient_id"]),
    ]))

  private static let account = SearchRelation(
    type: "Account", from: "clinic.account r",
    sources: sources([
      "identifier": .identifier(owner: "account"),
      "status": .code("r.status", system: "http://hl7.org/fhir/account-status"),
      "patient": .reference(["Patient": "r.patient_id"]),
      "subject": .reference(["Patient": "r.patient_id"]),
    ]))

  private static let chargeItem = SearchRelation(
    type: "ChargeItem",
    from: """
      (select t.clinic_id, t.id, v.version, v.updated_at, coalesce(t.deleted_at, v.deleted_at) as deleted_at,
         v.patient_id, v.account_id, t.code_system, t.code_code
       from clinic.invoice_item t join clinic.invoice v on v.clinic_id = t.clinic_id and v.id = t.invoice_id) r
      """,
    sources: sources([
      "code": .coding(system: "r.code_system", code: "r.code_code"),
      "patient": .reference(["Patient": "r.patient_id"]),
      "subject": .reference(["Patient": "r.patient_id"]),
      "account": .reference(["Account": "r.account_id"]),
    ]))

  private static let auditEvent = SearchRelation(
    type: "AuditEvent", from: "gateway.audit_event r", id: "(r.chain::text || '-' || r.sequence)", version: "1",
    isLive: "true",
    tieBreak: [
      SortColumn("r.chain", as: "uuid", descending: true), SortColumn("r.sequence", as: "bigint", descending: true),
    ],
    sources: [
      "_id": .id,
      "_lastUpdated": .instant("r.at"),
      "date": .instant("r.at"),
      "patient": .reference(["Patient": "r.patient_id"]),
      "action": .code("r.action", system: "http://hl7.org/fhir/audit-event-action"),
      "outcome": .code("r.outcome::text", system: "http://hl7.org/fhir/audit-event-outcome"),
      "subtype": .code("r.interaction", system: nil),
      "altid": .code("r.partner_id::text", system: nil),
    ],
    // Newest first.
    order: [SortColumn("r.at", as: "timestamptz", descending: true)],
    updatedOrder: [SortColumn("r.at", as: "timestamptz", descending: true)])
}
