import ClinicModel
import FHIRModels
import Mappers

extension ClaimResponseService {
  /// `POST /fhir/{clinic}/ClaimResponse` by an insurer: 201 the first time, 200 for the same answer again.
  func answer(_ request: FHIRRequest) async -> FHIRAnswer {
    var facts = AuditFacts()
    facts.interaction = Interaction.create.rawValue
    facts.resourceType = "ClaimResponse"
    let type = request.fields.contentType?.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    guard type == "application/fhir+json" || type == "application/json" else {
      return reply(415, [.init(.error, .notSupported, "Content-Type must be application/fhir+json.")], request, facts)
    }
    let outcome = await apply(
      clinicID: request.clinic.id, partnerID: request.caller.partner.id, body: request.body)
    switch outcome {
    case .applied(let applied):
      facts.resourceID = applied.id
      facts.patientIDs = [applied.patientID]
      let text = "Claim/\(applied.claimID) is \(applied.status.rawValue)" + (applied.isRepeat ? " already." : ".")
      var answer = reply(applied.isRepeat ? 200 : 201, [.init(.information, .informational, text)], request, facts)
      answer.fields.append(("Location", "\(request.baseURL)/ClaimResponse/\(applied.id)"))
      return answer
    case .refused(let status, let issues):
      facts.reason = issues.first.map { "\($0.code)" }
      let found = issues.map { FHIRIssue(.error, .value, at: $0.field, $0.message) }
      return reply(status, found, request, facts)
    case .unavailable:
      facts.reason = "database-away"
      let text = "The database does not answer. Nothing was changed; send the same answer again."
      var answer = reply(503, [.init(.error, .transient, text)], request, facts)
      answer.fields.append(("Retry-After", "5"))
      return answer
    }
  }

  private func reply(
    _ status: Int, _ issues: [FHIRIssue], _ request: FHIRRequest, _ facts: AuditFacts
  ) -> FHIRAnswer {
    var outcome = OperationOutcome(issues: issues)
    outcome.id = request.requestID
    return FHIRAnswer(
      status: status, fields: [("Content-Type", OutcomeResponse.mediaType)], body: outcome.json(), audit: facts)
  }
}
