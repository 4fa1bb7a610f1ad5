package import ClinicModel
package import PostgresClient

/// Claims with their items.
package enum ClaimRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.claim where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, invoice_id, coverage_id, payer_id, patient_id, format, status,
      control_number, currency, total, allowed, paid, submitted_at
    from clinic.claim where clinic_id = $1 and id = any ($2)
    """,
    """
    select claim_id, sequence, invoice_item_id, charged, allowed, paid
    from clinic.claim_item where clinic_id = $1 and claim_id = any ($2) and deleted_at is null
    order by claim_id, sequence
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: ClaimRecord] {
    var records = try results[0].records(clinic, claim)
    for row in results[1] {
      var reader = RowReader(row)
      let claim = try reader.text()
      var item = ClaimItemRecord(
        sequence: try reader.int(), invoiceItemID: try reader.text(), charged: try reader.amount())
      item.allowed = try reader.optionalAmount()
      item.paid = try reader.optionalAmount()
      records[claim]?.items.append(item)
    }
    return records
  }

  private static func claim(_ row: RowMeta, _ reader: inout RowReader) throws(RecordReadingError) -> ClaimRecord {
    var record = ClaimRecord(
      row: row, invoiceID: try reader.text(), coverageID: try reader.text(), payerID: try reader.text(),
      patientID: try reader.text(), format: try reader.word(), status: try reader.word(),
      controlNumber: try reader.text(), currency: try reader.text(), total: try reader.amount())
    record.allowed = try reader.optionalAmount()
    record.paid = try reader.optionalAmount()
    record.submittedAt = try reader.optionalInstant()
    return record
  }
}
