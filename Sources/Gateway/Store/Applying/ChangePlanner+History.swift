internal import ClinicModel
internal import JSON
internal import Mappers

/// Diagnoses, procedures and allergies.
extension ChangePlanner {
  mutating func add(_ change: ConditionChange, to plan: inout Plan) throws {
    try add(
      .condition, change.key, of: change.patient, RecordFields(change), status: change.status, at: change.encounter,
      by: change.practitioner, to: &plan)
  }

  mutating func add(_ change: ProcedureChange, to plan: inout Plan) throws {
    try add(
      .procedure, change.key, of: change.patient, RecordFields(change), status: change.status, at: change.encounter,
      by: change.practitioner, to: &plan)
  }

  mutating func add(_ change: AllergyChange, to plan: inout Plan) throws {
    try add(.allergy, change.key, of: change.patient, RecordFields(change), status: change.status, to: &plan)
  }

  private mutating func add<Status: RawRepresentable<String>>(
    _ relation: RecordRelation, _ key: FactKey, of patient: PatientKey, _ fields: RecordFields,
    status: FieldChange<Status>, at visit: EncounterReference? = nil,
    by practitioner: FieldChange<PractitionerReference> = .leave, to plan: inout Plan
  ) throws {
    guard let (fact, patient) = try fact(key, of: patient, &plan) else { return }
    var fields = fields
    refer(visit, &fields)
    refer(practitioner, as: "practitioner_id", &fields, &plan)
    try write(fact, relation, fields, of: patient, status: status.initial?.rawValue ?? "", &plan)
  }
}

extension RecordFields {
  init(_ change: ConditionChange) {
    put("code", FieldChange<Code>.set(change.code))
    put("status", change.status, empty: "active")
    put("verification", change.verification) { .string($0.rawValue) }
    put("use", change.use)
    put("rank", change.rank) { .init($0) }
    put("recorded_at", change.recordedAt)
  }

  init(_ change: ProcedureChange) {
    put("code", FieldChange<Code>.set(change.code))
    put("status", change.status, empty: "completed")
    put("performed_at", change.performedAt)
  }

  init(_ change: AllergyChange) {
    put("code", FieldChange<Code>.set(change.code))
    put("status", change.status, empty: "active")
    put("category", change.category) { .string($0.rawValue) }
    put("severity", change.severity) { .string($0.rawValue) }
    put("reaction", change.reaction)
    put("recorded_on", change.recordedOn)
  }
}
