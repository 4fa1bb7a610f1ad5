import HL7Parser
import JSON

// IN1, IN2, IN3, GT1, FT1. HL7's v2-to-FHIR guide has IN1[Coverage], IN3[CareTeam] and PV1[Coverage]; IN2,
// FT1 and GT1 are absent there: Coverage, Account and ChargeItem as FHIR defines them.
extension HL7FHIRBuilder {
  mutating func takeIN1(_ segment: HL7Segment) {
    let handle = draft.add("Coverage", at: place(segment))
    coverage = handle
    insured = nil
    focus.append(handle)
    draft[handle].set("status", "active")
    draft[handle].set("beneficiary", subject)
    if let plan = HL7FHIRValues.string(segment[2].part(1)) {
      var object: JSONObject = ["value": plan]
      object["type"] = Self.concept(table: "0203", "XV")
      object["system"] = HL7FHIRCodes.system(HL7FHIRValues.text(segment[2].part(3)), identifier: nil).map {
        .string($0)
      }
      draft[handle].append("identifier", .object(object))
    }
    for field in [10, 49] {
      for repetition in segment[field].repetitions {
        draft[handle].append("identifier", identifier(repetition, type: "MB"))
      }
    }
    if let policy = HL7FHIRValues.string(segment[36]) {
      draft[handle].append("identifier", ["type": ["text": "Policy number"], "value": policy])
    }
    draft[handle].set("subscriberId", HL7FHIRValues.text(segment[49].part(1)) ?? HL7FHIRValues.text(segment[36]))
    draft[handle].set("type", concept(segment[15], table: "0086"))
    draft[handle].set("relationship", concept(segment[17], table: "0063", map: HL7FHIRCodes.relationship))
    draft[handle].set("period", values.period(segment[12], segment[13]))
    draft[handle].set("order", HL7FHIRValues.integer(segment[22]))
    addPayor(segment, to: handle)
    addSubscriber(segment, to: handle)
    let classes = [
      ("plan", "Plan", segment[35].hasValue ? segment[35] : segment[2], HL7FHIRValues.text(segment[2].part(2))),
      ("group", "Group", segment[8], HL7FHIRValues.text(segment[9].part(1))),
    ]
    for (kind, display, element, name) in classes {
      guard let value = HL7FHIRValues.string(element.part(1)) else { continue }
      var object: JSONObject = [
        "type": Self.concept("http://terminology.hl7.org/CodeSystem/coverage-class", kind, display),
        "value": value,
      ]
      object["name"] = name.map { .string($0) }
      draft[handle].append("class", .object(object))
    }
  }

  private mutating func addPayor(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    let telecoms = segment[7].repetitions.compactMap { telecom($0) }
    let address = address(segment[5].repetition(1))
    var contact = JSONObject()
    contact["name"] = name(segment[6].repetition(1))
    for repetition in segment[4].repetitions {
      let payor = organization(
        repetition, address: address, telecom: telecoms, contact: contact.isEmpty ? nil : .object(contact))
      guard let payor else { continue }
      for number in segment[3].repetitions { draft[payor].append("identifier", identifier(number)) }
      draft[handle].append("payor", payor.reference)
    }
    if draft[handle].object["payor"] == nil, let number = identifier(segment[3]) {
      let payor = draft.add("Organization", content: [("identifier", [number])])
      draft[handle].append("payor", payor.reference)
    }
    if draft[handle].object["payor"] == nil { draft[handle].append("payor", ["display": "not named in the message"]) }
    draft[handle].set("policyHolder", organization(segment[11].repetition(1))?.reference)
  }

  /// IN1-16: the patient, or a person beside.
  private mutating func addSubscriber(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    if HL7FHIRValues.code(segment[17].part(1)) == "SEL" || HL7FHIRValues.code(segment[17].part(1)) == "18" {
      draft[handle].set("subscriber", subject)
      insured = patient
      return
    }
    guard let patient, let name = name(segment[16].repetition(1)) else { return }
    let person = draft.add("RelatedPerson", key: "\(draft.fingerprint) subscriber \(name)")
    draft[person].set("patient", patient.reference)
    draft[person].append("name", name)
    for repetition in segment[19].repetitions { draft[person].append("address", address(repetition)) }
    draft[person].set("birthDate", values.date(segment[18]))
    draft[person].set("gender", Self.mapped(segment[43], HL7FHIRCodes.gender))
    draft[person].append("relationship", concept(segment[17], table: "0063", map: HL7FHIRCodes.relationship))
    for repetition in segment[49].repetitions { draft[person].append("identifier", identifier(repetition)) }
    draft[handle].set("subscriber", person.reference)
    insured = person
  }

