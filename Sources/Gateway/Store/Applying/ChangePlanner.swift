internal import ClinicModel
internal import Crypto
internal import HL7Parser
internal import JSON
internal import Mappers

/// Turns the changes of messages into statements, message after message of one transaction.
///
/// Pure: it knows what `RecordLookup` was told and what earlier messages of the transaction write. After a refusal it
/// also knows what the refused message would have written: who goes on takes a copy from before, as a value allows.
struct ChangePlanner {
  /// What a message makes happen.
  struct Plan {
    var queries: [RecordWrite] = []
    var effects = MessageEffects()
    /// Changes left out because a later event has written the record.
    var superseded = 0
    var applied = 0
    /// Draft invoices whose totals are counted anew.
    var billed: Set<String> = []
    /// Accounts whose payments are set against what is issued.
    var settled: Set<String> = []
    var isSuperseded: Bool { applied == 0 && superseded > 0 }
  }

  enum Decision {
    case now(Plan)
    /// A message of this transaction writes the same record otherwise: after its commit.
    case later
  }

  /// Why changes cannot be applied.
  struct Refusal: Error {
    let finding: HL7Finding
  }

  let clinicID: String
  var lookup: RecordLookup
  var resolver: ReferenceResolver
  private(set) var moment = Instant(microseconds: 0)
  private var fingerprint = ""
  let newID: () throws(CryptoError) -> String

  init(
    clinicID: String, lookup: RecordLookup, references: ReferenceResolver,
    newID: @escaping () throws(CryptoError) -> String
  ) {
    self.clinicID = clinicID
    self.lookup = lookup
    resolver = references
    self.newID = newID
  }

  /// Practitioners and places found or made, for a cache once the transaction is committed.
  var foundReferences: [ReferenceCache.Reference: String] { resolver.found }

  /// - Parameters:
  ///   - moment: when the event happened.
  ///   - fingerprint: the same for messages that say the same.
  ///   - mayWrite: its records are locked for writing; otherwise it waits unless it changes nothing.
  ///   - trustsFingerprint: that the same words were applied before is enough; otherwise what stands is compared.
  mutating func decide(
    _ changes: ClinicChanges, moment: Instant, fingerprint: String, mayWrite: Bool = true,
    trustsFingerprint: Bool = true
  ) throws -> Decision {
    self.moment = moment
    self.fingerprint = fingerprint
    let records = named(in: changes)
    if trustsFingerprint, let unchanged = unchanged(records, changes) { return .now(unchanged) }
    if !mayWrite || records.contains(where: { $0?.state.isWritten == true }) { return .later }
    var plan = Plan()
    for change in changes.changes { try add(change, to: &plan) }
    return .now(plan)
  }

  // MARK: What stands

  /// Adds the rows to read and lock before the changes can be decided on; none where they change nothing.
  func addRows(
    of changes: ClinicChanges, moment: Instant, fingerprint: String, trustsFingerprint: Bool = true,
    to wanted: inout StandingRows.Wanted
  ) {
    var trial = self
    (trial.moment, trial.fingerprint) = (moment, fingerprint)
    let records = trial.named(in: changes)
    guard !trustsFingerprint || trial.unchanged(records, changes) == nil else { return }
    for case let found? in records {
      if found.isTold, let relation = RecordRelation.written[found.relation] { wanted.add(relation, found.state.id) }
    }
    for change in changes.changes {
      switch change {
      case .upsertPatient(let change):
        guard let id = standing(change.key)?.id else { continue }
        if change.names.replaces { wanted.add(.names, of: id) }
        if change.addresses.replaces { wanted.add(.addresses, of: id) }
        if change.homeTelecoms.replaces { wanted.add(.homeTelecoms, of: id) }
        if change.workTelecoms.replaces { wanted.add(.workTelecoms, of: id) }
      case .replaceContacts(let change):
        if let id = standing(change.patient)?.id { wanted.add(.contacts, of: id) }
      case .upsertCoverage(let change):
        let id = standing(change.patient)?.id
        for coverage in lookup.coverages where coverage.patientID == id { wanted.add(.coverage, coverage.record.id) }
      case .upsertAppointment(let change):
        if let id = standing(change.identifiers)?.id { wanted.add(.participants, of: id) }
      case .upsertAccount(let change):
        let visit = lookup.owner(change.encounter?.identifiers.map { RecordKey(.encounter, $0) } ?? [])
        if let visit { wanted.add(.encounter, visit) }
      case .upsertEncounter, .mergePatients, .upsertObservation, .upsertDocument, .upsertCharge, .upsertPayment,
        .upsertCondition, .upsertProcedure, .upsertAllergy, .linkPatients, .upsertMovement, .upsertSlot:
        break
      }
    }
  }

