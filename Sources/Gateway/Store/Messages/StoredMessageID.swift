internal import HL7Parser
internal import PostgresClient

/// The identity of a row of `gateway.hl7_message`.
package struct StoredMessageID: Sendable, Hashable {
  package let id: Int
  /// As Postgres wrote it: every digit is part of the key.
  package let receivedAt: String

  package init(id: Int, receivedAt: String) {
    self.id = id
    self.receivedAt = receivedAt
  }
}

/// The statements that keep messages.
enum MessageStatements {
  static func setClinic(_ clinicID: String) -> PostgresQuery {
    PostgresQuery("select set_config('passerelle.clinic_id', $1, true)", [.text(clinicID)])
  }

  /// The first statement of a transaction of those below: the clinic, the locks until the commit, and numbers for rows
  /// to come with the time, as many as asked for. The locks are taken in one order by all, so that two transactions never
  /// wait for each other.
  ///
  /// The plans of what follows do not hang on their parameters: planning them anew would take longer than running them.
  /// Each has an index to go by; a plan made while a table was still empty would read all of it ever after, were it
  /// allowed to. This one itself keeps its plan because an array, unlike a series, is taken for short.
  static func open(
    _ clinicID: String, locking exclusive: Set<Int64>, shared: Set<Int64>, numbers count: Int
  ) -> PostgresQuery {
    let numbers = exclusive.union(shared).sorted()
    return PostgresQuery(
      """
      with settled as materialized (
        select set_config('passerelle.clinic_id', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true),
          set_config('enable_seqscan', 'off', true)
      ), held as materialized (
        select count(case when k.mine then pg_advisory_xact_lock(k.number) else pg_advisory_xact_lock_shared(k.number) end)
        from unnest($2::bigint[], $3::boolean[]) as k (number, mine)
      )
      select nextval('gateway.hl7_message_id'), clock_timestamp() from settled, held, unnest($4::int[])
      """,
      [
        .text(clinicID), .intArray(numbers), .textArray(numbers.map { exclusive.contains($0) ? "t" : "f" }),
        .intArray(Array(0..<Int64(count))),
      ])
  }

  /// What the ledger knows of control ids, all bodies.
  static func ledger(_ keys: [LedgerKey], clinic: PostgresValue) -> PostgresQuery {
    PostgresQuery(
      """
      select k.n, l.sha256, l.ack_code, l.message_received_at, l.message_id
      from unnest($2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[])
        as k (n, partner, application, facility, control)
      cross join lateral (
        select * from gateway.message_ledger l
        where l.clinic_id = $1::uuid and l.partner_id = k.partner and l.control_id = k.control
          and l.sending_application = k.application and l.sending_facility = k.facility offset 0
      ) l
      """,
      [
        clinic, .intArray(keys.indices.map { Int64($0) }), .textArray(keys.map(\.partnerID)),
        .textArray(keys.map(\.application)), .textArray(keys.map(\.facility)), .textArray(keys.map(\.controlID)),
      ])
  }

  /// How messages were answered: received at, id, acknowledgements.
  static func acknowledgements(_ ids: [StoredMessageID], clinic: PostgresValue) -> PostgresQuery {
    PostgresQuery(
      """
      select m.received_at, m.id, m.ack
      from unnest($2::timestamptz[], $3::bigint[]) k (received_at, id)
      cross join lateral (
        select * from gateway.hl7_message m
        where m.clinic_id = $1::uuid and m.received_at = k.received_at and m.id = k.id offset 0
      ) m
      """, [clinic, .textArray(ids.map(\.receivedAt)), .intArray(ids.map { Int64($0.id) })])
  }

  /// A message with what is to be kept of it.
  struct Keeping {
    let message: IncomingMessage
    let id: StoredMessageID
    let outcome: MessageOutcome
    let answer: MessageAnswer
    /// Its control id was used before, for other bytes.
    let isReused: Bool
  }

