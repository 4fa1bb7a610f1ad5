import HL7Parser
import JSON

// SCH, AIS, AIP, AIL, AIG. HL7's v2-to-FHIR guide, segment maps of the same names.
extension HL7FHIRBuilder {
  mutating func takeSCH(_ segment: HL7Segment) {
    finishAppointment()
    let filler = identifier(entity: segment[2], type: "FILL")
    let placer = identifier(entity: segment[1], type: "PLAC")
    let place = place(segment)
    let handle =
      (filler ?? placer).map { draft.add("Appointment", key: "\($0)") } ?? draft.add("Appointment", at: place)
    appointment = handle
    noted = (handle, "comment")
    focus.append(handle)
    draft[handle].append("identifier", placer)
    draft[handle].append("identifier", filler)
    let byEvent = HL7FHIRCodes.appointmentEvent[event].map { JSONValue.string($0) }
    draft[handle].set("status", Self.mapped(segment[25], HL7FHIRCodes.appointmentStatus) ?? byEvent ?? "booked")
    draft[handle].set("appointmentType", concept(segment[8], table: "0277"))
    draft[handle].append("reasonCode", concept(segment[7], table: "0276"))
    // TQ (before 2.6): the fourth component is the start, the fifth the end.
    let timing = segment[11].repetition(1)
    draft[handle].set("start", HL7FHIRValues.hasTime(timing.part(4)) ? values.instant(timing.part(4)) : nil)
    draft[handle].set("end", HL7FHIRValues.hasTime(timing.part(5)) ? values.instant(timing.part(5)) : nil)
    let units = HL7FHIRValues.code(segment[10].part(1))?.uppercased() ?? "MIN"
    if units.hasPrefix("MIN") || units == "M" {
      draft[handle].set("minutesDuration", HL7FHIRValues.integer(segment[9]))
    }
    let contacts: [(who: Int, phone: Int, address: Int?, place: Int, code: String)] = [
      (12, 13, 14, 15, "placer contact"), (16, 17, 18, 19, "filler contact"), (20, 21, nil, 22, "enterer"),
    ]
    for contact in contacts {
      let calls = segment[contact.phone].repetitions.compactMap { telecom($0) }
      let home = contact.address.flatMap { address(segment[$0].repetition(1)) }
      let site = location(segment[contact.place])
      for person in practitioners(segment[contact.who]) {
        draft[person].append("telecom", all: calls)
        draft[person].append("address", home)
        // Where somebody is to be found is said of a role.
        let actor = site.flatMap { atWork(person, at: $0) } ?? person
        draft[handle].append(
          "participant", ["type": [["text": .string(contact.code)]], "actor": actor.reference, "status": "accepted"])
      }
    }
  }

  private mutating func atWork(_ person: HL7FHIRHandle, at site: HL7FHIRHandle) -> HL7FHIRHandle? {
    guard let role = role(person) else { return nil }
    draft[role].append("location", site.reference)
    return role
  }

  /// The patient of a schedule message is in it.
  mutating func attendAppointment() {
    guard let appointment, let patient else { return }
    draft[appointment].append("participant", ["actor": patient.reference, "status": "accepted"])
  }

  mutating func takeTQ1OfAppointment(_ segment: HL7Segment) {
    guard let appointment else { return }
    draft[appointment].set("start", HL7FHIRValues.hasTime(segment[7]) ? values.instant(segment[7]) : nil)
    draft[appointment].set("end", HL7FHIRValues.hasTime(segment[8]) ? values.instant(segment[8]) : nil)
  }

  /// AIS: the service, and its time where SCH has none.
  mutating func takeAIS(_ segment: HL7Segment) {
    guard let appointment else { return }
    draft[appointment].append("serviceType", concept(segment[3]))
    begin(at: segment[4])
  }

  /// AIP: a person; AIL: a place; AIG: equipment.
  mutating func takeResource(_ segment: HL7Segment) {
    guard let appointment else { return }
    let isGroup = segment.name == "AIG"
    var object = JSONObject()
    if let kind = concept(segment[4], table: segment.name == "AIP" ? "0286" : nil) { object["type"] = [kind] }
    switch segment.name {
    case "AIP": object["actor"] = practitioners(segment[3]).first?.reference
    case "AIL": object["actor"] = location(segment[3].repetition(1))?.reference
    default:
      guard let name = HL7FHIRValues.text(segment[3].part(2)) ?? HL7FHIRValues.text(segment[3].part(1)) else { return }
      var content: [(String, JSONValue?)] = [("deviceName", [["name": .string(name), "type": "user-friendly-name"]])]
      content.append(("identifier", HL7FHIRValues.string(segment[3].part(1)).map { [["value": $0]] }))
      object["actor"] = draft.add("Device", content: content).reference
    }
    guard object["actor"] != nil else { return }
    object["status"] = "accepted"
    object["period"] = values.period(segment[isGroup ? 8 : 6], nil)
    draft[appointment].append("participant", .object(object))
    begin(at: segment[isGroup ? 8 : 6])
  }

  private mutating func begin(at element: HL7Element) {
    guard let appointment, draft[appointment].object["start"] == nil, HL7FHIRValues.hasTime(element) else { return }
    draft[appointment].set("start", values.instant(element))
  }

  /// What FHIR asks of an appointment and the message may not have said: an end beside a start, a participant.
  mutating func finishAppointment() {
    guard let appointment else { return }
    if draft[appointment].object["participant"] == nil {
      draft[appointment].append(
        "participant", ["actor": ["display": "not named in the message"], "status": "needs-action"])
    }
    guard let start = draft[appointment].object["start"]?.string else {
      draft[appointment].object["end"] = nil
      return
    }
    guard draft[appointment].object["end"] == nil else { return }
    let minutes = draft[appointment].object["minutesDuration"]?.int ?? 0
    if let end = Self.adding(minutes, to: start) { draft[appointment].set("end", end) }
  }

  /// A moment some minutes later, in its own zone.
  static func adding(_ minutes: Int, to instant: String) -> String? {
    let bytes = Array(instant.utf8)
    guard bytes.count >= 19, let day = Int(instant.prefix(10).suffix(2)), let month = Int(instant.prefix(7).suffix(2)),
      let year = Int(instant.prefix(4)), let hour = Int(instant.prefix(13).suffix(2)),
      let minute = Int(instant.prefix(16).suffix(2)), minutes >= 0, minutes < 100_000
    else { return nil }
    var total = hour * 60 + minute + minutes
    var (y, m, d) = (year, month, day)
    while total >= 1440 {
      total -= 1440
      d += 1
      if (try? HL7DateTime(padded(y, 4) + padded(m, 2) + padded(d, 2))) == nil {
        d = 1
        m += 1
        if m > 12 { (y, m) = (y + 1, 1) }
      }
    }
    return "\(padded(y, 4))-\(padded(m, 2))-\(padded(d, 2))T\(padded(total / 60, 2)):\(padded(total % 60, 2))"
      + instant.dropFirst(16)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
