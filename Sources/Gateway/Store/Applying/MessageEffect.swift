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
    /// To be seen from what was written before: taken away, or not there.
    case delete
    /// This patient became another.
    case merge
    case none
  }

  let relation: String
  let recordID: String
  var operation: Operation
  /// The version that the record has, where it is known and stays; otherwise it is to be seen from the row.
  var version: Int?
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
    add(MessageEffect(relation: relation, recordID: id, operation: operation))
  }

  /// Adds a record that the message leaves as it is.
  mutating func add(untouched record: StandingRecord, of relation: String) {
    add(
      MessageEffect(
        relation: relation, recordID: record.id, operation: .none, version: record.isWritten ? nil : record.version))
  }

  /// A record that the message is known to be about is written after all.
  mutating func alsoWrite(_ owner: OwnerType, _ id: String) {
    if places[Record(relation: owner.rawValue, id: id)] != nil { add(owner, id, .write) }
  }

  private mutating func add(_ effect: MessageEffect) {
    let record = Record(relation: effect.relation, id: effect.recordID)
    if let place = places[record] {
      if all[place].operation == .none || effect.operation == .merge { all[place] = effect }
    } else {
      places[record] = all.count
      all.append(effect)
    }
  }

  /// The effects as rows of `query`.
  func rows(_ message: StoredMessageID, eventAt: Instant, fingerprint: String) -> [[String]] {
    let head = [message.receivedAt, String(message.id), eventAt.rfc3339(), fingerprint]
    return all.map { head + [$0.relation, $0.recordID, $0.operation.rawValue, $0.version.map { String($0) } ?? ""] }
  }

  /// Writes the effects of a transaction's messages down with the versions that the records have by now.
  /// - Parameter again: a message may have effects already, since it was taken before.
  static func query(_ rows: [[String]], again: Bool, clinic: PostgresValue) -> PostgresQuery {
    let looked = Set(rows.lazy.filter { $0[7].isEmpty }.map { $0[4] })
    let takesAway = rows.contains { $0[6] == MessageEffect.Operation.delete.rawValue }
    return PostgresQuery(
      dynamic: text(relations.filter(looked.contains), takesAway: takesAway, again: again),
      [clinic] + (0..<8).map { column in .textArray(rows.map { $0[column] }) })
  }

  /// What messages have effects on.
  private static let relations =
    ["patient", "encounter", "appointment", "coverage"] + FactKey.Relation.allCases.map(\.rawValue)
    + ["account", "invoice", "patient_link"]

  /// Only what is needed takes part: preparing to look at other relations, or for a row that stands, costs more than
  /// looking. `offset 0` keeps one relation alone from being joined as a whole.
  private static func text(_ relations: [String], takesAway: Bool, again: Bool) -> String {
    let states = relations.map {
      """
      select version, changed_in from clinic.\($0)
      where e.version = '' and e.relation = '\($0)' and clinic_id = $1::uuid and id = e.record_id
      """
    }
    let unknown = "select null::bigint as version, null::xid8 as changed_in"
    let taken = """
      when 'delete' then coalesce((
          select case when m.operation = 'create' and m.event_at <= e.event_at then 'delete' else 'none' end
          from gateway.message_effect m
          where m.clinic_id = $1::uuid and m.relation = e.relation and m.record_id = e.record_id and m.operation <> 'none'
          order by m.event_at desc, m.message_id desc limit 1), 'none')
      """
    let standing = """
      on conflict (clinic_id, message_id, relation, record_id) do update
        set operation = case excluded.operation when 'none' then message_effect.operation else excluded.operation end,
          version = case excluded.operation when 'none' then message_effect.version else excluded.version end,
          event_at = excluded.event_at, fingerprint = excluded.fingerprint
      """
    return """
      insert into gateway.message_effect
        (clinic_id, message_received_at, message_id, relation, record_id, operation, version, event_at, fingerprint)
      select $1::uuid, e.received_at, e.id, e.relation, e.record_id,
        case e.operation when 'write' then
          case when r.changed_in is distinct from pg_current_xact_id() then 'none'
            when r.version = 1 then 'create' else 'update' end
        \(takesAway ? taken : "")
        else e.operation end, coalesce(nullif(e.version, '')::bigint, r.version), e.event_at, e.fingerprint
      from unnest($2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::text[],
        $9::text[]) as e (received_at, id, event_at, fingerprint, relation, record_id, operation, version)
      left join lateral (\(states.isEmpty ? unknown : states.joined(separator: " union all ") + " offset 0")) r on true
      \(again ? standing : "")
      """
  }
}
