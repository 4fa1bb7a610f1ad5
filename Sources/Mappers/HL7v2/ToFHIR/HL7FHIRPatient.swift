import HL7Parser
import JSON

// PID, PD1, NK1, MRG. HL7's v2-to-FHIR guide, segment maps PID[Patient], PD1[Patient], NK1[RelatedPerson], NK1[Patient].
extension HL7FHIRBuilder {
  private static let extensionBase = "http://hl7.org/fhir/StructureDefinition/"

  mutating func takePID(_ segment: HL7Segment) {
    let place = place(segment)
    let first = identifier(segment[3])
    let handle =
      first.map { draft.add("Patient", key: "\($0)") } ?? draft.add("Patient", at: place)
    patient = handle
    focus.append(handle)
    addIdentifiers(segment, to: handle)
    for field in [5, 9] {
      for repetition in segment[field].repetitions { draft[handle].append("name", all: names(repetition)) }
    }
    addBirthAndDeath(segment, to: handle)
    draft[handle].set("gender", Self.mapped(segment[8], HL7FHIRCodes.gender))
    for repetition in segment[11].repetitions { draft[handle].append("address", address(repetition)) }
    addCounty(segment[12], to: handle)
    let telecoms: [(Int, String?)] = [(13, "home"), (14, "work"), (40, nil)]
    for (field, use) in telecoms {
      for repetition in segment[field].repetitions { draft[handle].append("telecom", telecom(repetition, use: use)) }
    }
    if let language = concept(segment[15], table: "0296") {
      draft[handle].append("communication", ["language": language, "preferred": true])
    }
    draft[handle].set("maritalStatus", concept(segment[16], table: "0002", map: HL7FHIRCodes.maritalStatus))
    addExtensions(segment, to: handle)
    if let account = identifier(segment[18]) {
      let own = draft.add("Account", key: "\(account)")
      draft[own].set("status", "active")
      draft[own].append("identifier", account)
      draft[own].append("subject", handle.reference)
    }
    addMother(segment, of: handle)
    noted = nil
  }

  /// PID-21: the mother by her identifiers.
  private mutating func addMother(_ segment: HL7Segment, of patient: HL7FHIRHandle) {
    let identifiers = segment[21].repetitions.compactMap { identifier($0) }
    guard !identifiers.isEmpty else { return }
    let mother = draft.add("RelatedPerson", key: "\(draft.fingerprint) mother")
    draft[mother].set("patient", patient.reference)
    draft[mother].append("identifier", all: identifiers)
    draft[mother].append(
      "relationship", Self.concept("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH", "mother"))
  }

  private mutating func addIdentifiers(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    for field in [3, 2, 4] {
      for repetition in segment[field].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    }
    draft[handle].append("identifier", socialSecurity(segment[19]))
    if let licence = HL7FHIRValues.string(segment[20].part(1)) {
      var object: JSONObject = ["type": Self.concept(table: "0203", "DL")]
      object["system"] = HL7FHIRValues.text(segment[20].part(2)).map { .string(HL7FHIRValues.localURI($0)) }
      object["value"] = licence
      object["period"] = values.period(nil, segment[20].part(3))
      draft[handle].append("identifier", .object(object))
    }
  }

  private mutating func addBirthAndDeath(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    draft[handle].set("birthDate", values.date(segment[7]))
    if HL7FHIRValues.hasTime(segment[7]), let time = values.dateTime(segment[7]) {
      draft[handle].set(
        "_birthDate",
        ["extension": [["url": .string(Self.extensionBase + "patient-birthTime"), "valueDateTime": time]]])
    }
    if let order = HL7FHIRValues.integer(segment[25]) {
      draft[handle].set("multipleBirthInteger", order)
    } else {
      draft[handle].set("multipleBirthBoolean", HL7FHIRValues.boolean(segment[24]))
    }
    if let death = values.dateTime(segment[29]) {
      draft[handle].set("deceasedDateTime", death)
    } else {
      draft[handle].set("deceasedBoolean", HL7FHIRValues.boolean(segment[30]))
    }
  }

  /// PID-12: the district of the one address that has none, else an address of its own.
  private mutating func addCounty(_ county: HL7Element, to handle: HL7FHIRHandle) {
    guard let district = HL7FHIRValues.string(county) else { return }
    let addresses = draft[handle].object["address"]?.array ?? []
    if addresses.count == 1, var only = addresses[0].object, only["district"] == nil {
      only["district"] = district
      draft[handle].object["address"] = [.object(only)]
    } else {
      draft[handle].append("address", ["district": district])
    }
  }

