/// Reads the parameters of a search on one type, from the URL or from the form body of `_search`.
///
/// Collects every mistake. An unknown parameter is a mistake, or with `handling=lenient` a warning; a value that cannot
/// be read and a modifier that is not served are mistakes either way, since leaving them out would widen the answer.
package struct SearchParser {
  package struct Settings: Sendable {
    package var limits = Configuration.FHIRService()
    package var isLenient = false
    /// The URLs of this clinic's FHIR service, without a last slash, for absolute references.
    package var bases: [String] = []
    package var dates: SearchDate.Context

    package init(dates: SearchDate.Context) { self.dates = dates }
  }

  package static let maximumSortKeys = 4
  /// The parameter of page links; with it only `_format` and `_pretty` may stand.
  package static let pageParameter = "_page"

  private let settings: Settings
  private var request: SearchRequest
  private var issues: [SearchIssue] = []
  private var seen: Set<String> = []

  /// - Throws: `SearchError` with every mistake.
  package static func parse(
    _ query: QueryString, type: String, settings: Settings
  ) throws(SearchError) -> SearchRequest {
    var parser = SearchParser(type: type, settings: settings)
    if query.pairs.count > settings.limits.parametersMaximum {
      let message = "more than \(settings.limits.parametersMaximum) parameters"
      throw SearchError(issues: [SearchIssue("too-costly", "", message)])
    }
    for pair in query.pairs { parser.read(pair) }
    guard parser.issues.isEmpty else { throw SearchError(issues: parser.issues) }
    return parser.request
  }

  /// The token of a page link, with how the answer shall be written; nil when the query is no page link.
  package static func page(
    of query: QueryString
  ) throws(SearchError) -> (token: String, presentation: SearchPresentation)? {
    guard let page = query.pairs.first(where: { $0.name == pageParameter }) else { return nil }
    var parser = SearchParser(type: "", settings: Settings(dates: .init(now: 0) { _ in 0 }))
    for pair in query.pairs where pair != page {
      guard pair.name == "_format" || pair.name == "_pretty" else {
        let message = "a page link is followed as it is; only _format and _pretty may be added"
        throw SearchError(issues: [SearchIssue("invalid", pair.name, message)])
      }
      parser.readPresentation(pair)
    }
    guard parser.issues.isEmpty else { throw SearchError(issues: parser.issues) }
    return (page.value, parser.request.presentation)
  }

  private init(type: String, settings: Settings) {
    self.settings = settings
    request = SearchRequest(type: type, count: settings.limits.pageSize)
  }

  private mutating func refuse(_ code: String, _ parameter: String, _ diagnostics: String) {
    issues.append(SearchIssue(code, parameter, diagnostics))
  }

  // MARK: One parameter

  private mutating func read(_ pair: QueryString.Pair) {
    guard !pair.value.isEmpty else { return refuse("value", pair.name, "has no value; leave it out or give one") }
    guard pair.value.utf8.count <= settings.limits.valueBytes * settings.limits.valuesMaximum else {
      return refuse("too-costly", pair.name, "the value is too long")
    }
    switch pair.name {
    case "_count", "_sort", "_total", "_summary": readResultParameter(pair)
    case "_format", "_pretty": readPresentation(pair)
    default: readCriterion(pair)
    }
  }

  private mutating func readPresentation(_ pair: QueryString.Pair) {
    guard seen.insert(pair.name).inserted else { return refuse("invalid", pair.name, "may be given once") }
    if pair.name == "_format" {
      request.presentation.format = pair.value
    } else if let flag = Bool(pair.value) {
      request.presentation.isPretty = flag
    } else {
      refuse("value", pair.name, "expected true or false")
    }
  }

  private mutating func readResultParameter(_ pair: QueryString.Pair) {
    guard seen.insert(pair.name).inserted else { return refuse("invalid", pair.name, "may be given once") }
    request.query.pairs.append(pair)
    switch pair.name {
    case "_count":
      guard pair.value.utf8.count <= 9, pair.value.utf8.allSatisfy({ (48...57).contains($0) }),
        let count = Int(pair.value)
      else { return refuse("value", pair.name, "expected a number from 0") }
      if count == 0 { request.isCountOnly = true } else { request.count = min(count, settings.limits.pageSizeMaximum) }
    case "_total":
      guard let total = SearchTotal(rawValue: pair.value) else {
        return refuse("value", pair.name, "expected none, estimate or accurate")
      }
      request.total = total
    case "_summary":
      switch pair.value {
      case "count": request.isCountOnly = true
      case "false": break
      default: refuse("not-supported", pair.name, "only count and false are served")
      }
    default: readSort(pair)
    }
  }

  private mutating func readSort(_ pair: QueryString.Pair) {
    let keys = pair.value.split(separator: ",", omittingEmptySubsequences: false)
    guard keys.count <= Self.maximumSortKeys else {
      return refuse("too-costly", pair.name, "more than \(Self.maximumSortKeys) keys")
    }
    for key in keys {
      let isDescending = key.hasPrefix("-")
      let name = String(isDescending ? key.dropFirst() : key)
      let sortable = SearchParameterRegistry.parameters(of: request.type).filter(\.isSortable)
      guard let parameter = sortable.first(where: { $0.name == name }) else {
        let known = sortable.map(\.name).joined(separator: ", ")
        refuse("not-supported", pair.name, "\(request.type) is not sorted by \(shown(name)); known are \(known)")
        continue
      }
      if request.sort.contains(where: { $0.parameter == parameter }) {
        refuse("invalid", pair.name, "\(name) stands twice")
      }
      request.sort.append(SearchSort(parameter: parameter, isDescending: isDescending))
    }
  }

  private mutating func readCriterion(_ pair: QueryString.Pair) {
    let parts = pair.name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let modifier = parts.count == 2 ? String(parts[1]) : nil
    guard let parameter = SearchParameterRegistry.parameter(name, of: request.type) else {
      let issue = SearchIssue("not-supported", pair.name, unknown(name))
      if settings.isLenient { request.warnings.append(issue) } else { issues.append(issue) }
      return
    }
    let values = SearchValueParser.split(pair.value, at: ",")
    guard values.count <= settings.limits.valuesMaximum else {
      return refuse("too-costly", pair.name, "more than \(settings.limits.valuesMaximum) values")
    }
    guard values.allSatisfy({ $0.utf8.count <= settings.limits.valueBytes }) else {
      return refuse("too-costly", pair.name, "a value is over \(settings.limits.valueBytes) bytes")
    }
    guard values.allSatisfy({ !$0.isEmpty }) else {
      return refuse("value", pair.name, "has an empty value beside a comma; a comma inside a value is written \\,")
    }
    do throws(SearchValueParser.Failure) {
      let test = try self.test(parameter, modifier, values)
      request.criteria.append(SearchCriterion(parameter: parameter, test: test))
      request.query.pairs.append(pair)
    } catch {
      refuse(error.message.hasPrefix("modifier") ? "not-supported" : "value", pair.name, error.message)
    }
  }

  private func unknown(_ name: String) -> String {
    let known = SearchParameterRegistry.parameters(of: request.type).map(\.name)
    if name.contains(".") || name == "_has" { return "chained parameters are not served" }
    if let near = nearestName(to: name, in: known) {
      return "\(request.type) has no such parameter; did you mean \(near)?"
    }
    return "\(request.type) has no such parameter; known are \(known.joined(separator: ", "))"
  }

  private func shown(_ text: String) -> String { String(text.prefix(40)).debugDescription }

  // MARK: One criterion

  private func test(
    _ parameter: SearchParameter, _ modifier: String?, _ values: [String]
  ) throws(SearchValueParser.Failure) -> SearchCriterion.Test {
    var known: SearchModifier?
    var only: String?
    if let modifier {
      if case .reference(let types) = parameter.kind, types.contains(modifier) {
        only = modifier
      } else if let match = SearchModifier(rawValue: modifier), parameter.modifiers.contains(match) {
        known = match
      } else {
        throw .init(message: "modifier \(shown(modifier)) is not served here; \(served(parameter))")
      }
    }
    if known == .missing {
      guard values.count == 1, let flag = Bool(values[0]) else { throw .init(message: "expected true or false") }
      return .isMissing(flag)
    }
    switch parameter.kind {
    case .token: return .tokens(try each(values, SearchValueParser.token), isNegated: known == .not)
    case .string:
      let match: SearchStringMatch = known == .exact ? .exact : known == .contains ? .contains : .startsWith
      return .strings(try each(values, SearchValueParser.unescape), match)
    case .date, .day:
      return .dates(
        try each(values) { (text) throws(SearchValueParser.Failure) in try date(text, parameter) })
    case .reference(let types):
      return .references(
        try each(values) { (text) throws(SearchValueParser.Failure) in
          try SearchValueParser.reference(text, types: types, only: only, bases: settings.bases)
        })
    }
  }

  private func served(_ parameter: SearchParameter) -> String {
    var names = parameter.modifiers.map { ":" + $0.rawValue }
    if case .reference(let types) = parameter.kind { names += types.map { ":" + $0 } }
    return names.isEmpty ? "\(parameter.name) takes none" : "\(parameter.name) takes \(names.joined(separator: " "))"
  }

  private func each<Value>(
    _ values: [String], _ parse: (String) throws(SearchValueParser.Failure) -> Value
  ) throws(SearchValueParser.Failure) -> [Value] {
    var parsed: [Value] = []
    for value in values { parsed.append(try parse(value)) }
    return parsed
  }

  private func date(_ text: String, _ parameter: SearchParameter) throws(SearchValueParser.Failure) -> SearchDate {
    let date: SearchDate
    do throws(SearchDate.Failure) {
      date = try SearchDate(text, in: settings.dates)
    } catch {
      throw .init(message: "\(shown(text)): \(error.message)")
    }
    if parameter.kind == .day, date.hasTime {
      throw .init(
        message: "\(shown(text)): \(parameter.name) is a day without a time; give YYYY, YYYY-MM or YYYY-MM-DD")
    }
    return date
  }
}
