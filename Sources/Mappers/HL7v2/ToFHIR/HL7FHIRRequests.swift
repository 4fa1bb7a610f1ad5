import HL7Parser
import JSON

// ODS, RQD, RQ1, INV, CON. HL7's v2-to-FHIR guide has no tables of them: NutritionOrder, SupplyRequest, Substance and
// Consent as FHIR defines them.
extension HL7FHIRBuilder {
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

  // MARK: Orders of food and supplies

  /// ODS: a diet, a supplement or a preference (table 0159).
  mutating func takeODS(_ segment: HL7Segment) {
    let handle = draft.add("NutritionOrder", at: place(segment))
    noted = (handle, "note")
    focus.append(handle)
    addCommon(to: handle, date: "dateTime", who: "orderer")
    draft[handle].set("intent", "order")
    draft[handle].set("patient", subject)
    draft[handle].set("encounter", encounter?.reference)
    if draft[handle].object["dateTime"] == nil { draft[handle].set("_dateTime", Self.unknown) }
    let codes = segment[3].repetitions.compactMap { concept($0) }
    let texts = segment[4].repetitions.compactMap { HL7FHIRValues.freeText($0) }
    switch HL7FHIRValues.code(segment[1].part(1)) {
    case "S":
      for code in codes { draft[handle].append("supplement", ["type": code]) }
      for text in texts { draft[handle].append("supplement", ["instruction": .string(text)]) }
    case "P":
      draft[handle].append("foodPreferenceModifier", all: codes)
      for text in texts { draft[handle].append("foodPreferenceModifier", ["text": .string(text)]) }
    default:
      var diet = JSONObject()
      if !codes.isEmpty { diet["type"] = .array(codes) }
      if !texts.isEmpty { diet["instruction"] = .string(texts.joined(separator: "\n")) }
      if !diet.isEmpty { draft[handle].set("oralDiet", .object(diet)) }
    }
  }

  /// RQD: something that is asked for from the stores; the RQ1 behind it says who makes it.
  mutating func takeRQD(_ segment: HL7Segment) {
    let handle = draft.add("SupplyRequest", at: place(segment))
    supply = handle
    noted = nil
    focus.append(handle)
    addCommon(to: handle, date: "authoredOn", who: "requester")
    let codes = [4, 2, 3].compactMap { concept(segment[$0]) }
    draft[handle].set("itemCodeableConcept", codes.first ?? Self.unknown)
    draft[handle].set("quantity", quantity(segment[5], units: segment[6]) ?? Self.unknown)
    draft[handle].set("occurrenceDateTime", values.dateTime(segment[10]))
  }

  /// RQ1-4, else RQ1-2: whom it is to come from.
  mutating func takeRQ1(_ segment: HL7Segment) {
    guard let supply, let supplier = organization(coded: segment[segment[4].hasValue ? 4 : 2]) else { return }
    draft[supply].append("supplier", supplier.reference)
  }

  /// What ORC says of an order that is no OBR's.
  private mutating func addCommon(to handle: HL7FHIRHandle, date: String, who: String) {
    let common = order.common
    draft[handle].append("identifier", common.flatMap { identifier(entity: $0[2], type: "PLAC") })
    draft[handle].append("identifier", common.flatMap { identifier(entity: $0[3], type: "FILL") })
    let byStatus = common.flatMap { Self.mapped($0[5], HL7FHIRCodes.orderStatus) }
    let byControl = common.flatMap { Self.mapped($0[1], HL7FHIRCodes.orderControl) }
    let status = (byStatus ?? byControl)?.string ?? "active"
    draft[handle].set("status", status == "revoked" && draft[handle].type == "SupplyRequest" ? "cancelled" : status)
    guard let common else { return }
    draft[handle].set(date, values.dateTime(common[9]))
    draft[handle].set(who, practitioners(common[12]).first?.reference)
  }

  // MARK: Of the laboratory

  /// INV: a reagent or another substance of which something is there.
  mutating func takeINV(_ segment: HL7Segment) {
    let handle = draft.add("Substance", at: place(segment))
    focus.append(handle)
    let status = HL7FHIRValues.code(segment[2].repetition(1).part(1))
    draft[handle].set("status", status == "OK" ? "active" : status == nil ? nil : "inactive")
    draft[handle].append("category", concept(segment[3], table: "0384"))
    draft[handle].set("code", concept(segment[1], table: "0451") ?? Self.unknown)
    if let lot = HL7FHIRValues.string(segment[16]) { draft[handle].append("identifier", ["value": lot]) }
    var instance = JSONObject()
    if let container = HL7FHIRValues.string(segment[4].part(1)) { instance["identifier"] = ["value": container] }
    instance["expiry"] = values.dateTime(segment[12])
    let amount = [9, 8, 7].first { segment[$0].hasValue } ?? 9
    instance["quantity"] = quantity(segment[amount], units: segment[11])
    if !instance.isEmpty { draft[handle].append("instance", .object(instance)) }
  }
}
