import JSON
import Synchronization
import XCTest

@testable import Gateway

final class CommandLineTests: XCTestCase {
  private let commands: [CommandDeclaration] = [
    .hl7Send, .deliveriesList, .deliveriesRetry, .keyCreate, .seed, .serve,
  ]

  private func parse(_ words: String...) throws -> CommandLineRequest { try ArgumentParser(commands).parse(words) }

  private func run(_ words: String...) throws -> ParsedArguments {
    guard case .run(let arguments) = try ArgumentParser(commands).parse(words) else {
      throw UsageError(message: "asked for help", command: nil)
    }
    return arguments
  }

  private func message(_ words: String...) -> String {
    do throws(UsageError) {
      _ = try ArgumentParser(commands).parse(words)
      return ""
    } catch {
      return error.message
    }
  }

  func testOptionsAndArgumentsInAnyOrder() throws {
    let arguments = try run(
      "hl7", "send", "a.hl7", "--to=h:1", "--json", "b.hl7", "--config", "-x", "--", "--c.hl7", "-")
    XCTAssertEqual(arguments.command, "hl7 send")
    XCTAssertEqual(arguments.all("file"), ["a.hl7", "b.hl7", "--c.hl7", "-"])
    XCTAssertEqual(arguments["to"], "h:1")
    XCTAssertEqual(arguments["config"], "-x")
    XCTAssertTrue(arguments.isJSON)
    let key = try run("key", "create", "emr", "--scope", "a", "--scope=b=c", "--days", "3_0")
    XCTAssertEqual(key.all("scope"), ["a", "b=c"])
    XCTAssertEqual(key.integer("days"), 30)
    XCTAssertNil(key["from"])
  }

  func testMistakesSayWhatWouldBeRight() {
    XCTAssertEqual(message("srve"), "unknown command \"srve\"; did you mean serve?")
    XCTAssertEqual(message("deliveries", "lst"), "unknown command \"deliveries lst\"; did you mean list?")
    XCTAssertEqual(message("serve", "--cofnig", "x"), "unknown option \"--cofnig\"; did you mean --config?")
    XCTAssertEqual(message("hl7", "send", "a"), "--to HOST:PORT is missing: The listener.")
    XCTAssertEqual(message("hl7", "send", "--to", "x"), "file is missing: Files or folders; - is standard input")
    XCTAssertEqual(message("serve", "now"), "\"now\" is one argument too many")
    XCTAssertEqual(message("serve", "--config"), "--config needs a value: --config FILE")
    XCTAssertEqual(message("serve", "--config="), "--config is empty")
    XCTAssertEqual(message("serve", "--json=yes"), "--json takes no value")
    XCTAssertEqual(message("serve", "--config", "a", "--config", "b"), "--config is given twice")
    XCTAssertEqual(
      message("deliveries", "list", "--state", "gone"), "--state takes waiting, sending, delivered, dead, not \"gone\"")
    XCTAssertEqual(
      message("key", "create", "emr", "--days", "0"), "--days takes a number from 1 to 3650, not \"0\"")
    XCTAssertEqual(message("--json", "serve"), "expected a command before \"--json\"")
    XCTAssertTrue(message("serve", "-c").hasPrefix("unknown option \"-c\"; known are --config"))
    XCTAssertTrue(message("help", "nothing").hasPrefix("unknown command"))
    XCTAssertTrue(message("serve", "---").hasPrefix("unknown option"))
    XCTAssertFalse(message("").isEmpty)
    XCTAssertFalse(message("é\n\u{1B}[31m").contains("\u{1B}"))
    XCTAssertThrowsError(try ArgumentParser(commands).parse([String](repeating: "a", count: 10_001)))
  }

  func testHelpIsFoundWhereverItIsLookedFor() throws {
    XCTAssertEqual(try parse(), .help(command: nil))
    XCTAssertEqual(try parse("--help"), .help(command: nil))
    XCTAssertEqual(try parse("help", "hl7", "send"), .help(command: "hl7 send"))
    XCTAssertEqual(try parse("hl7", "send", "--help", "--nonsense"), .help(command: "hl7 send"))
    XCTAssertEqual(try parse("deliveries"), .helpGroup("deliveries"))
    XCTAssertEqual(try parse("help", "deliveries"), .helpGroup("deliveries"))
    XCTAssertEqual(try parse("--version"), .version)
  }

