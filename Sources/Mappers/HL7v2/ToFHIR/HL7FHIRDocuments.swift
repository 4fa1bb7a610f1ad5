import HL7Parser
import JSON

// TXA. HL7's v2-to-FHIR guide, segment maps TXA[DocumentReference], OBX[DocumentReference].
extension HL7FHIRBuilder {
  mutating func takeTXA(_ segment: HL7Segment) {
    finishDocument()
    let number = identifier(entity: segment[12])
    let place = place(segment)
    let handle =
      number.map { draft.add("DocumentReference", key: "\($0)") } ?? draft.add("DocumentReference", at: place)
    document = handle
    focus.append(handle)
    draft[handle].set("masterIdentifier", number)
    if let file = HL7FHIRValues.string(segment[16]) { draft[handle].append("identifier", ["value": file]) }
    let availability = HL7FHIRValues.code(segment[19])
    draft[handle].set(
      "status", availability == "OB" ? "superseded" : availability == "CA" ? "entered-in-error" : "current")
    draft[handle].set("docStatus", Self.mapped(segment[17], HL7FHIRCodes.documentStatus))
    draft[handle].set("type", concept(segment[2], table: "0270"))
    draft[handle].set("subject", patient?.reference)
    draft[handle].set("date", values.instant(segment[6].hasValue ? segment[6] : segment[4]))
    for person in practitioners(segment[9]) { draft[handle].append("author", person.reference) }
    draft[handle].set("authenticator", practitioners(segment[10]).first?.reference)
    draft[handle].append("securityLabel", concept(segment[18], table: "0272"))
    draft[handle].set("description", HL7FHIRValues.text(segment[25]))
    if let encounter { draft[handle].set("context", ["encounter": [encounter.reference]]) }
    if let parent = identifier(entity: segment[13]) {
      let before = draft.add("DocumentReference", key: "\(parent)")
      if before != handle {
        draft[before].set("masterIdentifier", parent)
        draft[before].set("status", "superseded")
        draft[before].set("content", [["attachment": ["title": "the document before this one"]]])
        let code = event == "T05" || event == "T06" ? "appends" : "replaces"
        draft[handle].append("relatesTo", ["code": .string(code), "target": before.reference])
      }
    }
  }

  /// OBX of a document: its text, or a file. Lines of text are one attachment.
  mutating func addContent(_ segment: HL7Segment, to handle: HL7FHIRHandle) {
    switch HL7FHIRValues.code(segment[2]) {
    case "ED": for repetition in segment[5].repetitions { addAttachment(attachment(repetition), to: handle) }
    case "RP": for repetition in segment[5].repetitions { addAttachment(pointer(repetition), to: handle) }
    default:
      let lines = segment[5].repetitions.compactMap { HL7FHIRValues.freeText($0) }
      guard !lines.isEmpty else { return }
      documentText.append(lines.joined(separator: "\n"))
    }
  }

  private mutating func addAttachment(_ attachment: JSONValue?, to handle: HL7FHIRHandle) {
    guard let attachment else { return }
    draft[handle].append("content", ["attachment": attachment])
  }

  /// What FHIR asks of a document and the message may not have said: content.
  mutating func finishDocument() {
    guard let document else { return }
    if !documentText.isEmpty {
      let data = HL7FHIRBase64.encode(Array(documentText.joined(separator: "\n").utf8))
      addAttachment(["contentType": "text/plain", "data": .string(data)], to: document)
      documentText = []
    }
    if draft[document].object["content"] == nil { draft[document].append("content", ["attachment": Self.unknown]) }
  }
}
