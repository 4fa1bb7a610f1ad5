internal import ClinicModel
internal import Mappers
internal import PostgresClient

/// Everything that one message of a feed is made from, and what of the clinic decides how it is written.
struct FeedReading: Sendable {
  var source: HL7FeedSource
  var clinicSlug: String
  var zone: ZoneOffsets
  var codeMaps: StoredCodeMaps
}

/// Reading for feeds: three round trips, the record that changed, what it names, and whom those name.
extension DocumentReader {
  func feed(
    _ delivery: OwedDelivery, _ event: HL7FeedEvent, controlID: String
  ) async throws(DocumentReadError) -> FeedReading {
    let clinicID = delivery.clinicID
    let head = try await head(of: delivery)
    var batch = ReadingBatch(clinic: clinicID)
    let patients = batch.add(PatientRows.self, [head.patientID])
    let visits = batch.add(EncounterRows.self, [head.encounterID].compactMap { $0 })
    let accounts = batch.add(AccountRows.self, [head.accountID].compactMap { $0 })
    let covered = batch.add(Self.coverages(head.patientID, clinicID))
    var results = try await run(batch)
    guard let patient = try records(patients, batch, results, "patient")[head.patientID] else {
      throw .faulty(MappingError(.unknownReference, "patient", "there is no patient '\(head.patientID)' any more"))
    }
    let visit = try records(visits, batch, results, "encounter").values.first
    var source = HL7FeedSource(
      event: event, subject: head.subject, patient: patient, controlID: controlID, at: delivery.createdAt)
    source.account = try records(accounts, batch, results, "account").values.first
    source.encounter = visit
    let coverageIDs = try ids(results[covered], 0)
    let payerIDs = try ids(results[covered], 1)

    let practitionerIDs =
      head.practitionerIDs + [patient.generalPractitionerID, visit?.practitionerID].compactMap { $0 }
    let locationIDs = head.locationIDs + [visit?.locationID].compactMap { $0 }
    batch = ReadingBatch(clinic: clinicID)
    let practitioners = batch.add(PractitionerRows.self, Set(practitionerIDs).sorted())
    let coverages = batch.add(CoverageRows.self, coverageIDs)
    let payers = batch.add(OrganizationRows.self, Set(payerIDs).sorted())
    let locations = batch.add(LocationRows.self, try await wayTo(locationIDs, clinicID))
    results = try await run(batch)
    source.practitioners = try records(practitioners, batch, results, "practitioner")
    source.coverages = try records(coverages, batch, results, "coverage").values
      .sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }
    for (id, record) in try records(payers, batch, results, "payer") {
      if case .payer(let payer) = record { source.payers[id] = payer }
    }
    source.locations = try records(locations, batch, results, "location")
    return FeedReading(source: source, clinicSlug: head.clinicSlug, zone: head.zone, codeMaps: head.codeMaps)
  }

  /// The record that changed, and the ids of what it names.
  private struct Head {
    var subject: HL7FeedSource.Subject
    var patientID: String
    var practitionerIDs: [String] = []
    var locationIDs: [String] = []
    var encounterID: String?
    var accountID: String?
    var clinicSlug: String
    var zone: ZoneOffsets
    var codeMaps: StoredCodeMaps
  }

  private func head(of delivery: OwedDelivery) async throws(DocumentReadError) -> Head {
    let (clinicID, id, type) = (delivery.clinicID, delivery.documentID, delivery.documentType)
    func wanted(_ name: String) -> [String] { type == name ? [id] : [] }
    var batch = ReadingBatch(clinic: clinicID)
    let organizations = batch.add(OrganizationRows.self, [clinicID])
    let maps = batch.add(StoredCodeMaps.query(clinicID: clinicID, partnerID: delivery.partnerID))
    let patients = batch.add(PatientRows.self, wanted("patient"))
    let encounters = batch.add(EncounterRows.self, wanted("encounter"))
    let appointments = batch.add(AppointmentRows.self, wanted("appointment"))
    let invoices = batch.add(InvoiceRows.self, wanted("invoice"))
    let items = batch.add(
      PostgresQuery(
        "select * from gateway.items_to_tell($1::uuid, $2, $3::uuid)",
        [.text(clinicID), .text(type == "invoice" ? id : ""), .text(delivery.partnerID)]))
    let results = try await run(batch)
    guard case .clinic(let clinic)? = try records(organizations, batch, results, "clinic")[clinicID] else {
      throw .faulty(MappingError(.unknownReference, "clinic", "there is no clinic '\(clinicID)' any more"))
    }
    let codeMaps: StoredCodeMaps
    do throws(PostgresError) { codeMaps = try StoredCodeMaps(results[maps]) } catch { throw .database(error) }
    var head = Head(
      subject: .person, patientID: "", clinicSlug: clinic.slug, zone: try zone(of: clinic), codeMaps: codeMaps)
    if let patient = try records(patients, batch, results, "patient")[id] {
      head.patientID = id
      if delivery.event == HL7FeedEvent.patientsMerged.rawValue, let survivor = patient.replacedBy {
        head.subject = .merged(patient)
        head.patientID = survivor
      }
    } else if let encounter = try records(encounters, batch, results, "encounter")[id] {
      head.subject = .visit(encounter)
      head.patientID = encounter.patientID
      head.practitionerIDs = [encounter.practitionerID].compactMap { $0 }
      head.locationIDs = [encounter.locationID].compactMap { $0 }
      head.accountID = encounter.accountID
    } else if let appointment = try records(appointments, batch, results, "appointment")[id],
      let patientID = appointment.patientID
    {
      head.subject = .appointment(appointment)
      head.patientID = patientID
      func actors(_ type: ParticipantType) -> [String] {
        appointment.participants.filter { $0.actorType == type }.map(\.actorID)
      }
      head.practitionerIDs = [appointment.practitionerID].compactMap { $0 } + actors(.practitioner)
      head.locationIDs = [appointment.locationID].compactMap { $0 } + actors(.location)
    } else if var invoice = try records(invoices, batch, results, "invoice")[id] {
      let known = Set(try ids(results[items], 0))
      invoice.items = invoice.items.filter { known.contains($0.id) }
      head.subject = .invoice(invoice)
      head.patientID = invoice.patientID
      head.practitionerIDs = ([invoice.practitionerID] + invoice.items.map(\.practitionerID)).compactMap { $0 }
      head.encounterID = invoice.encounterID ?? invoice.items.lazy.compactMap(\.encounterID).first
      head.accountID = invoice.accountID
    } else {
      throw .faulty(MappingError(.unknownReference, type, "there is no \(type) '\(id)' any more, or it has no patient"))
    }
    return head
  }

  // MARK: Parts

  private static func coverages(_ patientID: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, payer_id from clinic.coverage
      where clinic_id = $1 and patient_id = $2 and status = 'active' and deleted_at is null order by rank, id limit 20
      """, [.text(clinicID), .text(patientID)])
  }

  /// Places with all that they lie in.
  private func wayTo(_ ids: [String], _ clinicID: String) async throws(DocumentReadError) -> [String] {
    guard !ids.isEmpty else { return [] }
    var batch = ReadingBatch(clinic: clinicID)
    let way = batch.add(
      PostgresQuery(
        """
        with recursive way as (
          select id, parent_id, 1 as depth from clinic.location where clinic_id = $1 and id = any ($2)
          union all
          select l.id, l.parent_id, w.depth + 1 from way w
          join clinic.location l on l.clinic_id = $1 and l.id = w.parent_id where w.depth < 8)
        select distinct id from way
        """, [.text(clinicID), .textArray(Array(Set(ids)))]))
    return try self.ids(try await run(batch)[way], 0)
  }

  private func ids(_ result: PostgresResult, _ column: Int) throws(DocumentReadError) -> [String] {
    do throws(PostgresError) {
      var ids: [String] = []
      for row in result { ids.append(try row.string(column)) }
      return ids
    } catch {
      throw .database(error)
    }
  }
}
