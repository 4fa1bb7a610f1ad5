import HL7Parser
import JSON

// TXA, RXA, RXR, RXO, RXE. HL7's v2-to-FHIR guide, segment maps TXA[DocumentReference], OBX[DocumentReference],
// RXA[Immunization], RXR[Immunization], RXO[MedicationRequest].
extension HL7FHIRBuilder {
  mutating func takeTXA(_ segment: HL7Segment) {
    finishDocument()
    let number = identifier(entity: segment[12])
    let place = place(segment)
    let handle =
      number.map { draft.add("DocumentReference", key: "\($0)") } ?? draft.add("DocumentReference", at: place)
    document = handle
    focus.append(handle)
    draft[handle].set("masterIdentifier", number)
    if let file = HL7FHIRValues.string(segment[16]) { draft[handle].append("identifier", ["value": file]) }
    let availability = HL7FHIRValues.code(segment[19])
    draft[handle].set(
      "status", availability == "OB" ? "superseded" : availability == "CA" ? "entered-in-error" : "current")
    draft[handle].set("docStatus", Self.mapped(segment[17], HL7FHIRCodes.documentStatus))
    draft[handle].set("type", concept(segment[2], table: "0270"))
    draft[handle].set("subject", patient?.reference)
    draft[handle].set("date", values.instant(segment[6].hasValue ? segment[6] : segment[4]))
    for person in practitioners(segment[9]) { draft[handle].append("author", person.reference) }
    draft[handle].set("authenticator", practitioners(segment[10]).first?.reference)
    draft[handle].append("securityLabel", concept(segment[18], table: "0272"))
    draft[handle].set("description", HL7FHIRValues.text(segment[25]))
    if let encounter { draft[handle].set("context", ["encounter": [encounter.reference]]) }
    if let parent = identifier(entity: segment[13]) {
      let before = draft.add("DocumentReference", key: "\(parent)")
      if before != handle {
        draft[before].set("masterIdentifier", parent)
        draft[before].set("status", "superseded")
        draft[before].set("content", [["attachment": ["title": "the document before this one"]]])
        let code = event == "T05" || event == "T06" ? "appends" : "replaces"
        draft[handle].append("relatesTo", ["code": .string(code), "target": before.reference])
      }
    }
  }

  /// OBX of a document: its text, or a file. Lines of text are one attachment.
  mutating func addContent(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    switch HL7FHIRValues.code(segment[2]) {
    case "ED": for repetition in segment[5].repetitions { addAttachment(attachment(repetition), to: handle) }
    case "RP": for repetition in segment[5].repetitions { addAttachment(pointer(repetition), to: handle) }
    default:
      let lines = segment[5].repetitions.compactMap { HL7FHIRValues.freeText($0) }
      guard !lines.isEmpty else { return }
      documentText.append(lines.joined(separator: "\n"))
    }
  }

  private mutating func addAttachment(_ attachment: JSONValue?, to handle: HL7FHIRHandle) {
    guard let attachment else { return }
    draft[handle].append("content", ["attachment": attachment])
  }

  /// What FHIR asks of a document and the message may not have said: content.
  mutating func finishDocument() {
    guard let document else { return }
    if !documentText.isEmpty {
      let data = HL7FHIRBase64.encode(Array(documentText.joined(separator: "\n").utf8))
      addAttachment(["contentType": "text/plain", "data": .string(data)], to: document)
      documentText = []
    }
    if draft[document].object["content"] == nil { draft[document].append("content", ["attachment": Self.unknown]) }
  }

  // MARK: Immunizations

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

  mutating func takeRXR(_ segment: HL7Segment) {
    if let immunization {
      draft[immunization].set("route", concept(segment[1], table: "0162"))
      draft[immunization].set("site", concept(segment[2], table: "0163"))
    } else if let medication, draft[medication].type == "MedicationRequest" {
      var dosage = draft[medication].object["dosageInstruction"]?[0]?.object ?? JSONObject()
      dosage["route"] = concept(segment[1], table: "0162")
      dosage["site"] = concept(segment[2], table: "0163")
      if !dosage.isEmpty { draft[medication].object["dosageInstruction"] = [.object(dosage)] }
    }
  }

