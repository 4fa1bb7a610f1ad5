import HL7Parser
import JSON

// CTI, CSR, PEO, PCR. HL7's v2-to-FHIR guide has no tables of them: ResearchStudy, ResearchSubject and AdverseEvent as FHIR
// defines them.
extension HL7FHIRBuilder {
  /// CTI: the study that results are for.
  mutating func takeCTI(_ segment: HL7Segment) {
    guard let number = identifier(entity: segment[1]) else { return }
    let handle = draft.add("ResearchStudy", key: "\(number)")
    draft[handle].append("identifier", number)
    draft[handle].set("status", "active")
    draft[handle].set("phase", concept(segment[2]))
    guard let result = order.report ?? order.request else { return }
    draft[result].extend(
      "http://hl7.org/fhir/StructureDefinition/workflow-researchStudy", "valueReference", handle.reference)
  }

  /// CSR: the patient's part in a study.
  mutating func takeCSR(_ segment: HL7Segment) {
    let place = place(segment)
    let numbers = [1, 2].compactMap { identifier(entity: segment[$0]) }
    guard let first = numbers.first else { return }
    let study = draft.add("ResearchStudy", key: "\(first)")
    draft[study].append("identifier", all: numbers)
    draft[study].set("status", "active")
    draft[study].set("principalInvestigator", practitioners(segment[8]).first?.reference)
    let handle = draft.add("ResearchSubject", at: place)
    focus.append(handle)
    for field in [4, 5] { draft[handle].append("identifier", identifier(segment[field])) }
    draft[handle].set("status", segment[15].hasValue ? "off-study" : "on-study")
    draft[handle].set("period", values.period(segment[6], segment[15]))
    draft[handle].set("study", study.reference)
    draft[handle].set("individual", subject)
    draft[handle].set("assignedArm", HL7FHIRValues.text(segment[12].part(2)) ?? HL7FHIRValues.text(segment[12].part(1)))
  }

  /// PEO: something that happened to the patient.
  mutating func takePEO(_ segment: HL7Segment) {
    let handle = adverseEvent(at: place(segment))
    draft[handle].set("event", concept(segment[1].repetition(1)))
    for repetition in segment[2].repetitions {
      guard let symptom = concept(repetition) else { continue }
      let condition = draft.add("Condition", content: [("code", symptom), ("subject", subject)])
      draft[handle].append("resultingCondition", condition.reference)
    }
    draft[handle].set("date", values.dateTime(segment[3]))
  }

  /// PCR: a product that may have caused it.
  mutating func takePCR(_ segment: HL7Segment) {
    let place = place(segment)
    let handle = adverse ?? adverseEvent(at: place)
    let product = draft.add("Medication", at: place)
    draft[product].set("code", concept(segment[1]) ?? Self.unknown)
    var batch = JSONObject()
    batch["lotNumber"] = HL7FHIRValues.string(segment[12])
    batch["expirationDate"] = values.dateTime(segment[6])
    if !batch.isEmpty { draft[product].set("batch", .object(batch)) }
    var suspect: JSONObject = ["instance": product.reference]
    if let assessment = concept(segment[20], table: "0250") { suspect["causality"] = [["assessment": assessment]] }
    draft[handle].append("suspectEntity", .object(suspect))
  }

  private mutating func adverseEvent(at place: String) -> HL7FHIRHandle {
    let handle = draft.add("AdverseEvent", at: place)
    adverse = handle
    focus.append(handle)
    draft[handle].set("actuality", "actual")
    draft[handle].set("subject", subject)
    return handle
  }
}
