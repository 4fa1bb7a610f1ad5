/// HL7 over HTTP, as HAPI has it: `POST /hl7v2/{clinic}` with a message of type `application/hl7-v2` as the body, and
/// its acknowledgement as the body of the answer.
///
/// The status says whether HTTP did its work, MSA-1 what became of the message: 200 with any acknowledgement of a
/// message that was kept, 202 without a body where none is owed (MSH-16 `NE`), 503 with a negative acknowledgement while
/// the message cannot be kept, 400 for a body that is no message of a known sender.
package enum HL7OverHTTP {
  package static let contentType = "application/hl7-v2"

  package struct Answer: Sendable, Equatable {
    package var status: Int
    /// Empty, or of type `application/hl7-v2`.
    package var body: [UInt8]
    /// Where it is worth trying again: seconds for Retry-After.
    package var retryAfterSeconds: Int?
    /// The access is in the audit already: its row was committed with the message.
    package var isAudited = false
  }

  /// Whether a body of this Content-Type is taken; its charset parameter is not looked at, MSH-18 is.
  package static func accepts(contentType: String?) -> Bool {
    guard let type = contentType?.prefix(while: { $0 != ";" }) else { return false }
    return ["application/hl7-v2", "x-application/hl7-v2+er7"].contains(type.lowercased().filter { $0 != " " })
  }

  /// Takes the message of a request that has been authorised for the clinic.
  package static func answer(_ body: [UInt8], from sender: HL7Sender, service: HL7Service) async -> Answer {
    let answer = await service.receive(body, from: sender)
    let bytes = Array(answer.messages.joined())
    if answer.isUnavailable { return Answer(status: 503, body: bytes, retryAfterSeconds: 5) }
    if answer.closes {
      return Answer(status: 400, body: bytes, retryAfterSeconds: nil, isAudited: answer.isAudited)
    }
    return Answer(
      status: bytes.isEmpty ? 202 : 200, body: bytes, retryAfterSeconds: nil, isAudited: answer.isAudited)
  }
}
