import HL7Parser
import JSON

// RF1, PRD, AUT. HL7's v2-to-FHIR guide has no tables of them: ServiceRequest, PractitionerRole and ClaimResponse as FHIR
// defines them.
extension HL7FHIRBuilder {
  /// RF1: a referral.
  mutating func takeRF1(_ segment: HL7Segment) {
    let handle = draft.add("ServiceRequest", at: place(segment))
    noted = (handle, "note")
    referral = handle
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
      if let text = HL7FHIRValues.freeText(repetition) { draft[handle].append("reasonCode", ["text": .string(text)]) }
    }
    let provider = organization(segment[19].repetition(1))
    let people = segment[20].repetitions.compactMap { practitioner($0) }
    for person in people.isEmpty && provider != nil ? [nil] : people.map(Optional.some) {
      draft[handle].append("performer", role(person, organization: provider)?.reference)
    }
    for repetition in segment[24].repetitions {
      if let text = HL7FHIRValues.freeText(repetition) { draft[handle].append("note", ["text": .string(text)]) }
    }
  }

  /// PRD: a provider with the organization that he works for; RP refers, RT is referred to (table 0286).
  mutating func takePRD(_ segment: HL7Segment) {
    let telecoms = segment[5].repetitions.compactMap { telecom($0) }
    let address = address(segment[3].repetition(1))
    let person = provider(segment)
    if let person {
      draft[person].append("address", address)
      draft[person].append("telecom", all: telecoms)
    }
    let organization = organization(
      segment[10].repetition(1), address: self.address(segment[11].repetition(1)),
      telecom: segment[13].repetitions.compactMap { self.telecom($0) })
    let code = concept(segment[1].repetition(1), table: "0286")
    guard let role = role(person, organization: organization, code: code) else { return }
    draft[role].set("period", values.period(segment[8], segment[9]))
    if let site = location(segment[4]) { draft[role].append("location", site.reference) }
    guard let referral else { return }
    switch HL7FHIRValues.code(segment[1].repetition(1).part(1)) {
    case "RP": draft[referral].set("requester", draft[referral].object["requester"] ?? role.reference)
    case "RT", "CP": draft[referral].append("performer", role.reference)
    default: break
    }
  }

  /// PRD-2 and PRD-7 (PLN: number, type, issuer, end).
  private mutating func provider(_ segment: HL7Segment) -> HL7FHIRHandle? {
    let identifiers = segment[7].repetitions.compactMap { number -> JSONValue? in
      guard let value = HL7FHIRValues.string(number.part(1)) else { return nil }
      var object = JSONObject()
      object["type"] = concept(number.part(2), table: "0338")
      object["value"] = value
      object["period"] = values.period(nil, number.part(4))
      return .object(object)
    }
    let names = segment[2].repetitions.compactMap { name($0) }
    guard let first = identifiers.first ?? names.first else { return nil }
    return draft.add(
      "Practitioner",
      content: [
        ("identifier", identifiers.isEmpty ? nil : .array(identifiers)), ("name", names.isEmpty ? nil : .array(names)),
      ], key: "\(first)")
  }

  /// AUT: what a payer has agreed to in advance.
  mutating func takeAUT(_ segment: HL7Segment) {
    let handle = draft.add("ClaimResponse", at: place(segment))
    focus.append(handle)
    let number = identifier(entity: segment[6])
    draft[handle].append("identifier", number)
    draft[handle].set("status", "active")
    draft[handle].set("type", Self.unknown)
    draft[handle].set("use", "preauthorization")
    draft[handle].set("patient", subject)
    draft[handle].set("created", values.dateTime(segment[10]) ?? values.dateTime(segment[4]))
    if draft[handle].object["created"] == nil { draft[handle].set("_created", Self.unknown) }
    draft[handle].set("insurer", payer(segment)?.reference ?? ["display": "not named in the message"])
    let provider = organization(segment[23].repetition(1))
    draft[handle].set("requestor", role(practitioners(segment[24]).first, organization: provider)?.reference)
    draft[handle].set(
      "request", referral.map { ["display": "the referral", "reference": .string("urn:uuid:\($0.id)")] })
    draft[handle].set("outcome", "complete")
    draft[handle].set("preAuthRef", HL7FHIRValues.text(segment[6].part(1)))
    draft[handle].set("preAuthPeriod", values.period(segment[4], segment[5]))
    let adjudication = "http://terminology.hl7.org/CodeSystem/adjudication"
    if let limit = money(segment[7]) {
      draft[handle].append(
        "total", ["category": Self.concept(adjudication, "benefit", "Benefit Amount"), "amount": limit])
    }
    let counts: [JSONValue] = [
      (8, "Requested Number of Treatments"), (9, "Authorized Number of Treatments"),
    ].compactMap { field, name -> JSONValue? in
      HL7FHIRValues.decimal(segment[field].part(1)).map { ["category": ["text": .string(name)], "value": $0] }
    }
    if !counts.isEmpty {
      draft[handle].append("item", ["itemSequence": .number("1"), "adjudication": .array(counts)])
    }
    if let note = HL7FHIRValues.freeText(segment[28].part(2)) ?? HL7FHIRValues.freeText(segment[28]) {
      draft[handle].append("processNote", ["text": .string(note)])
    }
  }

  private mutating func payer(_ segment: HL7Segment) -> HL7FHIRHandle? {
    guard let name = HL7FHIRValues.string(segment[3]) else { return organization(coded: segment[2]) }
    let number = HL7FHIRValues.string(segment[2].part(1))
    return draft.add(
      "Organization", content: [("identifier", number.map { [["value": $0]] }), ("name", name)])
  }
}
