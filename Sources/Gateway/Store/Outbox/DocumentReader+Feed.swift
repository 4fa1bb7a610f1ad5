internal import ClinicModel
internal import Mappers
internal import PostgresClient

/// A message of a feed that is to be made.
struct FeedOrder: Sendable {
  let delivery: OwedDelivery
  let event: HL7FeedEvent
  /// MSH-10.
  let controlID: String
}

/// Everything that one message of a feed is made from, and what of the clinic decides how it is written.
struct FeedReading: Sendable {
  var source: HL7FeedSource
  var clinicSlug: String
  var zone: ZoneOffsets
  var codeMaps: StoredCodeMaps
}

/// Reading for feeds: four round trips for all messages of a clinic, the records that changed, what they name, where that
/// lies, and whom it names; one more for each kind of record that was deleted for good.
extension DocumentReader {
  /// What each of these messages is made from, in their order, or what is wrong with its records.
  /// - Throws: `database` alone.
  func feed(_ orders: [FeedOrder]) async throws(DocumentReadError) -> [Result<FeedReading, MappingError>] {
    var readings: [String: Result<FeedReading, MappingError>] = [:]
    for (clinicID, group) in Dictionary(grouping: orders, by: \.delivery.clinicID) {
      switch try await faulty({ () async throws(DocumentReadError) in try await self.feed(group, clinicID) }) {
      case .success(let read): readings.merge(read) { first, _ in first }
      case .failure(let fault) where group.count == 1: readings[group[0].delivery.id] = .failure(fault)
      case .failure:
        // A record that cannot be read spoils no other's message.
        for order in group {
          let alone = try await faulty { () async throws(DocumentReadError) in try await self.feed([order], clinicID) }
          readings[order.delivery.id] = alone.flatMap { $0[order.delivery.id] ?? .failure(Self.gone(order.delivery)) }
        }
      }
    }
    return orders.map { readings[$0.delivery.id] ?? .failure(Self.gone($0.delivery)) }
  }

  /// What is wrong with records as a value; a database that is away is thrown.
  private func faulty<Value: Sendable>(
    _ read: () async throws(DocumentReadError) -> Value
  ) async throws(DocumentReadError) -> Result<Value, MappingError> {
    let failure: DocumentReadError
    do throws(DocumentReadError) { return .success(try await read()) } catch { failure = error }
    guard case .faulty(let fault) = failure else { throw failure }
    return .failure(fault)
  }

  private static func gone(_ delivery: OwedDelivery) -> MappingError {
    MappingError(
      .unknownReference, delivery.documentType,
      "there is no \(delivery.documentType) '\(delivery.documentID)' any more, or it has no patient")
  }