  private mutating func addExtensions(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    let base = Self.extensionBase
    let maiden = segment[6].repetition(1)
    draft[handle].extend(
      base + "patient-mothersMaidenName", "valueString", HL7FHIRValues.string(maiden.part(1).part(1)))
    draft[handle].extend(base + "patient-religion", "valueCodeableConcept", concept(segment[17], table: "0006"))
    if let place = HL7FHIRValues.string(segment[23]) {
      draft[handle].extend(base + "patient-birthPlace", "valueAddress", ["text": place])
    }
    for (field, name) in [(26, "patient-citizenship"), (28, "patient-nationality"), (39, "patient-citizenship")] {
      for repetition in segment[field].repetitions {
        guard let code = concept(repetition, table: field == 39 ? "0171" : nil) else { continue }
        draft[handle].append(
          "extension",
          ["url": .string(base + name), "extension": [["url": "code", "valueCodeableConcept": code]]])
      }
    }
    let animal: [JSONValue] = [(35, "species"), (36, "breed")].compactMap { field, part -> JSONValue? in
      concept(segment[field]).map { ["url": .string(part), "valueCodeableConcept": $0] }
    }
    if !animal.isEmpty {
      draft[handle].append("extension", ["url": .string(base + "patient-animal"), "extension": .array(animal)])
    }
  }

  mutating func takePD1(_ segment: HL7Segment) {
    guard let patient else { return }
    for repetition in segment[3].repetitions {
      draft[patient].append("generalPractitioner", organization(repetition)?.reference)
    }
    for person in practitioners(segment[4]) { draft[patient].append("generalPractitioner", person.reference) }
    draft[patient].extend(
      Self.extensionBase + "patient-disability", "valueCodeableConcept", concept(segment[6], table: "0295"))
    draft[patient].extend(
      Self.extensionBase + "patient-congregation", "valueString", HL7FHIRValues.string(segment[14].part(1)))
  }

  /// NK1: a person beside the patient, and the patient's contact.
  mutating func takeNK1(_ segment: HL7Segment) {
    guard let patient else { return }
    let handle = draft.add("RelatedPerson", at: place(segment))
    draft[handle].set("patient", patient.reference)
    for field in [12, 33] {
      for repetition in segment[field].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    }
    draft[handle].append("identifier", socialSecurity(segment[37]))
    let relationships = [
      concept(segment[3], table: "0063", map: HL7FHIRCodes.relationship), concept(segment[7], table: "0131"),
    ].compactMap { $0 }
    draft[handle].append("relationship", all: relationships)
    for field in [2, 30] {
      for repetition in segment[field].repetitions { draft[handle].append("name", all: names(repetition)) }
    }
    var telecoms: [JSONValue] = []
    let fields: [(Int, String?)] = [(5, nil), (6, "work"), (40, nil), (31, nil), (41, nil)]
    for (field, use) in fields {
      for repetition in segment[field].repetitions { telecoms += [telecom(repetition, use: use)].compactMap { $0 } }
    }
    draft[handle].append("telecom", all: telecoms)
    draft[handle].set("gender", Self.mapped(segment[15], HL7FHIRCodes.gender))
    draft[handle].set("birthDate", values.date(segment[16]))
    for field in [4, 32] {
      for repetition in segment[field].repetitions { draft[handle].append("address", address(repetition)) }
    }
    let period = values.period(segment[8], segment[9])
    draft[handle].set("period", period)
    if let language = concept(segment[20], table: "0296") {
      draft[handle].append("communication", ["language": language, "preferred": true])
    }
    addContact(segment, relationships, telecoms, period, to: patient)
  }

  private mutating func addContact(
    _ segment: HL7Segment, _ relationships: [JSONValue], _ telecoms: [JSONValue], _ period: JSONValue?,
    to patient: HL7FHIRHandle
  ) {
    var contact = JSONObject()
    if !relationships.isEmpty { contact["relationship"] = .array(relationships) }
    contact["name"] = name(segment[2].repetition(1))
    if !telecoms.isEmpty { contact["telecom"] = .array(telecoms) }
    contact["address"] = address(segment[4].repetition(1))
    contact["gender"] = Self.mapped(segment[15], HL7FHIRCodes.gender)
    var person = JSONObject()
    person["name"] = name(segment[30].repetition(1))
    let calls = segment[31].repetitions.compactMap { telecom($0) }
    if !calls.isEmpty { person["telecom"] = .array(calls) }
    person["address"] = address(segment[32].repetition(1))
    let employer = organization(segment[13].repetition(1), contact: person.isEmpty ? nil : .object(person))
    contact["organization"] = employer?.reference
    // FHIR wants at least one of these beside a relationship (pat-1).
    guard ["name", "telecom", "address", "organization"].contains(where: { contact[$0] != nil }) else { return }
    contact["period"] = period
    draft[patient].append("contact", .object(contact))
  }

  /// MRG: the patient whose record ended, pointing to the one that stands.
  mutating func takeMRG(_ segment: HL7Segment) {
    guard let patient, let old = identifier(segment[1]) else { return }
    let handle = draft.add("Patient", key: "\(old)")
    guard handle != patient else { return }
    for repetition in segment[1].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    for repetition in segment[7].repetitions { draft[handle].append("name", name(repetition)) }
    draft[handle].set("active", .bool(false))
    draft[handle].append("link", ["other": patient.reference, "type": "replaced-by"])
    draft[patient].append("link", ["other": handle.reference, "type": "replaces"])
  }
}
