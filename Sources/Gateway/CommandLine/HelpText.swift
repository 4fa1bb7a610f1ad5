/// The help of the program and of its commands, from their declarations.
package struct HelpText: Sendable {
  private let commands: [CommandDeclaration]

  package init(_ commands: [CommandDeclaration]) { self.commands = commands }

  /// The program: what it is, its commands, its exit codes.
  package func program() -> String {
    """
    passerelle: a FHIR R4 and HL7 v2 gateway over a clinic's database

    Usage: passerelle <command> [arguments] [options]

    Commands:
    \(table(commands.map { ($0.name, $0.summary) }))

    Options of every command:
    \(table(OptionDeclaration.common.map(row)))

    Exit codes:
    \(table(ExitCode.allCases.map { (String($0.rawValue), $0.meaning) }))

    passerelle <command> --help explains a command and shows lines to paste.

    """
  }

  /// The commands that begin with one word.
  package func group(_ word: String) -> String {
    let members = commands.filter { $0.name == word || $0.name.hasPrefix(word + " ") }
    return "Commands of passerelle \(word):\n\(table(members.map { ($0.name, $0.summary) }))\n\n"
      + "passerelle \(word) <command> --help explains one.\n"
  }

  /// One command; nil when there is none of that name.
  package func command(_ name: String) -> String? {
    guard let command = commands.first(where: { $0.name == name }) else { return nil }
    var text = "passerelle \(command.name): \(command.summary)\n\nUsage: \(usage(command))\n"
    if !command.discussion.isEmpty { text += "\n\(command.discussion)\n" }
    if !command.arguments.isEmpty {
      text += "\nArguments:\n\(table(command.arguments.map { ($0.name, $0.help) }))\n"
    }
    text += "\nOptions:\n\(table((command.options + OptionDeclaration.common).map(row)))\n"
    if !command.examples.isEmpty {
      text += "\nExamples:\n"
      for example in command.examples { text += "  \(example.command)\n      \(example.effect)\n" }
    }
    return text
  }

  private func usage(_ command: CommandDeclaration) -> String {
    var words = ["passerelle", command.name]
    for argument in command.arguments {
      let name = "<\(argument.name)>" + (argument.isRepeated ? "…" : "")
      words.append(argument.isRequired ? name : "[\(name)]")
    }
    for option in command.options where option.isRequired { words.append(row(option).0) }
    return (words + ["[options]"]).joined(separator: " ")
  }

  private func row(_ option: OptionDeclaration) -> (String, String) {
    var help = option.help
    switch option.value {
    case .choice(let known): help += " One of \(known.joined(separator: ", "))."
    case .integer(let range): help += " From \(range.lowerBound) to \(range.upperBound)."
    case .flag, .text: break
    }
    if option.isRequired { help += " Required." }
    if option.isRepeated { help += " May be given several times." }
    return ("--\(option.name)" + (option.placeholder.isEmpty ? "" : " \(option.placeholder)"), help)
  }

  private func table(_ rows: [(String, String)]) -> String {
    let width = min(30, rows.map { $0.0.count }.max() ?? 0)
    return rows.map { name, text in
      "  " + name + String(repeating: " ", count: max(1, width - name.count + 2)) + text
    }.joined(separator: "\n")
  }
}
