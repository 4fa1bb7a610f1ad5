import ClinicModel
import JSON
import PostgresClient

/// `passerelle messages reprocess`
extension MessageCommands {
  private typealias Outcome = (id: Int, outcome: HL7Service.Reprocessing)

  @Sendable package static func reprocess(_ context: CommandContext) async throws(CommandFailure) {
    let arguments = context.arguments
    var ids: [Int] = []
    for text in arguments.all("id") { ids.append(try number(text)) }
    let filter = try MessageFilter(arguments, limit: 1_000)
    guard ids.isEmpty == filter.isChoosing else {
      throw CommandFailure(
        .usage, "name messages by id, or choose them by --state, --type, --partner, --control-id, --since or --until")
    }
    let (wanted, clinic, isRehearsal) = (ids, arguments["clinic"], arguments.has("dry-run"))
    // Messages are found as the owner and applied by the runtime role, as they are when they come.
    let chosen = try await context.withOwner { pool in try await choose(wanted, filter, clinic, pool) }
    let results = try await CommandDatabase.run(try context.configuration().database.app) { pool in
      let service = HL7Service(
        pool: pool, directory: PartnerDirectory(pool: pool), audit: AuditChains(process: "passerelle-command"))
      var results: [Outcome] = []
      for (id, clinic) in chosen {
        guard let clinic else {
          results.append((id, .unknown))
          continue
        }
        let outcome =
          isRehearsal
          ? await service.rehearse(clinicID: clinic, id: id) : await service.reprocess(clinicID: clinic, id: id)
        results.append((id, outcome))
      }
      return results
    }
    context.output.result(
      json: .array(results.map { .object(json($0)) }),
      text: results.isEmpty ? "There are no such messages." : results.map { text($0) }.joined(separator: "\n"))
    if let missing = results.first(where: { $0.outcome == .unknown }) { throw unknown(missing.id) }
    guard results.allSatisfy({ isGood($0.outcome) }) else {
      throw CommandFailure(.failure, "not every message could be applied; `passerelle messages show` says why")
    }
  }

  private static func choose(
    _ ids: [Int], _ filter: MessageFilter, _ clinic: String?, _ pool: PostgresPool
  ) async throws -> [(id: Int, clinic: String?)] {
    var found: [(id: Int, clinic: String?)] = []
    for id in ids { found.append((id, try await find(id, pool)?.clinic.id)) }
    guard ids.isEmpty else { return found }
    for clinic in try await ClinicListing.list(clinic, pool) {
      found += try await MessageArchive.numbers(pool, clinicID: clinic.id, filter).map { ($0, clinic.id) }
    }
    // Numbers are given across clinics.
    return Array(found.sorted { $0.id < $1.id }.prefix(filter.limit))
  }

  // MARK: What is shown

  private static func isGood(_ outcome: HL7Service.Reprocessing) -> Bool {
    switch outcome {
    case .done(let state, _), .rehearsed(let state, _, _): state == .applied || state == .superseded
    case .unknown, .partnerGone, .unavailable: false
    }
  }

  private static func text(_ result: Outcome) -> String {
    switch result.outcome {
    case .done(let state, let code): return "\(result.id): \(state.rawValue), \(code)"
    case .rehearsed(let state, let error, let changes):
      let head = "\(result.id): would be \(state.rawValue)\(error.map { ": " + $0 } ?? "")"
      return ([changes.isEmpty ? head + "; nothing would change" : head] + changes.flatMap { lines($0) })
        .joined(separator: "\n")
    case .unknown: return "\(result.id): unknown"
    case .partnerGone: return "\(result.id): its partner may not send to this clinic any more"
    case .unavailable: return "\(result.id): the database is away"
    }
  }

  private static func lines(_ change: RecordDifference) -> [String] {
    let survivor = change.survivor.map { " into \($0)" } ?? ""
    return ["  \(change.operation.rawValue) \(change.relation) \(change.id)\(survivor)"]
      + change.columns.map { "    \($0.name): \(shown($0.before)) -> \(shown($0.after))" }
  }

  /// Quoted, with control characters escaped: what a message says must not steer the terminal.
  private static func shown(_ value: String?) -> String { value?.debugDescription ?? "nothing" }

  private static func json(_ result: Outcome) -> JSONObject {
    var object: JSONObject = ["id": .init(result.id), "applied": .bool(false)]
    switch result.outcome {
    case .done(let state, let code):
      object["applied"] = .bool(state == .applied)
      object["outcome"] = .string(state.rawValue)
      object["ack"] = .string(code)
    case .rehearsed(let state, let error, let changes):
      object["outcome"] = .string("would be \(state.rawValue)")
      object["error"] = JSONValue(error)
      object["changes"] = .array(changes.map { .object(json($0)) })
    case .unknown: object["outcome"] = "unknown"
    case .partnerGone: object["outcome"] = "partner-gone"
    case .unavailable: object["outcome"] = "unavailable"
    }
    return object
  }

  private static func json(_ change: RecordDifference) -> JSONObject {
    var columns = JSONObject()
    for column in change.columns {
      columns[column.name] = ["before": JSONValue(column.before), "after": JSONValue(column.after)]
    }
    return [
      "operation": .string(change.operation.rawValue), "relation": .string(change.relation), "id": .string(change.id),
      "survivor": JSONValue(change.survivor), "columns": .object(columns),
    ]
  }
}

extension MessageFilter {
  /// What a command line asks for.
  init(_ arguments: ParsedArguments, limit standard: Int) throws(CommandFailure) {
    self.init()
    state = arguments["state"].flatMap { MessageState(rawValue: $0) }
    event = arguments["type"]
    partner = arguments["partner"]
    controlID = arguments["control-id"]
    since = try Self.moment(arguments["since"], "since")
    until = try Self.moment(arguments["until"], "until")
    limit = arguments.integer("limit") ?? standard
  }

  /// Whether it leaves anything out.
  var isChoosing: Bool {
    state != nil || event != nil || partner != nil || controlID != nil || since != nil || until != nil
  }

  /// A day is its beginning in UTC.
  private static func moment(_ text: String?, _ option: String) throws(CommandFailure) -> String? {
    guard let text else { return nil }
    if let instant = try? Instant(text) { return instant.rfc3339() }
    if let instant = try? Instant(text + "T00:00:00Z") { return instant.rfc3339() }
    throw CommandFailure(
      .usage,
      "--\(option) takes a day or a time with its zone, such as 2026-11-02T08:00:00Z, not \(text.debugDescription)")
  }
}
