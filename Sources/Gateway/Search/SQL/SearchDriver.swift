import ClinicModel

/// What finds the rows of a search: the criterion whose index leads to few of them, in the order that is wanted.
///
/// What leads to a row by several ways becomes a branch each of one statement; beyond `branchLimit` the criterion filters.
enum SearchDriver: Sendable {
  /// Branches of one statement at most, before those of a page's start.
  static let branchLimit = 9

  /// The relation itself, with whatever index Postgres finds for the criteria.
  case relation
  /// Folded names, in the order of names.
  case names(Int, NameMatch)
  /// Ids in several columns, or in a column and among the participants.
  case references(Int, [Reference])
  /// One of several codes, each a range of the index that begins with the code.
  case codes(Int, column: String, codes: [String])
  /// Stretches of time, by when they begin.
  case window(SearchWindow, start: String, end: String)

  struct NameMatch: Sendable {
    let kinds: [String]
    /// Folded.
    let values: [String]
    /// Anywhere inside rather than at the beginning.
    let isInside: Bool
  }

  struct Reference: Sendable {
    let type: String
    let column: String
    let id: String
    /// Whether participants of an appointment count, too.
    let hasParticipants: Bool
  }

  /// The criterion that the driver stands for; the others filter.
  var criterion: Int? {
    switch self {
    case .relation, .window: nil
    case .names(let index, _), .references(let index, _), .codes(let index, _, _): index
    }
  }

  static func choose(_ request: SearchRequest, _ relation: SearchRelation) -> SearchDriver {
    if isPinpoint(request, relation) { return .relation }
    return names(request, relation) ?? references(request, relation) ?? codes(request, relation)
      ?? window(request, relation) ?? .relation
  }

  /// Whether some criterion leaves a handful of rows, so that the order is no help in finding them.
  static func isPinpoint(_ request: SearchRequest, _ relation: SearchRelation) -> Bool {
    request.criteria.contains { criterion in
      switch (relation.sources[criterion.parameter.name], criterion.test) {
      case (.id?, .tokens(_, isNegated: false)), (.identifier?, .tokens(_, isNegated: false)),
        (.patientKeys?, .tokens(_, isNegated: false)), (.patientKeys?, .strings(_, .exact)):
        true
      case (.day?, .dates(let dates)): dates.allSatisfy { $0.prefix == .eq && $0.endDay - $0.firstDay <= 31 }
      default: false
      }
    }
  }

  /// The longest beginning of a name; without one, a piece of a name, which the keys are walked for.
  private static func names(_ request: SearchRequest, _ relation: SearchRelation) -> SearchDriver? {
    var best: (driver: SearchDriver, weight: Int)?
    for (index, criterion) in request.criteria.enumerated() {
      guard case .patientKeys(let kinds)? = relation.sources[criterion.parameter.name],
        case .strings(let values, let match) = criterion.test, match != .exact,
        request.sort.isEmpty || (request.sort.count == 1 && request.sort[0].parameter == criterion.parameter),
        kinds.count * values.count <= branchLimit
      else { continue }
      let folded = values.map { FoldedKey.fold($0) }
      let length = folded.map(\.utf8.count).min() ?? 0
      let weight = match == .startsWith ? length << 16 : length
      guard weight > (best?.weight ?? 0) else { continue }
      best = (.names(index, NameMatch(kinds: kinds, values: folded, isInside: match == .contains)), weight)
    }
    return best?.driver
  }

  private static func references(_ request: SearchRequest, _ relation: SearchRelation) -> SearchDriver? {
    for (index, criterion) in request.criteria.enumerated() {
      guard case .references(let references) = criterion.test else { continue }
      let columns: [[String: String]]
      let hasParticipants: Bool
      switch relation.sources[criterion.parameter.name] {
      case .participants(let given)?: (columns, hasParticipants) = ([given], true)
      case .practitioners(let given)?: (columns, hasParticipants) = (given.map { ["Practitioner": $0] }, false)
      case .reference(let given)? where given.count > 1: (columns, hasParticipants) = ([given], false)
      default: continue
      }
      let ways = columns.flatMap { SearchConditions.ids(references, $0) }.flatMap { wanted in
        wanted.ids.map { Reference(type: wanted.type, column: wanted.column, id: $0, hasParticipants: hasParticipants) }
      }
      let branches = ways.count * (hasParticipants ? 2 : 1)
      if branches > 1, branches <= branchLimit { return .references(index, ways) }
    }
    return nil
  }

  /// Several codes, or with `:not` those that remain of the vocabulary, where nothing else is asked for.
  private static func codes(_ request: SearchRequest, _ relation: SearchRelation) -> SearchDriver? {
    guard request.criteria.count == 1, request.sort.isEmpty,
      case .code(let column, let system, let vocabulary)? = relation.sources[request.criteria[0].parameter.name],
      !vocabulary.isEmpty, case .tokens(let tokens, let isNegated) = request.criteria[0].test
    else { return nil }
    let asked = SearchConditions.codes(tokens, system: system)
    guard !asked.isAny else { return nil }
    let codes = vocabulary.filter { asked.codes.contains($0) != isNegated }
    return codes.count > 1 && codes.count <= branchLimit ? .codes(0, column: column, codes: codes) : nil
  }

  private static func window(_ request: SearchRequest, _ relation: SearchRelation) -> SearchDriver? {
    var window = SearchWindow()
    var columns: (start: String, end: String)?
    for criterion in request.criteria {
      switch (relation.sources[criterion.parameter.name], criterion.test) {
      case (.period(let start, let end)?, .dates(let dates)):
        window.narrow(to: dates)
        columns = (start, end)
      // A patient has few of anything.
      case (.reference(let references)?, .references) where relation.isSmall(references): return nil
      default: break
      }
    }
    guard let columns, window.isBounded else { return nil }
    return .window(window, start: columns.start, end: columns.end)
  }
}
