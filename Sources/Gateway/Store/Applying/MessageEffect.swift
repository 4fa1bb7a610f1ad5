internal import ClinicModel
internal import Mappers
internal import PostgresClient

/// What a message did to one record.
struct MessageEffect: Sendable {
  enum Operation: String, Sendable {
    /// To be seen from the row: made, changed, or left as it was.
    case write
    /// Made, and written again by a later statement of the same message.
    case create
    /// This patient became another.
    case merge
    case none
  }

  let relation: String
  let recordID: String
  var operation: Operation
}

/// The effects of one message, one a record.
struct MessageEffects: Sendable {
  private(set) var all: [MessageEffect] = []
  private var places: [Record: Int] = [:]
  /// The patient of a message that says nothing of the patient.
  var about: String?

  private struct Record: Hashable {
    let relation: String
    let id: String
  }

  /// The patient that the message is about: the first one that it names.
  var patientID: String? { all.first { $0.relation == OwnerType.patient.rawValue }?.recordID ?? about }

  mutating func add(_ owner: OwnerType, _ id: String, _ operation: MessageEffect.Operation) {
    add(owner.rawValue, id, operation)
  }

  mutating func add(_ relation: String, _ id: String, _ operation: MessageEffect.Operation) {
    if let place = places[Record(relation: relation, id: id)] {
      if all[place].operation == .none || operation == .merge { all[place].operation = operation }
    } else {
      places[Record(relation: relation, id: id)] = all.count
      all.append(MessageEffect(relation: relation, recordID: id, operation: operation))
    }
  }

  /// The effects as rows of `query`.
  func rows(_ message: StoredMessageID, eventAt: Instant, fingerprint: String) -> [[String]] {
    let head = [message.receivedAt, String(message.id), eventAt.rfc3339(), fingerprint]
    return all.map { head + [$0.relation, $0.recordID, $0.operation.rawValue] }
  }

  /// Writes the effects of a transaction's messages down with the versions that the records have by now.
  static func query(_ rows: [[String]], clinic: PostgresValue) -> PostgresQuery {
    // The relations of results are looked at only where there are some: each costs every row a little.
    let isOfFacts = rows.contains { Self.facts.contains($0[4]) }
    return PostgresQuery(
      dynamic: isOfFacts ? textOfFacts : text, [clinic] + (0..<7).map { column in .textArray(rows.map { $0[column] }) })
  }

  private static let registered = ["patient", "encounter", "appointment", "coverage"]
  private static let facts = FactKey.Relation.allCases.map(\.rawValue) + ["account", "invoice", "patient_link"]
  private static let text = text(registered)
  private static let textOfFacts = text(registered + facts)

  private static func text(_ relations: [String]) -> String {
    let states = relations.map {
      "select version, changed_in from clinic.\($0) where e.relation = '\($0)' and clinic_id = $1::uuid and id = e.record_id"
    }
    return """
      insert into gateway.message_effect
        (clinic_id, message_received_at, message_id, relation, record_id, operation, version, event_at, fingerprint)
      select $1::uuid, e.received_at, e.id, e.relation, e.record_id,
        case e.operation when 'write' then
          case when r.changed_in is distinct from pg_current_xact_id() then 'none'
            when r.version = 1 then 'create' else 'update' end
        else e.operation end, r.version, e.event_at, e.fingerprint
      from unnest($2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::text[])
        as e (received_at, id, event_at, fingerprint, relation, record_id, operation)
      left join lateral (
        \(states.joined(separator: " union all "))
      ) r on true
      on conflict (clinic_id, message_id, relation, record_id) do update
        set operation = excluded.operation, version = excluded.version, event_at = excluded.event_at,
          fingerprint = excluded.fingerprint
      """
  }
}
