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

/// Which state of a record is the current one.
package struct RecordVersion: Sendable, Hashable {
  package var version: Int64
  package var isDeleted: Bool

  package init(version: Int64, isDeleted: Bool) {
    self.version = version
    self.isDeleted = isDeleted
  }
}
