import FHIRModels
import Glibc
import JSON

/// `passerelle fhir …`
package enum FHIRCommands {
  // MARK: check

  @Sendable package static func check(_ context: CommandContext) async throws(CommandFailure) {
    let inputs = FHIRFiles.all(context.arguments.all("path"))
    let validator = context.arguments.has("roundtrip-only") ? nil : FHIRValidator()
    var (passed, failed) = (0, 0)
    await inParallel(inputs.files, { inputs.issues(in: $0) { FHIRDocumentCheck.issues(in: $0, validator) } }) {
      file, issues in
      if issues.isEmpty {
        passed += 1
      } else {
        failed += 1
        context.output.result(
          json: ["file": .string(file), "issues": .array(issues.map(json))],
          text: issues.map { "\(shown(file)): \($0)" }.joined(separator: "\n"))
      }
    }
    context.output.result(
      json: ["passed": .init(passed), "failed": .init(failed)], text: "\(passed) passed, \(failed) failed")
    // The lines have said it all; "N passed, N failed" is the last one.
    if failed > 0 { throw CommandFailure(inputs.exitCode(failed: failed), "") }
  }

  static func json(_ issue: FHIRIssue) -> JSONValue {
    [
      "severity": .string(issue.severity.rawValue), "code": .string(issue.code.rawValue),
      "expression": .init(issue.expression), "offset": issue.offset.map { .init($0) } ?? .null,
      "diagnostics": .string(issue.diagnostics),
    ]
  }

  /// Works on all cores, as many inputs at a time as there are, and reports in the order of the inputs.
  static func inParallel<Result: Sendable>(
    _ inputs: [String], _ work: @escaping @Sendable (String) -> Result, _ report: (String, Result) -> Void
  ) async {
    let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    // A slow input holds back no more results than these.
    let window = cores * 16
    await withTaskGroup(of: (index: Int, result: Result).self) { group in
      var waiting: [Int: Result] = [:]
      var (started, reported) = (0, 0)
      while reported < inputs.count {
        while started < inputs.count, started - reported < window, started - reported - waiting.count < cores {
          let index = started
          let input = inputs[index]
          group.addTask { (index, work(input)) }
          started += 1
        }
        guard let done = await group.next() else { return }
        waiting[done.index] = done.result
        while let result = waiting.removeValue(forKey: reported) {
          report(inputs[reported], result)
          reported += 1
        }
      }
    }
  }

  /// A name without what would steer a terminal.
  static func shown(_ file: String) -> String {
    String(String.UnicodeScalarView(file.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
  }

  // MARK: convert

  @Sendable package static func convert(_ context: CommandContext) async throws(CommandFailure) {
    let file = context.arguments["file"] ?? "-"
    let (resource, _) = try FHIRFiles.resource(file)
    let format = FHIRFormat(rawValue: context.arguments["to"] ?? "") ?? .json
    do throws(FHIREncodingError) {
      let document = try resource.encoded(as: format, pretty: !context.arguments.has("compact"))
      let text = String(decoding: document, as: UTF8.self)
      context.output.result(json: ["format": .string(format.rawValue), "document": .string(text)], text: text)
    } catch {
      throw CommandFailure(
        .failure, error.issues.map { "\(file): \(format.rawValue) cannot say this: \($0)" }.joined(separator: "\n"))
    }
  }

  // MARK: path

  @Sendable package static func path(_ context: CommandContext) async throws(CommandFailure) {
    let expression: FHIRPath
    do throws(FHIRPathError) {
      expression = try FHIRPath(context.arguments["expression"] ?? "")
    } catch {
      throw CommandFailure(.usage, "the expression: \(error); docs/fhirmodels.md lists the functions that are there")
    }
    let (resource, _) = try FHIRFiles.resource(context.arguments["file"] ?? "-")
    do throws(FHIRPathError) {
      let values = try expression.evaluate(on: FHIRItem(resource))
      if context.output.isJSON || !values.isEmpty {
        context.output.result(
          json: .array(values.map(json)), text: values.map(text).joined(separator: "\n"))
      }
    } catch {
      throw CommandFailure(.failure, "the expression: \(error)")
    }
  }

  private static func text(_ value: FHIRPathValue) -> String {
    if let node = value.item?.node { return String(decoding: node.json(), as: UTF8.self) }
    return value.text ?? value.description
  }

  private static func json(_ value: FHIRPathValue) -> JSONValue {
    let content: JSONValue
    if let node = value.item?.node {
      content = (try? JSONValue.parse(node.json())) ?? .null
    } else if let flag = value.boolean {
      content = .bool(flag)
    } else if let number = value.decimal {
      content = .number(number.text)
    } else {
      content = .init(value.text)
    }
    return ["type": .string(value.typeName), "path": .init(value.item?.path), "value": content]
  }
}
