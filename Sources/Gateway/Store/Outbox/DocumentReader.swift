import ClinicModel
package import Mappers
package import PostgresClient

/// Why a document's records could not be read.
package enum DocumentReadError: Error, Sendable {
  /// Nothing is wrong with the document; the same may succeed later.
  case database(PostgresError)
  /// A record is missing or holds what the contract does not allow.
  case faulty(MappingError)
}

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

  /// The patient of a document or record; nil when it is not there.
  package func patientID(
    ofDocument type: String, _ id: String, clinicID: String
  ) async throws(PostgresError) -> String? {
    let text: StaticString
    switch type {
    case "patient": return id
    case "claim": text = "select patient_id from clinic.claim where clinic_id = $1 and id = $2"
    case "encounter": text = "select patient_id from clinic.encounter where clinic_id = $1 and id = $2"
    case "appointment": text = "select patient_id from clinic.appointment where clinic_id = $1 and id = $2"
    default: text = "select patient_id from clinic.invoice where clinic_id = $1 and id = $2"
    }
    let query = PostgresQuery(text, [.text(clinicID), .text(id)])
    let rows = try await pool.run([ClinicScope.query(clinicID), query])[1]
    return rows.rowCount == 1 ? try rows[0].optionalString(0) : nil
  }

  package func claim(_ id: String, clinicID: String) async throws(DocumentReadError) -> ClaimBundleSource {
    let claim = try await live(ClaimRows.self, id, clinicID, "claim")
    let invoice = try await live(InvoiceRows.self, claim.invoiceID, clinicID, "invoice")
    let head = try await surroundings(of: invoice, claim, clinicID: clinicID)
    guard let patient = head.patient, let payer = head.payer, let coverage = head.coverage else {
      throw .faulty(MappingError(.unknownReference, "claim", "its patient, payer or coverage is not there"))
    }
    return ClaimBundleSource(
      claim: claim, invoice: invoice, clinic: head.clinic, patient: patient, payer: payer, coverage: coverage,
      practitioners: head.practitioners, zone: try zone(of: head.clinic), base: "\(base)/\(head.clinic.slug)")
  }

  package func invoice(_ id: String, clinicID: String) async throws(DocumentReadError) -> UBLInvoiceSource {
    let invoice = try await live(InvoiceRows.self, id, clinicID, "invoice")
    let head = try await surroundings(of: invoice, nil, clinicID: clinicID)
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

  /// A record that is there and was not deleted.
  private func live<Relation: RecordRows>(
    _ relation: Relation.Type, _ id: String, _ clinicID: String, _ name: String
  ) async throws(DocumentReadError) -> Relation.Record where Relation.Record: ClinicRow {
    var batch = ReadingBatch(clinic: clinicID)
    let part = batch.add(relation, [id])
    let results = try await run(batch)
    guard let record = try records(part, batch, results, name)[id], record.row.deletedAt == nil else {
      throw .faulty(MappingError(.unknownReference, name, "there is no \(name) '\(id)' any more"))
    }
    return record
  }

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

  private func surroundings(
    of invoice: InvoiceRecord, _ claim: ClaimRecord?, clinicID: String
  ) async throws(DocumentReadError) -> Surroundings {
    let recipient = invoice.recipientID
    let patientID =
      invoice.recipientType == .patient && claim == nil ? recipient ?? invoice.patientID : invoice.patientID
    let payerID = claim?.payerID ?? (invoice.recipientType == .payer ? recipient : nil)
    let practitionerIDs = Set(([invoice.practitionerID] + invoice.items.map(\.practitionerID)).compactMap { $0 })
    var batch = ReadingBatch(clinic: clinicID)
    let organizations = batch.add(OrganizationRows.self, [clinicID] + [payerID].compactMap { $0 })
    let patients = batch.add(PatientRows.self, [patientID])
    let coverages = batch.add(CoverageRows.self, [claim?.coverageID].compactMap { $0 })
    let practitioners = batch.add(PractitionerRows.self, practitionerIDs.sorted())
    let correction = batch.add(Self.correction(invoice, clinicID))
    let payments = batch.add(Self.payments(invoice, clinicID))
    let results = try await run(batch)

    let found = try records(organizations, batch, results, "clinic")
    guard case .clinic(var clinic)? = found[clinicID], clinic.row.deletedAt == nil else {
      throw .faulty(MappingError(.unknownReference, "clinic", "there is no clinic '\(clinicID)' any more"))
    }
    clinic.identifiers = Self.officialFirst(clinic.identifiers)
    var head = Surroundings(clinic: clinic, practitioners: [], payments: [])
    head.patient = try records(patients, batch, results, "patient")[patientID]
    if let payerID, case .payer(let payer)? = found[payerID] { head.payer = payer }
    if let id = claim?.coverageID { head.coverage = try records(coverages, batch, results, "coverage")[id] }
    head.practitioners = try records(practitioners, batch, results, "practitioner").values.sorted { $0.id < $1.id }
    if let patient = head.patient { head.patient?.identifiers = Self.officialFirst(patient.identifiers) }
    if let payer = head.payer { head.payer?.identifiers = Self.officialFirst(payer.identifiers) }
    if let coverage = head.coverage { head.coverage?.identifiers = Self.officialFirst(coverage.identifiers) }
    for index in head.practitioners.indices {
      head.practitioners[index].identifiers = Self.officialFirst(head.practitioners[index].identifiers)
    }
    do throws(RecordReadingError) {
      head.corrects = try Self.correction(results[correction])
      head.payments = try Self.payments(results[payments], clinicID)
    } catch {
      throw error.ofDocument("invoice")
    }
    return head
  }

  /// A receiver takes the first identifier that it knows: the official one, else one with a use.
  private static func officialFirst(_ identifiers: [IdentifierRecord]) -> [IdentifierRecord] {
    identifiers.filter { $0.use == .official } + identifiers.filter { $0.use != nil && $0.use != .official }
      + identifiers.filter { $0.use == nil }
  }

  func zone(of clinic: ClinicRecord) throws(DocumentReadError) -> ZoneOffsets {
    guard let zone = ZoneFiles.offsets(named: clinic.timeZone) else {
      throw .faulty(MappingError(.invalid, "clinic.time_zone", "the system knows no zone '\(clinic.timeZone)'"))
    }
    return zone
  }

  func run(_ batch: ReadingBatch) async throws(DocumentReadError) -> [PostgresResult] {
    do throws(PostgresError) { return try await pool.run(batch.queries) } catch { throw .database(error) }
  }

  func records<Relation: RecordRows>(
    _ part: ReadingBatch.Part<Relation>, _ batch: ReadingBatch, _ results: [PostgresResult], _ name: String
  ) throws(DocumentReadError) -> [String: Relation.Record] {
    do throws(RecordReadingError) { return try batch.records(part, results) } catch { throw error.ofDocument(name) }
  }
}

