import HL7Parser
import JSON

// OBX, NTE. HL7's v2-to-FHIR guide, segment maps OBX[Observation], OBX[DocumentReference], NTE[Observation].
extension HL7FHIRBuilder {
  mutating func takeOBX(_ segment: HL7Segment) {
    if let document {
      addContent(segment, to: document)
      return
    }
    let handle = draft.add("Observation", at: place(segment))
    noted = (handle, "note")
    let status = HL7FHIRValues.code(segment[11])
    draft[handle].append("identifier", identifier(entity: segment[21], type: "FILL"))
    draft[handle].set("status", status.flatMap { HL7FHIRCodes.observationStatus[$0] } ?? "unknown")
    for repetition in segment[29].repetitions { draft[handle].append("category", concept(repetition, table: "0936")) }
    draft[handle].set("code", concept(segment[3]) ?? Self.unknown)
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    draft[handle].set("effectiveDateTime", values.dateTime(segment[14]) ?? (order.isAtSpecimen ? nil : order.effective))
    for repetition in segment[8].repetitions {
      draft[handle].append("interpretation", concept(repetition, table: "0078"))
    }
    if let range = HL7FHIRValues.text(segment[7]) { draft[handle].append("referenceRange", ["text": .string(range)]) }
    draft[handle].set("method", concept(segment[17].repetition(1)))
    draft[handle].set("bodySite", concept(segment[20].repetition(1), table: "0163"))
    let base = "http://hl7.org/fhir/StructureDefinition/observation-"
    draft[handle].extend(
      base + "nature-of-abnormal-test", "valueCodeableConcept", concept(segment[10].repetition(1), table: "0080"))
    draft[handle].extend(base + "analysis-date-time", "valueDateTime", values.dateTime(segment[19]))
    addValue(segment, to: handle)
    addAbsence(status, to: handle)
    addPerformers(segment, to: handle)
    addDevices(segment, to: handle)
    if let specimen = order.specimen { draft[handle].set("specimen", specimen.reference) }
    place(observation: handle)
  }

  /// Where an observation belongs: to its report, its vaccination, or the patient alone.
  private mutating func place(observation handle: HL7FHIRHandle) {
    if let report = order.report {
      draft[report].append("result", handle.reference)
    } else if let request = order.request {
      draft[request].append("supportingInfo", handle.reference)
    } else if let immunization {
      draft[handle].append("partOf", immunization.reference)
    } else {
      focus.append(handle)
    }
  }

