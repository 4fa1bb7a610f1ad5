import ClinicModel
package import Mappers
package import PostgresClient

/// Reads everything that one outgoing document is made from, under the clinic's row-level security.
///
/// Two round trips: the document with its lines, then whom it names.
package struct DocumentReader: Sendable {
  private let pool: PostgresPool
  /// The FHIR base without the clinic and without a slash at its end, such as `https://host/fhir`; empty where it is
  /// not known, and then no claim can be made.
  package let base: String

  /// - Parameter pool: of the role `passerelle_app`.
  package init(pool: PostgresPool, base: String) {
    self.pool = pool
    self.base = base
  }

  /// The patient of a claim or an invoice; nil when the document is not there.
  package func patientID(
    ofDocument type: String, _ id: String, clinicID: String
  ) async throws(PostgresError) -> String? {
    let query: PostgresQuery =
      type == "claim"
      ? PostgresQuery(
        "select patient_id from clinic.claim where clinic_id = $1::uuid and id = $2", [.text(clinicID), .text(id)])
      : PostgresQuery(
        "select patient_id from clinic.invoice where clinic_id = $1::uuid and id = $2", [.text(clinicID), .text(id)])
    let rows = try await pool.run([DocumentQueries.scope(clinicID), query])[1]
    return rows.rowCount == 1 ? try rows[0].string(0) : nil
  }

  package func claim(_ id: String, clinicID: String) async throws(DocumentReadError) -> ClaimBundleSource {
    let results = try await run(
      clinicID, [DocumentQueries.claim(id, clinicID), DocumentQueries.claimItems(id, clinicID)])
    var claim = try DocumentRows.claim(try one(results[0], "claim", id), clinicID: clinicID)
    claim.items = try DocumentRows.all(results[1]) { row throws(DocumentReadError) in try DocumentRows.claimItem(row) }
    let (invoice, head) = try await invoice(claim.invoiceID, clinicID: clinicID, also: claim)
    guard let patient = head.patient, let payer = head.payer, let coverage = head.coverage else {
      throw .faulty(MappingError(.unknownReference, "claim", "its patient, payer or coverage is not there"))
    }
    return ClaimBundleSource(
      claim: claim, invoice: invoice, clinic: head.clinic, patient: patient, payer: payer, coverage: coverage,
      practitioners: head.practitioners, zone: try zone(of: head.clinic), base: "\(base)/\(head.clinic.slug)")
  }

  package func invoice(_ id: String, clinicID: String) async throws(DocumentReadError) -> UBLInvoiceSource {
    let (invoice, head) = try await invoice(id, clinicID: clinicID, also: nil)
    let buyer: UBLInvoiceSource.Buyer
    switch (invoice.recipientType, head.payer, head.patient) {
    case (.payer, let payer?, _): buyer = .payer(payer)
    case (.patient, _, let patient?): buyer = .patient(patient)
    default: throw .faulty(MappingError(.unknownReference, "invoice.recipient_id", "the recipient is not there"))
    }
    return UBLInvoiceSource(
      invoice: invoice, clinic: head.clinic, buyer: buyer, zone: try zone(of: head.clinic), corrects: head.corrects,
      payments: head.payments)
  }

  // MARK: Parts

  /// Whom a document names.
  private struct Surroundings {
    var clinic: ClinicRecord
    var patient: PatientRecord?
    var payer: PayerRecord?
    var coverage: CoverageRecord?
    var practitioners: [PractitionerRecord]
    var corrects: UBLInvoiceSource.Correction?
    var payments: [PaymentRecord]
  }

  private func invoice(
    _ id: String, clinicID: String, also claim: ClaimRecord?
  ) async throws(DocumentReadError) -> (InvoiceRecord, Surroundings) {
    let found = try await run(
      clinicID,
      [
        DocumentQueries.invoice(id, clinicID), DocumentQueries.items(id, clinicID), DocumentQueries.taxes(id, clinicID),
      ])
    var invoice = try DocumentRows.invoice(try one(found[0], "invoice", id), clinicID: clinicID)
    invoice.items = try DocumentRows.all(found[1]) { row throws(DocumentReadError) in
      try DocumentRows.item(row, clinicID: clinicID, invoiceID: id)
    }
    for row in found[2] {
      let (item, tax) = try DocumentRows.tax(row)
      guard let index = invoice.items.firstIndex(where: { $0.id == item }) else { continue }
      invoice.items[index].taxes.append(tax)
    }
    return (invoice, try await surroundings(of: invoice, claim, clinicID: clinicID))
  }

  private func surroundings(
    of invoice: InvoiceRecord, _ claim: ClaimRecord?, clinicID: String
  ) async throws(DocumentReadError) -> Surroundings {
    let recipient = invoice.recipientID
    let patientID =
      invoice.recipientType == .patient && claim == nil ? recipient ?? invoice.patientID : invoice.patientID
    let payerID = claim?.payerID ?? (invoice.recipientType == .payer ? recipient : nil) ?? ""
    let coverageID = claim?.coverageID ?? ""
    let practitioners = Set(([invoice.practitionerID] + invoice.items.map(\.practitionerID)).compactMap { $0 }).sorted()
    let owners =
      [("patient", patientID), ("payer", payerID), ("coverage", coverageID)]
      + practitioners.map { ("practitioner", $0) }
    let results = try await run(
      clinicID,
      [
        DocumentQueries.clinic(clinicID), DocumentQueries.patient(patientID, clinicID),
        DocumentQueries.payer(payerID, clinicID), DocumentQueries.coverage(coverageID, clinicID),
        DocumentQueries.practitioners(practitioners, clinicID), DocumentQueries.identifiers(owners, clinicID),
        DocumentQueries.correction(invoice.correctsID ?? "", clinicID),
        DocumentQueries.payments(invoice.id, clinicID),
      ])
    let identifiers = try DocumentRows.all(results[5]) { row throws(DocumentReadError) in
      try DocumentRows.identifier(row)
    }
    func owned(_ type: OwnerType, _ id: String) -> [IdentifierRecord] {
      identifiers.filter { $0.ownerType == type && $0.ownerID == id }
    }
    var head = Surroundings(
      clinic: try DocumentRows.clinic(try one(results[0], "clinic", clinicID), clinicID: clinicID), practitioners: [],
      payments: [])
    head.clinic.identifiers = identifiers.filter { $0.ownerType == .clinic }
    if results[1].rowCount == 1 {
      var patient = try DocumentRows.patient(results[1][0], clinicID: clinicID)
      patient.identifiers = owned(.patient, patient.id)
      head.patient = patient
    }
    if results[2].rowCount == 1 {
      var payer = try DocumentRows.payer(results[2][0], clinicID: clinicID)
      payer.identifiers = owned(.payer, payer.id)
      head.payer = payer
    }
    if results[3].rowCount == 1 {
      var coverage = try DocumentRows.coverage(results[3][0], clinicID: clinicID)
      coverage.identifiers = owned(.coverage, coverage.id)
      head.coverage = coverage
    }
    for row in results[4] {
      var practitioner = try DocumentRows.practitioner(row, clinicID: clinicID)
      practitioner.identifiers = owned(.practitioner, practitioner.id)
      head.practitioners.append(practitioner)
    }
    if results[6].rowCount == 1 { head.corrects = try DocumentRows.correction(results[6][0]) }
    head.payments = try DocumentRows.all(results[7]) { row throws(DocumentReadError) in
      try DocumentRows.payment(row, clinicID: clinicID)
    }
    return head
  }

  private func zone(of clinic: ClinicRecord) throws(DocumentReadError) -> ZoneOffsets {
    guard let zone = ZoneFiles.offsets(named: clinic.timeZone) else {
      throw .faulty(MappingError(.invalid, "clinic.time_zone", "the system knows no zone '\(clinic.timeZone)'"))
    }
    return zone
  }

  private func run(
    _ clinicID: String, _ queries: [PostgresQuery]
  ) async throws(DocumentReadError) -> [PostgresResult] {
    do throws(PostgresError) {
      return Array(try await pool.run([DocumentQueries.scope(clinicID)] + queries).dropFirst())
    } catch {
      throw .database(error)
    }
  }

  private func one(_ result: PostgresResult, _ relation: String, _ id: String) throws(DocumentReadError) -> PostgresRow
  {
    guard result.rowCount == 1 else {
      throw .faulty(MappingError(.unknownReference, relation, "there is no \(relation) '\(id)' any more"))
    }
    return result[0]
  }
}
