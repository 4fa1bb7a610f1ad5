internal import ClinicModel
internal import JSON
internal import PostgresClient

/// A row as it stands, column by column in Postgres's spelling, with what this transaction has written over it.
struct StandingRow: Sendable {
  let id: String
  private let places: [String: Int]
  private let texts: [String?]
  private var written = JSONObject()

  /// - Parameters:
  ///   - places: where each column's text is.
  ///   - texts: nil for null.
  init(id: String, places: [String: Int], texts: [String?]) {
    self.id = id
    self.places = places
    self.texts = texts
  }

  /// A row that this transaction makes.
  init(id: String, written: JSONObject) {
    self.init(id: id, places: [:], texts: [])
    self.written = written
  }

  /// The columns that were read, in their order.
  var columnNames: [String] { places.sorted { $0.value < $1.value }.map(\.key) }

  /// The row with some columns written.
  func with(_ columns: JSONObject) -> StandingRow {
    var row = self
    for column in columns { row.written[column.key] = column.value }
    return row
  }

  /// What the column holds, for the operator: Postgres's spelling, or JSON of what was written; nil for null.
  func text(_ column: String) -> String? {
    if let value = written[column] { return value.isNull ? nil : value.string ?? value.text }
    return places[column].flatMap { texts[$0] }
  }

  /// Whether it holds nothing: null or an empty list.
  func isBlank(_ column: String) -> Bool {
    if let value = written[column] { return value.isNull || value == [] }
    return text(column).map { $0 == "{}" } ?? true
  }

  /// Whether writing `value` would change nothing. A value that is written otherwise than it was given counts as a
  /// change: then Postgres compares.
  func holds(_ column: String, _ value: JSONValue) -> Bool {
    if let standing = written[column] { return standing == value }
    guard let text = text(column) else { return value.isNull }
    switch value {
    case .null, .object: return false
    case .bool(let flag): return text == (flag ? "t" : "f")
    case .number(let number): return text == number
    case .array(let items): return ArrayText.decode(text) == items.map { $0.string ?? "" }
    case .string(let string):
      if text == string { return true }
      guard column.hasSuffix("_at"), let standing = try? Instant(text) else { return false }
      return standing == (try? Instant(string))
    }
  }
}

extension JSONValue {
  /// As JSON.
  var text: String { String(decoding: serialized(), as: UTF8.self) }
}

/// The records that messages are about to write, locked until the commit, and their children.
///
/// What a message says is compared with them here, so that only what differs is written: most messages say most things
/// again. The lock keeps what the platform writes meanwhile, since a child's trigger writes its parent.
struct StandingRows: Sendable {
  /// What to read, by ids.
  struct Wanted: Sendable {
    var records: [(relation: RecordRelation, ids: Set<String>)] = []
    var children: [(relation: ChildRelation, parents: Set<String>)] = []

    var isEmpty: Bool { records.isEmpty }

    mutating func add(_ relation: RecordRelation, _ id: String) {
      if let place = records.firstIndex(where: { $0.relation.name == relation.name }) {
        records[place].ids.insert(id)
      } else {
        records.append((relation, [id]))
        // Every transaction locks in the same order.
        records.sort { $0.relation.name < $1.relation.name }
      }
    }

    mutating func add(_ relation: ChildRelation, of parent: String) {
      if let place = children.firstIndex(where: { $0.relation.name == relation.name }) {
        children[place].parents.insert(parent)
      } else {
        children.append((relation, [parent]))
      }
    }
  }

  private var records: [String: [String: StandingRow]] = [:]
  private var children: [String: [String: [StandingRow]]] = [:]
  /// Ids of records that this transaction makes: their lists are empty until they are written.
  private var made: Set<String> = []

  init() {}

  /// The statements of one pipeline; the records come first, since their locks make what the children say stand.
  static func queries(_ wanted: Wanted, clinic: PostgresValue) -> [PostgresQuery] {
    wanted.records.map {
      PostgresQuery(dynamic: $0.relation.readText, [clinic, .textArray($0.ids.sorted())])
    }
      + wanted.children.map {
        PostgresQuery(dynamic: $0.relation.readText, [clinic, .textArray($0.parents.sorted())])
      }
  }

  /// Reads the results of `queries`.
  init(_ results: [PostgresResult], _ wanted: Wanted) throws(PostgresError) {
    for (result, (relation, _)) in zip(results, wanted.records) {
      var rows: [String: StandingRow] = [:]
      for row in result {
        let standing = try Self.row(row, relation.places, from: 1)
        rows[standing.id] = standing
      }
      records[relation.name] = rows
    }
    for (result, (relation, parents)) in zip(results.dropFirst(wanted.records.count), wanted.children) {
      var rows = Dictionary(uniqueKeysWithValues: parents.map { ($0, [StandingRow]()) })
      for row in result { rows[try row.string(1), default: []].append(try Self.row(row, relation.places, from: 2)) }
      children[relation.name] = rows
    }
  }

  private static func row(
    _ row: PostgresRow, _ places: [String: Int], from first: Int
  ) throws(PostgresError) -> StandingRow {
    var texts: [String?] = []
    texts.reserveCapacity(places.count)
    for column in 0..<places.count { texts.append(try row.optionalString(first + column)) }
    return StandingRow(id: try row.string(0), places: places, texts: texts)
  }

  /// Takes in a row as it is now.
  mutating func put(_ row: StandingRow, of relation: RecordRelation) {
    records[relation.name, default: [:]][row.id] = row
  }

  /// Takes in a record that this transaction makes.
  mutating func make(_ row: StandingRow, of relation: RecordRelation) {
    made.insert(row.id)
    put(row, of: relation)
  }

  /// Takes in the rows of a list as they are now; rows of the parent beyond the list's scope stay.
  mutating func put(_ rows: [StandingRow], of relation: ChildRelation, parent: String) {
    let others = children[relation.name]?[parent]?.filter { !relation.isInScope($0) } ?? []
    children[relation.name, default: [:]][parent] = others + rows
  }

  /// The row; nil where it was not read.
  func row(_ relation: RecordRelation, _ id: String) -> StandingRow? { records[relation.name]?[id] }

  /// The row of a record or of a list.
  func row(named relation: String, _ id: String) -> StandingRow? {
    records[relation]?[id] ?? children[relation]?.values.lazy.joined().first { $0.id == id }
  }

  /// The rows of a parent, those in the list's scope; nil where they were not read.
  func rows(_ relation: ChildRelation, of parent: String) -> [StandingRow]? {
    children[relation.name]?[parent]?.filter(relation.isInScope) ?? (made.contains(parent) ? [] : nil)
  }
}
