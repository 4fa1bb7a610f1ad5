import HL7Parser
import JSON

// RXA of VXU. HL7's v2-to-FHIR guide, segment map RXA[Immunization].
extension HL7FHIRBuilder {
  mutating func takeRXA(_ segment: HL7Segment) {
    guard code == "VXU" else { return takeAdministration(segment) }
    let handle = draft.add("Immunization", at: place(segment))
    immunization = handle
    noted = (handle, "note")
    focus.append(handle)
    if let common = order.common {
      draft[handle].append("identifier", identifier(entity: common[2], type: "PLAC"))
      draft[handle].append("identifier", identifier(entity: common[3], type: "FILL"))
      draft[handle].set("recorded", values.dateTime(common[9]))
    }
    let isDeleted = HL7FHIRValues.code(segment[21]) == "D"
    draft[handle].set(
      "status",
      isDeleted ? "entered-in-error" : Self.mapped(segment[20], HL7FHIRCodes.immunizationStatus) ?? "completed")
    draft[handle].set("statusReason", concept(segment[18].repetition(1)))
    draft[handle].set("vaccineCode", concept(segment[5], table: "0292") ?? Self.unknown)
    draft[handle].set("patient", subject)
    draft[handle].set("encounter", encounter?.reference)
    if let time = values.dateTime(segment[3]) {
      draft[handle].set("occurrenceDateTime", time)
    } else {
      draft[handle].set("occurrenceString", "unknown")
    }
    // 999 is "not known" (CVX implementation guides), not a dose.
    if HL7FHIRValues.text(segment[6]) != "999" {
      draft[handle].set("doseQuantity", quantity(segment[6], units: segment[7]))
    }
    for person in practitioners(segment[10]) {
      draft[handle].append(
        "performer",
        ["function": Self.concept(table: "0443", "AP", "Administering Provider"), "actor": person.reference])
    }
    if let common = order.common {
      for person in practitioners(common[12]) {
        draft[handle].append(
          "performer", ["function": Self.concept(table: "0443", "OP", "Ordering Provider"), "actor": person.reference])
      }
    }
    draft[handle].set("lotNumber", HL7FHIRValues.text(segment[15].repetition(1)))
    draft[handle].set("expirationDate", values.date(segment[16].repetition(1)))
    draft[handle].set("manufacturer", organization(coded: segment[17].repetition(1))?.reference)
    for repetition in segment[19].repetitions { draft[handle].append("reasonCode", concept(repetition)) }
    draft[handle].set("location", location(segment[27])?.reference)
    if let note = HL7FHIRValues.freeText(segment[9].part(2)) { draft[handle].append("note", ["text": .string(note)]) }
  }
}
