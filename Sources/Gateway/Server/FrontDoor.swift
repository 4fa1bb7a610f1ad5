import Crypto
import FHIRModels
import HTTP
import PostgresClient
import Reactor

/// Sends each request of the partners' listener to its edge: `/fhir/{clinic}…` and `/hl7v2/{clinic}`.
///
/// Isolation: the loop's own thread.
// @unchecked: every member is constant, and what it refers to belongs to the loop's thread.
final class FrontDoor: HTTPHandler, @unchecked Sendable {
  private let services: LoopServices
  private let fhir: FHIREdge
  private let hl7: HL7Edge

  init(_ services: LoopServices, fhir: FHIRService, hl7: HL7Service) {
    self.services = services
    self.fhir = FHIREdge(services, fhir)
    self.hl7 = HL7Edge(services, hl7)
  }

  func respond(to request: HTTPRequest) async throws(HTTPRefusal) -> HTTPResponse {
    let began = services.loop.now
    let id = services.requestIDs.next()
    let path = Self.segments(of: request.head.pathBytes)
    var answer: (interaction: String, response: HTTPResponse)
    switch path?.first {
    case "fhir" where path?.count ?? 0 >= 2:
      answer = try await fhir.answer(request, id, clinic: path?[1] ?? "", path: Array(path?.dropFirst(2) ?? []))
    case "hl7v2" where path?.count == 2:
      answer = try await hl7.answer(request, id, clinic: path?[1] ?? "")
    default:
      let text = "Nothing is here. FHIR is under /fhir/{clinic}, HL7 v2 under /hl7v2/{clinic}."
      answer = ("none", OutcomeResponse.make(404, .notFound, text, id))
    }
    answer.response.fields.append(.requestID, id.text)
    let elapsed = Deadline.after(milliseconds: 0).nanoseconds &- began
    services.metrics.answered(
      services.shard, answer.interaction, status: answer.response.status.code, nanoseconds: elapsed)
    if services.log.isWritten(.debug) {
      services.log.log(
        .debug, "request",
        [
          "request": .request(id), "interaction": .code(answer.interaction),
          "status": .integer(answer.response.status.code), "took": .duration(nanoseconds: elapsed),
        ])
    }
    return answer.response
  }

  /// What never became a request is told why in FHIR's terms.
  func refuse(_ refusal: HTTPRefusal) -> HTTPResponse {
    OutcomeResponse.make(refusal.status.code, .structure, refusal.reason, services.requestIDs.next())
  }

  /// The parts of a path, percent-decoded, without empty ones; nil where the encoding is broken or hides a slash.
  static func segments(of path: ArraySlice<UInt8>) -> [String]? {
    var segments: [String] = []
    for part in path.split(separator: UInt8(ascii: "/")) {
      guard part.contains(UInt8(ascii: "%")) else {
        segments.append(String(decoding: part, as: UTF8.self))
        continue
      }
      guard let text = decoded(part) else { return nil }
      segments.append(text)
    }
    return segments
  }

  private static func decoded(_ part: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = part
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let decoded = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)), decoded.count == 1,
        decoded[0] > 0x1F, decoded[0] != UInt8(ascii: "/")
      else { return nil }
      bytes.append(decoded[0])
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
