import HL7Parser
import JSON

// ORC, OBR, SPM, SAC. HL7's v2-to-FHIR guide, segment maps ORC[ServiceRequest], OBR[ServiceRequest],
// OBR[DiagnosticReport], ORC[Provenance], SPM[Specimen].
extension HL7FHIRBuilder {
  mutating func takeORC(_ segment: HL7Segment) {
    order = HL7FHIROrder(common: segment)
    noted = nil
  }

  /// A message of results has a report for each OBR; one of orders has a request alone.
  private var isResult: Bool { ["ORU", "OUL", "OPU", "ORD"].contains(code) }

  mutating func takeOBR(_ segment: HL7Segment) {
    let place = place(segment)
    // An OBR without an ORC of its own is another order.
    let common = order.request == nil ? order.common : nil
    let timing = order.timing
    order = HL7FHIROrder(common: common)
    let placer = identifier(entity: common.flatMap { $0[2].hasValue ? $0[2] : nil } ?? segment[2], type: "PLAC")
    let filler = identifier(entity: common.flatMap { $0[3].hasValue ? $0[3] : nil } ?? segment[3], type: "FILL")
    order.effective = values.dateTime(segment[7])
    let request = request(segment, common, [placer, filler].compactMap { $0 }, at: place)
    order.request = request
    noted = (request, "note")
    if let timing { takeTQ1(timing) }
    if isResult || segment[25].hasValue { report(segment, [placer, filler].compactMap { $0 }, at: place, of: request) }
    addSpecimen(segment, at: place)
    if let common { provenance(of: common, target: order.report ?? request) }
    focus.append(order.report ?? request)
  }

  private mutating func request(
    _ segment: HL7Segment, _ common: HL7Segment?, _ identifiers: [JSONValue], at place: String
  ) -> HL7FHIRHandle {
    let handle = draft.add("ServiceRequest", at: place)
    draft[handle].append("identifier", all: identifiers)
    for repetition in segment[53].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    draft[handle].set("requisition", common.flatMap { identifier(group: $0[4]) })
    let byStatus = common.flatMap { Self.mapped($0[5], HL7FHIRCodes.orderStatus) }
    let byControl = common.flatMap { Self.mapped($0[1], HL7FHIRCodes.orderControl) }
    draft[handle].set("status", byStatus ?? byControl ?? (isResult ? "unknown" : "active"))
    draft[handle].set("intent", HL7FHIRValues.code(segment[11]) == "G" ? "reflex-order" : "order")
    draft[handle].set("priority", Self.mapped(segment[5], HL7FHIRCodes.requestPriority))
    draft[handle].set("code", concept(segment[4]))
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    draft[handle].set("occurrenceDateTime", values.dateTime(segment[6]))
    if let common { draft[handle].set("authoredOn", values.dateTime(common[9])) }
    draft[handle].set("requester", requester(segment, common)?.reference)
    for repetition in segment[31].repetitions { draft[handle].append("reasonCode", concept(repetition)) }
    for field in [46, 47] {
      for repetition in segment[field].repetitions { draft[handle].append("orderDetail", concept(repetition)) }
    }
    return handle
  }

  /// ORC-4: EI, or since 2.6 EIP, whose first part is the placer's.
  private func identifier(group element: HL7Element) -> JSONValue? {
    let isPair = element.componentCount <= 2 && element.component(1).subcomponentCount > 1
    return identifier(entity: isPair ? element.component(1) : element, type: "PGN")
  }

  /// ORC-12 or OBR-16, in the organization of ORC-21.
  private mutating func requester(_ segment: HL7Segment, _ common: HL7Segment?) -> HL7FHIRHandle? {
    let field = common.flatMap { $0[12].hasValue ? $0[12] : nil } ?? segment[16]
    let own = common.flatMap { address($0[24].repetition(1)) }
    let person = field.isAbsent ? nil : practitioner(field.repetition(1), address: own)
    guard let common, common[21].hasValue else { return person }
    let telecoms = common[23].repetitions.compactMap { telecom($0) }
    let organization = organization(
      common[21].repetition(1), address: address(common[22].repetition(1)), telecom: telecoms)
    return role(person, organization: organization) ?? person
  }

