import ClinicModel
package import PostgresClient

/// The statements of one search: a page in a stable order, and how many rows there are.
///
/// A page is found by a criterion's own index where there is one (`SearchDriver`), in that index's order; the other
/// criteria filter. What leads to a row by several ways becomes a branch each, united and cut to a page again.
package struct SearchStatements: Sendable {
  /// Columns before the sort keys: id and version.
  package static let leadingColumns = 2
  private let request: SearchRequest
  private let relation: SearchRelation
  private let clinic: String
  private let driver: SearchDriver
  private let order: SearchOrder

  /// - Parameter clinic: the clinic's UUID.
  package init?(_ request: SearchRequest, clinic: String) {
    guard let relation = SearchRelations.of(request.type) else { return nil }
    self.request = request
    self.relation = relation
    self.clinic = clinic
    driver = SearchDriver.choose(request, relation)
    var tieBreak = relation.tieBreak
    // The id as the driving index has it.
    if case .names = driver { tieBreak = [SortColumn("k.patient_id")] }
    order = SearchOrder(keys: Self.keys(of: request, relation, driver), tieBreak: tieBreak)
  }

  /// Where the driver names the way to the rows no value changes the plan.
  package var plans: ClinicScope.Plans {
    if case .relation = driver { .chosen } else { .kept }
  }

  /// How many texts say where a page begins.
  package var positionCount: Int { order.columns.count }

  // MARK: The order

  private static func keys(of request: SearchRequest, _ relation: SearchRelation, _ driver: SearchDriver)
    -> [SortColumn]
  {
    let name = SortColumn("k.key")
    if !request.sort.isEmpty {
      if case .names = driver { return [name.descending(request.sort[0].isDescending)] }
      var keys: [SortColumn] = []
      for sort in request.sort {
        // The id is unique: nothing after it matters.
        if sort.parameter.name == "_id", relation.tieBreak.count == 1 {
          keys.append(SortColumn(relation.id).descending(sort.isDescending))
          break
        }
        keys += columns(of: sort.parameter.name, relation).map { $0.descending(sort.isDescending) }
      }
      // Among equal codes as the index that begins with them goes on.
      if request.sort.count == 1, case .code(_, _, let vocabulary)? = relation.sources[request.sort[0].parameter.name],
        !vocabulary.isEmpty
      {
        keys += relation.order.map { $0.descending(request.sort[0].isDescending) }
      }
      return keys
    }
    if case .names = driver { return [name] }
    if case .references = driver { return relation.order }
    return defaultKeys(request, relation)
  }

  private static func defaultKeys(_ request: SearchRequest, _ relation: SearchRelation) -> [SortColumn] {
    if SearchDriver.isPinpoint(request, relation) { return [] }
    let names = Set(request.criteria.map(\.parameter.name))
    if relation.order.isEmpty, names == ["birthdate"] { return columns(of: "birthdate", relation) }
    if names == ["_lastUpdated"] { return relation.updatedOrder }
    return relation.order
  }

  private static func columns(of parameter: String, _ relation: SearchRelation) -> [SortColumn] {
    switch relation.sources[parameter] {
    case .id?: relation.tieBreak
    case .instant(let column, let isNullable)?: [SortColumn(column, as: "timestamptz", nullable: isNullable)]
    case .period(let start, _)?: [SortColumn(start, as: "timestamptz", nullable: true)]
    case .day(let column, _)?: [SortColumn(column, as: "date", nullable: true)]
    case .code(let column, _, _)?: [SortColumn(SearchConditions.bytewise(column), nullable: true)]
    case .patientKeys(let kinds)?: [SortColumn(kinds.first == "given" ? "r.given_key" : "r.family_key")]
    case .texts(let columns)?: columns.prefix(1).map { SortColumn($0.key) }
    default: []
    }
  }

  // MARK: A page

  /// Gives id, version and the place of each row, in order; one row more than the page holds tells that more follow.
  /// - Parameter after: the place of the last row shown.
  package func page(after: [String?]?) -> PostgresQuery {
    var conditions = SearchConditions(sql: SQLText())
    let clinic = conditions.sql.bind(.text(clinic), as: "uuid")
    // A literal: of a bound limit Postgres would think that it takes a tenth of all rows, and sort them.
    let limit = request.count + 1
    var starts: [String?] = after.map { order.conditions(after: $0, &conditions.sql) } ?? [nil]
    let filters = filters(&conditions, except: driver.criterion)
    let isStretch = sortsAStretchOfTime
    var branches: [String] = []
    let ways = ways(&conditions, clinic)
    if ways.count * starts.count > 2 * SearchDriver.branchLimit {
      starts = ["(" + starts.compactMap { $0 }.joined(separator: " or ") + ")"]
    }
    for way in ways {
      for start in starts {
        var from = way.from
        var tests = [way.condition] + filters
        if isStretch {
          // Postgres would walk the order and hope to meet the stretch: `offset 0` makes it read the stretch and sort.
          from = "(select r.* from \(from) where \(tests.joined(separator: " and ")) offset 0) r"
          tests = ["true"]
        }
        tests += [start].compactMap { $0 }
        branches.append(
          """
          select \(relation.id) as id, \(relation.version) as version, \(places) from \(from) \
          where \(tests.joined(separator: " and ")) \
          order by \(order.clause { _, column in column.expression }) limit \(limit)
          """)
      }
    }
    if branches.count == 1 {
      conditions.sql.append(branches[0])
    } else {
      let united = branches.map { "(\($0))" }.joined(separator: " union ")
      conditions.sql.append(
        "select * from (\(united)) u order by \(order.clause { index, _ in "u.s\(index)" }) limit \(limit)")
    }
    return conditions.sql.query
  }

  /// Whether what lies between two moments is wanted in the order of something else.
  private var sortsAStretchOfTime: Bool {
    switch driver {
    case .relation, .window: break
    default: return false
    }
    guard let first = request.sort.first else { return false }
    var stretches: [String: SearchWindow] = [:]
    for criterion in request.criteria where criterion.parameter != first.parameter {
      switch (relation.sources[criterion.parameter.name], criterion.test) {
      case (.instant?, .dates(let dates)), (.period?, .dates(let dates)):
        stretches[criterion.parameter.name, default: SearchWindow()].narrow(to: dates)
      default: break
      }
    }
    return stretches.values.contains { $0.lower != nil && $0.upper != nil }
  }

  private var places: String {
    order.columns.enumerated().map { "\($0.element.expression) as s\($0.offset)" }.joined(separator: ", ")
  }

  private func filters(_ conditions: inout SearchConditions, except driving: Int?) -> [String] {
    var filters: [String] = []
    for (index, criterion) in request.criteria.enumerated() where index != driving {
      guard let source = relation.sources[criterion.parameter.name] else { continue }
      filters.append(conditions.condition(criterion, source))
    }
    return filters
  }

  /// The ways to the rows: what stands after `from`, and the condition that makes it that way.
  private func ways(
    _ conditions: inout SearchConditions, _ clinic: String
  ) -> [(from: String, condition: String)] {
    let live = "r.clinic_id = \(clinic) and \(relation.isLive)"
    switch driver {
    case .relation: return [(relation.from, live)]
    case .names(_, let match): return ways(match, &conditions, clinic, live)
    case .codes(_, let column, let codes):
      return codes.map { code in
        (relation.from, "\(live) and \(SearchConditions.bytewise(column)) = \(conditions.sql.bind(.text(code)))")
      }
    case .window(let window, let start, let end):
      return conditions.ways(window, start: start, end: end).map { (relation.from, "\(live) and \($0)") }
    case .references(_, let references):
      let joined =
        "clinic.appointment_participant p join \(relation.from) on r.clinic_id = p.clinic_id and r.id = p.appointment_id"
      return references.flatMap { reference -> [(from: String, condition: String)] in
        let bound = conditions.sql.bind(.text(reference.id))
        let direct = (from: relation.from, condition: "\(live) and \(reference.column) = \(bound)")
        guard reference.hasParticipants else { return [direct] }
        let condition =
          "p.clinic_id = \(clinic) and p.actor_type = '\(reference.type.lowercased())' and p.actor_id = \(bound)"
          + " and p.deleted_at is null and \(live)"
        return [direct, (joined, condition)]
      }
    }
  }

  /// A patient who is found by several keys stands where the first of them does; the index `patient_key_patient` tells
  /// for each row whether there is an earlier one. Its range is written so that no index serves it: a plan without known
  /// values would read the whole range beforehand, not the patient's few keys.
  private func ways(
    _ match: SearchDriver.NameMatch, _ conditions: inout SearchConditions, _ clinic: String, _ live: String
  ) -> [(from: String, condition: String)] {
    let from = "clinic.patient_key k join \(relation.from) on r.clinic_id = k.clinic_id and r.id = k.patient_id"
    func test(_ column: String, _ value: String) -> String {
      match.isInside ? conditions.inside(column, value) : conditions.range(column, prefix: value)
    }
    let tests = match.values.map { test("e.key || ''", $0) }.joined(separator: " or ")
    let list = match.kinds.map { "'\($0)'" }.joined(separator: ", ")
    let once = """
      not exists (select from clinic.patient_key e where e.clinic_id = \(clinic) and e.patient_id = k.patient_id \
      and e.kind in (\(list)) and e.key \(order.columns[0].isDescending ? ">" : "<") k.key and (\(tests)))
      """
    return match.kinds.flatMap { kind in
      match.values.map { value in
        (from, "k.clinic_id = \(clinic) and k.kind = '\(kind)' and \(test("k.key", value)) and \(live) and \(once)")
      }
    }
  }

  // MARK: The number of rows

  /// Gives the number of rows that match.
  package func count() -> PostgresQuery { countOfNames() ?? counting("select count(*)") }

  /// Patients by their names alone: the keys, which only live patients have, tell without a look at the patients.
  private func countOfNames() -> PostgresQuery? {
    guard request.criteria.count == 1, case .strings(let values, let match) = request.criteria[0].test, match != .exact,
      case .patientKeys(let kinds)? = relation.sources[request.criteria[0].parameter.name]
    else { return nil }
    var conditions = SearchConditions(sql: SQLText())
    let clinic = conditions.sql.bind(.text(clinic), as: "uuid")
    let tests = values.map { FoldedKey.fold($0) }.map {
      match == .contains ? conditions.inside("k.key", $0) : "(\(conditions.range("k.key", prefix: $0)))"
    }
    let list = kinds.map { "'\($0)'" }.joined(separator: ", ")
    conditions.sql.append(
      """
      select count(distinct k.patient_id) from clinic.patient_key k where k.clinic_id = \(clinic) \
      and k.kind in (\(list)) and (\(tests.joined(separator: " or ")))
      """)
    return conditions.sql.query
  }

  /// Gives Postgres's own guess of that number, in the first line of a plan.
  package func estimate() -> PostgresQuery {
    var query = counting("explain select 1")
    query.isPrepared = false
    return query
  }

  private func counting(_ verb: String) -> PostgresQuery {
    var conditions = SearchConditions(sql: SQLText())
    let clinic = conditions.sql.bind(.text(clinic), as: "uuid")
    if case .references = driver {
      // By the indexes that lead to them; what two ways lead to counts once.
      let filters = filters(&conditions, except: driver.criterion)
      let branches = ways(&conditions, clinic).map { way in
        "select r.id from \(way.from) where \(([way.condition] + filters).joined(separator: " and "))"
      }
      conditions.sql.append("\(verb) from (\(branches.joined(separator: " union "))) u")
      return conditions.sql.query
    }
    let filters = filters(&conditions, except: nil)
    let tests = ["r.clinic_id = \(clinic)", relation.isLive] + filters
    conditions.sql.append("\(verb) from \(relation.from) where \(tests.joined(separator: " and "))")
    return conditions.sql.query
  }

  /// The rows of a plan's first line, such as `Seq Scan on patient r  (cost=0.00..35.50 rows=10 width=4)`.
  package static func estimatedRows(_ line: String) -> Int? {
    guard let range = line.firstRange(of: "rows=") else { return nil }
    return Int(line[range.upperBound...].prefix { $0.isNumber })
  }
}