  /// IN2: more of the coverage and the insured, who is the patient or a person beside. The guide has no table of it.
  mutating func takeIN2(_ segment: HL7Segment) {
    guard let coverage else { return }
    let numbers = [(6, "MC"), (8, "MA"), (10, "MI")]
    for (field, type) in numbers {
      guard let number = HL7FHIRValues.string(segment[field]) else { continue }
      var object: JSONObject = ["type": Self.concept(table: "0203", type)]
      if type == "MC" { object["system"] = "http://hl7.org/fhir/sid/us-medicare" }
      object["value"] = number
      draft[coverage].append("identifier", .object(object))
      if let insured { draft[insured].append("identifier", .object(object)) }
      // A sponsor's military number is not the patient's.
      if let patient, type != "MI" { draft[patient].append("identifier", .object(object)) }
    }
    for repetition in segment[61].repetitions {
      let number = identifier(repetition, type: "MB")
      draft[coverage].append("identifier", number)
      if let patient { draft[patient].append("identifier", number) }
    }
    draft[coverage].set("subscriberId", HL7FHIRValues.text(segment[26]))
    guard let insured else { return }
    for repetition in segment[1].repetitions { draft[insured].append("identifier", identifier(repetition, type: "EI")) }
    draft[insured].append("identifier", socialSecurity(segment[2]))
    for (field, use) in [(63, "home"), (64, "work")] {
      for repetition in segment[field].repetitions { draft[insured].append("telecom", telecom(repetition, use: use)) }
    }
    if let language = concept(segment[34], table: "0296") {
      draft[insured].append("communication", ["language": language])
    }
  }

  /// IN3: who manages the case, as the one member of a team.
  mutating func takeIN3(_ segment: HL7Segment) {
    guard let name = HL7FHIRValues.string(segment[21]) else { return }
    let person = draft.add("Practitioner", content: [("name", [["text": name]])])
    let team = draft.add("CareTeam", at: place(segment))
    draft[team].set("status", "active")
    draft[team].set("subject", subject)
    draft[team].set("encounter", encounter?.reference)
    let role: JSONValue = [
      "coding": [["system": "http://snomed.info/sct", "code": "768832004", "display": "Case manager"]],
      "text": "case manager",
    ]
    draft[team].append("participant", ["role": [role], "member": person.reference])
  }

  /// GT1: who answers for the account.
  mutating func takeGT1(_ segment: HL7Segment) {
    guard let patient else { return }
    let handle = draft.add("RelatedPerson", at: place(segment))
    draft[handle].set("patient", patient.reference)
    for repetition in segment[2].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    draft[handle].append("identifier", socialSecurity(segment[12]))
    for repetition in segment[3].repetitions { draft[handle].append("name", all: names(repetition)) }
    for repetition in segment[5].repetitions { draft[handle].append("address", address(repetition)) }
    for (field, use) in [(6, "home"), (7, "work")] {
      for repetition in segment[field].repetitions { draft[handle].append("telecom", telecom(repetition, use: use)) }
    }
    draft[handle].set("birthDate", values.date(segment[8]))
    draft[handle].set("gender", Self.mapped(segment[9], HL7FHIRCodes.gender))
    draft[handle].append("relationship", concept(segment[11], table: "0063", map: HL7FHIRCodes.relationship))
    draft[handle].append(
      "relationship", Self.concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "GUAR", "guarantor"))
    let account = self.account()
    draft[account].append("guarantor", ["party": handle.reference])
  }

  /// The patient's account of this message: PID-18's, or one that the message alone knows.
  private mutating func account() -> HL7FHIRHandle {
    let owned = draft.resources.first { $0.type == "Account" }.map { $0.object["identifier"]?[0] }
    if let number = owned ?? nil { return draft.add("Account", key: "\(number)") }
    let handle = draft.add("Account", at: "account")
    draft[handle].set("status", "active")
    draft[handle].append("subject", subject)
    return handle
  }

  mutating func takeFT1(_ segment: HL7Segment) {
    let place = place(segment)
    let number = identifier(entity: segment[2])
    let handle = number.map { draft.add("ChargeItem", key: "\($0)") } ?? draft.add("ChargeItem", at: place)
    focus.append(handle)
    draft[handle].append("identifier", number)
    let kind = HL7FHIRValues.code(segment[6].part(1))
    draft[handle].set("status", kind == "CD" || kind == "CR" ? "entered-in-error" : "billable")
    draft[handle].set(
      "code",
      concept(segment[25].hasValue ? segment[25] : segment[7], table: segment[25].hasValue ? "0088" : "0132")
        ?? Self.unknown)
    draft[handle].set("subject", subject)
    draft[handle].set("context", encounter?.reference)
    draft[handle].append("account", account().reference)
    if let end = values.dateTime(segment[4].part(2)) {
      var period: JSONObject = ["end": end]
      period["start"] = values.dateTime(segment[4].part(1))
      draft[handle].set("occurrencePeriod", .object(period))
    } else {
      draft[handle].set("occurrenceDateTime", values.dateTime(segment[4].part(1)))
    }
    draft[handle].set("enteredDate", values.dateTime(segment[5]))
    if let count = HL7FHIRValues.decimal(segment[10]) { draft[handle].set("quantity", ["value": count]) }
    draft[handle].set("priceOverride", money(segment[11]) ?? money(segment[12]))
    for person in practitioners(segment[20]) {
      draft[handle].append("performer", ["actor": person.reference])
    }
    draft[handle].set("enterer", practitioners(segment[24]).first?.reference)
    for repetition in segment[19].repetitions { draft[handle].append("reason", concept(repetition, table: "0051")) }
    if let text = HL7FHIRValues.string(segment[8]) { draft[handle].append("note", ["text": text]) }
  }

  /// CP: an amount and its currency.
  private func money(_ element: HL7Element) -> JSONValue? {
    let price = element.part(1)
    guard let value = HL7FHIRValues.decimal(price.part(1)) else { return nil }
    var object: JSONObject = ["value": value]
    if let currency = HL7FHIRValues.code(price.part(2)), currency.utf8.count == 3, currency.allSatisfy(\.isUppercase) {
      object["currency"] = .string(currency)
    }
    return .object(object)
  }
}
