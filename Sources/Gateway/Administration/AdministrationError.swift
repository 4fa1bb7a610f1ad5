import PostgresClient
import Reactor

/// Why something could not be administered, in words for the operator.
package struct AdministrationError: Error, Sendable, Equatable, CustomStringConvertible {
  package struct Code: Sendable, Hashable {
    let name: String
    /// What was named is not there.
    package static let notFound = Code(name: "not-found")
    /// What was to be made is there already, or belongs to somebody else.
    package static let taken = Code(name: "taken")
    /// The change would break a rule.
    package static let refused = Code(name: "refused")
  }

  package let code: Code
  /// What failed, where, and what to do next.
  package let description: String

  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}

/// What the person at the terminal is told of an error from further down.
extension CommandFailure {
  package init(_ error: any Error) {
    switch error {
    case let error as CommandFailure: self = error
    case let error as AdministrationError:
      self.init(error.code == .notFound ? .notFound : .failure, error.description)
    case let error as PostgresError: self.init(postgres: error)
    case let error as SystemFailure: self.init(.failure, error.reason)
    case let error as SystemError: self.init(.unavailable, error.description)
    default: self.init(.failure, String(describing: error))
    }
  }

  private init(postgres error: PostgresError) {
    switch (error.code, error.sqlState) {
    case (.connectionFailed, _), (.connectionLost, _), (.poolExhausted, _):
      self.init(
        .unavailable,
        "the database does not answer: \(error.message)\nCheck that Postgres runs and what [database] says.")
    case (.server, "42P01"?), (.server, "3F000"?), (.server, "42883"?):
      self.init(.failure, "the database is not set up (\(error.message)); run `passerelle migrate`")
    case (.server, "22023"?) where error.message.contains("passerelle_"):
      self.init(.failure, "the database is not set up (\(error.message)); run `passerelle migrate`")
    case (.server, "42501"?):
      self.init(
        .failure, "not allowed: \(error.message)\n[database] owner must be a member of the role passerelle_owner.")
    default: self.init(.failure, error.description)
    }
  }
}
