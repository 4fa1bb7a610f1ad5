import JSON
import PostgresClient

/// `passerelle messages …`
package enum MessageCommands {
  @Sendable package static func list(_ context: CommandContext) async throws(CommandFailure) {
    let arguments = context.arguments
    let clinic = arguments["clinic"]
    let chosen = try MessageFilter(arguments, limit: 50)
    let found = try await context.withOwner { pool in
      var found: [(clinic: String, message: MessageSummary)] = []
      for clinic in try await ClinicListing.list(clinic, pool) {
        found += try await MessageArchive.list(pool, clinicID: clinic.id, chosen).map { (clinic.slug, $0) }
      }
      // Numbers are given across clinics.
      return Array(found.sorted { $0.message.id > $1.message.id }.prefix(chosen.limit))
    }
    context.output.result(
      json: .array(found.map { .object(json($0.message, $0.clinic)) }),
      text: found.isEmpty
        ? "There are no such messages." : found.map { line($0.message, $0.clinic) }.joined(separator: "\n"))
  }

  @Sendable package static func show(_ context: CommandContext) async throws(CommandFailure) {
    let id = try number(context.arguments["id"] ?? "")
    let found = try await context.withOwner { try await find(id, $0) }
    guard let (clinic, detail) = found else { throw unknown(id) }
    let report = MessageReport(detail)
    context.output.result(
      json: .object(report.json(json(detail.summary, clinic.slug))),
      text: report.text(line(detail.summary, clinic.slug)))
  }

  // MARK: Parts

  static func find(
    _ id: Int, _ pool: PostgresPool
  ) async throws -> (clinic: (slug: String, id: String), detail: MessageDetail)? {
    for clinic in try await ClinicListing.list(nil, pool) {
      if let detail = try await MessageArchive.show(pool, clinicID: clinic.id, id: id) { return (clinic, detail) }
    }
    return nil
  }

  static func number(_ text: String) throws(CommandFailure) -> Int {
    guard let id = Int(text), id > 0 else {
      throw CommandFailure(
        .usage, "a message's id is a number, not \(text.debugDescription); `passerelle messages list` shows them")
    }
    return id
  }

  static func unknown(_ id: Int) -> CommandFailure {
    CommandFailure(.notFound, "there is no message \(id); `passerelle messages list` shows those that there are")
  }

  private static func line(_ message: MessageSummary, _ clinic: String) -> String {
    [
      String(message.id), message.state.rawValue, message.acknowledgementCode, message.event, message.controlID,
      message.partner, clinic, message.receivedAt, message.repeats > 0 ? "sent \(message.repeats + 1) times" : nil,
      message.error,
    ].compactMap { $0 }.joined(separator: "  ")
  }

  private static func json(_ message: MessageSummary, _ clinic: String) -> JSONObject {
    [
      "id": .init(message.id), "state": .string(message.state.rawValue), "clinic": .string(clinic),
      "partner": .string(message.partner), "event": JSONValue(message.event),
      "control_id": JSONValue(message.controlID), "sending_application": JSONValue(message.sendingApplication),
      "sending_facility": JSONValue(message.sendingFacility), "received": .string(message.receivedAt),
      "ack": JSONValue(message.acknowledgementCode), "error": JSONValue(message.error),
      "error_location": JSONValue(message.errorLocation), "bytes": .init(message.bytes),
      "attempts": .init(message.attempts), "repeats": .init(message.repeats),
    ]
  }
}