  func testHelpShowsEverythingThatIsDeclared() throws {
    let help = HelpText(commands)
    for command in commands {
      XCTAssertTrue(help.program().contains(command.summary))
      let text = try XCTUnwrap(help.command(command.name))
      for option in command.options + OptionDeclaration.common {
        XCTAssertTrue(text.contains("--\(option.name)"), text)
      }
      for argument in command.arguments { XCTAssertTrue(text.contains("<\(argument.name)>"), text) }
      XCTAssertFalse(command.examples.isEmpty)
      for example in command.examples { XCTAssertTrue(text.contains(example.command)) }
    }
    XCTAssertNil(help.command("nothing"))
    XCTAssertTrue(help.group("deliveries").contains("deliveries retry"))
  }

  /// What the help shows can be pasted: every example parses as its own command.
  func testExamplesParse() throws {
    let all: [CommandDeclaration] = [
      .configKeys, .configCheck, .serve, .demo, .demoInvoice, .migrate, .seed, .partnerAdd, .partnerUpdate,
      .partnerList, .partnerShow, .partnerDisable, .partnerEnable, .keyCreate, .keyList, .keyRevoke,
      .hl7Parse, .hl7Validate, .hl7ToXML, .hl7FromXML, .hl7ToFHIR, .hl7Send, .hl7Listen, .messagesList, .messagesShow,
      .messagesReprocess, .deliveriesList, .deliveriesShow, .deliveriesRetry,
      .fhirCheck, .fhirValidate, .fhirConvert, .fhirPath, .doctor,
    ]
    XCTAssertEqual(Set(all.map(\.name)).count, all.count)
    for command in all {
      for example in command.examples {
        let line = example.command.prefix { $0 != ">" }
        // A quoted text is one word.
        let words = line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
          index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }.dropFirst().map { $0 }
        guard case .run(let arguments) = try ArgumentParser(all).parse(words) else { return XCTFail(example.command) }
        XCTAssertEqual(arguments.command, command.name)
      }
    }
  }

  // MARK: Running

  private func dispatch(
    _ words: [String], environment: [String: String] = [:]
  ) async -> (code: ExitCode, output: String, errors: String) {
    let box = Box()
    let failing = Command(.serve) { (_) async throws(CommandFailure) in
      throw CommandFailure(.unavailable, "port 1 is taken")
    }
    let dispatcher = CommandDispatcher(
      version: "9", [Command(.configCheck, ConfigCommands.check), Command(.configKeys, ConfigCommands.keys), failing],
      output: { bytes in box.add(output: String(decoding: bytes, as: UTF8.self)) },
      errors: { text in box.add(errors: text) })
    let code = await dispatcher.run(words, environment: environment)
    return (code, box.output, box.errors)
  }

  func testExitCodesAndWhereTextGoes() async throws {
    let version = await dispatch(["--version"])
    XCTAssertEqual(version.output, "passerelle 9\n")
    let failed = await dispatch(["serve"])
    XCTAssertEqual(failed.code, .unavailable)
    XCTAssertEqual(failed.errors, "passerelle: port 1 is taken\n")
    XCTAssertEqual(failed.output, "")
    let json = await dispatch(["serve", "--json"])
    XCTAssertEqual(json.errors, "{\"error\":\"port 1 is taken\",\"exitCode\":4}\n")
    let usage = await dispatch(["sreve", "--json"])
    XCTAssertEqual(usage.code, .usage)
    XCTAssertEqual(try JSONValue.parse(usage.errors)["exitCode"]?.int, 2)
    let help = await dispatch(["config"])
    XCTAssertEqual(help.code, .success)
    XCTAssertTrue(help.output.contains("config check"))
  }

  func testTheConfigurationCommands() async throws {
    let good = await dispatch(["config", "check"])
    XCTAssertEqual(good.code, .success)
    let wrong = await dispatch(["config", "check"], environment: ["PASSERELLE_HTTP_TLSS": "x"])
    XCTAssertEqual(wrong.code, .configuration)
    XCTAssertTrue(wrong.errors.contains("did you mean PASSERELLE_HTTP_TLS?"))
    let absent = await dispatch(["config", "check", "--config", "/nowhere"])
    XCTAssertEqual(absent.errors, "passerelle: configuration file /nowhere: No such file or directory\n")
    let keys = await dispatch(["config", "keys", "--json"])
    let sections = try XCTUnwrap(try JSONValue.parse(keys.output).array)
    XCTAssertEqual(sections.count, ConfigurationKeys.sections.count + 1)
    let markdown = await dispatch(["config", "keys", "--format", "markdown"])
    XCTAssertTrue(markdown.output.contains("| `body_bytes` |"))
  }
}

/// Gathers what a dispatcher writes, from any thread.
private final class Box: Sendable {
  private let texts = Mutex((output: "", errors: ""))
  func add(output: String) { texts.withLock { $0.output += output } }
  func add(errors: String) { texts.withLock { $0.errors += errors } }
  var output: String { texts.withLock { $0.output } }
  var errors: String { texts.withLock { $0.errors } }
}
