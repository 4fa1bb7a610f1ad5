import FHIRModels
import HTTP
import PostgresClient
import Reactor

/// FHIR requests: who calls and what they may is settled first, then the body is read and answered, then the audit row
/// made durable; only then does the answer leave.
///
/// Isolation: the loop's own thread.
// @unchecked: every member is constant, and what it refers to belongs to the loop's thread.
final class FHIREdge: @unchecked Sendable {
  private let services: LoopServices
  private let service: FHIRService

  init(_ services: LoopServices, _ service: FHIRService) {
    self.services = services
    self.service = service
  }

  /// - Parameters:
  ///   - slug: the clinic of the URL.
  ///   - path: what follows it, still percent-encoded.
  func answer(
    _ request: HTTPRequest, _ id: RequestID, clinic slug: String, path: [String]
  ) async throws(HTTPRefusal) -> (interaction: String, response: HTTPResponse) {
    var access = AccessRecord(id: id, connection: request.connection)
    let route = service.route(method: request.method.name, path: path)
    access.interaction = route.access?.interaction.rawValue ?? "capabilities"
    do {
      let caller = try await services.gatekeeper.caller(request.fields, request.connection)
      access.caller = caller
      let action = route.access.map { AccessDecision.Action.fhir($0.interaction, type: $0.type) }
      access.clinic = try await services.gatekeeper.clinic(slug, for: caller, action)
    } catch {
      return (access.interaction, try await refuse(error, access))
    }
    guard let caller = access.caller, let clinic = access.clinic else {
      return (access.interaction, OutcomeResponse.unavailable(id))
    }
    var asked = FHIRRequest(
      caller: caller, clinic: clinic, method: request.method.name, path: path,
      query: request.head.queryBytes.map { Array($0) } ?? [], fields: .init(request.fields),
      baseURL: baseURL(request) + "/fhir/" + clinic.slug, requestID: id.text)
    if request.method == .post { asked.body = try await request.body.collect() }
    let answer = await service.answer(asked)
    return (access.interaction, await send(answer, access, isHead: request.method == .head))
  }

  private func refuse(_ failure: GateFailure, _ access: AccessRecord) async throws(HTTPRefusal) -> HTTPResponse {
    switch failure {
    case .unavailable(let error):
      services.log.warning("caller-lookup-failed", ["request": .request(access.id), "code": .code("\(error.code)")])
      return OutcomeResponse.unavailable(access.id)
    case .refused(let refusal):
      do throws(AuditError) {
        try await services.record(refusal, access)
      } catch {
        return OutcomeResponse.unavailable(access.id)
      }
      return OutcomeResponse.refused(refusal, access.id)
    }
  }

  /// Makes the audit row durable, then gives the answer out.
  private func send(_ answer: FHIRAnswer, _ access: AccessRecord, isHead: Bool) async -> HTTPResponse {
    let facts = answer.audit
    var entry = access.entry(status: answer.status, action: Self.action(facts.interaction), reason: facts.reason)
    entry.interaction = facts.interaction
    entry.resourceType = facts.resourceType
    entry.resourceID = facts.resourceID
    entry.query = facts.query
    entry.results = facts.returned
    entry.patientID = facts.patientIDs.count == 1 ? facts.patientIDs[0] : nil
    do throws(AuditError) {
      try await services.audit.record(entry)
    } catch {
      services.log.error("audit-failed", ["request": .request(access.id), "code": .code(error.code.name)])
      return OutcomeResponse.unavailable(access.id)
    }
    var response = HTTPResponse(HTTPStatus(answer.status), body: answer.body.isEmpty ? .none : .bytes(answer.body))
    for (name, value) in answer.fields {
      if let name = Self.fieldNames[name] ?? HTTPFieldName(validating: name) { response.fields.append(name, value) }
    }
    // Records are for the one who asked: nobody between keeps them.
    response.fields.append(.cacheControl, "private, no-cache")
    return response
  }

  /// The names that answers have, made once.
  private static let fieldNames = Dictionary(
    uniqueKeysWithValues: [HTTPFieldName.contentType, .eTag, .lastModified, .allow, .retryAfter].map {
      ($0.description, $0)
    })

  private static func action(_ interaction: String) -> AuditEntry.Action {
    switch interaction {
    case Interaction.create.rawValue: .create
    case Interaction.read.rawValue: .read
    default: .execute
    }
  }

  private func baseURL(_ request: HTTPRequest) -> String {
    let configured = services.configuration.gateway.baseURL
    guard configured.isEmpty else { return configured }
    return (request.connection.tls == nil ? "http://" : "https://") + (request.fields[.host] ?? "localhost")
  }
}

extension FHIRRequest.Fields {
  init(_ fields: HTTPFields) {
    self.init()
    accept = fields[.accept]
    prefer = fields[.prefer]
    ifNoneMatch = fields[.ifNoneMatch]
    ifModifiedSince = fields[.ifModifiedSince]
    contentType = fields[.contentType]
  }
}
