import ClinicModel
package import PostgresClient

/// The statements of one search: a page in a stable order, and how many rows there are.
///
/// A page is found by a criterion's own index where there is one (its *driver*), in that index's order; the other
/// criteria filter. What leads to a row by several ways becomes a branch each, united and cut to a page again.
package struct SearchStatements: Sendable {
  /// Columns before the sort keys: id and version.
  package static let leadingColumns = 2
  /// Branches of one statement at most; beyond, the criterion filters.
  static let branchLimit = 8

  private let request: SearchRequest
  private let relation: SearchRelation
  private let clinic: String
  private let driver: Driver
  private let order: SearchOrder

  /// What finds the rows.
  private enum Driver {
    case relation
    /// A key range of names: criterion, kinds, prefixes.
    case names(Int, kinds: [String], prefixes: [String])
    /// An actor of an appointment by its column or among the participants.
    case participant(Int, type: String, column: String, id: String)
  }

  /// - Parameter clinic: the clinic's UUID.
  package init?(_ request: SearchRequest, clinic: String) {
    guard let relation = SearchRelations.of(request.type) else { return nil }
    self.request = request
    self.relation = relation
    self.clinic = clinic
    driver = Self.driver(of: request, relation)
    var tieBreak = relation.tieBreak
    // The id as the driving index has it.
    if case .names = driver { tieBreak = [SortColumn("k.patient_id")] }
    order = SearchOrder(keys: Self.keys(of: request, relation, driver), tieBreak: tieBreak)
  }

  /// How many texts say where a page begins.
  package var positionCount: Int { order.columns.count }

  // MARK: Choosing

  private static func driver(of request: SearchRequest, _ relation: SearchRelation) -> Driver {
    if isPinpoint(request, relation) { return .relation }
    var best: (driver: Driver, length: Int)?
    for (index, criterion) in request.criteria.enumerated() {
      switch (relation.sources[criterion.parameter.name], criterion.test) {
      case (.patientKeys(let kinds)?, .strings(let values, .startsWith)):
        guard request.sort.isEmpty || (request.sort.count == 1 && request.sort[0].parameter == criterion.parameter)
        else { continue }
        let prefixes = values.map { FoldedKey.fold($0) }
        let length = prefixes.map(\.utf8.count).min() ?? 0
        guard kinds.count * prefixes.count <= branchLimit, length > (best?.length ?? 0) else { continue }
        best = (.names(index, kinds: kinds, prefixes: prefixes), length)
      case (.participants(let columns)?, .references(let references)):
        let found = SearchConditions.ids(references, columns)
        guard best == nil, found.count == 1, found[0].ids.count == 1 else { continue }
        best = (.participant(index, type: found[0].type, column: found[0].column, id: found[0].ids[0]), 0)
      default: break
      }
    }
    return best?.driver ?? .relation
  }

  /// Whether some criterion leaves a handful of rows, so that the order is no help in finding them.
  private static func isPinpoint(_ request: SearchRequest, _ relation: SearchRelation) -> Bool {
    request.criteria.contains { criterion in
      switch (relation.sources[criterion.parameter.name], criterion.test) {
      case (.id?, .tokens), (.identifier?, .tokens(_, isNegated: false)),
        (.patientKeys?, .tokens(_, isNegated: false)), (.patientKeys?, .strings(_, .exact)):
        true
      case (.day?, .dates(let dates)): dates.allSatisfy { $0.prefix == .eq && $0.endDay - $0.firstDay <= 31 }
      default: false
      }
    }
  }

  private static func keys(of request: SearchRequest, _ relation: SearchRelation, _ driver: Driver) -> [SortColumn] {
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
      return keys
    }
    if case .names = driver { return [name] }
    if case .participant = driver { return relation.order }
    return defaultKeys(request, relation)
  }

  private static func defaultKeys(_ request: SearchRequest, _ relation: SearchRelation) -> [SortColumn] {
    if isPinpoint(request, relation) { return [] }
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
    case .code(let column, _)?: [SortColumn("\(column) collate \"C\"", nullable: true)]
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
    let limit = conditions.sql.bind(.int(request.count + 1), as: "bigint")
    let starts: [String?] = after.map { order.conditions(after: $0, &conditions.sql) } ?? [nil]
    let filters = filters(&conditions, except: drivingIndex)
    var branches: [String] = []
    for source in sources(&conditions, clinic) {
      for start in starts {
        let tests = [source.condition] + filters + [start].compactMap { $0 }
        branches.append(
          """
          select \(relation.id) as id, \(relation.version) as version, \(places) from \(source.from) \
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

  private var places: String {
    order.columns.enumerated().map { "\($0.element.expression) as s\($0.offset)" }.joined(separator: ", ")
  }

  private var drivingIndex: Int? {
    switch driver {
    case .relation: nil
    case .names(let index, _, _), .participant(let index, _, _, _): index
    }
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
  private func sources(
    _ conditions: inout SearchConditions, _ clinic: String
  ) -> [(from: String, condition: String)] {
    let live = "r.clinic_id = \(clinic) and \(relation.isLive)"
    switch driver {
    case .relation: return [(relation.from, live)]
    case .names(_, let kinds, let prefixes):
      let from =
        "clinic.patient_key k join \(relation.from) on r.clinic_id = k.clinic_id and r.id = k.patient_id"
      // A patient who is found by several keys stands where the first of them does. The key is written so that no index
      // serves it: a plan without known values would walk the whole range for every row, not the patient's few keys.
      let ranges = prefixes.map { conditions.range("e.key || ''", prefix: $0) }.joined(separator: " or ")
      let list = kinds.map { "'\($0)'" }.joined(separator: ", ")
      let once = """
        not exists (select from clinic.patient_key e where e.clinic_id = \(clinic) and e.patient_id = k.patient_id \
        and e.kind in (\(list)) and e.key || '' \(order.columns[0].isDescending ? ">" : "<") k.key and (\(ranges)))
        """
      var ways: [(from: String, condition: String)] = []
      for kind in kinds {
        for prefix in prefixes {
          let range = conditions.range("k.key", prefix: prefix)
          ways.append((from, "k.clinic_id = \(clinic) and k.kind = '\(kind)' and \(range) and \(live) and \(once)"))
        }
      }
      return ways
    case .participant(_, let type, let column, let id):
      let bound = conditions.sql.bind(.text(id))
      let joined =
        "clinic.appointment_participant p join \(relation.from) on r.clinic_id = p.clinic_id and r.id = p.appointment_id"
      return [
        (relation.from, "\(live) and \(column) = \(bound)"),
        (
          joined,
          "p.clinic_id = \(clinic) and p.actor_type = '\(type.lowercased())' and p.actor_id = \(bound)"
            + " and p.deleted_at is null and \(live)"
        ),
      ]
    }
  }

  // MARK: The number of rows

  /// Gives the number of rows that match.
  package func count() -> PostgresQuery { counting("select count(*)") }

  /// Gives Postgres's own guess of that number, in the first line of a plan.
  package func estimate() -> PostgresQuery {
    var query = counting("explain select 1")
    query.isPrepared = false
    return query
  }

  private func counting(_ verb: String) -> PostgresQuery {
    var conditions = SearchConditions(sql: SQLText())
    let clinic = conditions.sql.bind(.text(clinic), as: "uuid")
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
