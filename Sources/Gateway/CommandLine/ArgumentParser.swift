/// What a command was called with, checked against its declaration.
package struct ParsedArguments: Sendable, Equatable {
  package fileprivate(set) var command: String
  private var options: [String: [String]] = [:]
  private var arguments: [String: [String]] = [:]

  fileprivate init(command: String) { self.command = command }

  /// The one value of an option or argument.
  package subscript(name: String) -> String? { (options[name] ?? arguments[name])?.last }

  /// Every value of a repeated option or argument, in order.
  package func all(_ name: String) -> [String] { options[name] ?? arguments[name] ?? [] }

  /// Whether a flag is given.
  package func has(_ name: String) -> Bool { options[name] != nil }

  /// The value of an integer option; its range was checked.
  package func integer(_ name: String) -> Int? { self[name].flatMap { ConfigurationSyntax.integer($0) } }

  package var isJSON: Bool { has("json") }

  fileprivate mutating func addOption(_ name: String, _ value: String) { options[name, default: []].append(value) }
  fileprivate mutating func addArgument(_ name: String, _ value: String) { arguments[name, default: []].append(value) }
}

/// A command line that cannot be run, and what would be right.
package struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String
  /// The command that it was for, when that much is clear.
  package let command: String?

  package var description: String {
    "\(message)\nSee: passerelle \(command.map { $0 + " " } ?? "")--help"
  }
}

/// What a command line asks for.
package enum CommandLineRequest: Sendable, Equatable {
  case run(ParsedArguments)
  /// Nil explains the program.
  case help(command: String?)
  /// The commands that begin with a word, such as `deliveries`.
  case helpGroup(String)
  case version
}

/// Reads command lines by declarations. Values may be `--name VALUE` or `--name=VALUE`; `--` ends the options.
package struct ArgumentParser: Sendable {
  package static let maximumArguments = 10_000

  private let commands: [CommandDeclaration]

  package init(_ commands: [CommandDeclaration]) { self.commands = commands }

  /// - Parameter words: the command line without the program's name.
  package func parse(_ words: [String]) throws(UsageError) -> CommandLineRequest {
    guard words.count <= Self.maximumArguments else { throw UsageError(message: "too many arguments", command: nil) }
    guard let first = words.first else { return .help(command: nil) }
    switch first {
    case "--help", "-h": return .help(command: nil)
    case "--version", "version": return .version
    case "help": return try help(Array(words.dropFirst()))
    default: break
    }
    guard !first.hasPrefix("-") else {
      throw UsageError(message: "expected a command before \(shown(first))", command: nil)
    }
    // The longest name wins: `hl7 send` before a command `hl7`.
    let command = commands.filter { words.starts(with: $0.name.split(separator: " ").map(String.init)) }
      .max { $0.name.utf8.count < $1.name.utf8.count }
    guard let command else { return try group(words) }
    let rest = Array(words.dropFirst(command.name.split(separator: " ").count))
    return try parse(rest, for: command)
  }

  private func help(_ words: [String]) throws(UsageError) -> CommandLineRequest {
    if words.isEmpty { return .help(command: nil) }
    let name = words.joined(separator: " ")
    if commands.contains(where: { $0.name == name }) { return .help(command: name) }
    return try group(words + ["--help"])
  }

  /// A first word that begins several commands, or none.
  private func group(_ words: [String]) throws(UsageError) -> CommandLineRequest {
    let members = commands.filter { $0.name.hasPrefix(words[0] + " ") }
    guard !members.isEmpty else {
      let firstWords = Set(commands.map { $0.name.prefix { $0 != " " } }.map(String.init))
      throw UsageError(
        message: "unknown command \(shown(words[0]))" + hint(words[0], firstWords.sorted()), command: nil)
    }
    guard words.count > 1, words[1] != "--help", words[1] != "-h" else { return .helpGroup(words[0]) }
    let seconds = members.map { String($0.name.dropFirst(words[0].count + 1)) }
    throw UsageError(
      message: "unknown command \(shown("\(words[0]) \(words[1])"))" + hint(words[1], seconds), command: words[0])
  }

  private func parse(_ words: [String], for command: CommandDeclaration) throws(UsageError) -> CommandLineRequest {
    func refuse(_ message: String) -> UsageError { UsageError(message: message, command: command.name) }
    let options = command.options + OptionDeclaration.common
    var parsed = ParsedArguments(command: command.name)
    var places: [String] = []
    var index = 0
    var areOptionsOver = false
    while index < words.count {
      let word = words[index]
      index += 1
      if areOptionsOver || !word.hasPrefix("-") || word == "-" {
        places.append(word)
        continue
      }
      if word == "--" {
        areOptionsOver = true
        continue
      }
      if word == "-h" || word == "--help" { return .help(command: command.name) }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      guard word.hasPrefix("--"), let name = parts.first, let option = options.first(where: { $0.name == name }) else {
        let given = word.hasPrefix("--") ? parts.first ?? "" : word
        throw refuse("unknown option \(shown(word))" + hint(given, options.map(\.name), prefix: "--"))
      }
      var value = parts.count == 2 ? parts[1] : nil
      if option.value == .flag {
        guard value == nil else { throw refuse("--\(name) takes no value") }
        value = ""
      } else if value == nil, index < words.count {
        value = words[index]
        index += 1
      }
      guard let value else { throw refuse("--\(name) needs a value: --\(name) \(option.placeholder)") }
      try check(value, option, refuse)
      guard option.isRepeated || option.value == .flag || !parsed.has(name) else {
        throw refuse("--\(name) is given twice")
      }
      parsed.addOption(name, value)
    }
    for option in options where option.isRequired && !parsed.has(option.name) {
      throw refuse("--\(option.name) \(option.placeholder) is missing: \(option.help)")
    }
    try assign(places, to: command, &parsed, refuse)
    return .run(parsed)
  }

  private func check(_ value: String, _ option: OptionDeclaration, _ refuse: (String) -> UsageError) throws(UsageError)
  {
    switch option.value {
    case .flag: return
    case .text:
      guard !value.isEmpty else { throw refuse("--\(option.name) is empty") }
    case .integer(let range):
      guard let number = ConfigurationSyntax.integer(value), range.contains(number) else {
        throw refuse(
          "--\(option.name) takes a number from \(range.lowerBound) to \(range.upperBound), not \(shown(value))")
      }
    case .choice(let known):
      guard known.contains(value) else {
        throw refuse("--\(option.name) takes \(known.joined(separator: ", ")), not \(shown(value))")
      }
    }
  }

  private func assign(
    _ places: [String], to command: CommandDeclaration, _ parsed: inout ParsedArguments,
    _ refuse: (String) -> UsageError
  ) throws(UsageError) {
    var rest = places[...]
    for argument in command.arguments {
      guard let value = rest.popFirst() else {
        if argument.isRequired { throw refuse("\(argument.name) is missing: \(argument.help)") }
        return
      }
      parsed.addArgument(argument.name, value)
      while argument.isRepeated, let more = rest.popFirst() { parsed.addArgument(argument.name, more) }
    }
    if let extra = rest.first { throw refuse("\(shown(extra)) is one argument too many") }
  }

  private func hint(_ name: String, _ known: [String], prefix: String = "") -> String {
    if let near = nearestName(to: name, in: known) { return "; did you mean \(prefix)\(near)?" }
    return "; known are \(known.map { prefix + $0 }.joined(separator: ", "))"
  }

  private func shown(_ text: String) -> String { String(text.prefix(60)).debugDescription }
}
