import ClinicModel
import HL7Parser

/// SIU^S23 and S24: people and places that cannot be booked for a while, or can be again.
extension HL7Reading {
  /// Each person and place of the message with the stretch of time that SCH names.
  mutating func blocks(_ message: HL7Message, _ status: SlotStatus) -> [ClinicChange] {
    guard let sch = message.SCH else {
      missing(at: HL7Location("SCH"), "the event is about a stretch of time: SCH is required")
      return []
    }
    guard let number = appointmentNumbers(sch).first else {
      missing(at: sch.at(1), "the block must be named: SCH-1 (placer) or SCH-2 (filler)")
      return []
    }
    var times = AppointmentChange(identifiers: [number], status: .leave)
    readTimes(of: sch, message, EventMapping.AppointmentRule(needsStart: true), into: &times)
    readResources(message, into: &times)
    var actors = (times.participants.initial ?? []).map(\.actor)
    if let place = times.location.initial { actors.insert(.location(place), at: 0) }
    if let person = times.practitioner.initial { actors.insert(.practitioner(person), at: 0) }
    if actors.isEmpty { missing(at: HL7Location("RGS"), "who or what is blocked must be named: AIP-3 or AIL-3") }
    guard let start = times.startAt.initial else { return [] }
    guard let end = times.endAt.initial else {
      missing(at: sch.at(11), "the end or a duration is required: SCH-11.5, TQ1-8 or SCH-9")
      return []
    }
    return actors.map { actor in
      let key = FactKey(
        .slot, source: [profile.partner, "block", number.system, number.value], item: Self.words(actor))
      return .upsertSlot(
        SlotChange(key: key, actor: actor, startAt: start, endAt: end, status: status, mustExist: status == .free))
    }
  }

  /// What tells one actor of a block from another.
  private static func words(_ actor: AppointmentChange.Participant.Actor) -> [String] {
    switch actor {
    case .practitioner(let who):
      if let number = who.identifiers.first { return ["practitioner", number.system, number.value] }
      return ["practitioner", who.family ?? ""] + who.given
    case .location(let place):
      if let number = place.identifier { return ["location", number.system, number.value] }
      return ["location"] + place.path.map { "\($0.kind.rawValue):\($0.name)" }
    }
  }
}
