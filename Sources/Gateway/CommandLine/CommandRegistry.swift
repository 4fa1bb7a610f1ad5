import Glibc
package import JSON

/// A command that can be run: its declaration and its body, one line each in `Sources/passerelle/Commands.swift`.
package struct Command: Sendable {
  package let declaration: CommandDeclaration
  package let run: @Sendable (CommandContext) async throws(CommandFailure) -> Void

  package init(
    _ declaration: CommandDeclaration, _ run: @escaping @Sendable (CommandContext) async throws(CommandFailure) -> Void
  ) {
    self.declaration = declaration
    self.run = run
  }
}

/// Why a command failed, as the person at the terminal and the shell are told.
package struct CommandFailure: Error, Sendable, Equatable {
  package let code: ExitCode
  /// What failed, where, and what to do next; empty where the command's output has said it all.
  package let message: String

  package init(_ code: ExitCode, _ message: String) {
    self.code = code
    self.message = message
  }
}

/// What a command works with.
package struct CommandContext: Sendable {
  package let arguments: ParsedArguments
  package let environment: [String: String]
  package let output: CommandOutput

  package init(arguments: ParsedArguments, environment: [String: String], output: CommandOutput) {
    self.arguments = arguments
    self.environment = environment
    self.output = output
  }

  /// The configuration that `--config` or `PASSERELLE_CONFIG` names, with the environment over it.
  package func configuration() throws(CommandFailure) -> Configuration {
    var file: (path: String, bytes: [UInt8])?
    if let path = arguments["config"] ?? environment["PASSERELLE_CONFIG"], !path.isEmpty {
      do throws(SystemFailure) {
        file = (path, try readWholeFile(path, maximumBytes: ConfigurationSyntax.maximumBytes))
      } catch {
        throw CommandFailure(.configuration, "configuration file \(path): \(error.reason)")
      }
    }
    do throws(ConfigurationError) {
      return try ConfigurationLoader.load(file: file, environment: environment)
    } catch {
      throw CommandFailure(.configuration, error.description)
    }
  }
}

/// Where results go: lines for people, or JSON values for programs, on standard output.
package struct CommandOutput: Sendable {
  package let isJSON: Bool
  private let write: @Sendable ([UInt8]) -> Void

  package init(isJSON: Bool, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.isJSON = isJSON
    self.write = write
  }

  /// Gives bytes as they are.
  package func bytes(_ bytes: [UInt8]) { write(bytes) }

  /// Gives one result in the form asked for.
  package func result(json: @autoclosure () -> JSONValue, text: @autoclosure () -> String) {
    if isJSON {
      write(json().serialized() + [UInt8(ascii: "\n")])
    } else {
      let text = text()
      write(Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
  }
}

/// Reads a command line, runs what it asks for, and says how it ended.
package struct CommandDispatcher: Sendable {
  package let version: String
  private let commands: [Command]
  private let output: @Sendable ([UInt8]) -> Void
  private let errors: @Sendable (String) -> Void

  package init(
    version: String, _ commands: [Command], output: @escaping @Sendable ([UInt8]) -> Void,
    errors: @escaping @Sendable (String) -> Void
  ) {
    self.version = version
    self.commands = commands
    self.output = output
    self.errors = errors
  }

  package func run(_ words: [String], environment: [String: String]) async -> ExitCode {
    let declarations = commands.map(\.declaration)
    let help = HelpText(declarations)
    let request: CommandLineRequest
    do throws(UsageError) {
      request = try ArgumentParser(declarations).parse(words)
    } catch {
      report(.usage, error.description, isJSON: words.contains("--json"))
      return .usage
    }
    switch request {
    case .version: output(Array("passerelle \(version)\n".utf8))
    case .help(let name): output(Array((name.flatMap { help.command($0) } ?? help.program()).utf8))
    case .helpGroup(let word): output(Array(help.group(word).utf8))
    case .run(let arguments): return await run(arguments, environment)
    }
    return .success
  }

  private func run(_ arguments: ParsedArguments, _ environment: [String: String]) async -> ExitCode {
    guard let command = commands.first(where: { $0.declaration.name == arguments.command }) else { return .usage }
    let context = CommandContext(
      arguments: arguments, environment: environment, output: CommandOutput(isJSON: arguments.isJSON, write: output))
    do throws(CommandFailure) {
      try await command.run(context)
      return .success
    } catch {
      report(error.code, error.message, isJSON: arguments.isJSON)
      return error.code
    }
  }

  private func report(_ code: ExitCode, _ message: String, isJSON: Bool) {
    if message.isEmpty { return }
    guard isJSON else { return errors("passerelle: \(message)\n") }
    let json: JSONValue = ["error": .string(message), "exitCode": .number(String(code.rawValue))]
    errors(String(decoding: json.serialized(), as: UTF8.self) + "\n")
  }
}
