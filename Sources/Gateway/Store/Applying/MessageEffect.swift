internal import ClinicModel
internal import PostgresClient

/// What a message did to one record.
struct MessageEffect: Sendable {
  enum Operation: String, Sendable {
    /// To be seen from the row: made, changed, or left as it was.
    case write
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

  /// The patient that the message is about: the first one that it names.
  var patientID: String? { all.first { $0.relation == OwnerType.patient.rawValue }?.recordID }

  mutating func add(_ owner: OwnerType, _ id: String, _ operation: MessageEffect.Operation) {
    if let place = all.firstIndex(where: { $0.relation == owner.rawValue && $0.recordID == id }) {
      if all[place].operation == .none || operation == .merge { all[place].operation = operation }
    } else {
      all.append(MessageEffect(relation: owner.rawValue, recordID: id, operation: operation))
    }
  }

  /// The effects as rows of `query`.
  func rows(_ message: StoredMessageID, eventAt: Instant, fingerprint: String) -> [[String]] {
    let head = [message.receivedAt, String(message.id), eventAt.rfc3339(), fingerprint]
    return all.map { head + [$0.relation, $0.recordID, $0.operation.rawValue] }
  }

  /// Writes the effects of a transaction's messages down with the versions that the records have by now.
  static func query(_ rows: [[String]], clinic: PostgresValue) -> PostgresQuery {
    PostgresQuery(
      """
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
        select version, changed_in from clinic.patient
          where e.relation = 'patient' and clinic_id = $1::uuid and id = e.record_id
        union all select version, changed_in from clinic.encounter
          where e.relation = 'encounter' and clinic_id = $1::uuid and id = e.record_id
        union all select version, changed_in from clinic.appointment
          where e.relation = 'appointment' and clinic_id = $1::uuid and id = e.record_id
        union all select version, changed_in from clinic.coverage
          where e.relation = 'coverage' and clinic_id = $1::uuid and id = e.record_id
      ) r on true
      on conflict (clinic_id, message_id, relation, record_id) do update
        set operation = excluded.operation, version = excluded.version, event_at = excluded.event_at,
          fingerprint = excluded.fingerprint
      """, [clinic] + (0..<7).map { column in .textArray(rows.map { $0[column] }) })
  }
}