  private mutating func takeAdministration(_ segment: HL7Segment) {
    let handle = draft.add("MedicationAdministration", at: place(segment))
    medication = handle
    noted = (handle, "note")
    focus.append(handle)
    draft[handle].set(
      "status",
      Self.mapped(segment[20], ["CP": "completed", "RE": "not-done", "NA": "not-done", "PA": "stopped"]) ?? "completed")
    draft[handle].set("medicationCodeableConcept", concept(segment[5], table: "0292") ?? Self.unknown)
    draft[handle].set("subject", subject)
    draft[handle].set("context", encounter?.reference)
    if let time = values.dateTime(segment[3]) {
      draft[handle].set("effectiveDateTime", time)
    } else {
      draft[handle].set("_effectiveDateTime", Self.unknown)
    }
    for person in practitioners(segment[10]) { draft[handle].append("performer", ["actor": person.reference]) }
    if let dose = quantity(segment[6], units: segment[7]) { draft[handle].set("dosage", ["dose": dose]) }
  }

  // MARK: Medication orders

  /// RXO and RXE: what is ordered. Their first fields differ, so each says where its own stand.
  mutating func takeMedication(_ segment: HL7Segment) {
    let isEncoded = segment.name == "RXE"
    // An encoded order (RXE) tells the requested one (RXO) of the same ORC more exactly.
    let handle =
      medication.flatMap { isEncoded && draft[$0].type == "MedicationRequest" && noted?.handle == $0 ? $0 : nil }
      ?? draft.add("MedicationRequest", at: place(segment))
    medication = handle
    noted = (handle, "note")
    if !focus.contains(handle) { focus.append(handle) }
    if let common = order.common {
      draft[handle].append("identifier", identifier(entity: common[2], type: "PLAC"))
      draft[handle].append("identifier", identifier(entity: common[3], type: "FILL"))
      draft[handle].set("authoredOn", values.dateTime(common[9]))
      draft[handle].set("requester", practitioners(common[12]).first?.reference)
    }
    draft[handle].set("status", order.common.flatMap { medicationStatus($0) } ?? "active")
    draft[handle].set("intent", isEncoded ? "order" : "original-order")
    draft[handle].set("medicationCodeableConcept", concept(segment[isEncoded ? 2 : 1], table: "0292") ?? Self.unknown)
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    addDose(segment, at: isEncoded ? (3, 4, 5) : (2, 3, 4), to: handle)
    var dispense = JSONObject()
    dispense["numberOfRepeatsAllowed"] = HL7FHIRValues.integer(segment[isEncoded ? 12 : 13], from: 0)
    dispense["quantity"] = quantity(segment[isEncoded ? 10 : 11], units: segment[isEncoded ? 11 : 12])
    if !dispense.isEmpty { draft[handle].set("dispenseRequest", .object(dispense)) }
    if let substitution = concept(segment[9], table: "0161"), !isEncoded || segment[9].hasValue {
      draft[handle].set("substitution", ["allowedCodeableConcept": substitution])
    }
  }

  private func medicationStatus(_ common: HL7Segment) -> JSONValue? {
    let status = Self.mapped(common[5], HL7FHIRCodes.orderStatus) ?? Self.mapped(common[1], HL7FHIRCodes.orderControl)
    switch status?.string {
    case "revoked": return "cancelled"
    default: return status
    }
  }

  private mutating func addDose(
    _ segment: HL7Segment, at place: (low: Int, high: Int, units: Int), to handle: HL7FHIRHandle
  ) {
    let low = quantity(segment[place.low], units: segment[place.units])
    let high = quantity(segment[place.high], units: segment[place.units])
    guard let low else { return }
    var dose: JSONObject = ["doseQuantity": low]
    if let high { dose = ["doseRange": ["low": low, "high": high]] }
    draft[handle].object["dosageInstruction"] = [["doseAndRate": [.object(dose)]]]
  }
}
