internal import ClinicModel
internal import Mappers

/// What changes must be told by the database before they can be planned, and what must be locked meanwhile.
struct LookupPlan {
  private let clinicID: String
  private(set) var wanted = RecordLookup.Wanted()
  /// Records that are written: one message at a time may.
  private(set) var written: Set<RecordKey> = []
  /// Records that are thought to be as their messages say already.
  private(set) var watched: Set<RecordKey> = []
  /// What facts are part of that are written, and that are thought to stand.
  private var writtenSources: Set<[String]> = []
  private var watchedSources: Set<[String]> = []

  init(clinicID: String) { self.clinicID = clinicID }

  /// The advisory locks to hold until the commit.
  var locks: Set<Int64> { locks(written, writtenSources) }
  var sharedLocks: Set<Int64> { locks(watched, watchedSources) }

  private func locks(_ keys: Set<RecordKey>, _ sources: Set<[String]>) -> Set<Int64> {
    Set(keys.map { $0.lock(clinicID) }).union(sources.map { FactID.lock($0, clinicID) })
  }

  /// Adds what a message names. References in `known` need no looking up.
  /// - Parameter isRepeat: the message is thought to change nothing.
  mutating func add(_ changes: ClinicChanges, isRepeat: Bool, isKnown: (ReferenceCache.Reference) -> Bool) {
    guard !isRepeat else {
      var looks = LookupPlan(clinicID: clinicID)
      looks.add(changes, isRepeat: false, isKnown: isKnown)
      watched.formUnion(looks.written)
      watchedSources.formUnion(looks.writtenSources)
      wanted.facts.formUnion(looks.wanted.facts)
      wanted.keys.formUnion(looks.wanted.keys.filter { looks.written.contains($0) })
      wanted.encounterPatients.formUnion(looks.wanted.encounterPatients)
      wanted.encounterStarts.formUnion(looks.wanted.encounterStarts)
      return
    }
    for change in changes.changes {
      switch change {
      case .upsertPatient(let patient):
        add(patient.key)
        add(patient.generalPractitioner, isKnown)
      case .replaceContacts(let contacts): add(contacts.patient)
      case .upsertCoverage(let coverage):
        add(coverage.patient)
        wanted.coveragePatients.formUnion(coverage.patient.identifiers.map { RecordKey(.patient, $0) })
        add(coverage.payer)
      case .upsertEncounter(let encounter): add(encounter, isKnown)
      case .upsertAppointment(let appointment): add(appointment, isKnown)
      case .mergePatients(let merge):
        add(merge.survivor)
        add(merge.merged)
      case .upsertObservation(let change):
        add(change.key, of: change.patient, change.encounter)
        add(change.practitioner, isKnown)
        add(change.requester, isKnown)
      case .upsertDocument(let change):
        add(change.key, of: change.patient, change.encounter)
        if let appended = change.appends { wanted.facts.insert(FactID(appended, clinicID)) }
        if let replaced = change.replaces { wanted.facts.insert(FactID(replaced, clinicID)) }
        add(change.practitioner, isKnown)
      case .upsertCondition(let change):
        add(change.key, of: change.patient, change.encounter)
        add(change.practitioner, isKnown)
      case .upsertProcedure(let change):
        add(change.key, of: change.patient, change.encounter)
        add(change.practitioner, isKnown)
      case .upsertAllergy(let change): add(change.key, of: change.patient, nil)
      case .linkPatients(let link):
        add(link.first)
        add(link.second)
      case .upsertMovement(let change):
        add(change.key, of: change.patient, change.encounter)
        add(change.location, isKnown)
      case .upsertSlot(let change):
        wanted.facts.insert(FactID(change.key, clinicID))
        writtenSources.insert(change.key.source)
        switch change.actor {
        case .practitioner(let reference): add(reference, isKnown)
        case .location(let reference): add(reference, isKnown)
        }
      case .upsertAccount(let change):
        add(change.patient)
        wanted.keys.insert(RecordKey(.account, change.number))
        written.insert(RecordKey(.account, change.number))
        for number in change.encounter?.identifiers ?? [] { wanted.keys.insert(RecordKey(.encounter, number)) }
      case .upsertCharge(let change):
        add(change.key, of: change.patient, change.encounter)
        add(account: change.account)
        add(change.practitioner, isKnown)
      case .upsertPayment(let change):
        add(change.key, of: change.patient, nil)
        add(account: change.account)
        if let payer = change.payer { add(payer) }
      }
    }
  }

