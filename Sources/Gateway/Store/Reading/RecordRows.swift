import ClinicModel
package import PostgresClient

/// How the records of one FHIR type are read: a statement for the main relation and one for each child relation.
///
/// Every statement has two parameters: `$1` the clinic, `$2` the ids as `text[]`. Deleted records are read too.
package protocol RecordRows: SendableMetatype {
  associatedtype Record: Sendable

  static var statements: [StaticString] { get }
  /// Gives id, version and whether it is deleted.
  static var versions: StaticString { get }

  /// Puts together what `statements` gave, by id.
  static func records(
    _ results: [PostgresResult], clinic: String
  ) throws(RecordReadingError) -> [String: Record]
}

extension RecordRows {
  /// The statements for these ids, in their order.
  static func queries(_ ids: [String], clinic: String) -> [PostgresQuery] {
    let values: [PostgresValue] = [.text(clinic), .textArray(ids)]
    return statements.map { PostgresQuery($0, values) }
  }

  /// The same of records that were deleted for good, as they were last; of their children what is there still.
  /// - Parameter table: `clinic.<table>` has a function `gateway.deleted_<table>`.
  static func queries(deleted ids: [String], from table: String, clinic: String) -> [PostgresQuery] {
    let values: [PostgresValue] = [.text(clinic), .textArray(ids)]
    let main = statements[0].description
      .replacing("from clinic.\(table) ", with: "from gateway.deleted_\(table)($1::uuid, $2::text[]) ")
    return [PostgresQuery(dynamic: main, values)] + statements.dropFirst().map { PostgresQuery($0, values) }
  }
}

extension PostgresResult {
  /// The records of a statement that gives a row of each, by id; `read` goes on after the columns of `RowMeta`.
  func records<Record: ClinicRow>(
    _ clinic: String, _ read: (RowMeta, inout RowReader) throws(RecordReadingError) -> Record
  ) throws(RecordReadingError) -> [String: Record] {
    var records: [String: Record] = Dictionary(minimumCapacity: rowCount)
    for row in self {
      var reader = RowReader(row)
      let meta = try reader.meta(clinic: clinic)
      records[meta.id] = try read(meta, &reader)
    }
    return records
  }
}

/// Statements of several relations, and others, for one round trip under one clinic.
struct ReadingBatch {
  /// Where the results of one relation's statements will be.
  struct Part<Relation: RecordRows> {
    fileprivate let results: Range<Int>
  }

  private(set) var queries: [PostgresQuery]
  private let clinic: String

  init(clinic: String) {
    self.clinic = clinic
    queries = [ClinicScope.query(clinic)]
  }

  mutating func add<Relation: RecordRows>(_ relation: Relation.Type, _ ids: [String]) -> Part<Relation> {
    let start = queries.count
    queries += relation.queries(ids, clinic: clinic)
    return Part(results: start..<queries.count)
  }

  /// Adds what records were that are there no more.
  mutating func add<Relation: RecordRows>(
    deleted relation: Relation.Type, from table: String, _ ids: [String]
  ) -> Part<Relation> {
    let start = queries.count
    queries += relation.queries(deleted: ids, from: table, clinic: clinic)
    return Part(results: start..<queries.count)
  }

  /// Adds a statement of another kind; returns the place of its result.
  mutating func add(_ query: PostgresQuery) -> Int {
    queries.append(query)
    return queries.count - 1
  }

  func records<Relation: RecordRows>(
    _ part: Part<Relation>, _ results: [PostgresResult]
  ) throws(RecordReadingError) -> [String: Relation.Record] {
    try Relation.records(Array(results[part.results]), clinic: clinic)
  }
}

/// Which state of a record is the current one.
package struct RecordVersion: Sendable, Hashable {
  package var version: Int64
  package var isDeleted: Bool

  package init(version: Int64, isDeleted: Bool) {
    self.version = version
    self.isDeleted = isDeleted
  }
}
