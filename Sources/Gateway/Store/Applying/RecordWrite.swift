internal import JSON
internal import PostgresClient

/// One write that a message makes happen.
///
/// Writes of the messages of a transaction that have the same text travel as one statement: its triggers then run once
/// for all of them, and starting a statement costs more than writing a row.
struct RecordWrite: Sendable {
  /// `$1` is the clinic; `$2` and on are arrays of equal length, an element a row.
  let text: String
  /// Lower ones go first: what is referred to before what refers to it, a record before its children.
  let rank: Int
  /// The record written, where a statement may write it only once.
  let key: String?
  private(set) var columns: [[String]]
  /// What it does to which relation, for who wants to see it before it is done.
  let effect: Effect

  enum Effect: Sendable {
    /// Rows by id, the first column, from JSON, the last.
    case insert(String)
    case update(String)
    /// A row by id, the first column, whose columns are to hold these.
    case set(String, JSONObject)
    case delete(String)
    /// Rows of an owner, the second column, from a JSON array, the last.
    case insertAll(String)
    /// The first column's record becomes the second one's.
    case merge(String)
    /// What follows from another write.
    case consequence
  }

  init(_ text: String, rank: Int, key: String?, _ columns: [[String]], effect: Effect = .consequence) {
    self.effect = effect
    self.text = text
    self.rank = rank
    self.key = key
    self.columns = columns
  }

  /// The statements that do all of `writes`. Those of one rank and text are one statement, unless they write a record
  /// twice; then the later write is in a later statement.
  static func statements(_ writes: [RecordWrite], clinic: PostgresValue) -> [PostgresQuery] {
    struct Group {
      var write: RecordWrite
      var keys: Set<String>
    }
    var groups: [Group] = []
    for write in writes {
      let place = groups.lastIndex { $0.write.text == write.text && $0.write.rank == write.rank }
      guard let place, write.key.map({ !groups[place].keys.contains($0) }) ?? true else {
        groups.append(Group(write: write, keys: Set(write.key.map { [$0] } ?? [])))
        continue
      }
      if let key = write.key { groups[place].keys.insert(key) }
      for column in write.columns.indices { groups[place].write.columns[column] += write.columns[column] }
    }
    // A stable sort: equal ranks keep the order in which they came.
    let order = groups.indices.sorted { (groups[$0].write.rank, $0) < (groups[$1].write.rank, $1) }
    return order.map { place in
      let write = groups[place].write
      return PostgresQuery(dynamic: write.text, [clinic] + write.columns.map { .textArray($0) })
    }
  }
}
