package import ClinicModel
package import PostgresClient

/// Diagnoses.
package enum ConditionRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.condition where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, status, patient_id, encounter_id, practitioner_id, code_system,
      code_code, code_display, body_site_system, body_site_code, body_site_display, verification, onset_on, abated_on,
      recorded_at
    from clinic.condition where clinic_id = $1 and id = any ($2)
    """
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: ConditionRecord] {
    try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = ConditionRecord(row: row, status: try reader.word(), patientID: try reader.text())
      record.encounterID = try reader.optionalText()
      record.practitionerID = try reader.optionalText()
      record.code = try reader.code()
      record.bodySite = try reader.code()
      record.verification = try reader.optionalWord()
      record.onsetOn = try reader.day()
      record.abatedOn = try reader.day()
      record.recordedAt = try reader.optionalInstant()
      return record
    }
  }
}

/// What was done.
package enum ProcedureRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.procedure where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, status, patient_id, encounter_id, practitioner_id, code_system,
      code_code, code_display, body_site_system, body_site_code, body_site_display, performed_at
    from clinic.procedure where clinic_id = $1 and id = any ($2)
    """
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: ProcedureRecord] {
    try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = ProcedureRecord(row: row, status: try reader.word(), patientID: try reader.text())
      record.encounterID = try reader.optionalText()
      record.practitionerID = try reader.optionalText()
      record.code = try reader.code()
      record.bodySite = try reader.code()
      record.performedAt = try reader.optionalInstant()
      return record
    }
  }
}

/// Allergies.
package enum AllergyRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.allergy where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, status, patient_id, encounter_id, practitioner_id, code_system,
      code_code, code_display, category, severity, reaction, recorded_on
    from clinic.allergy where clinic_id = $1 and id = any ($2)
    """
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: AllergyRecord] {
    try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = AllergyRecord(row: row, status: try reader.word(), patientID: try reader.text())
      record.encounterID = try reader.optionalText()
      record.practitionerID = try reader.optionalText()
      record.code = try reader.code()
      record.category = try reader.optionalWord()
      record.severity = try reader.optionalWord()
      record.reaction = try reader.optionalText()
      record.recordedOn = try reader.day()
      return record
    }
  }
}
