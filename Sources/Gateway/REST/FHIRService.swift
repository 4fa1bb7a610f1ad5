import ClinicModel
import FHIRModels
import HTTP
import JSON
package import PostgresClient
import Reactor

/// Answers FHIR requests on one loop: routing, conditions, formats, errors. It never authenticates and never writes
/// the audit; it does check the caller's scopes for everything that it shows.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to the loop's thread.
package final class FHIRService: @unchecked Sendable {
  package struct Settings: Sendable {
    package var limits = Configuration.FHIRService()
    /// 32 bytes, the same for every process that serves one base URL.
    package var pageKey: [UInt8]
    /// What rendered resources may hold in memory, each kept for the one version it was made of; 0 keeps none.
    package var cacheBytes = 1 << 20
    package var softwareVersion = "0.1"
    /// The time in microseconds since 1970 UTC.
    package var now: @Sendable () -> Int64 = { WallClock.unixMicroseconds }

    package init(pageKey: [UInt8]) { self.pageKey = pageKey }
  }

  package typealias Create = @Sendable (FHIRRequest) async -> FHIRAnswer

  let pool: PostgresPool
  let auditPool: PostgresPool?
  let settings: Settings
  let reader: ResourceReader
  private let started: Int64
  /// What may be posted, by type.
  package var creates: [String: Create] = [:] { didSet { createTypes = Set(creates.keys) } }
  private var createTypes: Set<String> = []

  /// - Parameters:
  ///   - pool: role passerelle_app.
  ///   - auditPool: role passerelle_auditor; without it AuditEvents are not to be had.
  package init(pool: PostgresPool, auditPool: PostgresPool?, settings: Settings) {
    self.pool = pool
    self.auditPool = auditPool
    self.settings = settings
    started = settings.now()
    reader = ResourceReader(
      loader: RecordLoader(pool: pool), auditLoader: auditPool.map { RecordLoader(pool: $0) },
      cacheBytes: settings.cacheBytes)
  }

  /// Resources that came from memory, and that were read and rendered; for metrics.
  package var cacheCounts: (hits: Int, misses: Int) { (reader.hits, reader.misses) }

  /// Lets rendered resources go that nobody asked for; to be called every `RenderedCache.turnMilliseconds`.
  package func forgetUnasked() { reader.forgetUnasked() }

  /// Where a request leads; the server authorises by it before it reads a body.
  package func route(method: String, path: [String]) -> FHIRRoute {
    FHIRRoute(method: method, path: path, creates: createTypes)
  }

  /// Answers. Errors are answers, too.
  package func answer(_ request: FHIRRequest) async -> FHIRAnswer {
    let route = route(method: request.method, path: request.path)
    var facts = AuditFacts()
    var presentation = SearchPresentation()
    do throws(FHIRFailure) {
      switch route {
      case .unserved(let status, let allow, let diagnostics):
        var failure = FHIRFailure(status, "not-supported", diagnostics)
        if !allow.isEmpty { failure.fields = [("Allow", allow.joined(separator: ", "))] }
        throw failure
      case .capabilities:
        facts.interaction = "capabilities"
        presentation = try self.presentation(of: request, "metadata")
        let statement = Capabilities.statement(request, settings, creates: creates.keys.sorted(), since: started)
        return answer(200, statement.json(), [], facts, presentation)
      case .read(let type, let id):
        facts.interaction = Interaction.read.rawValue
        facts.resourceType = type
        facts.resourceID = id
        try authorize(request, .read, type)
        presentation = try self.presentation(of: request, "a read")
        return try await read(type, id, request, &facts, presentation)
      case .search(let type, let isForm):
        facts.interaction = Interaction.searchType.rawValue
        facts.resourceType = type
        try authorize(request, .searchType, type)
        return try await search(type, isForm: isForm, request, &facts, &presentation)
      case .create(let type):
        facts.interaction = Interaction.create.rawValue
        facts.resourceType = type
        try authorize(request, .create, type)
        guard let create = creates[type] else {
          throw FHIRFailure(404, "not-supported", "\(type) is not created here.")
        }
        return await create(request)
      }
    } catch {
      return Self.answer(error, request, facts, presentation)
    }
  }

  private func authorize(_ request: FHIRRequest, _ interaction: Interaction, _ type: String) throws(FHIRFailure) {
    guard request.caller.scopes.allows(interaction, on: type) else {
      throw FHIRFailure(403, "forbidden", "Needs the scope system/\(type).\(interaction.permission).")
    }
  }

  // MARK: Answers

  /// An error as an answer, for whoever answers in this service's stead.
  package static func answer(
    _ failure: FHIRFailure, _ request: FHIRRequest, _ facts: AuditFacts, _ presentation: SearchPresentation = .init()
  ) -> FHIRAnswer {
    var facts = facts
    facts.reason = failure.cause ?? failure.issues.first?.code
    let outcome = Outcomes.outcome(failure.issues, requestID: request.requestID)
    return FHIRAnswer(
      status: failure.status, fields: [("Content-Type", ContentNegotiation.mediaType)] + failure.fields,
      body: outcome.json(pretty: presentation.isPretty ?? false), audit: facts)
  }

  func answer(
    _ status: Int, _ json: [UInt8], _ fields: [(name: String, value: String)], _ facts: AuditFacts,
    _ presentation: SearchPresentation
  ) -> FHIRAnswer {
    var body = json
    if presentation.isPretty == true, let tree = try? JSONValue.parse(json) { body = tree.serialized(pretty: true) }
    return FHIRAnswer(
      status: status, fields: [("Content-Type", ContentNegotiation.mediaType)] + fields, body: body, audit: facts)
  }

  func queryPairs(_ bytes: [UInt8], _ what: String) throws(FHIRFailure) -> QueryString {
    do throws(QueryString.Failure) {
      return try QueryString(parsing: bytes, maximumPairs: settings.limits.parametersMaximum)
    } catch {
      throw FHIRFailure(400, "structure", "\(what), byte \(error.offset): \(error.message)")
    }
  }

  /// The parameters of what is no search: only how to write the answer.
  private func presentation(of request: FHIRRequest, _ what: String) throws(FHIRFailure) -> SearchPresentation {
    var presentation = SearchPresentation()
    if !request.query.isEmpty {
      let isLenient = ContentNegotiation.isLenient(request.fields.prefer)
      for pair in try queryPairs(request.query, "the query").pairs {
        switch pair.name {
        case "_format": presentation.format = pair.value
        case "_pretty":
          guard let flag = Bool(pair.value) else {
            throw FHIRFailure(400, "value", "expected true or false", at: "http._pretty")
          }
          presentation.isPretty = flag
        default:
          if isLenient { continue }
          let issue = SearchIssue("not-supported", pair.name, "\(what) takes only _format and _pretty")
          throw FHIRFailure(SearchError(issues: [issue]))
        }
      }
    }
    try ContentNegotiation.check(format: presentation.format, accept: request.fields.accept)
    return presentation
  }

  // MARK: Read

  private func read(
    _ type: String, _ id: String, _ request: FHIRRequest, _ facts: inout AuditFacts, _ presentation: SearchPresentation
  ) async throws(FHIRFailure) -> FHIRAnswer {
    func absent() -> FHIRFailure { FHIRFailure(404, "not-found", "There is no \(type) with this id here.") }
    guard SearchValueParser.isID(id) else { throw absent() }
    let found: RenderedResource?
    do throws(RecordReadingError) {
      found = try await reader.read(type, id, request.clinic)
    } catch {
      throw FHIRFailure(error)
    }
    guard let found else { throw absent() }
    facts.touched(found.patientID)
    let fields = [
      ("ETag", found.etag), ("Last-Modified", found.lastModified),
    ]
    guard !found.isDeleted else {
      var gone = FHIRFailure(410, "deleted", "This \(type) was deleted.")
      gone.fields = fields
      throw gone
    }
    if isUnchanged(found, request.fields) { return FHIRAnswer(status: 304, fields: fields, audit: facts) }
    facts.returned = 1
    return answer(200, found.json, fields, facts, presentation)
  }

  /// RFC 9110 §13.2.2: If-None-Match wins over If-Modified-Since.
  private func isUnchanged(_ resource: RenderedResource, _ fields: FHIRRequest.Fields) -> Bool {
    if let tags = fields.ifNoneMatch {
      return tags.split(separator: ",").contains { tag in
        let tag = tag.filter { $0 != " " && $0 != "\t" }
        // Compared weakly: the W/ does not matter.
        return tag == "*" || tag == resource.etag || tag == resource.etag.dropFirst(2)
      }
    }
    guard let since = fields.ifModifiedSince.flatMap({ HTTPDate.unixSeconds($0) }) else { return false }
    return resource.updatedAt.microseconds / 1_000_000 <= since
  }
}
