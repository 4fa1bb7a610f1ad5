package import ClinicModel
package import PostgresClient

/// Patients with their identifiers, further names, telecoms and addresses, and contacts.
package enum PatientRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.patient where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, family, given, prefix, gender, birth_date, birth_precision, deceased,
      deceased_at, phone, email, language, marital_system, marital_code, marital_display, line, city, district, state,
      postal_code, country, general_practitioner_id, replaced_by, active,
      array(select other_id from clinic.patient_link l
        where l.clinic_id = $1 and l.patient_id = p.id and l.deleted_at is null order by other_id)
    from clinic.patient p where clinic_id = $1 and id = any ($2)
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'patient' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
    """
    select patient_id, use, family, given, prefix, suffix, period_from, period_to
    from clinic.patient_name where clinic_id = $1 and patient_id = any ($2) and deleted_at is null
    order by patient_id, id
    """,
    """
    select patient_id, system, value, use, rank, period_from, period_to
    from clinic.patient_telecom where clinic_id = $1 and patient_id = any ($2) and deleted_at is null
    order by patient_id, id
    """,
    """
    select patient_id, use, line, city, district, state, postal_code, country, period_from, period_to
    from clinic.patient_address where clinic_id = $1 and patient_id = any ($2) and deleted_at is null
    order by patient_id, id
    """,
    """
    select patient_id, id, version, updated_at, deleted_at, relationship_system, relationship_code,
      relationship_display, family, given, gender, phone, email, line, city, district, state, postal_code, country
    from clinic.patient_contact where clinic_id = $1 and patient_id = any ($2) and deleted_at is null
    order by patient_id, id
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: PatientRecord] {
    var records = try results[0].records(clinic, patient)
    try ChildRows.identifiers(results[1], of: .patient) { records[$0]?.identifiers.append($1) }
    for row in results[2] {
      var reader = RowReader(row)
      let id = try reader.text()
      records[id]?.names.append(try name(&reader))
    }
    for row in results[3] {
      var reader = RowReader(row)
      let id = try reader.text()
      records[id]?.telecoms.append(try telecom(&reader))
    }
    for row in results[4] {
      var reader = RowReader(row)
      let id = try reader.text()
      let use: AddressUse? = try reader.optionalWord()
      var address = try reader.address()
      address.use = use
      address.period = try reader.period()
      records[id]?.addresses.append(address)
    }
    for row in results[5] {
      let contact = try contact(row, clinic)
      records[contact.patientID]?.contacts.append(contact)
    }
    return records
  }

  private static func patient(_ row: RowMeta, _ reader: inout RowReader) throws(RecordReadingError) -> PatientRecord {
    var record = PatientRecord(row: row)
    record.family = try reader.optionalText()
    record.given = try reader.texts()
    record.prefix = try reader.optionalText()
    record.gender = try reader.word()
    record.birthDate = try reader.dayWithPrecision()
    record.isDeceased = try reader.bool()
    record.deceasedAt = try reader.optionalInstant()
    record.phone = try reader.optionalText()
    record.email = try reader.optionalText()
    record.language = try reader.optionalText()
    record.maritalStatus = try reader.code()
    record.address = try reader.address()
    record.generalPractitionerID = try reader.optionalText()
    record.replacedBy = try reader.optionalText()
    record.active = try reader.bool()
    record.linkedIDs = try reader.texts()
    return record
  }

  private static func name(_ reader: inout RowReader) throws(RecordReadingError) -> NameRecord {
    let use: NameUse? = try reader.optionalWord()
    var name = NameRecord(use: use, family: try reader.optionalText(), given: try reader.texts())
    name.prefix = try reader.optionalText()
    name.suffix = try reader.optionalText()
    name.period = try reader.period()
    return name
  }

  private static func telecom(_ reader: inout RowReader) throws(RecordReadingError) -> TelecomRecord {
    let system: TelecomSystem = try reader.word()
    var telecom = TelecomRecord(system: system, value: try reader.text())
    telecom.use = try reader.optionalWord()
    telecom.rank = try reader.optionalInt()
    telecom.period = try reader.period()
    return telecom
  }

  private static func contact(
    _ row: PostgresRow, _ clinic: String
  ) throws(RecordReadingError) -> PatientContactRecord {
    var reader = RowReader(row)
    let patient = try reader.text()
    var contact = PatientContactRecord(row: try reader.meta(clinic: clinic), patientID: patient)
    contact.relationship = try reader.code()
    contact.family = try reader.optionalText()
    contact.given = try reader.texts()
    contact.gender = try reader.optionalWord()
    contact.phone = try reader.optionalText()
    contact.email = try reader.optionalText()
    contact.address = try reader.address()
    return contact
  }
}
