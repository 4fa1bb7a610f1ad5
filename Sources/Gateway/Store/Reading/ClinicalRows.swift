package import ClinicModel
package import PostgresClient

/// Findings: observations of kind `result`.
package enum ObservationRows: RecordRows {
  package static let versions: StaticString =
    """
    select id, version, deleted_at is not null from clinic.observation
    where clinic_id = $1 and id = any ($2) and kind = 'result'
    """

  package static let statements: [StaticString] = [rows]

  /// Observations of both kinds.
  static let rows: StaticString =
    """
    select id, version, updated_at, deleted_at, kind, status, patient_id, encounter_id, practitioner_id, report_id,
      number, number_system, section, code_system, code_code, code_display, body_site_system, body_site_code,
      body_site_display, effective_at, issued_at, interpretation, range_text, range_low, range_high, comment,
      value_kind, value_comparator, value_quantity, value_quantity_2, value_unit, value_unit_system, value_unit_code,
      value_text, value_system, value_code, value_display
    from clinic.observation where clinic_id = $1 and id = any ($2)
    """

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: ObservationRecord] {
    try results[0].records(clinic, record).filter { $0.value.kind == .result }
  }

  /// A row of `rows`.
  static func record(_ row: RowMeta, _ reader: inout RowReader) throws(RecordReadingError) -> ObservationRecord {
    var record = ObservationRecord(
      row: row, kind: try reader.word(), status: try reader.word(), patientID: try reader.text())
    record.encounterID = try reader.optionalText()
    record.practitionerID = try reader.optionalText()
    record.reportID = try reader.optionalText()
    record.number = try reader.optionalText()
    record.numberSystem = try reader.optionalText()
    record.section = try reader.optionalText()
    record.code = try reader.code()
    record.bodySite = try reader.code()
    record.effectiveAt = try reader.optionalInstant()
    record.issuedAt = try reader.optionalInstant()
    record.interpretation = try reader.texts()
    record.rangeText = try reader.optionalText()
    record.rangeLow = try reader.optionalText()
    record.rangeHigh = try reader.optionalText()
    record.comment = try reader.optionalText()
    record.value = try value(&reader)
    return record
  }

  private static func value(_ reader: inout RowReader) throws(RecordReadingError) -> ObservationValue? {
    let kind = try reader.optionalText()
    let comparator = try reader.optionalText()
    let number = try reader.optionalText()
    let second = try reader.optionalText()
    let unitText = try reader.optionalText()
    let unitSystem = try reader.optionalText()
    let unitCode = try reader.optionalText()
    let text = try reader.optionalText()
    let code = try reader.code()
    let unit = unitText == nil && unitCode == nil ? nil : Code(system: unitSystem, code: unitCode, display: unitText)
    switch (kind, number, second) {
    case ("range", _, _): return .range(low: number, high: second, unit: unit)
    case ("ratio", let number?, let second?): return .ratio(numerator: number, denominator: second, unit: unit)
    case ("time", _, _): return text.map { .time($0) }
    // Platforms that write the contract themselves need not name the kind.
    case (_, let number?, _): return .quantity(comparator: comparator, number: number, unit: unit)
    default: return code.map { .code($0) } ?? text.map { .text($0) }
    }
  }
}

/// Reports: observations of kind `report`, with their findings and documents.
package enum DiagnosticReportRows: RecordRows {
  package static let versions: StaticString =
    """
    select id, version, deleted_at is not null from clinic.observation
    where clinic_id = $1 and id = any ($2) and kind = 'report'
    """

  package static let statements: [StaticString] = [
    ObservationRows.rows,
    """
    select report_id, id from clinic.observation
    where clinic_id = $1 and report_id = any ($2) and deleted_at is null order by report_id, sequence nulls last, id
    """,
    """
    select report_id, id, version, updated_at, deleted_at, status, patient_id, stage, encounter_id, practitioner_id,
      number, number_system, type_system, type_code, type_display, title, content_type, bytes, content_location,
      created_at, replaces_id, appends_id
    from clinic.document where clinic_id = $1 and report_id = any ($2) and deleted_at is null
      and status <> 'entered-in-error' order by report_id, id
    """,
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: ObservationRecord] {
    var records = try results[0].records(clinic, ObservationRows.record).filter { $0.value.kind == .report }
    for row in results[1] {
      var reader = RowReader(row)
      let report = try reader.text()
      records[report]?.resultIDs.append(try reader.text())
    }
    for row in results[2] {
      var reader = RowReader(row)
      let report = try reader.text()
      records[report]?.documents.append(try ClinicalDocumentRows.record(try reader.meta(clinic: clinic), &reader))
    }
    return records
  }
}

/// Documents without their bytes.
package enum ClinicalDocumentRows: RecordRows {
  package static let versions: StaticString =
    "select id, version, deleted_at is not null from clinic.document where clinic_id = $1 and id = any ($2)"

  package static let statements: [StaticString] = [
    """
    select id, version, updated_at, deleted_at, status, patient_id, stage, encounter_id, practitioner_id,
      number, number_system, type_system, type_code, type_display, title, content_type, bytes, content_location,
      created_at, replaces_id, appends_id
    from clinic.document where clinic_id = $1 and id = any ($2)
    """
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: DocumentRecord] {
    try results[0].records(clinic, record)
  }

  static func record(_ row: RowMeta, _ reader: inout RowReader) throws(RecordReadingError) -> DocumentRecord {
    var record = DocumentRecord(row: row, status: try reader.word(), patientID: try reader.text())
    record.stage = try reader.optionalWord()
    record.encounterID = try reader.optionalText()
    record.practitionerID = try reader.optionalText()
    record.number = try reader.optionalText()
    record.numberSystem = try reader.optionalText()
    record.type = try reader.code()
    record.title = try reader.optionalText()
    record.contentType = try reader.optionalText()
    record.byteCount = try reader.optionalInt()
    record.location = try reader.optionalText()
    if record.location?.hasPrefix("gateway:content/") == true {
      record.isHeld = true
      record.location = nil
    }
    record.createdAt = try reader.optionalInstant()
    record.replacesID = try reader.optionalText()
    record.appendsID = try reader.optionalText()
    return record
  }
}

/// The bytes of documents that the gateway holds.
package enum DocumentContentRows: RecordRows {
  package static let versions: StaticString =
    """
    select d.id, d.version, d.deleted_at is not null from clinic.document d
    join gateway.document_content c on c.clinic_id = d.clinic_id and c.sha256 = d.sha256
    where d.clinic_id = $1 and d.id = any ($2) and d.content_location like 'gateway:content/%'
    """

  package static let statements: [StaticString] = [
    """
    select d.id, d.version, d.updated_at, d.deleted_at, d.patient_id, d.content_type,
      translate(encode(c.content, 'base64'), E'\\n', '')
    from clinic.document d join gateway.document_content c on c.clinic_id = d.clinic_id and c.sha256 = d.sha256
    where d.clinic_id = $1 and d.id = any ($2) and d.content_location like 'gateway:content/%'
    """
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: DocumentContentRecord] {
    try results[0].records(clinic) { (row: RowMeta, reader: inout RowReader) throws(RecordReadingError) in
      let patient = try reader.text()
      let type = try reader.optionalText()
      var record = DocumentContentRecord(row: row, patientID: patient, base64: try reader.text())
      record.contentType = type
      return record
    }
  }
}
