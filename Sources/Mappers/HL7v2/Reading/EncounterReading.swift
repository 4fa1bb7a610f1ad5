import ClinicModel
import HL7Parser

extension HL7Reading {
  /// What PV1 and PV2 say about the visit; nil where there is none and the event may do without.
  mutating func encounter(
    _ message: HL7Message, _ rule: EventMapping.VisitRule, of patient: PatientKey, moment: Instant?
  ) -> EncounterChange? {
    guard let pv1 = message.PV1 else {
      if !rule.isOptional { missing(at: HL7Location("PV1"), "the event is about a visit: PV1 is required") }
      return nil
    }
    let started = instant(pv1.admitDateTime, at: pv1.at(44))
    // Our number of an account says nothing of which of its visits is meant.
    let account = message.PID.flatMap { accountNumber($0) }.flatMap { $0.isOurs(.account) ? nil : $0 }
    let (visit, alternate) = (visitNumber(pv1), alternateVisitNumber(pv1))
    // Our number names the visit whichever field it comes back in.
    let named = alternate.flatMap { $0.isOurs(.encounter) && visit?.isOurs(.encounter) != true ? $0 : nil } ?? visit
    let start = started.initial ?? (rule.begins ? moment : nil)
    guard let match = match(named, account, start: start, rule) else {
      if !rule.isOptional { missing(at: pv1.at(19), "the visit must be named: PV1-19, or PV1-44 with PID-18") }
      return nil
    }
    var change = EncounterChange(
      patient: patient, match: match, mustExist: rule.mustExist,
      status: rule.status.map { .set($0) } ?? .fill(status(shownBy: pv1)))
    change.identifiers = visitNumbers(visit, account, alternate, pv1)
    change.encounterClass = encounterClass(pv1)
    change.type = code(
      HL7.CWE(pv1[4]), .encounterType, system: HL7Tables.uri("0007"), at: pv1.at(4))
    change.practitioner = practitioner(pv1.attendingDoctor, at: pv1.at(7))
    change.referrer = practitioner(pv1.referringDoctor, at: pv1.at(8))
    change.consultant = practitioner(pv1.consultingDoctor, at: pv1.at(9))
    change.admitter = practitioner(pv1.admittingDoctor, at: pv1.at(17))
    if change.practitioner.isLeave { change.practitioner = change.admitter }
    change.location =
      pv1[3].isNull
      ? .clear : location(pv1.assignedPatientLocation, at: pv1.at(3)).map { .set($0) } ?? .leave
    if let pv2 = message.PV2 {
      change.reason = code(pv2.admitReason, .reason, at: pv2.at(3))
    }
    readTimes(of: pv1, message.PV2, rule, started: started, moment: moment, into: &change)
    return change
  }

  private func match(
    _ visit: IdentifierValue?, _ account: IdentifierValue?, start: Instant?, _ rule: EventMapping.VisitRule
  ) -> EncounterMatch? {
    if let visit { return .visitNumber(visit) }
    if let account, start != nil || !rule.isOptional { return .account(account, startedAt: start) }
    return start.map { .start($0) }
  }

  /// PV1-19, PID-18, PV1-50 and PV1-5, each once.
  private mutating func visitNumbers(
    _ visit: IdentifierValue?, _ account: IdentifierValue?, _ alternate: IdentifierValue?, _ pv1: HL7.PV1
  ) -> [IdentifierValue] {
    let preadmit = identifier(pv1.preadmitNumber, type: "PRN", at: pv1.at(5))
    var numbers: [IdentifierValue] = []
    for number in [visit, account, alternate, preadmit] {
      guard let number, !numbers.contains(where: number.matches) else { continue }
      numbers.append(number)
    }
    return numbers
  }

  /// A class that says nothing, or none, makes a new encounter ambulatory.
  private mutating func encounterClass(_ pv1: HL7.PV1) -> FieldChange<EncounterClass> {
    let word = text(pv1[2], at: pv1.at(2)) ?? ""
    let isMapped = profile.codeMaps[.encounterClass]?[word] != nil
    if !isMapped, word.isEmpty || HL7Tables.silentClasses.contains(word.uppercased()) { return .fill(.ambulatory) }
    return vocabulary(
      pv1[2], .encounterClass, table: HL7Tables.encounterClass, number: "0004", at: pv1.at(2))
  }

  /// For a visit that is first heard of in an update.
  private func status(shownBy pv1: HL7.PV1) -> EncounterStatus {
    if pv1[45].hasValue { return .finished }
    return pv1.patientClass?.uppercased() == "P" ? .planned : .inProgress
  }

  private mutating func readTimes(
    of pv1: HL7.PV1, _ pv2: HL7.PV2?, _ rule: EventMapping.VisitRule, started: FieldChange<Instant>, moment: Instant?,
    into change: inout EncounterChange
  ) {
    change.startedAt = started
    if started.isLeave {
      if let pv2, case .set(let expected) = instant(pv2.expectedAdmitDateTime, at: pv2.at(8)) {
        change.startedAt = .fill(expected)
      } else if rule.begins, let moment {
        change.startedAt = .fill(moment)
      }
    }
    if rule.reopens {
      (change.endedAt, change.disposition) = (.clear, .clear)
      return
    }
    change.disposition = code(HL7.CWE(pv1[36]), .disposition, system: HL7Tables.uri("0112"), at: pv1.at(36))
    change.endedAt = instant(HL7.DTM(pv1[45].repetition(1)), at: pv1.at(45))
    if rule.ends, case .leave = change.endedAt, let moment { change.endedAt = .fill(moment) }
    if let start = change.startedAt.initial, let end = change.endedAt.initial, end < start {
      refuse(.dataTypeError, at: pv1.at(45), "the discharge is before the admission (PV1-44)")
    }
  }
}
