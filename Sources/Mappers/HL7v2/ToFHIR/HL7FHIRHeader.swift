import HL7Parser
import JSON

// MSH, SFT, EVN. HL7's v2-to-FHIR guide, segment maps MSH[MessageHeader], MSH[Provenance], SFT[Device], EVN[Provenance].
extension HL7FHIRBuilder {
  mutating func takeMSH(_ segment: HL7Segment) {
    let handle = draft.add("MessageHeader", at: "MSH")
    header = handle
    draft[handle].set("eventCoding", eventCoding)
    draft[handle].append("destination", destination(segment))
    let responsible = organization(segment[22])
    let country = HL7FHIRValues.string(segment[17])
    let facility = organization(authority: segment[4], address: country.map { ["country": $0] })
    draft[handle].set("sender", facility?.reference)
    draft[handle].set("source", source(segment))
    draft[handle].set("responsible", responsible?.reference)
    var meta = JSONObject()
    if let processing = tag(segment[11], table: "0103") { meta["tag"] = [processing] }
    if let security = tag(segment[26], table: nil) { meta["security"] = [security] }
    if !meta.isEmpty { draft[handle].set("meta", .object(meta)) }
    if let language = HL7FHIRValues.code(segment[19].part(1)), Self.isLanguage(language) {
      draft[handle].set("language", language)
    }
    provenance(segment, author: responsible ?? facility)
  }

  private func tag(_ element: HL7Element, table: String?) -> JSONValue? {
    HL7FHIRValues.code(element.part(1)) == nil ? nil : coding(element, table: table)
  }

  /// The event, or the type of a message without one; FHIR requires it, so its absence is said where there is none.
  private var eventCoding: JSONValue {
    guard let code = [event, code].first(where: { !$0.isEmpty }) else { return Self.unknown }
    return Self.coding(
      HL7FHIRCodes.Concept(
        system: HL7FHIRCodes.table("0003"), code: code, display: messageType.isEmpty ? nil : messageType))
  }

  /// MSH-9 as it was sent: `ADT^A01^ADT_A01`.
  var messageType: String {
    (1...3).compactMap { HL7FHIRValues.text(message.header[9].component($0)) }.joined(separator: "^")
  }

  private static func isLanguage(_ code: String) -> Bool {
    let parts = code.split(separator: "-", omittingEmptySubsequences: false)
    return (2...3).contains(parts[0].count)
      && parts.allSatisfy { part in
        !part.isEmpty && part.count <= 8 && part.utf8.allSatisfy { $0 < 0x80 }
          && part.allSatisfy { $0.isLetter || $0.isNumber }
      }
  }

  /// MSH-3 or MSH-24: where the message came from, and SFT: by what software.
  private func source(_ segment: HL7Segment) -> JSONValue {
    var object = JSONObject()
    object["name"] = HL7FHIRValues.string(segment[3].part(1))
    if let software = message.segments.first(named: "SFT") {
      object["software"] = HL7FHIRValues.string(software[3])
      object["version"] = HL7FHIRValues.string(software[2])
    }
    addEndpoint(segment[24].hasValue ? segment[24] : segment[3], to: &object)
    return .object(object)
  }

  private mutating func destination(_ segment: HL7Segment) -> JSONValue? {
    var object = JSONObject()
    object["name"] = HL7FHIRValues.string(segment[5].part(1))
    guard segment[5].hasValue || segment[6].hasValue || segment[25].hasValue || segment[23].hasValue else { return nil }
    addEndpoint(segment[25].hasValue ? segment[25] : segment[5], to: &object)
    object["target"] = device(universalIdentifiers(segment[5]))?.reference
    let receiver = segment[23].hasValue ? organization(segment[23]) : organization(authority: segment[6])
    object["receiver"] = receiver?.reference
    return .object(object)
  }

  /// The endpoint that an HD names; FHIR requires one, so its absence is said where there is none.
  private func addEndpoint(_ element: HL7Element, to object: inout JSONObject) {
    let id = HL7FHIRValues.text(element.part(2))
    if let uri = HL7FHIRValues.uri(universalID: id, type: HL7FHIRValues.text(element.part(3))) {
      object["endpoint"] = .string(uri)
    } else {
      object["_endpoint"] = Self.unknown
    }
  }

  private mutating func provenance(_ segment: HL7Segment, author: HL7FHIRHandle?) {
    let handle = draft.add("Provenance", at: "MSH")
    draft[handle].append("target", header?.reference)
    draft[handle].set("occurredDateTime", values.dateTime(segment[7]))
    draft[handle].set("recorded", values.instant(segment[7]))
    if draft[handle].object["recorded"] == nil { draft[handle].set("_recorded", Self.unknown) }
    if !messageType.isEmpty { draft[handle].set("activity", ["coding": [["display": .string(messageType)]]]) }
    draft[handle].append("agent", agent(author, "author"))
    for field in [24, 3] {
      guard let device = device(universalIdentifiers(segment[field])) else { continue }
      draft[handle].append("entity", ["role": "source", "what": device.reference])
    }
  }

  /// An agent of a Provenance; FHIR requires who, so its absence is said where there is none.
  func agent(_ who: HL7FHIRHandle?, _ type: String) -> JSONValue {
    [
      "type": Self.concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", type),
      "who": who?.reference ?? ["display": "not named in the message"],
    ]
  }

  mutating func takeSFT(_ segment: HL7Segment) {
    let handle = draft.add("Device", at: place(segment))
    let vendor = organization(segment[1])
    draft[handle].set("manufacturer", HL7FHIRValues.text(segment[1].part(1)))
    draft[handle].set("owner", vendor?.reference)
    if let name = HL7FHIRValues.string(segment[3]) {
      draft[handle].append("deviceName", ["name": name, "type": "manufacturer-name"])
    }
    draft[handle].set("modelNumber", HL7FHIRValues.text(segment[4]))
    if let version = HL7FHIRValues.string(segment[2]) { draft[handle].append("version", ["value": version]) }
    if let note = HL7FHIRValues.freeText(segment[5]) { draft[handle].append("note", ["text": .string(note)]) }
  }

  mutating func takeEVN(_ segment: HL7Segment) {
    let handle = draft.add("Provenance", at: place(segment))
    draft[handle].append("target", header?.reference)
    draft[handle].set("occurredDateTime", values.dateTime(segment[6]))
    draft[handle].set("recorded", values.instant(segment[2]) ?? values.instant(message.header[7]))
    if draft[handle].object["recorded"] == nil { draft[handle].set("_recorded", Self.unknown) }
    draft[handle].append("reason", concept(segment[4], table: "0062"))
    draft[handle].set("activity", ["coding": [eventCoding]])
    let operators = practitioners(segment[5])
    if operators.isEmpty { draft[handle].append("agent", agent(organization(authority: message.header[4]), "author")) }
    for person in operators { draft[handle].append("agent", agent(person, "performer")) }
    if let facility = HL7FHIRValues.text(segment[7].part(1)) {
      let site = draft.add(
        "Location",
        content: [
          ("identifier", .array(universalIdentifiers(segment[7]))), ("name", .string(facility)),
          ("physicalType", Self.concept("http://terminology.hl7.org/CodeSystem/location-physical-type", "si")),
        ])
      draft[handle].set("location", site.reference)
    }
  }
}