  private mutating func add(_ patient: PatientKey) {
    let keys = patient.identifiers.map { RecordKey(.patient, $0) }
    wanted.keys.formUnion(keys)
    written.formUnion(keys)
  }

  private mutating func add(_ fact: FactKey, of patient: PatientKey, _ visit: EncounterReference?) {
    add(patient)
    wanted.facts.insert(FactID(fact, clinicID))
    writtenSources.insert(fact.source)
    for number in visit?.identifiers ?? [] { wanted.keys.insert(RecordKey(.encounter, number)) }
  }

  /// What is charged to it and paid.
  private mutating func add(account: IdentifierValue) {
    wanted.keys.insert(RecordKey(.account, account))
    wanted.chargedAccounts.insert(RecordKey(.account, account))
  }

  private mutating func add(_ payer: PayerReference) {
    wanted.keys.formUnion(payer.identifiers.map { RecordKey(.payer, $0) })
    if let name = payer.name { wanted.payerNames.insert(FoldedKey.fold(name)) }
  }

  private mutating func add(_ encounter: EncounterChange, _ isKnown: (ReferenceCache.Reference) -> Bool) {
    add(encounter.patient)
    switch encounter.match {
    case .visitNumber(let number), .account(let number, _):
      wanted.keys.insert(RecordKey(.encounter, number))
      written.insert(RecordKey(.encounter, number))
    case .start(let start):
      wanted.encounterPatients.formUnion(encounter.patient.identifiers.map { RecordKey(.patient, $0) })
      wanted.encounterStarts.insert(start)
    }
    wanted.keys.formUnion(encounter.identifiers.map { RecordKey(.encounter, $0) })
    for person in [encounter.practitioner, encounter.referrer, encounter.consultant, encounter.admitter] {
      add(person, isKnown)
    }
    add(encounter.location, isKnown)
  }

  private mutating func add(_ appointment: AppointmentChange, _ isKnown: (ReferenceCache.Reference) -> Bool) {
    if let patient = appointment.patient { add(patient) }
    let keys = appointment.identifiers.map { RecordKey(.appointment, $0) }
    wanted.keys.formUnion(keys)
    written.formUnion(keys)
    add(appointment.practitioner, isKnown)
    add(appointment.location, isKnown)
    guard let participants = appointment.participants.initial else { return }
    for participant in participants {
      switch participant.actor {
      case .practitioner(let reference): add(reference, isKnown)
      case .location(let reference): add(reference, isKnown)
      }
    }
  }

  private mutating func add(
    _ change: FieldChange<PractitionerReference>, _ isKnown: (ReferenceCache.Reference) -> Bool
  ) {
    if let reference = change.initial { add(reference, isKnown) }
  }

  private mutating func add(_ change: FieldChange<LocationReference>, _ isKnown: (ReferenceCache.Reference) -> Bool) {
    if let reference = change.initial { add(reference, isKnown) }
  }

  private mutating func add(_ reference: PractitionerReference, _ isKnown: (ReferenceCache.Reference) -> Bool) {
    guard reference.recordID == nil, !isKnown(.practitioner(reference)) else { return }
    wanted.keys.formUnion(reference.identifiers.map { RecordKey(.practitioner, $0) })
    if let family = reference.family { wanted.practitionerFamilies.insert(FoldedKey.fold(family)) }
  }

  private mutating func add(_ reference: LocationReference, _ isKnown: (ReferenceCache.Reference) -> Bool) {
    guard reference.recordID == nil, !isKnown(.location(reference)) else { return }
    if let identifier = reference.identifier { wanted.keys.insert(RecordKey(.location, identifier)) }
    wanted.locationNames.formUnion(reference.path.map { FoldedKey.fold($0.name) })
  }
}