  /// Takes in what `addRows` asked for.
  mutating func learn(_ rows: StandingRows) { lookup.rows = rows }

  /// The rows as they are now, with what was planned.
  var rows: StandingRows { lookup.rows }

  /// A record that changes name.
  private struct NamedRecord {
    let relation: String
    let state: StandingRecord
    /// False for the patient of a fact: nothing is said of the patient.
    var isTold = true
  }

  /// The records that the changes name; nil for each that is not there.
  private func named(in changes: ClinicChanges) -> [NamedRecord?] {
    var records: [NamedRecord?] = []
    func add(_ owner: OwnerType, _ record: StandingRecord?) {
      records.append(record.map { NamedRecord(relation: owner.rawValue, state: $0) })
    }
    /// Where it is nobody's turn to tell of the record.
    func refer(_ owner: OwnerType, _ record: StandingRecord?) {
      records.append(record.map { NamedRecord(relation: owner.rawValue, state: $0, isTold: false) })
    }
    func add(_ fact: FactKey, of patient: PatientKey? = nil, isOptional: Bool = false) {
      if let patient { refer(.patient, standing(patient)) }
      let record = lookup.facts[FactID(fact, clinicID)]?.record
      guard record != nil || !isOptional else { return }
      records.append(record.map { NamedRecord(relation: fact.relation.rawValue, state: $0) })
    }
    for change in changes.changes {
      switch change {
      case .upsertPatient(let change): add(.patient, standing(change.key))
      case .replaceContacts(let change): add(.patient, standing(change.patient))
      case .upsertCoverage(let change): add(.patient, standing(change.patient))
      case .upsertEncounter(let change):
        add(.patient, standing(change.patient))
        add(.encounter, standing(change))
      case .upsertAppointment(let change):
        if let key = change.patient { add(.patient, standing(key)) }
        add(.appointment, standing(change.identifiers))
      case .mergePatients(let merge):
        add(.patient, standing(merge.survivor))
        add(.patient, standing(merge.merged))
      case .upsertObservation(let change): add(change.key, of: change.patient)
      case .upsertDocument(let change): add(change.key, of: change.patient, isOptional: change.onlyWhereKnown)
      case .upsertAccount(let change):
        refer(.patient, standing(change.patient))
        let account = lookup.owners[RecordKey(.account, change.number)]?.first
        if change.onlyWhereNew { refer(.account, account) } else { add(.account, account) }
      case .upsertCharge(let change): add(change.key, of: change.patient)
      case .upsertPayment(let change): add(change.key, of: change.patient)
      case .upsertCondition(let change): add(change.key, of: change.patient)
      case .upsertProcedure(let change): add(change.key, of: change.patient)
      case .upsertAllergy(let change): add(change.key, of: change.patient)
      case .linkPatients: records.append(nil)
      case .upsertMovement(let change): add(change.key, of: change.patient)
      case .upsertSlot(let change): add(change.key)
      }
    }
    return records
  }

  /// The plan of a message whose words were the last said of each record that it names.
  private func unchanged(_ records: [NamedRecord?], _ changes: ClinicChanges) -> Plan? {
    var plan = Plan()
    for found in records {
      guard let found else { return nil }
      guard found.isTold else {
        if found.relation == OwnerType.patient.rawValue { plan.effects.about = found.state.id }
        continue
      }
      guard found.state.alreadyHas(fingerprint), found.state.eventAt.map({ $0 <= moment }) ?? false else { return nil }
      plan.effects.add(untouched: found.state, of: found.relation)
    }
    plan.applied = changes.changes.count
    return plan
  }

