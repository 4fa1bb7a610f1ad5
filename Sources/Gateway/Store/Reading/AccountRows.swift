package import ClinicModel
package import PostgresClient

/// Accounts with their identifiers.
package enum AccountRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.account where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, patient_id, status, name, period_from, period_to
    from clinic.account where clinic_id = $1 and id = any ($2)
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'account' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: AccountRecord] {
    var records = try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = AccountRecord(row: row, patientID: try reader.text(), status: try reader.word())
      record.name = try reader.optionalText()
      record.period = try reader.period()
      return record
    }
    try ChildRows.identifiers(results[1], of: .account) { records[$0]?.identifiers.append($1) }
    return records
  }
}

/// Lines of invoices. What the invoice says of them changes its version, so theirs is the invoice's.
package enum ChargeRows: RecordRows {
  package static let versions: StaticString =
    """
    select t.id, v.version, coalesce(t.deleted_at, v.deleted_at) is not null from clinic.invoice_item t
    join clinic.invoice v on v.clinic_id = t.clinic_id and v.id = t.invoice_id
    where t.clinic_id = $1 and t.id = any ($2)
    """

  package static let statements: [StaticString] = [
    """
    select t.id, v.version, v.updated_at, coalesce(t.deleted_at, v.deleted_at), v.status, v.patient_id, v.currency,
      t.description, t.quantity, t.net, v.account_id, t.code_system, t.code_code, t.code_display, t.unit,
      coalesce(t.encounter_id, v.encounter_id), coalesce(t.practitioner_id, v.practitioner_id), t.procedure_id,
      t.served_at, t.body_site_system, t.body_site_code, t.body_site_display
    from clinic.invoice_item t join clinic.invoice v on v.clinic_id = t.clinic_id and v.id = t.invoice_id
    where t.clinic_id = $1 and t.id = any ($2)
    """
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: ChargeRecord] {
    try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = ChargeRecord(
        row: row, invoiceStatus: try reader.word(), patientID: try reader.text(), currency: try reader.text(),
        description: try reader.text(), quantity: try reader.quantity(), net: try reader.amount())
      record.accountID = try reader.optionalText()
      record.code = try reader.code()
      record.unit = try reader.optionalText()
      record.encounterID = try reader.optionalText()
      record.practitionerID = try reader.optionalText()
      record.procedureID = try reader.optionalText()
      record.servedAt = try reader.optionalInstant()
      record.bodySite = try reader.code()
      return record
    }
  }
}
