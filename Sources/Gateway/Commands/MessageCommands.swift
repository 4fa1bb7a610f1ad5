import JSON
import PostgresClient

/// `passerelle messages …`
package enum MessageCommands {
  @Sendable package static func list(_ context: CommandContext) async throws(CommandFailure) {
    let arguments = context.arguments
    let clinic = arguments["clinic"]
    var filter = MessageFilter()
    filter.state = arguments["state"].flatMap { MessageState(rawValue: $0) }
    filter.limit = arguments.integer("limit") ?? filter.limit
    let chosen = filter
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
    var object = json(detail.summary, clinic.slug)
    object["message"] = .string(MessageDetail.readable(detail.raw))
    object["acknowledgement"] = .string(MessageDetail.readable(detail.acknowledgement))
    let effects = detail.effects.map { "\($0.operation) \($0.relation) \($0.recordID)" }
    object["effects"] = .array(effects.map { .string($0) })
    context.output.result(
      json: .object(object),
      text: [
        line(detail.summary, clinic.slug), "", MessageDetail.readable(detail.raw),
        detail.acknowledgement.isEmpty ? "(no answer)" : MessageDetail.readable(detail.acknowledgement),
        effects.isEmpty ? "It changed nothing." : "It changed:\n  " + effects.joined(separator: "\n  "),
      ].joined(separator: "\n"))
  }

  @Sendable package static func reprocess(_ context: CommandContext) async throws(CommandFailure) {
    var ids: [Int] = []
    for text in context.arguments.all("id") { ids.append(try number(text)) }
    let wanted = ids
    // Messages are applied by the runtime role, as they are when they come.
    let clinics = try await context.withOwner { pool in
      var clinics: [(id: Int, clinic: String?)] = []
      for id in wanted { clinics.append((id, try await find(id, pool)?.clinic.id)) }
      return clinics
    }
    let outcomes = try await CommandDatabase.run(try context.configuration().database.app) { pool in
      let service = HL7Service(
        pool: pool, directory: PartnerDirectory(pool: pool), audit: AuditChains(process: "passerelle-command"))
      var outcomes: [(id: Int, outcome: HL7Service.Reprocessing)] = []
      for (id, clinic) in clinics {
        guard let clinic else {
          outcomes.append((id, .unknown))
          continue
        }
        outcomes.append((id, await service.reprocess(clinicID: clinic, id: id)))
      }
      return outcomes
    }
    let texts = outcomes.map { (id: $0.id, text: text($0.outcome), isGood: isGood($0.outcome)) }
    context.output.result(
      json: .array(texts.map { ["id": .init($0.id), "outcome": .string($0.text), "applied": .bool($0.isGood)] }),
      text: texts.map { "\($0.id): \($0.text)" }.joined(separator: "\n"))
    if let missing = outcomes.first(where: { $0.outcome == .unknown }) { throw unknown(missing.id) }
    guard texts.allSatisfy(\.isGood) else {
      throw CommandFailure(.failure, "not every message could be applied; `passerelle messages show` says why")
    }
  }

  // MARK: Parts

  private static func find(
    _ id: Int, _ pool: PostgresPool
  ) async throws -> (clinic: (slug: String, id: String), detail: MessageDetail)? {
    for clinic in try await ClinicListing.list(nil, pool) {
      if let detail = try await MessageArchive.show(pool, clinicID: clinic.id, id: id) { return (clinic, detail) }
    }
    return nil
  }

  private static func number(_ text: String) throws(CommandFailure) -> Int {
    guard let id = Int(text), id > 0 else {
      throw CommandFailure(
        .usage, "a message's id is a number, not \(text.debugDescription); `passerelle messages list` shows them")
    }
    return id
  }

  private static func unknown(_ id: Int) -> CommandFailure {
    CommandFailure(.notFound, "there is no message \(id); `passerelle messages list` shows those that there are")
  }

  private static func text(_ outcome: HL7Service.Reprocessing) -> String {
    switch outcome {
    case .done(let state, let code): "\(state.rawValue), \(code)"
    case .unknown: "unknown"
    case .alreadyApplied: "applied before; once is enough"
    case .partnerGone: "its partner may not send to this clinic any more"
    case .unavailable: "the database is away"
    }
  }

  private static func isGood(_ outcome: HL7Service.Reprocessing) -> Bool {
    switch outcome {
    case .done(let state, _): state == .applied
    case .alreadyApplied: true
    default: false
    }
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
