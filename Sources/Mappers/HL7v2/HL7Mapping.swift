public import HL7Parser
import ClinicModel

/// HL7 v2 to the clinic's data: the events of docs/mappings. Pure; no clock, no state.
public enum HL7Mapping {
  /// The events that are applied, as MSH-9 writes them: `ADT^A01`.
  public static var events: [String] { EventMapping.all.map(\.name) }

  /// What a message asks for; throws every finding at once where it cannot be applied.
  ///
  /// A message of another event is refused with condition 200 or 201 (`outcome` is then `.rejected`). Whether what the
  /// message names exists is for the store to see: see `mustExist` and `PatientMerge`.
  public static func changes(
    for message: HL7Message, profile: HL7MappingProfile
  ) throws(HL7MappingError) -> ClinicChanges {
    let mapping = try mapping(of: message)
    var reading = HL7Reading(message, profile: profile)
    let moment = reading.moment(of: message)
    let changes = reading.changes(message, mapping, moment: moment)
    guard reading.errors.isEmpty else { throw HL7MappingError(.content, reading.errors) }
    return ClinicChanges(event: mapping.name, moment: moment, changes: changes, warnings: reading.warnings)
  }

  private static func mapping(of message: HL7Message) throws(HL7MappingError) -> EventMapping {
    let type = message.MSH?.messageType
    let code = type?.messageCode.map(HL7Reading.cleaned) ?? ""
    // Before version 2.3 the event may stand in EVN-1 alone.
    let event = (type?.triggerEvent ?? message.EVN?.eventTypeCode).map(HL7Reading.cleaned) ?? ""
    if let mapping = EventMapping.named("\(code)^\(event)") { return mapping }
    guard EventMapping.types.contains(code) else {
      throw HL7MappingError(
        .unsupportedMessage,
        [
          HL7Finding(
            .unsupportedMessageType, at: HL7Location("MSH", field: 9, component: 1),
            "messages of this type are stored, not applied; applied are \(EventMapping.types.joined(separator: " "))")
        ])
    }
    let applied = EventMapping.all.filter { $0.type == code }.map(\.event).joined(separator: " ")
    throw HL7MappingError(
      .unsupportedEvent,
      [
        HL7Finding(
          .unsupportedEventCode, at: HL7Location("MSH", field: 9, component: 2),
          "this event is stored, not applied; applied of \(code) are \(applied)")
      ])
  }
}

extension HL7Reading {
  /// EVN-2, else MSH-7.
  mutating func moment(of message: HL7Message) -> Instant? {
    if let evn = message.EVN, let recorded = instant(evn.recordedDateTime, at: evn.at(2)).initial { return recorded }
    return message.MSH.flatMap { instant($0.dateTimeOfMessage, at: $0.at(7)).initial }
  }

  mutating func changes(_ message: HL7Message, _ mapping: EventMapping, moment: Instant?) -> [ClinicChange] {
    switch mapping.subject {
    case .person(let rule): person(message, rule)
    case .visit(let rule): visit(message, rule, event: mapping.event, moment: moment)
    case .merge: merges(message)
    case .renumbering: renumberings(message)
    case .appointment(let rule): appointments(message, rule, moment: moment)
    case .result: results(message)
    case .document(let rule): documents(message, rule, moment: moment)
    case .charge: charges(message)
    case .account(let rule): account(message, rule)
    case .link(let isLinked): links(message, isLinked: isLinked)
    case .block(let status): blocks(message, status)
    }
  }

  /// The patient of the message; refused where there is none.
  mutating func requiredPatient(_ message: some HL7SegmentSource) -> (pid: HL7.PID, key: PatientKey)? {
    guard let pid = message.PID else {
      missing(at: HL7Location("PID"), "the patient is required: PID")
      return nil
    }
    return patientKey(pid).map { (pid, $0) }
  }

  /// The patient, then the contacts and coverages.
  private mutating func registration(_ message: HL7Message, _ pid: HL7.PID, _ key: PatientKey) -> [ClinicChange] {
    var changes: [ClinicChange] = [.upsertPatient(patient(pid, message.PD1, key: key))]
    if let contacts = contacts(message.all(HL7.NK1.self), of: key) { changes.append(.replaceContacts(contacts)) }
    changes += coverages(message, of: key).map { .upsertCoverage($0) }
    return changes
  }

  private mutating func person(_ message: HL7Message, _ rule: EventMapping.PersonRule) -> [ClinicChange] {
    guard let (pid, key) = requiredPatient(message) else { return [] }
    var changes = registration(message, pid, key)
    if let isActive = rule.isActive, case .upsertPatient(var patient) = changes[0] {
      patient.isActive = .set(isActive)
      changes[0] = .upsertPatient(patient)
    }
    return changes + history(message, of: key, visit: nil)
  }

  private mutating func visit(
    _ message: HL7Message, _ rule: EventMapping.VisitRule, event: String, moment: Instant?
  ) -> [ClinicChange] {
    guard let (pid, key) = requiredPatient(message) else { return [] }
    var changes = registration(message, pid, key)
    let movements = movements(message, event: event, of: key)
    if rule.isOfMovement, movements.isEmpty {
      missing(at: HL7Location("ZBE"), "the event is about a movement: ZBE is required")
    }
    // A movement of the past does not change what the encounter shows now.
    let isOfThePast = rule.isOfMovement || movements.contains { $0.isHistoric }
    if !isOfThePast, let encounter = encounter(message, rule, of: key, moment: moment) {
      changes.append(.upsertEncounter(encounter))
    }
    changes += movements.map { .upsertMovement($0.change) }
    return changes + history(message, of: key, visit: visitReference(message))
  }