  private func standing(_ key: PatientKey) -> StandingRecord? {
    key.identifiers.lazy.compactMap { lookup.owners[RecordKey(.patient, $0)]?.first }.first
  }

  private func standing(_ identifiers: [IdentifierValue]) -> StandingRecord? {
    identifiers.lazy.compactMap { lookup.owners[RecordKey(.appointment, $0)]?.first }.first
  }

  private func standing(_ change: EncounterChange) -> StandingRecord? {
    switch change.match {
    case .visitNumber(let number):
      if let record = lookup.owners[RecordKey(.encounter, number)]?.first { return record }
      guard number.isOurs(.encounter) else { return nil }
      // As of a patient, the first number that finds one decides.
      return change.identifiers.lazy.filter { $0.type?.code == "VN" }
        .compactMap { lookup.owners[RecordKey(.encounter, $0)]?.first }.first
    case .account(let number, let start):
      let held = lookup.owners[RecordKey(.encounter, number)] ?? []
      guard let start else { return held.last }
      return held.first { $0.startedAt == start }
    case .start(let start):
      guard let patient = standing(change.patient) else { return nil }
      return lookup.encounters.first { $0.patientID == patient.id && $0.record.startedAt == start }?.record
    }
  }

  // MARK: Changes

  private mutating func add(_ change: ClinicChange, to plan: inout Plan) throws {
    switch change {
    case .upsertPatient(let change): try add(change, to: &plan)
    case .replaceContacts(let change): try add(change, to: &plan)
    case .upsertCoverage(let change): try add(change, to: &plan)
    case .upsertEncounter(let change): try add(change, to: &plan)
    case .upsertAppointment(let change): try add(change, to: &plan)
    case .mergePatients(let merge): try add(merge, to: &plan)
    case .upsertObservation(let change): try add(change, to: &plan)
    case .upsertDocument(let change): try add(change, to: &plan)
    case .upsertAccount(let change): try add(change, to: &plan)
    case .upsertCharge(let change): try add(change, to: &plan)
    case .upsertPayment(let change): try add(change, to: &plan)
    case .upsertCondition(let change): try add(change, to: &plan)
    case .upsertProcedure(let change): try add(change, to: &plan)
    case .upsertAllergy(let change): try add(change, to: &plan)
    case .linkPatients(let link): try add(link, to: &plan)
    case .upsertMovement(let change): try add(change, to: &plan)
    case .upsertSlot(let change): try add(change, to: &plan)
    }
  }

  /// Whether a later event has written the record; then the change is left out and shown.
  private func isSuperseded(_ record: StandingRecord?, _ owner: OwnerType, _ plan: inout Plan) -> Bool {
    isSuperseded(record, owner.rawValue, &plan)
  }

  func isSuperseded(_ record: StandingRecord?, _ relation: String, _ plan: inout Plan) -> Bool {
    guard let record, let eventAt = record.eventAt, eventAt > moment else { return false }
    plan.superseded += 1
    plan.effects.add(untouched: record, of: relation)
    return true
  }

  func written(_ id: String) -> StandingRecord {
    StandingRecord(id: id, eventAt: moment, fingerprint: fingerprint, isWritten: true)
  }

  /// - Parameters:
  ///   - standing: the record as it stood.
  ///   - start: how many statements were planned before this change: where there are no more now, it changes nothing.
  mutating func note(
    _ owner: OwnerType, _ id: String, _ identifiers: [IdentifierValue], standing: StandingRecord?, since start: Int,
    _ plan: inout Plan
  ) {
    resolver.add(identifiers, owner, id, &lookup, &plan.queries, record: written(id))
    for identifier in identifiers {
      let key = RecordKey(owner, identifier)
      guard var held = lookup.owners[key], let place = held.firstIndex(where: { $0.id == id }) else { continue }
      held[place].isWritten = true
      held[place].eventAt = moment
      held[place].fingerprint = fingerprint
      lookup.owners[key] = held
    }
    if let standing, plan.queries.count == start {
      plan.effects.add(untouched: standing, of: owner.rawValue)
    } else {
      plan.effects.add(owner, id, .write)
    }
    plan.applied += 1
  }

