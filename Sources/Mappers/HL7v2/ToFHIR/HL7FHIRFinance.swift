import HL7Parser
import JSON

// GT1, FT1. HL7's v2-to-FHIR guide has no tables of them: Account and ChargeItem as FHIR defines them.
extension HL7FHIRBuilder {
  /// GT1: who answers for the account: the patient, or a person beside.
  mutating func takeGT1(_ segment: HL7Segment) {
    guard let patient else { return }
    let place = place(segment)
    let isPatient = HL7FHIRValues.code(segment[11].part(1)) == "SEL"
    let handle = isPatient ? patient : draft.add("RelatedPerson", at: place)
    for repetition in segment[2].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    for repetition in segment[19].repetitions {
      draft[handle].append("identifier", identifier(repetition, type: "EI"))
    }
    draft[handle].append("identifier", socialSecurity(segment[12]))
    for repetition in segment[3].repetitions { draft[handle].append("name", all: names(repetition)) }
    for repetition in segment[5].repetitions { draft[handle].append("address", address(repetition)) }
    for (field, use) in [(6, "home"), (7, "work")] {
      for repetition in segment[field].repetitions { draft[handle].append("telecom", telecom(repetition, use: use)) }
    }
    // PID says it of the patient.
    draft[handle].set("birthDate", draft[handle].object["birthDate"] ?? values.date(segment[8]))
    draft[handle].set("gender", draft[handle].object["gender"] ?? Self.mapped(segment[9], HL7FHIRCodes.gender))
    if let language = concept(segment[36], table: "0296"), draft[handle].object["communication"] == nil {
      draft[handle].append("communication", ["language": language, "preferred": true])
    }
    if isPatient {
      addEmployment(segment, of: patient)
    } else {
      draft[handle].set("patient", patient.reference)
      draft[handle].append("relationship", concept(segment[11], table: "0063", map: HL7FHIRCodes.relationship))
      draft[handle].append(
        "relationship", Self.concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "GUAR", "guarantor"))
    }
    var guarantor: JSONObject = ["party": handle.reference]
    guarantor["onHold"] = HL7FHIRValues.boolean(segment[22])
    guarantor["period"] = values.period(segment[13], segment[14])
    draft[account()].append("guarantor", .object(guarantor))
  }

  /// GT1-16 to 18, 45, 46 and 51: who employs the patient, and whom to call, as contacts of the patient.
  private mutating func addEmployment(_ segment: HL7Segment, of patient: HL7FHIRHandle) {
    var employer = JSONObject()
    employer["name"] = name(segment[16].repetition(1))
    employer["address"] = address(segment[17].repetition(1))
    let telecoms = segment[18].repetitions.compactMap { telecom($0, use: "work") }
    if !telecoms.isEmpty { employer["telecom"] = .array(telecoms) }
    employer["organization"] = organization(segment[51].repetition(1))?.reference
    if !employer.isEmpty {
      employer["relationship"] = [Self.concept(table: "0131", "E", "Employer")]
      employer["period"] = values.period(segment[31], segment[32])
      draft[patient].append("contact", .object(employer))
    }
    for (person, phone) in zip(segment[45].repetitions, paddedRepetitions(segment[46])) {
      guard let name = name(person) else { continue }
      var contact: JSONObject = ["name": name]
      contact["relationship"] = concept(segment[48], table: "0063", map: HL7FHIRCodes.relationship).map { [$0] }
      contact["telecom"] = phone.flatMap { telecom($0) }.map { [$0] }
      draft[patient].append("contact", .object(contact))
    }
  }

  /// The repetitions of a field, then nothing as often as another may need it.
  private func paddedRepetitions(_ field: HL7Element) -> [HL7Element?] {
    Array(field.repetitions) + [HL7Element?](repeating: nil, count: 100)
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
  func money(_ element: HL7Element) -> JSONValue? {
    let price = element.part(1)
    guard let value = HL7FHIRValues.decimal(price.part(1)) else { return nil }
    var object: JSONObject = ["value": value]
    if let currency = HL7FHIRValues.code(price.part(2)), currency.utf8.count == 3, currency.allSatisfy(\.isUppercase) {
      object["currency"] = .string(currency)
    }
    return .object(object)
  }
}
