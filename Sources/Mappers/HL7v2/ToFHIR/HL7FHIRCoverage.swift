import ClinicModel
import HL7Parser
import JSON

// IN1, IN2, IN3. HL7's v2-to-FHIR guide has IN1[Coverage], IN3[CareTeam] and PV1[Coverage]; IN2 is absent there: Coverage as
// FHIR defines it.
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
    draft[handle].set("relationship", relationship(toInsured: segment[17]))
    draft[handle].set("period", values.period(segment[12], segment[13]))
    draft[handle].set("order", HL7FHIRValues.integer(segment[22]))
    if let deductible = money(segment[37]) {
      let copay = "http://terminology.hl7.org/CodeSystem/coverage-copay-type"
      draft[handle].append(
        "costToBeneficiary", ["type": Self.concept(copay, "deductible", "Deductible"), "valueMoney": deductible])
    }
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
    employer = organization(segment[11].repetition(1))
    draft[handle].set("policyHolder", employer?.reference)
    employerAddress = self.address(segment[44].repetition(1))
    if let employer { draft[employer].append("address", employerAddress) }
  }

  /// IN1-17, as the guide has it, before it the code of FHIR's own list.
  private func relationship(toInsured element: HL7Element) -> JSONValue? {
    guard var object = concept(element, table: "0063", map: HL7FHIRCodes.relationship)?.object else { return nil }
    if let own = HL7FHIRValues.code(element.part(1)).flatMap({ HL7Tables.subscriberRelationships[$0] }),
      let system = own.system, let code = own.code
    {
      let coding = Self.coding(HL7FHIRCodes.Concept(system: system, code: code, display: own.display))
      object["coding"] = .array([coding] + (object["coding"]?.array ?? []))
    }
    return .object(object)
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
    addEmployer(segment, to: coverage)
    guard let insured else { return }
    for repetition in segment[1].repetitions { draft[insured].append("identifier", identifier(repetition, type: "EI")) }
    draft[insured].append("identifier", socialSecurity(segment[2]))
    for repetition in segment[63].repetitions { draft[insured].append("telecom", telecom(repetition, use: "home")) }
    if let language = concept(segment[34], table: "0296") {
      draft[insured].append("communication", ["language": language, "preferred": true])
    }
  }

  /// IN2-49, 50, 64 and 70: the employer of the insured, by whom the policy is held where IN1-11 names nobody else.
  private mutating func addEmployer(_ segment: HL7Segment, to coverage: HL7FHIRHandle) {
    if let named = organization(segment[70].repetition(1)) {
      draft[named].append("address", employerAddress)
      draft[coverage].set("policyHolder", draft[coverage].object["policyHolder"] ?? named.reference)
      employer = named
    }
    guard let employer else { return }
    for repetition in segment[64].repetitions { draft[employer].append("telecom", telecom(repetition)) }
    var contact = JSONObject()
    contact["name"] = name(segment[49].repetition(1))
    let telecoms = segment[50].repetitions.compactMap { telecom($0) }
    if !telecoms.isEmpty { contact["telecom"] = .array(telecoms) }
    if !contact.isEmpty { draft[employer].append("contact", .object(contact)) }
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
}
