/// A command as its declaration says it: parsing, help and the list of commands all come from here.
package struct CommandDeclaration: Sendable {
  /// The words that call it, such as `deliveries list`.
  package let name: String
  package let summary: String
  /// What it does and what it needs, in a few lines.
  package var discussion = ""
  package var arguments: [ArgumentDeclaration] = []
  package var options: [OptionDeclaration] = []
  /// Lines to paste, each with what it does.
  package var examples: [Example]

  package struct Example: Sendable {
    package let command: String
    package let effect: String

    package init(_ command: String, _ effect: String) {
      self.command = command
      self.effect = effect
    }
  }

  package init(
    _ name: String, _ summary: String, _ discussion: String = "", arguments: [ArgumentDeclaration] = [],
    options: [OptionDeclaration] = [], examples: [Example]
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.arguments = arguments
    self.options = options
    self.examples = examples
  }
}

/// A value that stands by its place.
package struct ArgumentDeclaration: Sendable {
  package let name: String
  package let help: String
  package var isRequired = true
  /// Takes all the values that are left; the last argument only.
  package var isRepeated = false

  package init(_ name: String, _ help: String, isRequired: Bool = true, isRepeated: Bool = false) {
    self.name = name
    self.help = help
    self.isRequired = isRequired
    self.isRepeated = isRepeated
  }
}

/// `--name` or `--name VALUE`.
package struct OptionDeclaration: Sendable {
  package enum Value: Sendable, Equatable {
    /// No value: given or not.
    case flag
    case text
    case integer(ClosedRange<Int>)
    case choice([String])
  }

  package let name: String
  package let value: Value
  /// What the value stands for, such as `HOST:PORT`.
  package let placeholder: String
  package let help: String
  package var isRequired = false
  package var isRepeated = false

  package init(
    _ name: String, _ value: Value, _ placeholder: String = "", _ help: String, isRequired: Bool = false,
    isRepeated: Bool = false
  ) {
    self.name = name
    self.value = value
    self.placeholder = placeholder
    self.help = help
    self.isRequired = isRequired
    self.isRepeated = isRepeated
  }

  /// The options of every command.
  package static let common: [OptionDeclaration] = [
    OptionDeclaration("config", .text, "FILE", "Configuration file; else PASSERELLE_CONFIG, else none."),
    OptionDeclaration("json", .flag, "", "Write results and errors as JSON."),
    OptionDeclaration("help", .flag, "", "Explain the command."),
  ]
}

/// What the shell is told.
package enum ExitCode: Int32, Sendable, CaseIterable {
  case success = 0
  /// The command ran and what it was asked for failed.
  case failure = 1
  /// The command line is wrong.
  case usage = 2
  /// The configuration is wrong.
  case configuration = 3
  /// The database, a partner or a port cannot be reached or used.
  case unavailable = 4
  /// What was named does not exist.
  case notFound = 5
  /// `doctor` found something that must be mended.
  case unhealthy = 6

  package var meaning: String {
    switch self {
    case .success: "done"
    case .failure: "the command ran and failed"
    case .usage: "the command line is wrong"
    case .configuration: "the configuration is wrong"
    case .unavailable: "the database, a partner or a port is not available"
    case .notFound: "what was named does not exist"
    case .unhealthy: "doctor found something that must be mended"
    }
  }
}
