import FHIRModels
import HTTP
import PostgresClient
import Reactor

/// `POST /hl7v2/{clinic}`: an HL7 v2 message as the body, its acknowledgement as the answer.
///
/// Isolation: the loop's own thread.
// @unchecked: every member is constant, and what it refers to belongs to the loop's thread.
final class HL7Edge: @unchecked Sendable {
  private let services: LoopServices
  private let service: HL7Service

  init(_ services: LoopServices, _ service: HL7Service) {
    self.services = services
    self.service = service
  }

  func answer(
    _ request: HTTPRequest, _ id: RequestID, clinic slug: String
  ) async throws(HTTPRefusal) -> (interaction: String, response: HTTPResponse) {
    var access = AccessRecord(id: id, connection: request.connection)
    access.interaction = "hl7v2"
    guard request.method == .post else {
      var response = OutcomeResponse.make(405, .notSupported, "Messages are posted.", id)
      response.fields.append(.allow, "POST")
      return ("hl7v2", response)
    }
    let caller: Caller
    do {
      caller = try await services.gatekeeper.caller(request.fields, request.connection)
      access.caller = caller
      access.clinic = try await services.gatekeeper.clinic(slug, for: caller, .postHL7v2)
    } catch {
      return ("hl7v2", await refuse(error, access))
    }
    guard HL7OverHTTP.accepts(contentType: request.fields[.contentType]) else {
      let text = "Content-Type must be \(HL7OverHTTP.contentType)."
      return ("hl7v2", OutcomeResponse.make(415, .notSupported, text, id))
    }
    let body = try await request.body.collect(limit: services.configuration.http.hl7BodyBytes)
    var sender = HL7Sender(
      transport: .http, peer: request.connection.peer, certificate: request.connection.tls?.peerCertificate,
      partnerID: caller.partner.id, clinic: slug, lane: service.newLane())
    sender.keyID = caller.keyID
    sender.requestID = id.text
    let answer = await HL7OverHTTP.answer(body, from: sender, service: service)
    if !answer.isAudited {
      do throws(AuditError) {
        try await services.audit.record(access.entry(status: answer.status, action: .create))
      } catch {
        return ("hl7v2", OutcomeResponse.unavailable(id))
      }
    }
    var response = HTTPResponse(HTTPStatus(answer.status))
    if !answer.body.isEmpty {
      response = HTTPResponse(HTTPStatus(answer.status), type: HL7OverHTTP.contentType, answer.body)
    }
    if let seconds = answer.retryAfterSeconds { response.fields.append(.retryAfter, String(seconds)) }
    return ("hl7v2", response)
  }

  private func refuse(_ failure: GateFailure, _ access: AccessRecord) async -> HTTPResponse {
    guard case .refused(let refusal) = failure else { return OutcomeResponse.unavailable(access.id) }
    do throws(AuditError) {
      try await services.record(refusal, access)
    } catch {
      return OutcomeResponse.unavailable(access.id)
    }
    return OutcomeResponse.refused(refusal, access.id)
  }
}
