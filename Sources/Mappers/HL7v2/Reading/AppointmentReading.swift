import ClinicModel
import HL7Parser

extension HL7Reading {
  /// What SCH and the resources say about the appointment.
  mutating func appointment(
    _ message: HL7Message, _ rule: EventMapping.AppointmentRule, of patient: PatientKey?, moment: Instant?
  ) -> AppointmentChange? {
    guard let sch = message.SCH else {
      missing(at: HL7Location("SCH"), "the event is about an appointment: SCH is required")
      return nil
    }
    let numbers = appointmentNumbers(sch)
    guard !numbers.isEmpty else {
      missing(at: sch.at(1), "the appointment must be named: SCH-1 (placer) or SCH-2 (filler)")
      return nil
    }
    var change = AppointmentChange(
      identifiers: numbers, mustExist: rule.mustExist, patient: patient, status: appointmentStatus(sch, rule))
    readTimes(of: sch, message, rule, into: &change)
    // Without a start there is nothing to make an appointment of.
    if change.startAt.initial == nil { change.mustExist = true }
    readResources(message, into: &change)
    let reason = code(sch.appointmentReason, .reason, system: HL7Tables.uri("0276"), at: sch.at(7))
    let eventReason = code(sch.eventReason, .reason, at: sch.at(6))
    if rule.cancels {
      change.cancelReason = eventReason.isLeave ? reason : eventReason
    } else {
      change.reason = reason.isLeave && rule.needsStart ? eventReason : reason
    }
    change.createdAt = moment.map { .fill($0) } ?? .leave
    return change
  }

  mutating func appointmentNumbers(_ sch: HL7.SCH) -> [IdentifierValue] {
    let placer = identifier(sch.placerAppointmentID, type: "PLAC", of: .appointment, at: sch.at(1))
    let filler = identifier(sch.fillerAppointmentID, type: "FILL", of: .appointment, at: sch.at(2))
    // One number for both is one number.
    if let placer, let filler, placer.matches(filler) { return [placer] }
    return [placer, filler].compactMap { $0 }
  }

  private mutating func appointmentStatus(
    _ sch: HL7.SCH, _ rule: EventMapping.AppointmentRule
  ) -> FieldChange<AppointmentStatus> {
    let plain: FieldChange<AppointmentStatus> = rule.status.map { .set($0) } ?? .fill(.booked)
    guard rule.followsFiller, let word = text(sch[25], at: sch.at(25)) else { return plain }
    if let mapped = profile.codeMaps[.appointmentStatus]?[word]?.code.flatMap(AppointmentStatus.init(rawValue:)) {
      return .set(mapped)
    }
    let bare = word.lowercased().filter { $0 != " " && $0 != "-" && $0 != "_" }
    if let known = HL7Tables.appointmentStatus[bare] { return .set(known) }
    warn(
      .tableValueNotFound, at: sch.at(25),
      "not a code of table 0278, nor of this partner's code map appointment-status; the event decides")
    return plain
  }

  // MARK: Times

  /// The start from TQ1-7, SCH-11.4 or the first resource that has one; the end from TQ1-8 or SCH-11.5, else the
  /// start and a duration.
  mutating func readTimes(
    of sch: HL7.SCH, _ message: HL7Message, _ rule: EventMapping.AppointmentRule, into change: inout AppointmentChange
  ) {
    let errorsBefore = errors.count
    let tq1 = message.TQ1
    let timing = sch.appointmentTimingQuantity[0]
    var start = tq1.map { instant($0.startDateTime, at: $0.at(7)) } ?? .leave
    if start.isLeave { start = instant(timing.startDateTime, at: sch.at(11, component: 4)) }
    if start.isLeave { start = resourceStart(message) }
    var end = tq1.map { instant($0.endDateTime, at: $0.at(8)) } ?? .leave
    if end.isLeave { end = instant(timing.endDateTime, at: sch.at(11, component: 5)) }
    if end.isLeave, case .set(let from) = start, let seconds = duration(sch, message) {
      end = .set(from.adding(seconds: seconds))
    }
    // A start that cannot be read has its own finding.
    if rule.needsStart, start.initial == nil, errors.count == errorsBefore {
      missing(at: sch.at(11), "the start is required: SCH-11.4, TQ1-7 or AIS-4")
    }
    if case .set(let from) = start, case .set(let to) = end, to < from {
      refuse(.dataTypeError, at: sch.at(11, component: 5), "the appointment ends before it starts")
    }
    (change.startAt, change.endAt) = (start, end)
  }