  private mutating func addAbsence(_ status: String?, to handle: HL7FHIRHandle) {
    let hasValue = draft[handle].object.contains { $0.key.hasPrefix("value") || $0.key == "component" }
    guard !hasValue, status == "X" || status == "N" else { return }
    let code = status == "N" ? ("not-asked", "Not Asked") : ("error", "Error")
    draft[handle].set(
      "dataAbsentReason", Self.concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", code.0, code.1))
  }

  private mutating func addPerformers(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    let observer = Self.concept(
      "http://terminology.hl7.org/CodeSystem/practitioner-role", "responsibleObserver", "Responsible Observer")
    for person in practitioners(segment[16]) {
      draft[handle].append("performer", role(person, code: observer)?.reference)
    }
    let performing = organization(segment[23].repetition(1), address: address(segment[24].repetition(1)))
    if segment[25].hasValue, let director = practitioner(segment[25].repetition(1)) {
      let code = Self.concept(table: "0912", "MDIR", "Medical Director")
      draft[handle].append("performer", role(director, organization: performing, code: code)?.reference)
    } else {
      draft[handle].append("performer", performing?.reference)
    }
    draft[handle].append("performer", organization(coded: segment[15].repetition(1))?.reference)
  }

  private mutating func addDevices(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    let devices = segment[18].repetitions.compactMap { identifier(entity: $0) }
    guard let first = devices.first, let device = device([first]) else { return }
    draft[handle].set("device", device.reference)
    for identifier in devices.dropFirst() {
      if let other = self.device([identifier]) {
        draft[handle].extend(
          "http://hl7.org/fhir/StructureDefinition/observation-deviceCode", "valueReference", other.reference)
      }
    }
  }

  // MARK: Values

  /// OBX-5 by OBX-2. Text that repeats is lines of one text; other values that repeat are components.
  private mutating func addValue(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    let type = HL7FHIRValues.code(segment[2]) ?? "ST"
    let repetitions = segment[5].repetitions.filter(\.hasValue)
    if ["ST", "FT", "TX"].contains(type) {
      let lines = repetitions.compactMap { HL7FHIRValues.freeText($0) }
      if !lines.isEmpty { draft[handle].set("valueString", lines.joined(separator: "\n")) }
      return
    }
    let all = repetitions.compactMap { value($0, type, units: segment[6]) }
    if all.count == 1 {
      if all[0].name == "attachment" { return attach(all[0].value, to: handle) }
      draft[handle].set(all[0].name, all[0].value)
    } else {
      let code = draft[handle].object["code"] ?? Self.unknown
      for value in all where value.name != "attachment" {
        draft[handle].append("component", ["code": code, value.name: value.value])
      }
      for value in all where value.name == "attachment" { attach(value.value, to: handle) }
    }
  }

  /// A file: presented by the report where there is one.
  private mutating func attach(_ attachment: JSONValue, to handle: HL7FHIRHandle) {
    if let report = order.report {
      draft[report].append("presentedForm", attachment)
    } else {
      draft[handle].extend(
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.value", "valueAttachment", attachment)
    }
  }

  /// A value and the member that it is, such as `valueQuantity`.
  private typealias Value = (name: String, value: JSONValue)

  private func named(_ name: String, _ value: JSONValue?) -> Value? {
    guard let value else { return nil }
    return (name, value)
  }

  private func value(_ element: HL7Element, _ type: String, units: HL7Element) -> Value? {
    func text() -> Value? { named("valueString", HL7FHIRValues.freeText(element).map { .string($0) }) }
    func or(_ name: String, _ value: JSONValue?) -> Value? { named(name, value) ?? text() }
    switch type {
    case "NM": return or("valueQuantity", quantity(element, units: units))
    case "SN": return structured(element, units: units) ?? text()
    case "CE", "CWE", "CNE", "CF", "IS", "ID": return or("valueCodeableConcept", concept(element))
    case "CQ": return or("valueQuantity", quantity(element))
    case "DR": return or("valuePeriod", values.period(element.part(1), element.part(2)))
    case "DT", "DTM", "TS": return or("valueDateTime", values.dateTime(element))
    case "TM": return or("valueTime", HL7FHIRValues.time(element))
    case "NR": return or("valueRange", range(element.part(1), element.part(2), units: units))
    case "ED": return or("attachment", attachment(element))
    case "RP": return or("attachment", pointer(element))
    default: return text()
    }
  }

  /// SN: a comparator, a number, a separator and a number.
  private func structured(_ element: HL7Element, units: HL7Element) -> Value? {
    let separator = HL7FHIRValues.text(element.part(3))
    let comparator = HL7FHIRValues.text(element.part(1))
    let isPlain = comparator == nil || comparator == "="
    switch separator {
    case nil:
      guard isPlain || ["<", "<=", ">", ">="].contains(comparator) else { return nil }
      return named("valueQuantity", quantity(element.part(2), comparator: element.part(1), units: units))
    case "-" where isPlain:
      return named("valueRange", range(element.part(2), element.part(4), units: units))
    case "/" where isPlain, ":" where isPlain:
      guard let numerator = quantity(element.part(2), units: units),
        let denominator = quantity(element.part(4), units: units)
      else { return nil }
      return ("valueRatio", ["numerator": numerator, "denominator": denominator])
    default: return nil
    }
  }

  private func range(_ low: HL7Element, _ high: HL7Element, units: HL7Element) -> JSONValue? {
    var object = JSONObject()
    object["low"] = quantity(low, units: units)
    object["high"] = quantity(high, units: units)
    return object.isEmpty ? nil : .object(object)
  }

  // MARK: Files

  /// ED: a file in the message. Encoded as Base64 it is taken over, otherwise encoded.
  func attachment(_ element: HL7Element) -> JSONValue? {
    guard let sent = element.part(5).string else { return nil }
    let data: String
    switch HL7FHIRValues.code(element.part(4))?.uppercased() {
    case "BASE64",
      nil where HL7FHIRBase64.isEncoded(sent):
      data = sent.filter { !$0.isWhitespace }
    case "HEX": data = HL7FHIRBase64.encode(HL7XML.bytes(hexadecimal: sent) ?? Array(sent.utf8))
    default: data = HL7FHIRBase64.encode(Array(sent.utf8))
    }
    var object = JSONObject()
    object["contentType"] = contentType(element.part(2), element.part(3)).map { .string($0) }
    guard HL7FHIRBase64.isEncoded(data) else { return nil }
    object["data"] = .string(data)
    return .object(object)
  }

  /// RP: a file elsewhere.
  func pointer(_ element: HL7Element) -> JSONValue? {
    guard let url = HL7FHIRValues.text(element.part(1)), !url.contains(where: \.isWhitespace) else { return nil }
    var object = JSONObject()
    object["contentType"] = contentType(element.part(3), element.part(4)).map { .string($0) }
    object["url"] = .string(url)
    return .object(object)
  }

  /// A media type of a kind and a sub-type, as table 0291 and RFC 2046 have them.
  private func contentType(_ kind: HL7Element, _ subtype: HL7Element) -> String? {
    let inner = HL7FHIRValues.code(subtype)?.lowercased()
    if let inner, inner.contains("/") { return inner }
    switch (HL7FHIRValues.code(kind)?.lowercased(), inner) {
    case (_, "pdf"?), ("pdf"?, nil): return "application/pdf"
    case (let kind?, let inner?): return "\(kind == "ap" ? "application" : kind == "im" ? "image" : kind)/\(inner)"
    default: return nil
    }
  }

  // MARK: Notes

  mutating func takeNTE(_ segment: HL7Segment) {
    let lines = segment[3].repetitions.compactMap { HL7FHIRValues.freeText($0) }
    guard let noted, !lines.isEmpty else { return }
    if noted.member == "comment" {
      let before = draft[noted.handle].object["comment"]?.string.map { [$0] } ?? []
      draft[noted.handle].set("comment", (before + lines).joined(separator: "\n"))
      return
    }
    var note = JSONObject()
    note["authorReference"] = practitioners(segment[5]).first?.reference
    note["time"] = values.dateTime(segment[6])
    note["text"] = .string(lines.joined(separator: "\n"))
    draft[noted.handle].append(noted.member, .object(note))
  }
}

/// Base64 as RFC 4648 has it, for files in messages.
enum HL7FHIRBase64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * UInt32($1.offset)) }
      for place in 0..<4 {
        text.append(place <= group.count ? digits[Int(word >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether a text is Base64, line breaks aside.
  static func isEncoded(_ text: String) -> Bool {
    var count = 0
    var padding = 0
    for byte in text.utf8 where byte != 0x20 && byte != 0x0D && byte != 0x0A && byte != 0x09 {
      count += 1
      if byte == UInt8(ascii: "=") {
        padding += 1
      } else if padding > 0 || !digits.contains(byte) {
        return false
      }
    }
    return count > 0 && count.isMultiple(of: 4) && padding <= 2
  }
}
