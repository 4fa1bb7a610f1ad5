import HL7Parser
import JSON

// ACC, PDA, DB1. HL7's v2-to-FHIR guide has no tables of them: Observation, Condition and Procedure as FHIR defines them.
extension HL7FHIRBuilder {
  /// ACC: an accident, as what was observed of it.
  mutating func takeACC(_ segment: HL7Segment) {
    let handle = draft.add("Observation", at: place(segment))
    noted = (handle, "note")
    focus.append(handle)
    draft[handle].append("identifier", identifier(entity: segment[13]))
    draft[handle].set("status", "final")
    var codings =
      Self.concept("http://loinc.org", "11374-6", "Injury incident description Narrative")["coding"]?.array ?? []
    let kind = concept(segment[2], table: "0050")
    codings += kind?["coding"]?.array ?? []
    draft[handle].set("code", ["coding": .array(codings)])
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    draft[handle].set("effectiveDateTime", values.dateTime(segment[1]))
    draft[handle].set("valueString", HL7FHIRValues.freeText(segment[8]).map { JSONValue.string($0) })
    for person in practitioners(segment[7]) { draft[handle].append("performer", person.reference) }
    let flags = [
      (5, "Accident Job Related Indicator"), (6, "Accident Death Indicator"), (10, "Police Notified Indicator"),
    ]
    for (field, name) in flags {
      guard let flag = indicator(segment[field]) else { continue }
      draft[handle].append("component", ["code": ["text": .string(name)], "valueCodeableConcept": flag])
    }
    let (name, address) = (HL7FHIRValues.string(segment[3]), address(segment[11].repetition(1)))
    if name != nil || address != nil {
      let site = draft.add("Location", content: [("name", name), ("address", address), ("mode", "instance")])
      draft[handle].append("focus", site.reference)
    }
  }

  /// PDA: of what a patient died, who certified it, and what was looked into.
  mutating func takePDA(_ segment: HL7Segment) {
    let place = place(segment)
    let site = location(segment[2])
    for (number, repetition) in segment[1].repetitions.enumerated() {
      guard let cause = concept(repetition) else { continue }
      let handle = draft.add("Condition", at: "\(place) cause \(number)")
      draft[handle].append(
        "category", Self.concept("http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis"))
      draft[handle].set("code", cause)
      draft[handle].set("subject", subject)
      draft[handle].set("encounter", encounter?.reference)
      focus.append(handle)
    }
    if HL7FHIRValues.code(segment[3]) == "Y" || segment[5].hasValue {
      let handle = procedure(
        at: place, "308646001", "Death certification", by: segment[5], in: site)
      draft[handle].set("performedDateTime", values.dateTime(segment[4]))
    }
    if HL7FHIRValues.code(segment[6]) == "Y" || segment[8].hasValue {
      let handle = procedure(at: place, "29240004", "Autopsy examination", by: segment[8], in: site)
      draft[handle].set("performedPeriod", values.period(segment[7].part(1), segment[7].part(2)))
    }
    let findings = [
      (6, "85699-7", "Autopsy was performed"), (9, "74497-9", "Medical examiner or coroner was contacted"),
    ]
    for (field, code, display) in findings {
      guard let flag = indicator(segment[field]) else { continue }
      let handle = draft.add("Observation", at: "\(place) \(code)")
      draft[handle].set("status", "final")
      draft[handle].set("code", Self.concept("http://loinc.org", code, display))
      draft[handle].set("subject", subject)
      draft[handle].set("encounter", encounter?.reference)
      draft[handle].set("valueCodeableConcept", flag)
      focus.append(handle)
    }
  }

  private mutating func procedure(
    at place: String, _ code: String, _ display: String, by performers: HL7Element, in site: HL7FHIRHandle?
  ) -> HL7FHIRHandle {
    let handle = draft.add("Procedure", at: "\(place) \(code)")
    draft[handle].set("status", "completed")
    draft[handle].set("code", Self.concept("http://snomed.info/sct", code, display))
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    draft[handle].set("location", site?.reference)
    for person in practitioners(performers) { draft[handle].append("performer", ["actor": person.reference]) }
    focus.append(handle)
    return handle
  }

  /// DB1: who is disabled, and since when. Of other people than the patient FHIR has no such observation.
  mutating func takeDB1(_ segment: HL7Segment) {
    guard let patient, HL7FHIRValues.code(segment[2].part(1)) ?? "PT" == "PT" else { return }
    let place = place(segment)
    for repetition in segment[3].repetitions { draft[patient].append("identifier", identifier(repetition)) }
    guard let flag = indicator(segment[4]) else { return }
    let handle = draft.add("Observation", at: place)
    draft[handle].set("status", "final")
    draft[handle].set("code", ["text": "Disabled"])
    draft[handle].set("subject", patient.reference)
    draft[handle].set("effectivePeriod", values.period(segment[5], segment[6]))
    draft[handle].set("valueCodeableConcept", flag)
    focus.append(handle)
  }

  /// Yes or no of table 0136, as a concept.
  private func indicator(_ element: HL7Element) -> JSONValue? {
    let displays = ["Y": "Yes", "N": "No"]
    guard let code = HL7FHIRValues.code(element.part(1)), let display = displays[code] else { return nil }
    return Self.concept(table: "0136", code, display)
  }
}