/// What only documents need of an invoice.
extension DocumentReader {
  private static func correction(_ invoice: InvoiceRecord, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      "select number, issued_at from clinic.invoice where clinic_id = $1 and id = $2",
      [.text(clinicID), PostgresValue(invoice.correctsID)])
  }

  private static func correction(
    _ result: PostgresResult
  ) throws(RecordReadingError) -> UBLInvoiceSource.Correction? {
    guard let row = result.first else { return nil }
    var reader = RowReader(row)
    return UBLInvoiceSource.Correction(number: try reader.text(), issuedAt: try reader.optionalInstant())
  }

  private static func payments(_ invoice: InvoiceRecord, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select p.id, p.version, p.updated_at, p.deleted_at, p.payer_type, p.method, p.amount, p.currency, p.paid_at,
        p.reference
      from clinic.payment p
      where p.clinic_id = $1 and p.deleted_at is null and p.id in (select a.payment_id
        from clinic.payment_allocation a where a.clinic_id = $1 and a.invoice_id = $2 and a.deleted_at is null)
      order by p.paid_at, p.id
      """, [.text(clinicID), .text(invoice.id)])
  }

  private static func payments(
    _ result: PostgresResult, _ clinicID: String
  ) throws(RecordReadingError) -> [PaymentRecord] {
    var payments: [PaymentRecord] = []
    for row in result {
      var reader = RowReader(row)
      let meta = try reader.meta(clinic: clinicID)
      let (payerType, method): (PayerOfPayment, PaymentMethod) = (try reader.word(), try reader.word())
      let money = Money(try reader.amount(), try reader.text())
      var payment = PaymentRecord(
        row: meta, payerType: payerType, method: method, amount: money, paidAt: try reader.instant())
      payment.reference = try reader.optionalText()
      payments.append(payment)
    }
    return payments
  }
}
