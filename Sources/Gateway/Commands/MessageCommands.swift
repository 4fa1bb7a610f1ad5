import JSON

/// `passerelle messages …`
package enum MessageCommands {
  @Sendable package static func list(_ context: CommandContext) async throws(CommandFailure) {
    let arguments = context.arguments
    let clinic = arguments["clinic"]
    let states = arguments["state"].map { [$0] } ?? []
    let limit = arguments.integer("limit") ?? 50
    let entries = try await context.withOwner {
      try await MessageLedger(pool: $0).list(clinic: clinic, states: states, limit: limit)
    }
    context.output.result(
      json: .array(entries.map(\.json)),
      text: entries.isEmpty ? "There are no such messages." : entries.map(line).joined(separator: "\n"))
  }

  @Sendable package static func show(_ context: CommandContext) async throws(CommandFailure) {
    guard let id = context.arguments["id"].flatMap({ Int($0) }) else {
      throw CommandFailure(.usage, "a message's id is a number; `passerelle messages list` shows them")
    }
    guard let detail = try await context.withOwner({ try await MessageLedger(pool: $0).show(id) }) else {
      throw CommandFailure(
        .notFound, "there is no message \(id); `passerelle messages list` shows those that there are")
    }
    var object = detail.entry.json.object ?? [:]
    object["message"] = .string(text(detail.raw))
    object["acknowledgement"] = JSONValue(detail.acknowledgement.map(text))
    object["effects"] = .array(detail.effects.map { .string($0) })
    context.output.result(
      json: .object(object),
      text: [
        line(detail.entry), "", text(detail.raw), detail.acknowledgement.map(text) ?? "(no answer)",
        detail.effects.isEmpty ? "It changed nothing." : "It changed:\n  " + detail.effects.joined(separator: "\n  "),
      ].joined(separator: "\n"))
  }

  private static func line(_ entry: MessageLedger.Entry) -> String {
    ["id", "state", "ack", "event", "control_id", "sender", "partner", "clinic", "received", "error"]
      .compactMap { entry[$0] }.joined(separator: "  ")
  }

  /// A message with a line a segment.
  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.map { $0 == 0x0D ? 0x0A : $0 }, as: UTF8.self)
  }
}
