import ClinicModel
import HL7Parser

/// SCH, TQ1, RGS, AIS, AIL and AIP.
extension HL7FeedDraft {
  mutating func writeAppointment(_ appointment: AppointmentRecord) {
    append(schedule(appointment))
    if isWithoutWithdrawn {
      // SCH-11 was withdrawn in version 2.7 for TQ1.
      var tq1 = HL7SegmentDraft("TQ1")
      (tq1[1], tq1[7], tq1[8]) = ("1", time(appointment.startAt), time(appointment.endAt))
      append(tq1)
    }
    writePatient()
    var rgs = HL7SegmentDraft("RGS")
    (rgs[1], rgs[2]) = ("1", .text(action))
    append(rgs)
    writeResources(appointment)
  }

  /// Table 0206.
  private var action: String { event == .booked ? "A" : "U" }

  private func schedule(_ appointment: AppointmentRecord) -> HL7SegmentDraft {
    let numbers = appointment.identifiers
    var sch = HL7SegmentDraft("SCH")
    sch[1] = entity(identifier("PLAC", among: numbers), own: nil)
    sch[2] = entity(identifier("FILL", among: numbers), own: appointment.id)
    let reason = codes.coded(appointment.reason, .reason, table: [:])
    sch[6] = event.isCancellation ? codes.coded(appointment.cancelReason, .reason) : reason
    sch[7] = emptied(reason)
    if let start = appointment.startAt, let end = appointment.endAt {
      let minutes = (end.microseconds - start.microseconds) / 60_000_000
      (sch[9], sch[10]) = (.number(Int(minutes)), "MIN")
    }
    if !isWithoutWithdrawn {
      sch[11] = .components([.absent, .absent, .absent, time(appointment.startAt), time(appointment.endAt)])
    }
    // Whom to ask about it; required by the standard.
    sch[16] = person(appointment.practitionerID)
    // Who deletes an appointment leaves its status as it was.
    let status = event == .deleted ? .enteredInError : appointment.status
    sch[25] = .text(codes.word(status, .appointmentStatus, HL7FeedCodes.appointmentStatus))
    return sch
  }

  private mutating func writeResources(_ appointment: AppointmentRecord) {
    if let service = appointment.service {
      var ais = HL7SegmentDraft("AIS")
      (ais[1], ais[2], ais[3]) = ("1", .text(action), codes.coded(service, .service))
      ais[4] = time(appointment.startAt)
      append(ais)
    }
    let others = appointment.participants.filter { $0.status != .declined }
    let places =
      [appointment.locationID].compactMap { $0 } + others.filter { $0.actorType == .location }.map(\.actorID)
    for (number, id) in places.enumerated() where !place(id).isAbsent {
      var ail = HL7SegmentDraft("AIL")
      (ail[1], ail[2], ail[3]) = (.number(number + 1), .text(action), place(id))
      append(ail)
    }
    var people: [(id: String, role: Code?)] = appointment.practitionerID.map { [(id: $0, role: nil)] } ?? []
    people += others.filter { $0.actorType == .practitioner }.map { (id: $0.actorID, role: $0.role) }
    for (number, entry) in people.enumerated() where !person(entry.id).isAbsent {
      var aip = HL7SegmentDraft("AIP")
      (aip[1], aip[2], aip[3]) = (.number(number + 1), .text(action), person(entry.id))
      aip[4] = codes.coded(entry.role, .participantRole)
      append(aip)
    }
  }
}
