import Mappers
package import PostgresClient

/// Why records could not be read.
package struct RecordReadingError: Error, Sendable, CustomStringConvertible {
  package struct Code: Sendable, Hashable {
    let name: String
    /// The database refused, was away or took too long: see `cause`.
    package static let database = Code(name: "database")
    /// A row holds what the contract does not allow.
    package static let malformedRow = Code(name: "malformedRow")
  }

  package let code: Code
  package let cause: PostgresError?
  /// Names the column by its place; never its content.
  package let message: String

  package init(_ cause: PostgresError) {
    code = cause.code == .unexpectedValue ? .malformedRow : .database
    self.cause = cause
    message = cause.description
  }

  init(malformed message: String) {
    code = .malformedRow
    cause = nil
    self.message = message
  }

  /// As a fault of a document's records, or of the database.
  func ofDocument(_ relation: String) -> DocumentReadError {
    if code == .database, let cause { return .database(cause) }
    return .faulty(MappingError(.invalid, relation, message))
  }

  package var description: String { "reading: \(message)" }
}
