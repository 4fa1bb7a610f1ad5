import FHIRModels
import JSON

/// `passerelle demo` and what belongs to it.
package enum DemoCommands {
  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    let output = context.output
    let demo = try Demo(
      folder: context.arguments["data"] ?? ".passerelle", dsn: context.arguments["database"] ?? "",
      ephemeralPorts: context.arguments.has("ephemeral-ports"),
      report: { line in output.result(json: ["report": .string(line)], text: line) })
    try await demo.run()
  }

  @Sendable package static func invoice(_ context: CommandContext) async throws(CommandFailure) {
    let clinic = context.arguments["clinic"] ?? DemoPartners.clinics[0]
    let invoice = try await context.withOwner { try await DemoInvoice.issue(in: clinic, $0) }
    context.output.result(
      json: [
        "clinic": .string(clinic), "number": .string(invoice.number), "total": .string(invoice.total),
        "owed": .array(
          invoice.owed.map { ["partner": .string($0.partner), "format": .string($0.format)] }),
      ],
      text: "\(clinic) issued invoice \(invoice.number) over \(invoice.total)."
        + invoice.owed.map { "\n  owed to \($0.partner) as \($0.format)" }.joined())
  }

  @Sendable package static func answer(_ context: CommandContext) async throws(CommandFailure) {
    let clinic = context.arguments["clinic"] ?? DemoPartners.clinics[0]
    let answer = try await context.withOwner { try await DemoAnswer.paying(in: clinic, $0) }
    let text = String(decoding: answer.json(pretty: true), as: UTF8.self)
    context.output.result(json: (try? JSONValue.parse(answer.json())) ?? .null, text: text)
  }
}