  /// Makes a record, or writes what differs of the one that stands.
  mutating func write(
    _ relation: RecordRelation, _ id: String, _ fields: RecordFields, isNew: Bool, _ plan: inout Plan
  ) throws {
    guard !isNew else {
      plan.queries.append(relation.insert(id, fields))
      lookup.rows.make(relation.row(id, fields), of: relation)
      return
    }
    guard let standing = lookup.rows.row(relation, id) else { throw Self.gone(relation.name) }
    let differences = fields.differences(from: standing)
    guard !differences.isEmpty else { return }
    plan.queries.append(relation.update(id, differences))
    lookup.rows.put(standing.with(differences), of: relation)
  }

  /// A record was there when it was looked up and away when it was to be locked.
  private static func gone(_ relation: String) -> Refusal {
    Refusal(finding: HL7Finding(.applicationInternalError, "what stands of \(relation) was taken away meanwhile"))
  }

  /// Refuses a list of numbers that says of two patients that they are one. Numbers of different authorities may well
  /// lead to two records of one person, of which the most trusted decides; two of one authority and type do not.
  private func refuseTwoPatients(_ key: PatientKey) throws {
    for (place, number) in key.identifiers.enumerated().dropFirst() {
      for other in key.identifiers[..<place]
      where other.system == number.system && other.type?.code == number.type?.code {
        guard let one = lookup.owners[RecordKey(.patient, other)]?.first?.id,
          let two = lookup.owners[RecordKey(.patient, number)]?.first?.id, one != two
        else { continue }
        throw Refusal(
          finding: HL7Finding(
            .duplicateKeyIdentifier, at: HL7Location("PID", field: 3),
            "two identifiers of one authority are those of two patients; merge them first (A40)"))
      }
    }
  }

  /// Refuses to hand a patient's visit or appointment to another patient, unless it was entered in error.
  private func refuseTakeover(_ relation: RecordRelation, _ id: String?, by patient: String) throws {
    guard let id, let row = lookup.rows.row(relation, id), let holder = row.text("patient_id"), holder != patient,
      row.text("status") != EncounterStatus.enteredInError.rawValue
    else { return }
    throw Refusal(
      finding: HL7Finding(
        .duplicateKeyIdentifier, at: HL7Location("PID", field: 3),
        "the \(relation.name) of this number is another patient's; merge the two, or take it back there first"))
  }

  private mutating func add(_ change: PatientChange, to plan: inout Plan) throws {
    try refuseTwoPatients(change.key)
    let standing = standing(change.key)
    if standing == nil, change.key.identifiers.contains(where: { $0.isOurs(.patient) }) {
      throw Self.unknownOwn("patient", at: HL7Location("PID", field: 3))
    }
    if isSuperseded(standing, .patient, &plan) { return }
    let start = plan.queries.count
    var fields = RecordFields(change)
    refer(change.generalPractitioner, as: "general_practitioner_id", &fields, &plan)
    let id = try standing?.id ?? newID()
    try write(.patient, id, fields, isNew: standing == nil, &plan)
    try addChildren(change, of: id, isNew: standing == nil, to: &plan)
    note(.patient, id, change.key.identifiers, standing: standing, since: start, &plan)
  }

  private mutating func addChildren(_ change: PatientChange, of id: String, isNew: Bool, to plan: inout Plan) throws {
    try replace(.names, of: id, change.names, isNew, &plan) { .row($0) }
    try replace(.addresses, of: id, change.addresses, isNew, &plan) { .row($0) }
    try replace(.homeTelecoms, of: id, change.homeTelecoms, isNew, &plan) { .row($0) }
    try replace(.workTelecoms, of: id, change.workTelecoms, isNew, &plan) { .row($0) }
  }

  private mutating func replace<Row>(
    _ relation: ChildRelation, of id: String, _ change: FieldChange<[Row]>, _ isNew: Bool, _ plan: inout Plan,
    _ json: (Row) -> JSONObject
  ) throws {
    let rows: [Row]
    switch change {
    case .leave: return
    case .fill(let value): if isNew { rows = value } else { return }
    case .clear: rows = []
    case .set(let value): rows = value
    }
    if isNew, rows.isEmpty { return }
    guard let standing = lookup.rows.rows(relation, of: id) else { throw Self.gone(relation.name) }
    let (writes, after) = try relation.replace(id, with: rows.map(json), seed: newID, standing: standing)
    plan.queries += writes
    lookup.rows.put(after, of: relation, parent: id)
  }

