import HL7Parser
import JSON

// PRT. HL7's v2-to-FHIR guide, segment maps PRT[PractitionerRole], PRT[Device], PRT[CareTeam],
// PRT[Patient-GeneralPractitioner-Practitioner], PRT[Observation-Location].
extension HL7FHIRBuilder {
  /// Who takes part in what stands before: an observation, an order, a visit, the patient's care.
  mutating func takePRT(_ segment: HL7Segment) {
    // D takes a participation back that another message made.
    guard HL7FHIRValues.code(segment[2]) != "D" else { return }
    let code = concept(segment[4], table: "0912")
    let who = participants(segment, code)
    if let device = participatingDevice(segment), let noted, draft[noted.handle].type == "Observation" {
      draft[noted.handle].set("device", device.reference)
    }
    guard !who.isEmpty else { return }
    if let noted, let handle = owner(of: noted.handle) {
      participate(who, in: handle, as: HL7FHIRValues.code(segment[4].part(1)))
    } else if let encounter {
      for person in who {
        var object = JSONObject()
        object["type"] = code.map { [$0] }
        object["period"] = values.period(segment[11], segment[12])
        object["individual"] = person.reference
        draft[encounter].append("participant", .object(object))
      }
    } else if let patient {
      for person in who { draft[patient].append("generalPractitioner", person.reference) }
    }
  }

  /// The resource that participants of a note's owner belong to; nil where it has no place for them.
  private func owner(of handle: HL7FHIRHandle) -> HL7FHIRHandle? {
    ["Observation", "ServiceRequest"].contains(draft[handle].type) ? handle : nil
  }

  private mutating func participate(_ who: [HL7FHIRHandle], in handle: HL7FHIRHandle, as role: String?) {
    let isRequest = draft[handle].type == "ServiceRequest"
    for person in who {
      if isRequest, role == "OP" {
        draft[handle].set("requester", draft[handle].object["requester"] ?? person.reference)
      } else if isRequest, role == "RCT", let report = order.report {
        draft[report].append("resultsInterpreter", person.reference)
      } else {
        draft[handle].append("performer", person.reference)
      }
    }
  }

  /// PRT-5 and PRT-8: people in their role, or an organization.
  private mutating func participants(_ segment: HL7Segment, _ code: JSONValue?) -> [HL7FHIRHandle] {
    let own = address(segment[14].repetition(1))
    let telecoms = segment[15].repetitions.compactMap { telecom($0) }
    let persons = segment[5].repetitions.compactMap { practitioner($0, address: own) }
    let organization = organization(
      segment[8].repetition(1), address: persons.isEmpty ? own : nil, telecom: persons.isEmpty ? telecoms : [])
    let location = location(segment[9].repetition(1))
    guard !persons.isEmpty else { return [organization].compactMap { $0 } }
    return persons.compactMap { person in
      let handle = role(person, organization: organization, code: code, telecom: telecoms)
      if let handle {
        if let location { draft[handle].append("location", location.reference) }
        draft[handle].append("specialty", concept(segment[6]))
        draft[handle].set("period", values.period(segment[11], segment[12]))
      }
      return handle
    }
  }

  /// PRT-10 and PRT-16 to PRT-22: a device and what its UDI says.
  private mutating func participatingDevice(_ segment: HL7Segment) -> HL7FHIRHandle? {
    let identifiers = segment[10].repetitions.compactMap { identifier(entity: $0) }
    let carrier = HL7FHIRValues.string(segment[16].part(1))
    guard !identifiers.isEmpty || carrier != nil else { return nil }
    return draft.add(
      "Device",
      content: [
        ("identifier", identifiers.isEmpty ? nil : .array(identifiers)),
        ("udiCarrier", carrier.map { [["deviceIdentifier": $0]] }),
        ("manufactureDate", values.dateTime(segment[17])), ("expirationDate", values.dateTime(segment[18])),
        ("lotNumber", HL7FHIRValues.string(segment[19])), ("serialNumber", HL7FHIRValues.string(segment[20])),
        ("distinctIdentifier", HL7FHIRValues.string(segment[21].part(1))), ("type", concept(segment[22])),
      ])
  }
}