  private mutating func account(_ message: HL7Message, _ rule: EventMapping.AccountRule) -> [ClinicChange] {
    guard let (pid, key) = requiredPatient(message) else { return [] }
    var changes = registration(message, pid, key)
    if let account = account(message, rule, of: key) { changes.append(.upsertAccount(account)) }
    return changes + history(message, of: key, visit: visitReference(message))
  }

  private mutating func appointments(
    _ message: HL7Message, _ rule: EventMapping.AppointmentRule, moment: Instant?
  ) -> [ClinicChange] {
    if message.PID == nil, !rule.needsStart {
      return appointment(message, rule, of: nil, moment: moment).map { [.upsertAppointment($0)] } ?? []
    }
    guard let (pid, key) = requiredPatient(message) else { return [] }
    var changes = registration(message, pid, key)
    if message.all(HL7.PID.self).count > 1 {
      warn(
        .segmentSequenceError, at: HL7Location("PID", occurrence: 2),
        "an appointment of several patients; only the first is kept")
    }
    if let appointment = appointment(message, rule, of: key, moment: moment) {
      changes.append(.upsertAppointment(appointment))
    }
    return changes
  }

  /// Each PID with the MRG that follows it.
  private mutating func merges(_ message: HL7Message) -> [ClinicChange] {
    var changes: [ClinicChange] = []
    let groups = message.segments.groups(from: "PID")
    if groups.isEmpty { missing(at: HL7Location("PID"), "the surviving patient is required: PID") }
    if groups.count > Self.repetitions {
      refuse(.valueTooLong, at: HL7Location("PID"), "more than \(Self.repetitions) merges in one message")
    }
    for group in groups.prefix(Self.repetitions) {
      guard let pid = group.PID, let survivor = patientKey(pid) else { continue }
      changes.append(.upsertPatient(patient(pid, group.PD1, key: survivor)))
      let merged = group.all(HL7.MRG.self)
      if merged.isEmpty { missing(at: HL7Location("MRG"), "the merged patient is required: MRG") }
      for mrg in bounded(merged) {
        if let merge = merge(mrg, into: survivor) { changes.append(.mergePatients(merge)) }
      }
    }
    return changes
  }

  private mutating func merge(_ mrg: HL7.MRG, into survivor: PatientKey) -> PatientMerge? {
    var numbers = identifiers(mrg.priorPatientIdentifierList, of: .patient, at: mrg.at(1))
    if numbers.isEmpty, let external = identifier(mrg.priorPatientID, of: .patient, at: mrg.at(4)) {
      numbers = [external]
    }
    guard !numbers.isEmpty else {
      missing(at: mrg.at(1), "the identifier of the merged patient is required")
      return nil
    }
    // What both have, such as a national number, does not tell them apart.
    let own = numbers.filter { number in !survivor.identifiers.contains(where: number.matches) }
    guard !own.isEmpty else {
      refuse(.duplicateKeyIdentifier, at: mrg.at(1), "MRG-1 names the surviving patient of PID-3")
      return nil
    }
    return PatientMerge(survivor: survivor, merged: PatientKey(identifiers: trusted(own)))
  }

  /// A47: the patient who holds the numbers of MRG has those of PID-3, too.
  private mutating func renumberings(_ message: HL7Message) -> [ClinicChange] {
    guard let (pid, now) = requiredPatient(message) else { return [] }
    guard let mrg = message.MRG else {
      missing(at: HL7Location("MRG"), "the numbers that the patient had before are required: MRG")
      return []
    }
    let before = identifiers(mrg.priorPatientIdentifierList, of: .patient, at: mrg.at(1))
    guard !before.isEmpty else {
      missing(at: mrg.at(1), "the numbers that the patient had before are required")
      return []
    }
    let others = now.identifiers.filter { number in !before.contains(where: number.matches) }
    return [.upsertPatient(patient(pid, message.PD1, key: PatientKey(identifiers: trusted(before) + others)))]
  }

  /// The two PID of A24 and A37. Nothing else is said of either.
  private mutating func links(_ message: HL7Message, isLinked: Bool) -> [ClinicChange] {
    let groups = message.segments.groups(from: "PID")
    guard groups.count == 2, let one = groups[0].PID, let other = groups[1].PID else {
      missing(at: HL7Location("PID", occurrence: 2), "two patients are required: PID and PID")
      return []
    }
    guard let first = patientKey(one), let second = patientKey(other) else { return [] }
    // What both have, such as a national number, does not tell them apart.
    let own = second.identifiers.filter { number in !first.identifiers.contains(where: number.matches) }
    guard !own.isEmpty else {
      refuse(.duplicateKeyIdentifier, at: other.at(3), "both PID name the same patient")
      return []
    }
    return [.linkPatients(PatientLink(first: first, second: PatientKey(identifiers: own), isLinked: isLinked))]
  }
}