  private mutating func report(
    _ segment: HL7Segment, _ identifiers: [JSONValue], at place: String, of request: HL7FHIRHandle
  ) {
    let handle = draft.add("DiagnosticReport", at: place)
    order.report = handle
    draft[handle].append("identifier", all: identifiers)
    draft[handle].append("basedOn", request.reference)
    draft[handle].set("status", Self.mapped(segment[25], HL7FHIRCodes.reportStatus) ?? "unknown")
    draft[handle].append("category", concept(segment[24], table: "0074"))
    draft[handle].set("code", concept(segment[4]) ?? Self.unknown)
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    if segment[8].hasValue {
      draft[handle].set("effectivePeriod", values.period(segment[7], segment[8]))
    } else {
      draft[handle].set("effectiveDateTime", values.dateTime(segment[7]))
    }
    draft[handle].set("issued", values.instant(segment[22]))
    // NDL: the person is the first component, its parts sub-components.
    for (field, member) in [(32, "resultsInterpreter"), (34, "performer"), (35, "performer")] {
      for repetition in segment[field].repetitions {
        let person =
          repetition.component(1).subcomponentCount > 1
          ? practitioner(repetition.component(1)) : practitioner(repetition)
        draft[handle].append(member, role(person)?.reference)
      }
    }
  }

  /// OBR-14 and OBR-15, as senders before SPM have them.
  private mutating func addSpecimen(_ segment: HL7Segment, at place: String) {
    guard segment[15].hasValue else { return }
    let handle = draft.add("Specimen", at: place)
    draft[handle].set("subject", subject)
    let source = segment[15].repetition(1)
    draft[handle].set("type", concept(source.part(1), table: "0070"))
    var collection = JSONObject()
    if segment[8].hasValue {
      collection["collectedPeriod"] = values.period(segment[7], segment[8])
    } else {
      collection["collectedDateTime"] = values.dateTime(segment[7])
    }
    collection["quantity"] = quantity(segment[9])
    collection["bodySite"] = concept(source.part(4), table: "0163")
    // FHIR has one collector; of others only the person is kept.
    collection["collector"] = practitioners(segment[10]).first?.reference
    if !collection.isEmpty { draft[handle].set("collection", .object(collection)) }
    draft[handle].set("receivedTime", values.dateTime(segment[14]))
    draft[handle].append("condition", concept(source.part(6), table: "0493"))
    for comment in segment[39].repetitions {
      guard let text = HL7FHIRValues.freeText(comment.part(2)) ?? HL7FHIRValues.freeText(comment.part(1)) else {
        continue
      }
      draft[handle].append("note", ["text": .string(text)])
    }
    attach(specimen: handle)
  }

  private mutating func attach(specimen handle: HL7FHIRHandle) {
    order.specimen = handle
    if let request = order.request { draft[request].append("specimen", handle.reference) }
    if let report = order.report { draft[report].append("specimen", handle.reference) }
  }

  /// ORC: who ordered, entered and checked, and when.
  private mutating func provenance(of segment: HL7Segment, target: HL7FHIRHandle) {
    let handle = draft.add("Provenance", at: place(segment))
    draft[handle].append("target", target.reference)
    draft[handle].set("recorded", values.instant(segment[9]) ?? values.instant(message.header[7]))
    if draft[handle].object["recorded"] == nil { draft[handle].set("_recorded", Self.unknown) }
    let operation = HL7FHIRValues.code(segment[1]).flatMap { HL7FHIRCodes.dataOperation[$0] }
    draft[handle].set("activity", operation.map { Self.concept(HL7FHIRCodes.v3 + "DataOperation", $0) })
    if operation == nil { draft[handle].set("activity", concept(segment[1], table: "0119")) }
    for (field, type) in [(10, "enterer"), (11, "verifier"), (12, "author"), (19, "performer")] {
      for person in practitioners(segment[field]) { draft[handle].append("agent", agent(person, type)) }
    }
    if draft[handle].object["agent"] == nil {
      let facility = organization(segment[21].repetition(1)) ?? organization(authority: message.header[4])
      draft[handle].append("agent", agent(facility, "author"))
    }
  }

