package import ClinicModel
package import PostgresClient

/// What FHIR calls an Organization: the clinic itself, whose id is its UUID, or a payer.
package enum OrganizationRecord: Sendable, Equatable {
  case clinic(ClinicRecord)
  case payer(PayerRecord)
}

/// The clinic and its payers with their identifiers.
package enum OrganizationRows: RecordRows {
  package static let versions: StaticString = """
    select clinic_id::text, version, deleted_at is not null from clinic.clinic
    where clinic_id = $1 and $1::text = any ($2)
    union all
    select id, version, deleted_at is not null from clinic.payer where clinic_id = $1 and id = any ($2)
    """

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, slug, name, country, time_zone, currency, tax_regime, legal_name,
      locale, phone, email, line, city, district, state, postal_code, country
    from clinic.clinic where clinic_id = $1 and $1::text = any ($2)
    """,
    """
    select id, version, updated_at, deleted_at, name, kind, claim_format, phone, email, line, city, district, state,
      postal_code, country
    from clinic.payer where clinic_id = $1 and id = any ($2)
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'clinic' and $1::text = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'payer' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: OrganizationRecord] {
    var payers = try results[1].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = PayerRecord(row: row, name: try reader.text(), kind: try reader.word())
      record.claimFormat = try reader.word()
      record.phone = try reader.optionalText()
      record.email = try reader.optionalText()
      record.address = try reader.address()
      return record
    }
    try ChildRows.identifiers(results[3], of: .payer) { payers[$0]?.identifiers.append($1) }
    var records = payers.mapValues { OrganizationRecord.payer($0) }
    for row in results[0] {
      var record = try Self.clinic(row, clinic)
      try ChildRows.identifiers(results[2], of: .clinic) { if $0 == record.id { record.identifiers.append($1) } }
      records[clinic] = .clinic(record)
    }
    return records
  }

  private static func clinic(_ row: PostgresRow, _ clinic: String) throws(RecordReadingError) -> ClinicRecord {
    var reader = RowReader(row)
    let meta = try reader.meta(clinic: clinic)
    var record = ClinicRecord(
      row: meta, slug: try reader.text(), name: try reader.text(), country: try reader.text(),
      timeZone: try reader.text(), currency: try reader.text(), taxRegime: try reader.word())
    record.legalName = try reader.optionalText()
    record.locale = try reader.optionalText()
    record.phone = try reader.optionalText()
    record.email = try reader.optionalText()
    record.address = try reader.address()
    return record
  }
}

/// Locations with their identifiers.
package enum LocationRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.location where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, kind, name, status, parent_id, line, city, district, state,
      postal_code, country
    from clinic.location where clinic_id = $1 and id = any ($2)
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'location' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: LocationRecord] {
    var records = try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = LocationRecord(row: row, kind: try reader.word(), name: try reader.text())
      record.status = try reader.word()
      record.parentID = try reader.optionalText()
      record.address = try reader.address()
      return record
    }
    try ChildRows.identifiers(results[1], of: .location) { records[$0]?.identifiers.append($1) }
    return records
  }
}

/// Practitioners with their identifiers.
package enum PractitionerRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.practitioner where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, family, given, prefix, gender, phone, email, active
    from clinic.practitioner where clinic_id = $1 and id = any ($2)
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'practitioner' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: PractitionerRecord] {
    var records = try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = PractitionerRecord(row: row, family: try reader.text())
      record.given = try reader.texts()
      record.prefix = try reader.optionalText()
      record.gender = try reader.optionalWord()
      record.phone = try reader.optionalText()
      record.email = try reader.optionalText()
      record.active = try reader.bool()
      return record
    }
    try ChildRows.identifiers(results[1], of: .practitioner) { records[$0]?.identifiers.append($1) }
    return records
  }
}
