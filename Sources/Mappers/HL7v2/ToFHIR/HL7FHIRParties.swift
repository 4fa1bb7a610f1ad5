import HL7Parser
import JSON

// Data types that are resources in FHIR: people, organizations, places, devices. HL7's v2-to-FHIR guide, "Datatype maps".
extension HL7FHIRBuilder {
  /// XCN and CNN: a practitioner, the same one wherever the identifier, or the name without one, is the same.
  mutating func practitioner(_ element: HL7Element, address: JSONValue? = nil) -> HL7FHIRHandle? {
    let number = HL7FHIRValues.string(element.part(1))
    let name = personName(element)
    guard number != nil || name != nil else { return nil }
    var identifier: JSONValue?
    if let number {
      var object = JSONObject()
      object["extension"] = checkDigit(element.part(11), element.part(12))
      object["type"] = typeConcept(element.part(13), or: nil)
      object["system"] = system(element.part(9))
      object["value"] = number
      object["assigner"] = organization(authority: element.part(9))?.reference
      identifier = .object(object)
    }
    let degree = concept(element.part(7), table: "0360")
    // The number with its system, else the name.
    let key: JSONValue = number.map { [system(element.part(9)) ?? .null, $0] } ?? name ?? .null
    let handle = draft.add("Practitioner", key: "\(key)")
    // What is told of the same person in another place may be more, or otherwise written.
    draft[handle].append("identifier", identifier)
    draft[handle].append("name", name)
    draft[handle].append("address", address)
    draft[handle].append("qualification", degree.map { ["code": $0] })
    return handle
  }

  mutating func practitioners(_ field: HL7Element) -> [HL7FHIRHandle] {
    field.repetitions.compactMap { practitioner($0) }
  }

  /// A practitioner in a role, with an organization where one is named.
  mutating func role(
    _ practitioner: HL7FHIRHandle?, organization: HL7FHIRHandle? = nil, code: JSONValue? = nil,
    telecom: [JSONValue] = []
  ) -> HL7FHIRHandle? {
    guard practitioner != nil || organization != nil else { return nil }
    return draft.add(
      "PractitionerRole",
      content: [
        ("practitioner", practitioner?.reference), ("organization", organization?.reference),
        ("code", code.map { [$0] }), ("telecom", telecom.isEmpty ? nil : .array(telecom)),
      ])
  }

  /// XON.
  mutating func organization(
    _ element: HL7Element, address: JSONValue? = nil, telecom: [JSONValue] = [], contact: JSONValue? = nil
  ) -> HL7FHIRHandle? {
    let name = HL7FHIRValues.string(element.part(1))
    let number = HL7FHIRValues.string(element.part(10)) ?? HL7FHIRValues.string(element.part(3))
    guard name != nil || number != nil else { return nil }
    var identifier: JSONValue?
    if let number {
      var object = JSONObject()
      object["type"] = typeConcept(element.part(7), or: nil)
      object["system"] = system(element.part(6))
      object["value"] = number
      object["assigner"] = organization(authority: element.part(6))?.reference
      identifier = .object(object)
    }
    return draft.add(
      "Organization",
      content: [
        ("identifier", identifier.map { [$0] }), ("name", name),
        ("telecom", telecom.isEmpty ? nil : .array(telecom)), ("address", address.map { [$0] }),
        ("contact", contact.map { [$0] }),
      ])
  }

  /// HD that names an organization: an assigning authority, a facility.
  mutating func organization(authority element: HL7Element, address: JSONValue? = nil) -> HL7FHIRHandle? {
    let identifiers = universalIdentifiers(element)
    guard !identifiers.isEmpty else { return nil }
    return draft.add(
      "Organization", content: [("identifier", .array(identifiers)), ("address", address.map { [$0] })])
  }

  /// CWE that names an organization: a manufacturer, a laboratory.
  mutating func organization(coded element: HL7Element) -> HL7FHIRHandle? {
    let name = HL7FHIRValues.string(element.part(2))
    let code = HL7FHIRValues.string(element.part(1))
    guard name != nil || code != nil else { return nil }
    var identifier = JSONObject()
    identifier["system"] = HL7FHIRCodes.system(
      HL7FHIRValues.text(element.part(3)), identifier: HL7FHIRValues.text(element.part(14))
    ).map { .string($0) }
    identifier["value"] = code
    return draft.add(
      "Organization", content: [("identifier", code == nil ? nil : [.object(identifier)]), ("name", name)])
  }

  /// The identifiers of an HD: its namespace, and its universal id with the type.
  func universalIdentifiers(_ element: HL7Element) -> [JSONValue] {
    var identifiers: [JSONValue] = []
    if let namespace = HL7FHIRValues.string(element.part(1)) { identifiers.append(["value": namespace]) }
    if let id = HL7FHIRValues.text(element.part(2)) {
      let type = HL7FHIRValues.code(element.part(3))
      var object = JSONObject()
      object["type"] = type.map { Self.concept(table: "0301", $0) }
      if let uri = HL7FHIRValues.uri(universalID: id, type: type) {
        object["system"] = "urn:ietf:rfc:3986"
        object["value"] = .string(uri)
      } else {
        object["value"] = .string(id)
      }
      identifiers.append(.object(object))
    }
    return identifiers
  }

  /// PL: a location for each level that is named, each part of the next wider; returns the finest.
  mutating func location(_ element: HL7Element) -> HL7FHIRHandle? {
    let levels: [(part: Int, kind: String?)] = [
      (4, "si"), (7, "bu"), (1, "wi"), (8, "lvl"), (2, "ro"), (3, "bd"),
    ]
    var inner: HL7FHIRHandle?
    var path = ""
    let assigner = organization(authority: element.part(11))
    for (part, kind) in levels {
      guard let name = HL7FHIRValues.text(element.part(part).part(1)) ?? HL7FHIRValues.text(element.part(part)) else {
        continue
      }
      path += "/\(part)=\(name)"
      let identifiers = universalIdentifiers(element.part(part)).map { identifier in
        guard let assigner, var object = identifier.object else { return identifier }
        object["assigner"] = assigner.reference
        return JSONValue.object(object)
      }
      let wider = inner?.reference
      inner = draft.add(
        "Location",
        content: [
          ("identifier", identifiers.isEmpty ? nil : .array(identifiers)), ("name", .string(name)),
          ("mode", "instance"),
          (
            "physicalType",
            kind.map { Self.concept("http://terminology.hl7.org/CodeSystem/location-physical-type", $0) }
          ),
          ("partOf", wider),
        ], key: path)
    }
    if let inner {
      draft[inner].set("description", HL7FHIRValues.text(element.part(9)))
      draft[inner].append("identifier", identifier(entity: element.part(10)))
    }
    return inner
  }

  /// HD or EI that names a device.
  mutating func device(_ identifiers: [JSONValue]) -> HL7FHIRHandle? {
    guard !identifiers.isEmpty else { return nil }
    return draft.add("Device", content: [("identifier", .array(identifiers))])
  }
}
