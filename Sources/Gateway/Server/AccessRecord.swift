import ClinicModel
import FHIRModels
import HTTP
import PostgresClient
import Reactor

/// One request's way through the gate, and what the audit shall say of it.
struct AccessRecord {
  let id: RequestID
  let connection: HTTPConnectionInfo
  var caller: Caller?
  var clinic: ClinicIdentity?
  var interaction = "none"

  /// The audit row for an answer.
  func entry(status: Int, action: AuditEntry.Action, reason: String? = nil) -> AuditEntry {
    let outcome: AuditEntry.Outcome =
      switch status {
      case ..<400: .success
      case ..<500: .minorFailure
      default: .seriousFailure
      }
    var entry = AuditEntry(
      at: Instant(microseconds: WallClock.unixMicroseconds), action: action, interaction: interaction,
      outcome: outcome, requestID: id.text)
    entry.clinicID = clinic?.id
    entry.partnerID = caller?.partner.id
    entry.keyID = caller?.keyID
    entry.certificate = connection.tls?.peerCertificate?.publicKeySHA256
    entry.status = status
    entry.reason = reason
    entry.remoteAddress = IPAddress(connection.peer)?.description
    return entry
  }
}

extension LoopServices {
  /// Says in the audit that a known partner was refused, or counts a stranger. Returns the partner's id as known.
  func record(_ refusal: AccessRefusal, _ access: AccessRecord) async throws(AuditError) {
    guard let partner = refusal.partnerID else {
      countStranger(refusal.reason, from: access.connection.peer, request: access.id)
      return
    }
    metrics.refused(shard, refusal.reason, isStranger: false)
    var entry = access.entry(status: refusal.status, action: .execute, reason: refusal.reason.rawValue)
    entry.partnerID = partner
    entry.clinicID = refusal.clinicID ?? entry.clinicID
    try await audit.record(entry)
  }
}

/// The answers that every edge of FHIR's kind gives.
enum OutcomeResponse {
  static let mediaType = "application/fhir+json; charset=utf-8"

  /// An OperationOutcome of one issue; its id is the request's.
  static func make(
    _ status: Int, _ code: IssueType, _ diagnostics: String, _ id: RequestID
  ) -> HTTPResponse {
    var outcome = OperationOutcome(issues: [FHIRIssue(.error, code, diagnostics)])
    outcome.id = id.text
    return HTTPResponse(HTTPStatus(status), type: mediaType, outcome.json())
  }

  static func refused(_ refusal: AccessRefusal, _ id: RequestID) -> HTTPResponse {
    var response = make(refusal.status, IssueType(rawValue: refusal.issueCode), refusal.diagnostics, id)
    if let challenge = refusal.challenge { response.fields.append("WWW-Authenticate", challenge) }
    if let seconds = refusal.retryAfterSeconds { response.fields.append(.retryAfter, String(seconds)) }
    return response
  }

  /// The database or the audit cannot be reached now.
  static func unavailable(_ id: RequestID) -> HTTPResponse {
    var response = make(
      503, .transient, "The database does not answer. Nothing was changed; try again after the seconds in Retry-After.",
      id)
    response.fields.append(.retryAfter, "2")
    return response
  }
}