  func known(_ key: PatientKey, at location: HL7Location) throws -> StandingRecord {
    try refuseTwoPatients(key)
    if let record = standing(key) { return record }
    throw Refusal(
      finding: HL7Finding(.unknownKeyIdentifier, at: location, "no patient of this clinic has this identifier"))
  }

  private mutating func add(_ change: ContactsChange, to plan: inout Plan) throws {
    let patient = try known(change.patient, at: HL7Location("PID", field: 3))
    if isSuperseded(patient, .patient, &plan) { return }
    try replace(.contacts, of: patient.id, .set(change.contacts), false, &plan) { .row($0) }
    plan.effects.add(.patient, patient.id, .write)
    plan.applied += 1
  }

  private mutating func add(_ change: CoverageChange, to plan: inout Plan) throws {
    let patient = try known(change.patient, at: HL7Location("PID", field: 3))
    guard let payerID = resolver.payer(change.payer, &lookup, &plan.queries) else {
      throw Refusal(
        finding: HL7Finding(.requiredFieldMissing, at: HL7Location("IN1", field: 3), "the insurance names no payer"))
    }
    let number = change.memberNumber.initial
    let place = lookup.coverages.firstIndex {
      $0.patientID == patient.id && $0.payerID == payerID
        && ($0.memberNumber == number || $0.memberNumber == nil || number == nil)
    }
    if isSuperseded(place.map { lookup.coverages[$0].record }, .coverage, &plan) { return }
    var fields = RecordFields(change)
    let id = try place.map { lookup.coverages[$0].record.id } ?? newID()
    if place == nil {
      fields.put("patient_id", .string(patient.id))
      fields.put("payer_id", .string(payerID))
      lookup.coverages.append(
        StandingCoverage(record: written(id), patientID: patient.id, payerID: payerID, memberNumber: number))
    }
    try write(.coverage, id, fields, isNew: place == nil, &plan)
    plan.effects.add(.coverage, id, .write)
    plan.applied += 1
  }

  private mutating func add(_ change: EncounterChange, to plan: inout Plan) throws {
    let patient = try known(change.patient, at: HL7Location("PID", field: 3))
    let standing = standing(change)
    if standing == nil, change.mustExist {
      throw Self.unknown("visit of the patient", at: HL7Location("PV1", field: 19))
    }
    if standing == nil, case .visitNumber(let number) = change.match, number.isOurs(.encounter) {
      throw Self.unknownOwn("visit", at: HL7Location("PV1", field: 19))
    }
    if isSuperseded(standing, .encounter, &plan) { return }
    try refuseTakeover(.encounter, standing?.id, by: patient.id)
    let start = plan.queries.count
    var fields = RecordFields(change)
    fields.put("patient_id", .string(patient.id))
    refer(change.practitioner, change.location, &fields, &plan)
    refer(change.referrer, as: "referrer_id", &fields, &plan)
    refer(change.consultant, as: "consultant_id", &fields, &plan)
    refer(change.admitter, as: "admitter_id", &fields, &plan)
    let id = try standing?.id ?? newID()
    try write(.encounter, id, fields, isNew: standing == nil, &plan)
    var identifiers = change.identifiers
    if case .visitNumber(let number) = change.match, !identifiers.contains(where: { $0.matches(number) }) {
      identifiers.append(number)
    }
    if case .start(let start) = change.match, standing == nil {
      var record = written(id)
      record.startedAt = start
      lookup.encounters.append((patient.id, record))
    }
    note(.encounter, id, identifiers, standing: standing, since: start, &plan)
  }

