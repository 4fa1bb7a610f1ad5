import JSON

/// `passerelle deliveries …`
package enum DeliveryCommands {
  @Sendable package static func list(_ context: CommandContext) async throws(CommandFailure) {
    let arguments = context.arguments
    var filter = DeliveryLedger.Filter()
    filter.partner = arguments["partner"]
    filter.clinic = arguments["clinic"]
    switch arguments["state"] {
    case "waiting": filter.states = DeliveryLedger.Filter.waiting
    case "sending": filter.states = DeliveryLedger.Filter.underWay
    case let state?: filter.states = [state]
    case nil: break
    }
    let limit = arguments.integer("limit") ?? 50
    let chosen = filter
    let entries = try await context.withOwner { try await DeliveryLedger(pool: $0).list(chosen, limit: limit) }
    context.output.result(
      json: .array(entries.map(json)),
      text: entries.isEmpty
        ? "There are no such deliveries." : entries.map(line).joined(separator: "\n"))
  }

  @Sendable package static func show(_ context: CommandContext) async throws(CommandFailure) {
    let id = context.arguments["id"] ?? ""
    let withBody = context.arguments.has("body")
    let found = try await context.withOwner { pool in
      let ledger = DeliveryLedger(pool: pool)
      return (try await ledger.show(id), withBody ? try await ledger.body(id) : nil)
    }
    guard let (entry, attempts) = found.0 else { throw unknown(id) }
    let body = found.1.map { String(decoding: $0, as: UTF8.self).replacing("\r", with: "\n") }
    var object = json(entry).object ?? [:]
    object["tries"] = .array(
      attempts.map {
        [
          "attempt": .init($0.attempt), "ended": .string($0.endedAt), "outcome": .string($0.outcome),
          "status": $0.status.map { .init($0) } ?? .null, "reason": JSONValue($0.reason),
          "answer": JSONValue($0.answer), "worker": JSONValue($0.worker),
        ]
      })
    if let body { object["body"] = .string(body) }
    context.output.result(
      json: .object(object),
      text: ([line(entry)]
        + [
          "  key \(entry.key)  \(entry.documentType) \(entry.documentID)  body \(entry.bodyBytes.map { "\($0) bytes" } ?? "not made yet")"
        ]
        + attempts.map { attempt in
          "  try \(attempt.attempt) \(attempt.endedAt) \(attempt.outcome)"
            + (attempt.status.map { " \($0)" } ?? "") + (attempt.reason.map { ": \($0)" } ?? "")
        } + (body.map { [$0] } ?? [])).joined(separator: "\n"))
  }

  @Sendable package static func retry(_ context: CommandContext) async throws(CommandFailure) {
    let ids = context.arguments.all("id")
    let outcomes = try await context.withOwner { pool in
      var outcomes: [(String, DeliveryLedger.Retry)] = []
      for id in ids { outcomes.append((id, try await DeliveryLedger(pool: pool).retry(id))) }
      return outcomes
    }
    let texts = outcomes.map { id, outcome in
      switch outcome {
      case .owed: (id, "owed again")
      case .inState(let state): (id, "is \(state); only dead and failed ones are tried again")
      case .unknown: (id, "unknown")
      }
    }
    context.output.result(
      json: .array(texts.map { ["id": .string($0.0), "outcome": .string($0.1)] }),
      text: texts.map { "\($0.0): \($0.1)" }.joined(separator: "\n"))
    if let missing = outcomes.first(where: { $0.1 == .unknown }) { throw unknown(missing.0) }
    if outcomes.contains(where: { $0.1 != .owed }) {
      throw CommandFailure(.failure, "not every delivery could be tried again")
    }
  }

  private static func unknown(_ id: String) -> CommandFailure {
    CommandFailure(.notFound, "there is no delivery \(id.debugDescription); `passerelle deliveries list` shows the ids")
  }

  private static func line(_ entry: DeliveryLedger.Entry) -> String {
    "\(entry.id)  \(entry.state)  \(entry.partner)  \(entry.event ?? entry.format)  \(entry.clinic)  \(entry.createdAt)"
      + "  \(entry.attempts) tries" + (entry.reason.map { "  \($0)" } ?? "")
  }

  private static func json(_ entry: DeliveryLedger.Entry) -> JSONValue {
    [
      "id": .string(entry.id), "state": .string(entry.state), "partner": .string(entry.partner),
      "clinic": .string(entry.clinic), "format": .string(entry.format), "event": JSONValue(entry.event),
      "document": .string(entry.documentType),
      "document_id": .string(entry.documentID), "key": .string(entry.key), "attempts": .init(entry.attempts),
      "reason": JSONValue(entry.reason), "created": .string(entry.createdAt), "next": JSONValue(entry.nextAt),
      "settled": JSONValue(entry.settledAt), "content_type": JSONValue(entry.contentType),
      "body_bytes": entry.bodyBytes.map { .init($0) } ?? .null, "body_sha256": JSONValue(entry.bodySHA256),
    ]
  }
}
