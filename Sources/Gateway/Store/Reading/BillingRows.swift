package import ClinicModel
package import PostgresClient

/// Invoices with their items, taxes, identifiers, and what has been paid.
package enum InvoiceRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.invoice where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, kind, status, patient_id, currency, number, corrects_id,
      recipient_type, recipient_id, encounter_id, account_id, practitioner_id, issued_at, due_at, total_net, total_tax,
      total_gross, note
    from clinic.invoice where clinic_id = $1 and id = any ($2)
    """,
    """
    select id, version, updated_at, deleted_at, invoice_id, sequence, description, quantity, unit_price, net,
      code_system, code_code, code_display, unit, discount, exemption_reason, encounter_id, procedure_id,
      practitioner_id, served_at, body_site_system, body_site_code, body_site_display
    from clinic.invoice_item where clinic_id = $1 and invoice_id = any ($2) and deleted_at is null
    order by invoice_id, sequence
    """,
    """
    select invoice_id, invoice_item_id, tax_code, category, rate, base, amount
    from clinic.invoice_item_tax where clinic_id = $1 and invoice_id = any ($2) and deleted_at is null
    order by invoice_id, tax_code, rate
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'invoice' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
    """
    select invoice_id, sum(amount) from clinic.payment_allocation
    where clinic_id = $1 and invoice_id = any ($2) and deleted_at is null group by invoice_id
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: InvoiceRecord] {
    var taxes: [String: [TaxLine]] = [:]
    for row in results[2] {
      var reader = RowReader(row, from: 1)
      let item = try reader.text()
      taxes[item, default: []].append(
        TaxLine(
          taxCode: try reader.text(), category: try reader.word(), rate: try reader.quantity(),
          base: try reader.amount(), amount: try reader.amount()))
    }
    var records = try results[0].records(clinic, invoice)
    for row in results[1] {
      var item = try item(row, clinic)
      item.taxes = taxes[item.id] ?? []
      records[item.invoiceID]?.items.append(item)
    }
    try ChildRows.identifiers(results[3], of: .invoice) { records[$0]?.identifiers.append($1) }
    for row in results[4] {
      var reader = RowReader(row)
      let id = try reader.text()
      records[id]?.amountPaid = try reader.amount()
    }
    return records
  }

  private static func invoice(_ row: RowMeta, _ reader: inout RowReader) throws(RecordReadingError) -> InvoiceRecord {
    var record = InvoiceRecord(
      row: row, kind: try reader.word(), status: try reader.word(), patientID: try reader.text(),
      currency: try reader.text())
    record.number = try reader.optionalText()
    record.correctsID = try reader.optionalText()
    record.recipientType = try reader.word()
    record.recipientID = try reader.optionalText()
    record.encounterID = try reader.optionalText()
    record.accountID = try reader.optionalText()
    record.practitionerID = try reader.optionalText()
    record.issuedAt = try reader.optionalInstant()
    record.dueAt = try reader.day()
    record.totalNet = try reader.amount()
    record.totalTax = try reader.amount()
    record.totalGross = try reader.amount()
    record.note = try reader.optionalText()
    return record
  }

  private static func item(_ row: PostgresRow, _ clinic: String) throws(RecordReadingError) -> InvoiceItemRecord {
    var reader = RowReader(row)
    let meta = try reader.meta(clinic: clinic)
    var item = InvoiceItemRecord(
      row: meta, invoiceID: try reader.text(), sequence: try reader.int(), description: try reader.text(),
      quantity: try reader.quantity(), unitPrice: try reader.quantity(), net: try reader.amount())
    item.code = try reader.code()
    item.unit = try reader.optionalText()
    item.discount = try reader.amount()
    item.exemptionReason = try reader.optionalText()
    item.encounterID = try reader.optionalText()
    item.procedureID = try reader.optionalText()
    item.practitionerID = try reader.optionalText()
    item.servedAt = try reader.optionalInstant()
    item.bodySite = try reader.code()
    return item
  }
}

/// Coverages with their identifiers.
package enum CoverageRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.coverage where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, patient_id, payer_id, status, type_system, type_code, type_display,
      member_number, subscriber_id, relationship_system, relationship_code, relationship_display, plan, "group", rank,
      rate, period_from, period_to
    from clinic.coverage where clinic_id = $1 and id = any ($2)
    """,
    """
    select owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to
    from clinic.identifier where clinic_id = $1 and owner_type = 'coverage' and owner_id = any ($2)
      and deleted_at is null
    order by owner_id, system, value
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: CoverageRecord] {
    var records = try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      var record = CoverageRecord(
        row: row, patientID: try reader.text(), payerID: try reader.text(), status: try reader.word())
      record.type = try reader.code()
      record.memberNumber = try reader.optionalText()
      record.subscriberID = try reader.optionalText()
      record.relationship = try reader.code()
      record.plan = try reader.optionalText()
      record.group = try reader.optionalText()
      record.rank = try reader.int()
      record.rate = try reader.optionalQuantity()
      record.period = try reader.period()
      return record
    }
    try ChildRows.identifiers(results[1], of: .coverage) { records[$0]?.identifiers.append($1) }
    return records
  }
}