  /// Keeps messages of one clinic, and the keys of those that have one: one statement for all.
  ///
  /// Large values are taken from their arrays by position: a row source of all columns would copy them to disk.
  static func store(_ messages: [Keeping], clinic: PostgresValue) -> PostgresQuery {
    func texts(_ value: (Keeping) -> String?) -> PostgresValue { .textArray(messages.map { value($0) ?? "" }) }
    return PostgresQuery(
      """
      with kept as (
        insert into gateway.hl7_message (clinic_id, received_at, id, partner_id, raw, sha256, control_id,
          sending_application, sending_facility, event, state, reused_control_id, error, error_location, ack_code, ack,
          transport, remote_address, applied_at, duration_microseconds)
        select $1::uuid, m.received_at, m.id, m.partner_id, ($5::bytea[])[m.n::int], m.sha256, nullif(m.control_id, ''),
          m.application, m.facility, nullif(m.event, ''), m.state, m.reused, nullif(m.error, ''),
          nullif(m.error_location, ''), m.ack_code, ($6::bytea[])[m.n::int], m.transport, nullif(m.remote_address, '')::inet,
          case when m.state = 'applied' then clock_timestamp() end,
          greatest(0, (extract(epoch from clock_timestamp()) * 1000000)::bigint - m.received_microseconds)
        from unnest($2::timestamptz[], $3::bigint[], $4::uuid[], $7::bytea[], $8::text[], $9::text[], $10::text[],
          $11::text[], $12::text[], $13::boolean[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
          $19::bigint[])
          with ordinality as m (received_at, id, partner_id, sha256, control_id, application, facility, event, state,
          reused, error, error_location, ack_code, transport, remote_address, received_microseconds, n)
      )
      insert into gateway.message_ledger (clinic_id, partner_id, sending_application, sending_facility, control_id,
        sha256, message_received_at, message_id, ack_code)
      select $1::uuid, m.partner_id, m.application, m.facility, m.control_id, m.sha256, m.received_at, m.id, m.ack_code
      from unnest($2::timestamptz[], $3::bigint[], $4::uuid[], $7::bytea[], $8::text[], $9::text[], $10::text[],
        $16::text[]) as m (received_at, id, partner_id, sha256, control_id, application, facility, ack_code)
      where m.control_id <> ''
      """,
      [
        clinic, texts(\.id.receivedAt), .intArray(messages.map { Int64($0.id.id) }), texts(\.message.partnerID),
        .bytesArray(messages.map(\.message.raw)), .bytesArray(messages.map(\.answer.stored)),
        .bytesArray(messages.map(\.message.sha256)), texts(\.message.controlID), texts(\.message.sendingApplication),
        texts(\.message.sendingFacility), texts(\.message.event), texts(\.outcome.state.rawValue),
        .textArray(messages.map { $0.isReused ? "t" : "f" }), texts(\.outcome.error), texts(\.outcome.errorLocation),
        texts(\.answer.code.rawValue), texts(\.message.transport), texts(\.message.remoteAddress),
        .intArray(messages.map(\.message.receivedMicroseconds)),
      ])
  }

  /// Corrects what was kept of a message that could not be applied after all, or could at last.
  static func settle(
    _ id: StoredMessageID, _ outcome: MessageOutcome, _ answer: MessageAnswer, clinic: PostgresValue,
    isNewAttempt: Bool = false
  ) -> [PostgresQuery] {
    let values: [PostgresValue] = [clinic, .text(id.receivedAt), .int(id.id), .text(answer.code.rawValue)]
    return [
      PostgresQuery(
        """
        update gateway.hl7_message set state = $5, error = $6, error_location = $7, ack_code = $4, ack = $8,
          applied_at = case when $5 = 'applied' then clock_timestamp() end, attempts = attempts + $9::int
        where clinic_id = $1::uuid and received_at = $2::timestamptz and id = $3::bigint
        """,
        values + [
          .text(outcome.state.rawValue), PostgresValue(outcome.error), PostgresValue(outcome.errorLocation),
          .bytes(answer.stored), .int(isNewAttempt ? 1 : 0),
        ]),
      PostgresQuery(
        """
        update gateway.message_ledger set ack_code = $4
        where clinic_id = $1::uuid and message_received_at = $2::timestamptz and message_id = $3::bigint
          and (partner_id, control_id, sending_application, sending_facility, sha256) in (
            select partner_id, control_id, sending_application, sending_facility, sha256 from gateway.hl7_message
            where clinic_id = $1::uuid and received_at = $2::timestamptz and id = $3::bigint)
        """, values),
    ]
  }

  /// Counts repeats; how many there were of each message.
  static func count(_ repeats: [Repeat: Int], clinic: PostgresValue) -> PostgresQuery {
    let counted = Array(repeats)
    func texts(_ value: (LedgerKey) -> String) -> PostgresValue { .textArray(counted.map { value($0.key.key) }) }
    return PostgresQuery(
      """
      update gateway.message_ledger l set repeats = l.repeats + k.times
      from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::int[])
        as k (partner, application, facility, control, sha256, times)
      where l.clinic_id = $1::uuid and l.partner_id = k.partner and l.control_id = k.control
        and l.sending_application = k.application and l.sending_facility = k.facility and l.sha256 = k.sha256
      """,
      [
        clinic, texts(\.partnerID), texts(\.application), texts(\.facility), texts(\.controlID),
        .bytesArray(counted.map(\.key.sha256)), .intArray(counted.map { Int64($0.value) }),
      ])
  }

  /// A message that had been there before.
  struct Repeat: Hashable {
    let key: LedgerKey
    let sha256: [UInt8]
  }

  /// Which of some messages are there, after a commit whose end nobody saw.
  static func present(_ ids: [StoredMessageID], clinic: PostgresValue) -> PostgresQuery {
    PostgresQuery(
      """
      select m.id from unnest($2::timestamptz[], $3::bigint[]) k (received_at, id)
      join gateway.hl7_message m on m.clinic_id = $1::uuid and m.received_at = k.received_at and m.id = k.id
      """, [clinic, .textArray(ids.map(\.receivedAt)), .intArray(ids.map { Int64($0.id) })])
  }
}