  private mutating func resourceStart(_ message: HL7Message) -> FieldChange<Instant> {
    let starts: [(HL7.DTM, HL7Location)] =
      [message.AIS.map { ($0.startDateTime, $0.at(4)) }, message.AIP.map { ($0.startDateTime, $0.at(6)) }]
      .compactMap { $0 }
      + [message.AIL.map { ($0.startDateTime, $0.at(6)) }, message.AIG.map { ($0.startDateTime, $0.at(8)) }]
      .compactMap { $0 }
    for (value, location) in starts {
      let start = instant(value, at: location)
      if !start.isLeave { return start }
    }
    return .leave
  }

  /// Seconds: TQ1-6, SCH-9 with SCH-10, SCH-11.3 or AIS-7 with AIS-8.
  private mutating func duration(_ sch: HL7.SCH, _ message: HL7Message) -> Int? {
    if let tq1 = message.TQ1, let quantity = tq1.serviceDuration.quantity {
      return seconds(quantity, tq1.serviceDuration.units.identifier, at: tq1.at(6))
    }
    if let length = sch.appointmentDuration {
      return seconds(length, sch.appointmentDurationUnits.identifier, at: sch.at(9))
    }
    if let length = sch.appointmentTimingQuantity[0].duration {
      // A letter before the number is its unit: M30. Without one it counts in SCH-10's.
      guard let letter = length.first, letter.isLetter else {
        return seconds(length, sch.appointmentDurationUnits.identifier, at: sch.at(11, component: 3))
      }
      return seconds(String(length.dropFirst()), String(letter), at: sch.at(11, component: 3))
    }
    guard let ais = message.AIS, let length = ais.duration else { return nil }
    return seconds(length, ais.durationUnits.identifier, at: ais.at(7))
  }

  private mutating func seconds(_ number: String, _ unit: String?, at location: HL7Location) -> Int? {
    let scale: Int? =
      switch unit.map({ Self.cleaned($0).lowercased() }) {
      case nil, "", "m", "min", "mins", "minute", "minutes", "mn": 60
      case "s", "sec", "second", "seconds": 1
      case "h", "hr", "hrs", "hour", "hours": 3600
      case "d", "day", "days": 86400
      default: nil
      }
    let whole = Self.cleaned(number).split(separator: ".", omittingEmptySubsequences: false)
    guard let scale, whole.count <= 2, let count = whole.first.flatMap({ Int($0) }), (0...100_000).contains(count),
      whole.count == 1 || whole[1].utf8.allSatisfy({ $0 == 0x30 })
    else {
      refuse(.dataTypeError, at: location, "a whole number of seconds, minutes, hours or days is expected")
      return nil
    }
    return count * scale
  }

  // MARK: Resources

  /// AIS, AIP and AIL. The first practitioner and the first place are the appointment's own.
  mutating func readResources(_ message: HL7Message, into change: inout AppointmentChange) {
    for ais in bounded(message.all(HL7.AIS.self)) where ais.segmentActionCode != "D" {
      change.service = code(ais.universalServiceIdentifier, .service, at: ais.at(3))
      if !change.service.isLeave { break }
    }
    var people: [AppointmentChange.Participant] = []
    let aips = bounded(message.all(HL7.AIP.self)).filter { $0.segmentActionCode != "D" }
    for aip in aips {
      let role = coded(aip.resourceType, .participantRole, at: aip.at(4))
      for (number, value) in repetitions(aip.personnelResourceID, at: aip.at(3)) {
        guard let reference = practitioner(value, at: aip.at(3, repetition: number)) else { continue }
        people.append(AppointmentChange.Participant(.practitioner(reference), role: role))
      }
    }
    var places: [AppointmentChange.Participant] = []
    let ails = bounded(message.all(HL7.AIL.self)).filter { $0.segmentActionCode != "D" }
    for ail in ails {
      for (number, value) in repetitions(ail.locationResourceID, at: ail.at(3)) {
        guard let reference = location(value, at: ail.at(3, repetition: number)) else { continue }
        places.append(AppointmentChange.Participant(.location(reference)))
      }
    }
    if case .practitioner(let first)? = people.first?.actor { change.practitioner = .set(first) }
    if case .location(let first)? = places.first?.actor { change.location = .set(first) }
    if !people.isEmpty || !places.isEmpty {
      change.participants = .set(Array(people.dropFirst()) + Array(places.dropFirst()))
    }
  }
}
