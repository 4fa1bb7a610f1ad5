import HL7Parser
import JSON

// PV1, PV2, ROL. HL7's v2-to-FHIR guide, segment maps PV1[Encounter], PV2[Encounter], ROL[Encounter-PractitionerRole].
extension HL7FHIRBuilder {
  private static let participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"

  mutating func takePV1(_ segment: HL7Segment) {
    let place = place(segment)
    let visit = visitNumber(segment[19])
    let handle = visit.map { draft.add("Encounter", key: "\($0)") } ?? draft.add("Encounter", at: place)
    encounter = handle
    focus.append(handle)
    draft[handle].set("subject", subject)
    draft[handle].append("identifier", visit)
    for repetition in segment[50].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    setClass(segment, of: handle)
    addLocations(segment, to: handle)
    draft[handle].append("type", concept(segment[4], table: "0007"))
    draft[handle].set("serviceType", concept(segment[10], table: "0069"))
    let roles = [(7, "ATND", "attender"), (8, "REF", "referrer"), (9, "CON", "consultant"), (17, "ADM", "admitter")]
    for (field, code, display) in roles { participate(segment[field], code, display, in: handle) }
    participate(segment[52], "PART", "Participation", in: handle)
    draft[handle].set("period", values.period(segment[44], segment[45].repetition(1)))
    addHospitalization(segment, to: handle)
    if let episode = identifier(segment[54]) {
      let own = draft.add("EpisodeOfCare", key: "\(episode)")
      draft[own].append("identifier", episode)
      draft[own].set("status", "active")
      draft[own].set("patient", subject)
      draft[handle].append("episodeOfCare", own.reference)
      self.episode = own
    }
  }

  /// PV1-19: a visit number, whatever type CX.5 gives it as well.
  private mutating func visitNumber(_ element: HL7Element) -> JSONValue? {
    guard var object = identifier(element, type: "VN")?.object else { return nil }
    var codings = Self.concept(table: "0203", "VN")["coding"]?.array ?? []
    codings += (object["type"]?["coding"]?.array ?? []).filter { !codings.contains($0) }
    object["type"] = ["coding": .array(codings), "text": "visit number"]
    return .object(object)
  }

  /// The class by PV1-2, and the status: by the event where that says it, by PV1-45 and PV1-2 otherwise.
  private mutating func setClass(_ segment: HL7Segment, of handle: HL7FHIRHandle) {
    let own = coding(segment[2], table: "0004", map: HL7FHIRCodes.encounterClass)
    draft[handle].set("class", own ?? Self.unknown)
    let byEvent = code == "ADT" ? HL7FHIRCodes.eventStatus[event].map { JSONValue.string($0) } : nil
    let byEnd: JSONValue? = values.dateTime(segment[45].repetition(1)) == nil ? nil : "finished"
    draft[handle].set(
      "status", byEvent ?? byEnd ?? Self.mapped(segment[2], HL7FHIRCodes.encounterStatus) ?? "unknown")
  }

  private mutating func addLocations(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    let isPlanned = HL7FHIRValues.code(segment[2]) == "P"
    let places = [
      (3, isPlanned ? "planned" : "active"), (6, "completed"), (11, "active"), (42, "reserved"), (43, "completed"),
    ]
    for (field, status) in places {
      guard let location = location(segment[field]) else { continue }
      var object: JSONObject = ["location": location.reference, "status": .string(status)]
      if field == 11 {
        object["extension"] = [
          [
            "url": "http://hl7.org/fhir/StructureDefinition/subject-locationClassification",
            "valueCodeableConcept": ["coding": [["code": "temporary"]]],
          ]
        ]
      }
      draft[handle].append("location", .object(object))
      if field == 3, segment[3].component(2).hasValue || segment[3].component(3).hasValue {
        draft[location].set("operationalStatus", coding(segment[40], table: "0116"))
      }
    }
  }

  mutating func participate(
    _ field: HL7Element, _ code: String, _ display: String, in handle: HL7FHIRHandle
  ) {
    let type: JSONValue = [
      "coding": [["system": .string(Self.participation), "code": .string(code), "display": .string(display)]],
      "text": .string(display),
    ]
    for person in practitioners(field) {
      draft[handle].append("participant", ["type": [type], "individual": person.reference])
    }
  }

  private mutating func addHospitalization(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    var stay = JSONObject()
    stay["preAdmissionIdentifier"] = identifier(segment[5])
    stay["admitSource"] = concept(segment[14], table: "0023")
    stay["reAdmission"] = concept(segment[13], table: "0092")
    if let diet = concept(segment[38], table: "0114") { stay["dietPreference"] = [diet] }
    if let courtesy = concept(segment[16], table: "0099") { stay["specialCourtesy"] = [courtesy] }
    let arrangements = segment[15].repetitions.compactMap { concept($0, table: "0009") }
    if !arrangements.isEmpty { stay["specialArrangement"] = .array(arrangements) }
    if let name = HL7FHIRValues.text(segment[37].part(1).part(2)) ?? HL7FHIRValues.text(segment[37].part(1)) {
      stay["destination"] = draft.add("Location", content: [("name", .string(name))]).reference
    }
    stay["dischargeDisposition"] = concept(segment[36], table: "0112")
    if !stay.isEmpty { draft[handle].set("hospitalization", .object(stay)) }
  }

  mutating func takePV2(_ segment: HL7Segment) {
    guard let encounter else { return }
    if let location = location(segment[1]) {
      draft[encounter].append("location", ["location": location.reference, "status": "planned"])
    }
    draft[encounter].append("reasonCode", concept(segment[3]))
    let base = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter."
    draft[encounter].extend(base + "plannedStartDate", "valueDateTime", values.dateTime(segment[8]))
    draft[encounter].extend(base + "plannedEndDate", "valueDateTime", values.dateTime(segment[9]))
    if let days = HL7FHIRValues.decimal(segment[11]) {
      draft[encounter].set(
        "length", ["value": days, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"])
    }
    participate(segment[13], "REF", "referrer", in: encounter)
    draft[encounter].set("priority", concept(segment[25], table: "0217"))
    draft[encounter].extend(
      "http://hl7.org/fhir/StructureDefinition/encounter-modeOfArrival", "valueCoding",
      coding(segment[38], table: "0430"))
    if HL7FHIRValues.code(segment[22]) == "Y" {
      draft[encounter].set(
        "meta", ["security": [["system": .string(HL7FHIRCodes.table("0136")), "code": "Y"]]])
    }
  }

  mutating func takeROL(_ segment: HL7Segment) {
    guard let encounter, let code = concept(segment[3], table: "0443") else { return }
    let organization = organization(segment[14])
    for repetition in segment[4].repetitions {
      let person = practitioner(repetition, address: address(segment[11].repetition(1)))
      let telecoms = segment[12].repetitions.compactMap { telecom($0) }
      guard let role = role(person, organization: organization, code: code, telecom: telecoms) else { continue }
      var object: JSONObject = ["type": [code]]
      object["period"] = values.period(segment[5], segment[6])
      object["individual"] = role.reference
      draft[encounter].append("participant", .object(object))
    }
  }
}
