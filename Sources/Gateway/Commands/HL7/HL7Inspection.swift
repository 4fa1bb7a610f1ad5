import HL7Parser
import JSON
import Mappers

/// `passerelle hl7 parse`, `validate`, `to-xml` and `from-xml`: looking at messages without a gateway.
package enum HL7Inspection {
  /// Line ends as files have them; one message may be as large as a listener would take.
  static let options = HL7Options()

  @Sendable package static func parse(_ context: CommandContext) async throws(CommandFailure) {
    let version = try version(context)
    try HL7Files.messages(context).each { item in
      let message = try read(item)
      guard item.isShown else { return }
      let listing = HL7Listing(message, version: version)
      context.output.result(json: listing.json, text: listing.text)
    }
  }

  @Sendable package static func validate(_ context: CommandContext) async throws(CommandFailure) {
    var conformance = HL7Conformance()
    conformance.version = try version(context)
    if context.arguments.has("strict") { conformance.checks = .all }
    let isStrict = context.arguments.has("strict")
    try HL7Files.messages(context).each { item in
      let message = try read(item)
      let findings = conformance.findings(in: message)
      let errors = findings.filter { isStrict || $0.severity != .warning }
      if item.isShown { show(findings, of: item.name, isValid: errors.isEmpty, to: context.output) }
      guard let first = errors.first else { return }
      let rest = errors.count == 1 ? "" : " (and \(errors.count - 1) more)"
      throw HL7Refusal(reason: item.isShown ? "is not valid: \(errors.count) errors" : "\(first)\(rest)")
    }
  }

  @Sendable package static func toXML(_ context: CommandContext) async throws(CommandFailure) {
    var writer = HL7XMLWriter()
    writer.version = try version(context)
    writer.keepsForm = !context.arguments.has("standard")
    if context.arguments.has("compact") { writer.indentation = nil }
    try HL7Files.messages(context).each { item in
      let message = try read(item)
      let document = try writer.document(of: message)
      if writer.keepsForm, !(try HL7XMLReader.message(document).elementsEqual(item.bytes)) {
        throw HL7Refusal(reason: "does not come back from XML as it was; please report it")
      }
      try HL7Output(context, ending: ".xml").put(document, of: item)
    }
  }

  @Sendable package static func fromXML(_ context: CommandContext) async throws(CommandFailure) {
    try HL7Files.documents(context).each { item in
      let message = try HL7XMLReader.message(Array(item.bytes))
      try HL7Output(context, ending: ".hl7").put(message, of: item)
    }
  }

  // MARK: Parts

  /// Parses a message, and puts it together again: a byte that is lost is a refusal.
  private static func read(_ item: HL7Files.Item) throws -> HL7Message {
    let message = try HL7Message(parsing: item.bytes, options: options)
    guard message.reassembled().elementsEqual(item.bytes) else {
      throw HL7Refusal(reason: "does not come back byte for byte; please report it")
    }
    return message
  }

  private static func version(_ context: CommandContext) throws(CommandFailure) -> HL7Version? {
    guard let text = context.arguments["as"] else { return nil }
    guard let version = HL7Version(text), HL7Version.supported.contains(version) else {
      let known = HL7Version.supported.map(\.description).joined(separator: ", ")
      throw CommandFailure(.usage, "--as takes a version, \(known), not \(text.debugDescription)")
    }
    return version
  }

  private static func show(_ findings: [HL7Finding], of name: String, isValid: Bool, to output: CommandOutput) {
    let lines = findings.map(\.description) + (isValid ? ["\(name): valid"] : [])
    output.result(
      json: [
        "file": .string(name), "valid": .bool(isValid),
        "findings": .array(
          findings.map { finding in
            [
              "severity": .string(finding.severity.rawValue), "code": .init(finding.condition.code),
              "condition": .string(finding.condition.display),
              "location": finding.location.map { .string($0.description) } ?? .null, "text": .string(finding.text),
            ]
          }),
      ], text: lines.joined(separator: "\n"))
  }
}
