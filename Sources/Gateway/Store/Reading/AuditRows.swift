package import ClinicModel
package import PostgresClient

/// A row of the audit, as an auditor reads it. Its id is `<chain>-<sequence>`.
package struct AuditRecord: Sendable, Equatable {
  package var id: String
  package var at: Instant
  package var partnerID: String?
  package var keyID: String?
  package var certificate: String?
  package var action: String
  package var interaction: String
  package var resourceType: String?
  package var resourceID: String?
  package var patientID: String?
  package var query: String?
  package var outcome: Int
  package var status: Int?
  package var reason: String?
  package var results: Int?
  package var requestID: String?
  package var remoteAddress: String?
}

/// Audit rows of the current clinic; needs the role passerelle_auditor.
package enum AuditRows: RecordRows {
  package static let versions: StaticString = """
    select chain::text || '-' || sequence, 1, false from gateway.audit_event
    where clinic_id = $1 and (chain, sequence) in
      (select left(i, 36)::uuid, substr(i, 38)::bigint from unnest($2::text[]) i
       where i ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{1,18}$')
    """

  package static let statements: [StaticString] = [
    """
    select chain::text || '-' || sequence, at, partner_id, key_id, certificate, action, interaction, resource_type,
      resource_id, patient_id, query, outcome, status, reason, results, request_id, host(remote_address)
    from gateway.audit_event
    where clinic_id = $1 and (chain, sequence) in
      (select left(i, 36)::uuid, substr(i, 38)::bigint from unnest($2::text[]) i
       where i ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{1,18}$')
    """
  ]

  package static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: AuditRecord] {
    var records: [String: AuditRecord] = Dictionary(minimumCapacity: results[0].rowCount)
    for row in results[0] {
      var reader = RowReader(row)
      let record = AuditRecord(
        id: try reader.text(), at: try reader.instant(), partnerID: try reader.optionalText(),
        keyID: try reader.optionalText(), certificate: try reader.optionalText(), action: try reader.text(),
        interaction: try reader.text(), resourceType: try reader.optionalText(),
        resourceID: try reader.optionalText(), patientID: try reader.optionalText(),
        query: try reader.optionalText(), outcome: try reader.int(), status: try reader.optionalInt(),
        reason: try reader.optionalText(), results: try reader.optionalInt(), requestID: try reader.optionalText(),
        remoteAddress: try reader.optionalText())
      records[record.id] = record
    }
    return records
  }
}
