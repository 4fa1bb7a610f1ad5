internal import ClinicModel
internal import JSON
internal import Mappers

/// Diagnoses, procedures and allergies.
extension ChangePlanner {
  mutating func add(_ change: ConditionChange, to plan: inout Plan) throws {
    let patient = try patient(change.patient, &plan)
    let fact = FactID(change.key, clinicID)
    guard try mayWrite(fact, of: patient, &plan) else { return }
    var fields = RecordFields(change)
    refer(change.encounter, &fields)
    refer(change.practitioner, as: "practitioner_id", &fields, &plan)
    try write(fact, .condition, fields, of: patient, status: change.status.initial?.rawValue ?? "", &plan)
  }

  mutating func add(_ change: ProcedureChange, to plan: inout Plan) throws {
    let patient = try patient(change.patient, &plan)
    let fact = FactID(change.key, clinicID)
    guard try mayWrite(fact, of: patient, &plan) else { return }
    var fields = RecordFields(change)
    refer(change.encounter, &fields)
    refer(change.practitioner, as: "practitioner_id", &fields, &plan)
    try write(fact, .procedure, fields, of: patient, status: change.status.initial?.rawValue ?? "", &plan)
  }

  mutating func add(_ change: AllergyChange, to plan: inout Plan) throws {
    let patient = try patient(change.patient, &plan)
    let fact = FactID(change.key, clinicID)
    guard try mayWrite(fact, of: patient, &plan) else { return }
    try write(fact, .allergy, RecordFields(change), of: patient, status: change.status.initial?.rawValue ?? "", &plan)
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