  mutating func takeSPM(_ segment: HL7Segment) {
    let handle = draft.add("Specimen", at: place(segment))
    order.isAtSpecimen = true
    let ids = segment[2].repetition(1)
    for (part, type) in [(1, "PGN"), (2, "FGN")] {
      draft[handle].append("identifier", identifier(entity: ids.part(part), type: type))
    }
    for repetition in segment[31].repetitions { draft[handle].append("identifier", identifier(repetition)) }
    draft[handle].append("identifier", identifier(entity: segment[32], type: "SHIP"))
    draft[handle].set("accessionIdentifier", identifier(segment[30]))
    draft[handle].set("status", Self.mapped(segment[20], ["Y": "available", "N": "unavailable"]))
    draft[handle].set("type", concept(segment[4], table: "0487"))
    draft[handle].set("subject", subject)
    draft[handle].set("receivedTime", values.dateTime(segment[18]))
    addCollection(segment, to: handle)
    for repetition in segment[24].repetitions { draft[handle].append("condition", concept(repetition, table: "0493")) }
    var container = JSONObject()
    container["type"] = concept(segment[27])
    container["additiveCodeableConcept"] = concept(segment[6], table: "0371")
    if !container.isEmpty { draft[handle].append("container", .object(container)) }
    for repetition in segment[14].repetitions {
      if let text = HL7FHIRValues.freeText(repetition) { draft[handle].append("note", ["text": .string(text)]) }
    }
    let parents = segment[3].repetition(1)
    if let parent = identifier(entity: parents.part(1), type: "PGN")
      ?? identifier(entity: parents.part(2), type: "FGN")
    {
      let whole = draft.add("Specimen", key: "\(parent)")
      draft[whole].append("identifier", parent)
      draft[handle].append("parent", whole.reference)
    }
    attach(specimen: handle)
  }

  private mutating func addCollection(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    var collection = JSONObject()
    let range = segment[17].repetition(1)
    if range.part(2).hasValue {
      collection["collectedPeriod"] = values.period(range.part(1), range.part(2))
    } else {
      collection["collectedDateTime"] = values.dateTime(range.part(1))
    }
    collection["quantity"] = quantity(segment[12])
    collection["method"] = concept(segment[7], table: "0488")
    collection["bodySite"] = concept(segment[8])
    if !collection.isEmpty { draft[handle].set("collection", .object(collection)) }
  }

  /// SAC: the container of the specimen at hand, or of one that is told of by it alone.
  mutating func takeSAC(_ segment: HL7Segment) {
    let handle = order.specimen ?? draft.add("Specimen", at: place(segment))
    draft[handle].set("subject", draft[handle].object["subject"] ?? patient?.reference)
    draft[handle].set(
      "accessionIdentifier", draft[handle].object["accessionIdentifier"] ?? identifier(entity: segment[2]))
    var container = JSONObject()
    if let number = identifier(entity: segment[3]) { container["identifier"] = [number] }
    container["capacity"] = quantity(segment[21], units: segment[24])
    container["specimenQuantity"] = quantity(segment[22], units: segment[24])
    container["additiveCodeableConcept"] = concept(segment[27].repetition(1), table: "0371")
    if !container.isEmpty { draft[handle].append("container", .object(container)) }
    if order.specimen == nil { attach(specimen: handle) }
  }
}
