import ClinicModel
import PostgresClient

extension FHIRService {
  /// A page of a search that was made out: its rows, and where the next page begins.
  struct Page {
    var found: [(id: String, version: Int64)] = []
    /// The place of the last row, when more follow.
    var next: [String?]?
    var total: Int?
  }

  /// Where in a search a page begins.
  private struct Position {
    /// The moment that the search's relative dates refer to.
    var anchor: Int64
    var after: [String?]?
    /// The link that was followed.
    var link: String?
  }

  func search(
    _ type: String, isForm: Bool, _ request: FHIRRequest, _ facts: inout AuditFacts,
    _ presentation: inout SearchPresentation
  ) async throws(FHIRFailure) -> FHIRAnswer {
    let query = try query(of: request, isForm: isForm)
    let (search, position) = try understand(query, type, request)
    presentation = search.presentation
    facts.query = search.query.encoded()
    try ContentNegotiation.check(format: presentation.format, accept: request.fields.accept)
    guard let statements = SearchStatements(search, clinic: request.clinic.id) else {
      throw FHIRFailure(404, "not-supported", "\(type) is not searched here.")
    }
    let page = try await run(statements, search, position.after, request)
    let resources: [RenderedResource]
    do throws(RecordReadingError) {
      resources = try await reader.resources(type, page.found, request.clinic)
    } catch {
      throw FHIRFailure(error)
    }
    facts.returned = resources.count
    for resource in resources { facts.touched(resource.patientID) }
    var bundle = SearchBundle(base: request.baseURL, type: type)
    bundle.total = page.total
    bundle.resources = resources
    bundle.selfLink = position.link ?? Self.link(request.baseURL, type, search.query.encoded())
    bundle.nextLink = try page.next.map { (place) throws(FHIRFailure) in
      try nextLink(type, search, [String(position.anchor)] + place, request)
    }
    if position.link == nil, !search.warnings.isEmpty {
      bundle.outcome = Outcomes.outcome(
        search.warnings.map {
          var issue = FHIRFailure.Issue($0.code, "\($0.diagnostics); ignored", at: $0.expression)
          issue.severity = "warning"
          return issue
        }, requestID: request.requestID)
    }
    return answer(200, bundle.json(), [], facts, presentation)
  }

  // MARK: Understanding

  /// The parameters of the URL, then those of the form.
  private func query(of request: FHIRRequest, isForm: Bool) throws(FHIRFailure) -> QueryString {
    var query = try queryPairs(request.query, "the query")
    guard isForm else { return query }
    guard request.body.isEmpty || ContentNegotiation.isForm(request.fields.contentType) else {
      throw FHIRFailure(
        415, "not-supported", "_search takes a form: application/x-www-form-urlencoded.", at: "http.header.Content-Type"
      )
    }
    query.pairs += try queryPairs(request.body, "the form").pairs
    return query
  }

  private func understand(
    _ query: QueryString, _ type: String, _ request: FHIRRequest
  ) throws(FHIRFailure) -> (SearchRequest, Position) {
    let now = settings.now()
    do throws(SearchError) {
      guard let page = try SearchParser.page(of: query) else {
        let search = try parse(query, type, request, anchor: now, isLenient: isLenient(request))
        return (search, Position(anchor: now))
      }
      let token = try open(page.token, type, request, now)
      guard let anchor = token.after.first??.description, let anchor = Int64(anchor),
        let stored = try? QueryString(parsing: Array(token.query.utf8), maximumPairs: settings.limits.parametersMaximum)
      else {
        throw SearchError(issues: [SearchIssue("value", SearchParser.pageParameter, "not a page link of this server")])
      }
      var search = try parse(stored, type, request, anchor: anchor, isLenient: false)
      search.presentation = page.presentation
      let link = Self.link(
        request.baseURL, type, QueryString([.init(SearchParser.pageParameter, page.token)]).encoded())
      return (search, Position(anchor: anchor, after: Array(token.after.dropFirst()), link: link))
    } catch {
      throw FHIRFailure(error)
    }
  }

  private func isLenient(_ request: FHIRRequest) -> Bool { ContentNegotiation.isLenient(request.fields.prefer) }

