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

  mutating func add(_ owner: OwnerType, _ id: String, _ operation: MessageEffect.Operation) {
    if let place = all.firstIndex(where: { $0.relation == owner.rawValue && $0.recordID == id }) {
      if all[place].operation == .none || operation == .merge { all[place].operation = operation }
    } else {
      all.append(MessageEffect(relation: owner.rawValue, recordID: id, operation: operation))
    }
  }

  /// Writes the effects down with the versions that the records have by now.
  func query(_ message: StoredMessageID, eventAt: Instant, fingerprint: String, clinic: PostgresValue)
    -> PostgresQuery?
  {
    guard !all.isEmpty else { return nil }
    return PostgresQuery(
      """
      insert into gateway.message_effect
        (clinic_id, message_received_at, message_id, relation, record_id, operation, version, event_at, fingerprint)
      select $1::uuid, $2::timestamptz, $3::bigint, e.relation, e.record_id,
        case e.operation when 'write' then
          case when r.changed_in is distinct from pg_current_xact_id() then 'none'
            when r.version = 1 then 'create' else 'update' end
        else e.operation end, r.version, $4::timestamptz, $5::uuid
      from unnest($6::text[], $7::text[], $8::text[]) e (relation, record_id, operation)
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
      """,
      [
        clinic, .text(message.receivedAt), .int(message.id), .text(eventAt.rfc3339()), .text(fingerprint),
        .textArray(all.map(\.relation)), .textArray(all.map(\.recordID)), .textArray(all.map(\.operation.rawValue)),
      ])
  }
}
