package import ClinicModel
package import PostgresClient

/// Appointments with their participants and identifiers.
package enum AppointmentRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.appointment where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, status, start_at, end_at, patient_id, practitioner_id, location_id,
      service_system, service_code, service_display, reason_system, reason_code, reason_display, cancel_system,
      cancel_code, cancel_display, description, created_at
    from clinic.appointment where clinic_id = $1 and id = any ($2)
    """,
    """
    select appointment_id, actor_type, actor_id, role_system, role_code, role_display, required, status
    from clinic.appointment_participant where clinic_id = $1 and appointment_id = any ($2) and deleted_at is null
    order by appointment_id, id
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'appointment' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: AppointmentRecord] {
    var records = try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = AppointmentRecord(row: row, status: try reader.word())
      record.startAt = try reader.optionalInstant()
      record.endAt = try reader.optionalInstant()
      record.patientID = try reader.optionalText()
      record.practitionerID = try reader.optionalText()
      record.locationID = try reader.optionalText()
      record.service = try reader.code()
      record.reason = try reader.code()
      record.cancelReason = try reader.code()
      record.description = try reader.optionalText()
      record.createdAt = try reader.optionalInstant()
      return record
    }
    for row in results[1] {
      var reader = RowReader(row)
      let id = try reader.text()
      let type: ParticipantType = try reader.word()
      var participant = AppointmentParticipantRecord(actorType: type, actorID: try reader.text())
      participant.role = try reader.code()
      participant.required = try reader.bool()
      participant.status = try reader.word()
      records[id]?.participants.append(participant)
    }
    try ChildRows.identifiers(results[2], of: .appointment) { records[$0]?.identifiers.append($1) }
    return records
  }
}

/// Encounters with their identifiers.
package enum EncounterRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.encounter where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, status, class, patient_id, appointment_id, practitioner_id,
      location_id, type_system, type_code, type_display, reason_system, reason_code, reason_display,
      disposition_system, disposition_code, disposition_display, started_at, ended_at, account_id, referrer_id,
      consultant_id, admitter_id
    from clinic.encounter where clinic_id = $1 and id = any ($2)
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'encounter' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
    """
    select encounter_id, location_id, started_at, ended_at from clinic.encounter_movement
    where clinic_id = $1 and encounter_id = any ($2) and deleted_at is null and status = 'active'
      and location_id is not null
    order by encounter_id, started_at, id
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: EncounterRecord] {
    var records = try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = EncounterRecord(
        row: row, status: try reader.word(), encounterClass: try reader.word(), patientID: try reader.text())
      record.appointmentID = try reader.optionalText()
      record.practitionerID = try reader.optionalText()
      record.locationID = try reader.optionalText()
      record.type = try reader.code()
      record.reason = try reader.code()
      record.disposition = try reader.code()
      record.startedAt = try reader.optionalInstant()
      record.endedAt = try reader.optionalInstant()
      record.accountID = try reader.optionalText()
      record.referrerID = try reader.optionalText()
      record.consultantID = try reader.optionalText()
      record.admitterID = try reader.optionalText()
      return record
    }
    try ChildRows.identifiers(results[1], of: .encounter) { records[$0]?.identifiers.append($1) }
    for row in results[2] {
      var reader = RowReader(row)
      let id = try reader.text()
      var movement = EncounterMovementRecord(locationID: try reader.text())
      movement.startedAt = try reader.optionalInstant()
      movement.endedAt = try reader.optionalInstant()
      records[id]?.movements.append(movement)
    }
    return records
  }
}