  private func parse(
    _ query: QueryString, _ type: String, _ request: FHIRRequest, anchor: Int64, isLenient: Bool
  ) throws(SearchError) -> SearchRequest {
    var parsing = SearchParser.Settings(
      dates: SearchDate.Context(now: Instant(microseconds: anchor), zone: request.clinic.zone))
    parsing.limits = settings.limits
    parsing.isLenient = isLenient
    parsing.bases = [request.baseURL]
    return try SearchParser.parse(query, type: type, settings: parsing)
  }

  private func open(
    _ token: String, _ type: String, _ request: FHIRRequest, _ now: Int64
  ) throws(SearchError) -> PageToken {
    do throws(PageToken.Failure) {
      return try PageToken(opening: token, for: owner(type, request), key: settings.pageKey, now: now / 1_000_000)
    } catch {
      let message =
        error == .expired ? "this page link has expired; search again" : "not a page link that was given to you"
      throw SearchError(
        issues: [SearchIssue(error == .expired ? "expired" : "value", SearchParser.pageParameter, message)])
    }
  }

  private func owner(_ type: String, _ request: FHIRRequest) -> PageToken.Owner {
    PageToken.Owner(partnerID: request.caller.partner.id, clinicID: request.clinic.id, type: type)
  }

  // MARK: Running

  private func run(
    _ statements: SearchStatements, _ search: SearchRequest, _ after: [String?]?, _ request: FHIRRequest
  ) async throws(FHIRFailure) -> Page {
    guard let pool = search.type == "AuditEvent" ? auditPool : pool else {
      throw FHIRFailure(501, "not-supported", "This server reads no audit.")
    }
    var queries: [PostgresQuery] = []
    let isPaged = !search.isCountOnly
    if isPaged { queries.append(statements.page(after: after)) }
    let isCounted = search.total == .accurate || (search.isCountOnly && search.total == .none)
    if isCounted { queries.append(statements.count()) }
    if !isCounted, search.total == .estimate { queries.append(statements.estimate()) }
    do throws(PostgresError) {
      let results = try await pool.runGrouped(
        queries, in: ClinicScope.query(request.clinic.id, plans: statements.plans))
      var page = Page()
      if isPaged { try read(results[0], into: &page, search.count, statements, isFirst: after == nil) }
      if isCounted, let row = results[queries.count - 1].first { page.total = try row.int(0) }
      if !isCounted, search.total == .estimate, page.total == nil, let row = results[queries.count - 1].first {
        page.total = max(SearchStatements.estimatedRows(try row.string(0)) ?? 0, page.found.count + 1)
      }
      return page
    } catch {
      throw FHIRFailure(error)
    }
  }

  private func read(
    _ rows: PostgresResult, into page: inout Page, _ count: Int, _ statements: SearchStatements, isFirst: Bool
  ) throws(PostgresError) {
    page.found.reserveCapacity(min(count, rows.rowCount))
    for row in rows.prefix(count) { page.found.append((try row.string(0), Int64(try row.int(1)))) }
    guard rows.rowCount > count, count > 0 else {
      // A search that fits on its first page is counted for nothing.
      if isFirst { page.total = rows.rowCount }
      return
    }
    let last = rows[count - 1]
    var place: [String?] = []
    for index in 0..<statements.positionCount {
      place.append(try last.optionalString(SearchStatements.leadingColumns + index))
    }
    page.next = place
  }

  // MARK: Links

  private static func link(_ base: String, _ type: String, _ query: String) -> String {
    query.isEmpty ? "\(base)/\(type)" : "\(base)/\(type)?\(query)"
  }

  private func nextLink(
    _ type: String, _ search: SearchRequest, _ place: [String?], _ request: FHIRRequest
  ) throws(FHIRFailure) -> String {
    let token = PageToken(
      query: search.query.encoded(), after: place,
      expiresAt: settings.now() / 1_000_000 + Int64(settings.limits.pageLinkSeconds))
    guard let sealed = try? token.sealed(for: owner(type, request), key: settings.pageKey) else {
      throw FHIRFailure(500, "exception", "The link to the next page could not be made.")
    }
    return Self.link(request.baseURL, type, QueryString([.init(SearchParser.pageParameter, sealed)]).encoded())
  }
}
