import HL7Parser
import JSON

// RXD, RF1, CON. HL7's v2-to-FHIR guide has no tables of them: MedicationDispense, ServiceRequest and Consent as FHIR
// defines them.
extension HL7FHIRBuilder {
  /// RXD: what was handed over.
  mutating func takeRXD(_ segment: HL7Segment) {
    let handle = draft.add("MedicationDispense", at: place(segment))
    noted = (handle, "note")
    focus.append(handle)
    draft[handle].append("identifier", order.common.flatMap { identifier(entity: $0[3], type: "FILL") })
    draft[handle].set("status", segment[3].hasValue ? "completed" : "unknown")
    draft[handle].set("medicationCodeableConcept", concept(segment[2], table: "0292") ?? Self.unknown)
    draft[handle].set("subject", subject)
    draft[handle].set("context", encounter?.reference)
    for person in practitioners(segment[10]) { draft[handle].append("performer", ["actor": person.reference]) }
    if let number = HL7FHIRValues.string(segment[7].part(1)) {
      draft[handle].append(
        "authorizingPrescription",
        ["type": "MedicationRequest", "identifier": ["type": ["text": "Prescription number"], "value": number]])
    }
    draft[handle].set("quantity", quantity(segment[4], units: segment[5]))
    draft[handle].set("whenHandedOver", values.dateTime(segment[3]))
    for repetition in segment[9].repetitions {
      if let text = HL7FHIRValues.freeText(repetition) { draft[handle].append("note", ["text": .string(text)]) }
    }
  }

  /// RF1: a referral.
  mutating func takeRF1(_ segment: HL7Segment) {
    let handle = draft.add("ServiceRequest", at: place(segment))
    noted = (handle, "note")
    focus.append(handle)
    draft[handle].append("identifier", identifier(entity: segment[6], type: "PLAC"))
    for repetition in segment[11].repetitions { draft[handle].append("identifier", identifier(entity: repetition)) }
    draft[handle].set("status", Self.mapped(segment[1], HL7FHIRCodes.referralStatus) ?? "unknown")
    draft[handle].set("intent", "order")
    draft[handle].set("priority", Self.mapped(segment[2], HL7FHIRCodes.requestPriority))
    draft[handle].append("category", concept(segment[5], table: "0284"))
    draft[handle].set("code", concept(segment[3], table: "0281"))
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    draft[handle].set("occurrencePeriod", values.period(segment[7], segment[8]))
    draft[handle].set("authoredOn", values.dateTime(segment[9]))
    for repetition in segment[10].repetitions { draft[handle].append("reasonCode", concept(repetition, table: "0336")) }
    for repetition in segment[14].repetitions {
      if let text = HL7FHIRValues.freeText(repetition) { draft[handle].append("note", ["text": .string(text)]) }
    }
  }

  /// CON: what the patient agreed to.
  mutating func takeCON(_ segment: HL7Segment) {
    let handle = draft.add("Consent", at: place(segment))
    focus.append(handle)
    draft[handle].append("identifier", identifier(entity: segment[4]))
    draft[handle].set("status", Self.mapped(segment[11], HL7FHIRCodes.consentStatus) ?? "proposed")
    draft[handle].set(
      "scope",
      Self.concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent"))
    draft[handle].append("category", concept(segment[2], table: "0496") ?? Self.unknown)
    draft[handle].set("patient", patient?.reference)
    draft[handle].set("dateTime", values.dateTime(segment[13]))
    // FHIR wants a policy or a rule (ppc-1): the text that was agreed to, as far as it was sent.
    let texts = segment[5].repetitions.compactMap { HL7FHIRValues.freeText($0) }
    draft[handle].set(
      "policyRule", texts.isEmpty ? Self.unknown : ["text": .string(texts.joined(separator: "\n"))])
    if let period = values.period(segment[14], segment[15]) { draft[handle].set("provision", ["period": period]) }
  }
}