  /// The messages of one clinic and partner, by delivery.
  private func feed(
    _ orders: [FeedOrder], _ clinicID: String
  ) async throws(DocumentReadError) -> [String: Result<FeedReading, MappingError>] {
    let (clinic, heads) = try await heads(of: orders, clinicID)
    func all(_ ids: (Head) -> [String?]) -> [String] { Set(heads.values.flatMap(ids).compactMap { $0 }).sorted() }
    var batch = ReadingBatch(clinic: clinicID)
    let patients = batch.add(PatientRows.self, all { [$0.patientID] })
    let visits = batch.add(EncounterRows.self, all { [$0.encounterID] })
    let accounts = batch.add(AccountRows.self, all { [$0.accountID] })
    let covered = batch.add(Self.coverages(all { [$0.patientID] }, clinicID))
    var results = try await run(batch)
    var found = Found()
    found.patients = try await withDeleted(
      try records(patients, batch, results, "patient"), PatientRows.self, "patient", all { [$0.patientID] }, clinicID)
    found.visits = try records(visits, batch, results, "encounter")
    found.accounts = try records(accounts, batch, results, "account")
    let (coverageIDs, payerIDs) = (try ids(results[covered], 0), try ids(results[covered], 1))

    let practitionerIDs =
      all { $0.practitionerIDs }
      + found.patients.values.compactMap(\.generalPractitionerID) + found.visits.values.compactMap(\.practitionerID)
    let way = try await wayTo(all { $0.locationIDs } + found.visits.values.compactMap(\.locationID), clinicID)
    batch = ReadingBatch(clinic: clinicID)
    let practitioners = batch.add(PractitionerRows.self, Set(practitionerIDs).sorted())
    let coverages = batch.add(CoverageRows.self, coverageIDs)
    let payers = batch.add(OrganizationRows.self, Set(payerIDs).sorted())
    let locations = batch.add(LocationRows.self, way)
    results = try await run(batch)
    found.practitioners = try records(practitioners, batch, results, "practitioner")
    found.coverages = Dictionary(
      grouping: try records(coverages, batch, results, "coverage").values
        .sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }, by: \.patientID)
    for (id, record) in try records(payers, batch, results, "payer") {
      if case .payer(let payer) = record { found.payers[id] = payer }
    }
    found.locations = try records(locations, batch, results, "location")
    return found.readings(orders, heads, clinic)
  }

  // MARK: What changed

  /// What the clinic says for all of its messages.
  private struct Clinic {
    var slug: String
    var zone: ZoneOffsets
    var codeMaps: StoredCodeMaps
  }

  /// The record that changed, and the ids of what it names.
  private struct Head {
    var subject: HL7FeedSource.Subject
    var patientID: String
    var practitionerIDs: [String] = []
    var locationIDs: [String] = []
    var encounterID: String?
    var accountID: String?

    init(_ patient: PatientRecord, _ delivery: OwedDelivery) {
      (subject, patientID) = (.person, patient.id)
      if delivery.event == HL7FeedEvent.patientsMerged.rawValue, let survivor = patient.replacedBy {
        (subject, patientID) = (.merged(patient), survivor)
      }
    }

    init(_ encounter: EncounterRecord) {
      (subject, patientID) = (.visit(encounter), encounter.patientID)
      practitionerIDs = [encounter.practitionerID].compactMap { $0 }
      locationIDs = [encounter.locationID].compactMap { $0 }
      accountID = encounter.accountID
    }

    init?(_ appointment: AppointmentRecord) {
      guard let patientID = appointment.patientID else { return nil }
      (subject, self.patientID) = (.appointment(appointment), patientID)
      func actors(_ type: ParticipantType) -> [String] {
        appointment.participants.filter { $0.actorType == type }.map(\.actorID)
      }
      practitionerIDs = [appointment.practitionerID].compactMap { $0 } + actors(.practitioner)
      locationIDs = [appointment.locationID].compactMap { $0 } + actors(.location)
    }

    init(_ invoice: InvoiceRecord) {
      (subject, patientID) = (.invoice(invoice), invoice.patientID)
      practitionerIDs = ([invoice.practitionerID] + invoice.items.map(\.practitionerID)).compactMap { $0 }
      encounterID = invoice.encounterID ?? invoice.items.lazy.compactMap(\.encounterID).first
      accountID = invoice.accountID
    }
  }

  /// By delivery; none for a record that is there no more.
  private func heads(
    of orders: [FeedOrder], _ clinicID: String
  ) async throws(DocumentReadError) -> (Clinic, [String: Head]) {
    let deliveries = orders.map(\.delivery)
    func wanted(_ type: String) -> [String] {
      Set(deliveries.filter { $0.documentType == type }.map(\.documentID)).sorted()
    }
    var batch = ReadingBatch(clinic: clinicID)
    let organizations = batch.add(OrganizationRows.self, [clinicID])
    let maps = batch.add(StoredCodeMaps.query(clinicID: clinicID, partnerID: deliveries.first?.partnerID ?? ""))
    let patients = batch.add(PatientRows.self, wanted("patient"))
    let encounters = batch.add(EncounterRows.self, wanted("encounter"))
    let appointments = batch.add(AppointmentRows.self, wanted("appointment"))
    let invoices = batch.add(InvoiceRows.self, wanted("invoice"))
    let items = batch.add(Self.items(of: wanted("invoice"), deliveries.first?.partnerID ?? "", clinicID))
    let results = try await run(batch)
    guard case .clinic(let record)? = try records(organizations, batch, results, "clinic")[clinicID] else {
      throw .faulty(MappingError(.unknownReference, "clinic", "there is no clinic '\(clinicID)' any more"))
    }
    let codeMaps: StoredCodeMaps
    do throws(PostgresError) { codeMaps = try StoredCodeMaps(results[maps]) } catch { throw .database(error) }
    let persons = try await withDeleted(
      try records(patients, batch, results, "patient"), PatientRows.self, "patient", wanted("patient"), clinicID)
    let visits = try await withDeleted(
      try records(encounters, batch, results, "encounter"), EncounterRows.self, "encounter", wanted("encounter"),
      clinicID)
    let bookings = try await withDeleted(
      try records(appointments, batch, results, "appointment"), AppointmentRows.self, "appointment",
      wanted("appointment"), clinicID)
    let bills = try records(invoices, batch, results, "invoice")
    let told = Set(try ids(results[items], 0))
    var heads: [String: Head] = [:]
    for delivery in deliveries {
      let id = delivery.documentID
      switch delivery.documentType {
      case "patient": heads[delivery.id] = persons[id].map { Head($0, delivery) }
      case "encounter": heads[delivery.id] = visits[id].map { Head($0) }
      case "appointment": heads[delivery.id] = bookings[id].flatMap { Head($0) }
      default:
        guard var invoice = bills[id] else { continue }
        invoice.items = invoice.items.filter { told.contains($0.id) }
        heads[delivery.id] = Head(invoice)
      }
    }
    return (Clinic(slug: record.slug, zone: try zone(of: record), codeMaps: codeMaps), heads)
  }

  /// The records with those that were deleted for good meanwhile, as they were last: their end is to be told, and what
  /// happened to them before.
  private func withDeleted<Relation: RecordRows>(
    _ found: [String: Relation.Record], _ relation: Relation.Type, _ table: String, _ ids: [String], _ clinicID: String
  ) async throws(DocumentReadError) -> [String: Relation.Record] {
    let gone = ids.filter { found[$0] == nil }
    guard !gone.isEmpty else { return found }
    var batch = ReadingBatch(clinic: clinicID)
    let part = batch.add(deleted: relation, from: table, gone)
    return try records(part, batch, try await run(batch), table).merging(found) { _, standing in standing }
  }

  // MARK: What it names

  /// Whom and where the records name, by id.
  private struct Found {
    var patients: [String: PatientRecord] = [:]
    var visits: [String: EncounterRecord] = [:]
    var accounts: [String: AccountRecord] = [:]
    var practitioners: [String: PractitionerRecord] = [:]
    /// By patient, by rank.
    var coverages: [String: [CoverageRecord]] = [:]
    var payers: [String: PayerRecord] = [:]
    var locations: [String: LocationRecord] = [:]

    func readings(
      _ orders: [FeedOrder], _ heads: [String: Head], _ clinic: Clinic
    ) -> [String: Result<FeedReading, MappingError>] {
      var readings: [String: Result<FeedReading, MappingError>] = [:]
      for order in orders {
        guard let head = heads[order.delivery.id], let patient = patients[head.patientID] else {
          readings[order.delivery.id] = .failure(DocumentReader.gone(order.delivery))
          continue
        }
        var source = HL7FeedSource(
          event: order.event, subject: head.subject, patient: patient, controlID: order.controlID,
          at: order.delivery.createdAt)
        source.account = head.accountID.flatMap { accounts[$0] }
        source.encounter = head.encounterID.flatMap { visits[$0] }
        source.practitioners = practitioners
        source.coverages = coverages[patient.id] ?? []
        source.payers = payers
        source.locations = locations
        readings[order.delivery.id] = .success(
          FeedReading(source: source, clinicSlug: clinic.slug, zone: clinic.zone, codeMaps: clinic.codeMaps))
      }
      return readings
    }
  }

  private static func items(of invoices: [String], _ partnerID: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      "select t.* from unnest($2::text[]) i (id), gateway.items_to_tell($1::uuid, i.id, $3::uuid) t",
      [.text(clinicID), .textArray(invoices), .text(partnerID)])
  }

  private static func coverages(_ patientIDs: [String], _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select v.id, v.payer_id from unnest($2::text[]) p (id) cross join lateral (
        select id, payer_id from clinic.coverage
        where clinic_id = $1 and patient_id = p.id and status = 'active' and deleted_at is null order by rank, id limit 20
      ) v
      """, [.text(clinicID), .textArray(patientIDs)])
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