  private mutating func add(_ change: AppointmentChange, to plan: inout Plan) throws {
    let standing = standing(change.identifiers)
    if standing == nil, change.mustExist { throw Self.unknown("appointment", at: HL7Location("SCH", field: 1)) }
    if standing == nil, let number = change.identifiers.first(where: { $0.isOurs(.appointment) }) {
      throw Self.unknownOwn("appointment", at: HL7Location("SCH", field: number.type?.code == "FILL" ? 2 : 1))
    }
    if isSuperseded(standing, .appointment, &plan) { return }
    let start = plan.queries.count
    var fields = RecordFields(change)
    if let key = change.patient {
      let patient = try known(key, at: HL7Location("PID", field: 3))
      try refuseTakeover(.appointment, standing?.id, by: patient.id)
      fields.put("patient_id", .string(patient.id))
    }
    refer(change.practitioner, change.location, &fields, &plan)
    let id = try standing?.id ?? newID()
    try write(.appointment, id, fields, isNew: standing == nil, &plan)
    let participants = change.participants.map { list in
      list.compactMap { participant -> JSONObject? in
        switch participant.actor {
        case .practitioner(let reference):
          resolver.practitioner(reference, &lookup, &plan.queries).map {
            .participant(.practitioner, $0, role: participant.role)
          }
        case .location(let reference):
          resolver.location(reference, &lookup, &plan.queries).map {
            .participant(.location, $0, role: participant.role)
          }
        }
      }
    }
    try replace(.participants, of: id, participants, standing == nil, &plan) { $0 }
    note(.appointment, id, change.identifiers, standing: standing, since: start, &plan)
  }

  private mutating func refer(
    _ practitioner: FieldChange<PractitionerReference>, _ location: FieldChange<LocationReference>,
    _ fields: inout RecordFields, _ plan: inout Plan
  ) {
    refer(practitioner, as: "practitioner_id", &fields, &plan)
    if let reference = location.initial {
      if let id = resolver.location(reference, &lookup, &plan.queries) {
        fields.put("location_id", location.map { _ in id })
      }
    } else if case .clear = location {
      fields.put("location_id", .null)
    }
  }

  /// The merged patient stays and points at the survivor; what was the merged one's goes over. Identifiers stay where
  /// they are: they find the survivor through the pointer.
  private mutating func add(_ merge: PatientMerge, to plan: inout Plan) throws {
    let survivor = try known(merge.survivor, at: HL7Location("PID", field: 3))
    let holder = merge.merged.identifiers.lazy.compactMap { [lookup] in lookup.holders[RecordKey(.patient, $0)] }.first
    guard let holder, let merged = standing(merge.merged) else {
      throw Refusal(
        finding: HL7Finding(
          .unknownKeyIdentifier, at: HL7Location("MRG", field: 1), "no patient of this clinic has this identifier"))
    }
    if merged.id == survivor.id, holder == merged.id {
      // The other way round: what PID-3 names was merged into this one before.
      throw Refusal(
        finding: HL7Finding(
          .duplicateKeyIdentifier, at: HL7Location("PID", field: 3),
          "the surviving patient was merged before into the one of MRG-1"))
    }
    plan.applied += 1
    plan.effects.add(.patient, survivor.id, .write)
    guard merged.id != survivor.id else {
      if holder != survivor.id { plan.effects.add(.patient, holder, .none) }
      return
    }
    plan.queries += Self.mergeTexts.enumerated().map { place, text in
      RecordWrite(
        text, rank: 110, key: nil, [[merged.id], [survivor.id]], effect: place == 0 ? .merge("patient") : .consequence)
    }
    plan.effects.add(.patient, merged.id, .merge)
    for identifier in merge.merged.identifiers {
      lookup.owners[RecordKey(.patient, identifier)] = [written(survivor.id)]
    }
  }

  private static let mergeTexts = [
    ("patient", "replaced_by = c.survivor, active = false", "t.id = c.merged"),
    ("patient", "replaced_by = c.survivor", "t.replaced_by = c.merged"),
    ("encounter", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("appointment", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("appointment_participant", "actor_id = c.survivor", "t.actor_type = 'patient' and t.actor_id = c.merged"),
    ("coverage", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("observation", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("document", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("condition", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("procedure", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("allergy", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("account", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("payment", "patient_id = c.survivor", "t.patient_id = c.merged"),
    ("invoice", "patient_id = c.survivor", "t.patient_id = c.merged and t.status = 'draft'"),
  ].map { relation, change, condition in
    """
    update clinic.\(relation) t set \(change) from unnest($2::text[], $3::text[]) as c (merged, survivor)
    where t.clinic_id = $1::uuid and \(condition)
    """
  }
}
