import HL7Parser
import JSON

// TQ1. HL7's v2-to-FHIR guide, segment maps TQ1[ServiceRequest], TQ1[MedicationRequest], data type map RPT[Timing].
extension HL7FHIRBuilder {
  /// TQ1: how often, when and how urgently. Before what it is about has come it waits for it.
  mutating func takeTQ1(_ segment: HL7Segment) {
    if let medication, draft[medication].type == "MedicationRequest", noted?.handle == medication {
      schedule(medication: medication, segment)
    } else if let request = order.request {
      schedule(request: request, segment)
    } else {
      order.timing = segment
    }
  }

  private mutating func schedule(request handle: HL7FHIRHandle, _ segment: HL7Segment) {
    draft[handle].set("priority", Self.mapped(segment[9], HL7FHIRCodes.requestPriority))
    draft[handle].set("quantityQuantity", quantity(segment[2]))
    let period = values.period(segment[7], segment[8])
    if let timing = timing(segment, within: period) {
      draft[handle].object["occurrenceDateTime"] = nil
      draft[handle].set("occurrenceTiming", timing)
    } else if let period {
      draft[handle].object["occurrenceDateTime"] = nil
      draft[handle].set("occurrencePeriod", period)
    }
    if let condition = HL7FHIRValues.freeText(segment[10]) {
      draft[handle].set("asNeededCodeableConcept", ["text": .string(condition)])
    }
    if let text = HL7FHIRValues.freeText(segment[11]) { draft[handle].append("note", ["text": .string(text)]) }
  }

  /// The first dosage of a medication that is ordered, when it is to be given.
  mutating func schedule(medication handle: HL7FHIRHandle, _ segment: HL7Segment) {
    draft[handle].set("priority", Self.mapped(segment[9], HL7FHIRCodes.requestPriority))
    var dosage = draft[handle].object["dosageInstruction"]?[0]?.object ?? JSONObject()
    if dosage["text"] == nil, let text = HL7FHIRValues.freeText(segment[11]) { dosage["text"] = .string(text) }
    if let timing = timing(segment, within: values.period(segment[7], segment[8])) { dosage["timing"] = timing }
    if let condition = HL7FHIRValues.freeText(segment[10]) {
      dosage["asNeededCodeableConcept"] = ["text": .string(condition)]
    }
    if dosage["doseAndRate"] == nil, let dose = quantity(segment[2]) {
      dosage["doseAndRate"] = [["doseQuantity": dose]]
    }
    if !dosage.isEmpty { draft[handle].object["dosageInstruction"] = [.object(dosage)] }
  }

  /// TQ1-3 to TQ1-8, TQ1-13 and TQ1-14: a pattern that repeats; nil where there is none.
  private func timing(_ segment: HL7Segment, within period: JSONValue?) -> JSONValue? {
    var parts = JSONObject()
    parts["count"] = HL7FHIRValues.integer(segment[14])
    if let length = HL7FHIRValues.decimal(segment[13].part(1)), let unit = Self.timeUnit(segment[13].part(2)) {
      parts["duration"] = length
      parts["durationUnit"] = .string(unit)
    }
    let times = segment[4].repetitions.compactMap { HL7FHIRValues.time($0) }
    if !times.isEmpty { parts["timeOfDay"] = .array(times) }
    let pattern = segment[3].repetition(1)
    addPattern(pattern, to: &parts)
    let code = concept(pattern.part(1), table: "0335")
    guard !parts.isEmpty || code != nil else { return nil }
    if let period {
      parts["boundsPeriod"] = period
    } else if let unit = Self.timeUnit(segment[6].part(2)), let length = HL7FHIRValues.decimal(segment[6].part(1)) {
      parts["boundsDuration"] = [
        "value": length, "unit": .string(unit), "system": "http://unitsofmeasure.org", "code": .string(unit),
      ]
    }
    var timing = JSONObject()
    if !parts.isEmpty { timing["repeat"] = .object(parts) }
    timing["code"] = code
    return .object(timing)
  }

  /// RPT.5 and RPT.6, the period; RPT.8 to RPT.10, the event of the day and how long before or after it.
  private func addPattern(_ pattern: HL7Element, to parts: inout JSONObject) {
    if let length = HL7FHIRValues.decimal(pattern.part(5)), let unit = Self.timeUnit(pattern.part(6)) {
      parts["period"] = length
      parts["periodUnit"] = .string(unit)
    }
    // FHIR takes no event beside hours (tim-10), and no offset without an event that has a before and an after (tim-9).
    guard parts["timeOfDay"] == nil, let event = HL7FHIRValues.code(pattern.part(8)),
      let when = HL7FHIRCodes.eventTiming[event]
    else { return }
    parts["when"] = [.string(when)]
    guard !["C", "CM", "CD", "CV"].contains(when), let unit = Self.timeUnit(pattern.part(10)),
      let minutes = HL7FHIRCodes.minutes[unit], let length = HL7FHIRValues.text(pattern.part(9)).flatMap({ Double($0) })
    else { return }
    let offset = (length * minutes).rounded()
    if (0...525_600).contains(offset) { parts["offset"] = .number(String(Int(offset))) }
  }

  private static func timeUnit(_ units: HL7Element) -> String? {
    HL7FHIRValues.code(units.part(1)).flatMap { HL7FHIRCodes.timeUnit[$0.lowercased()] }
  }
}
