/// Everything that is wrong with a configuration: all of it, not only the first finding.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One finding: where it is, what is wrong there and what would be right.
  package struct Problem: Sendable, Equatable, CustomStringConvertible {
    package let origin: Origin
    package let message: String

    package init(_ message: String, at origin: Origin) {
      self.message = message
      self.origin = origin
    }

    package var description: String { "\(origin): \(message)" }
  }

  /// The place that a value came from.
  package enum Origin: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// Line and column count from 1; columns count bytes.
    case file(path: String, line: Int, column: Int)
    case environment(String)
    /// The configuration as a whole: a value that is missing, or two that do not fit each other.
    case whole

    package var description: String {
      switch self {
      case .file(let path, let line, let column): "\(path):\(line):\(column)"
      case .environment(let name): "environment variable \(name)"
      case .whole: "configuration"
      }
    }
  }

  package var problems: [Problem]

  package init(_ problems: [Problem]) { self.problems = problems }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
