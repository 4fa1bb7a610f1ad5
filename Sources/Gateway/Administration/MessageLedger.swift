package import JSON
package import PostgresClient

/// Stored HL7 messages, as the operator asks for them: without their content, or one with it.
///
/// Spans clinics, so its pool belongs to a member of `passerelle_owner`.
package struct MessageLedger: Sendable {
  /// Names and values in the order shown.
  package struct Entry: Sendable {
    let facts: [(name: String, value: String?)]

    package subscript(name: String) -> String? { facts.first { $0.name == name }?.value }

    package var json: JSONValue {
      var object = JSONObject()
      for fact in facts { object[fact.name] = JSONValue(fact.value) }
      return .object(object)
    }
  }

  /// One message with its bytes, its answer and what it changed.
  package struct Detail: Sendable {
    package let entry: Entry
    /// PHI.
    package let raw: [UInt8]
    package let acknowledgement: [UInt8]?
    /// Operation, relation and id of each record.
    package let effects: [String]
  }

  private let pool: PostgresPool

  package init(pool: PostgresPool) { self.pool = pool }

  private static let names = [
    "id", "state", "clinic", "partner", "event", "control_id", "sender", "received", "ack", "error", "error_location",
    "transport", "attempts",
  ]
  private static let columns = """
    select m.id::text, m.state, c.slug, p.slug, m.event, m.control_id,
      m.sending_application || '/' || m.sending_facility,
      to_char(m.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), m.ack_code, m.error,
      m.error_location, m.transport, m.attempts::text
    """
  private static let source = """
     from gateway.hl7_message m join clinic.clinic c on c.clinic_id = m.clinic_id
    left join gateway.partner p on p.id = m.partner_id
    """

  /// The newest first.
  /// - Parameter states: as the table has them; empty is any.
  package func list(clinic: String?, states: [String], limit: Int) async throws -> [Entry] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        dynamic: Self.columns + Self.source + """
           where ($1::text is null or c.slug = $1) and (cardinality($2::text[]) = 0 or m.state = any ($2::text[]))
          order by m.received_at desc, m.id desc limit $3
          """, [PostgresValue(clinic), .textArray(states), .int(limit)]),
    ])[1]
    return try rows.map(Self.entry)
  }

  /// Nil when there is no message of that number.
  package func show(_ id: Int) async throws -> Detail? {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(dynamic: Self.columns + ", m.raw, m.ack" + Self.source + " where m.id = $1::bigint", [.int(id)]),
      PostgresQuery(
        """
        select e.operation || ' ' || e.relation || ' ' || e.record_id from gateway.message_effect e
        where e.message_id = $1::bigint order by 1
        """, [.int(id)]),
    ])
    guard let row = rows[1].first else { return nil }
    return Detail(
      entry: try Self.entry(row), raw: try row.bytes(Self.names.count),
      acknowledgement: try row.optionalBytes(Self.names.count + 1), effects: try rows[2].map { try $0.string(0) })
  }

  private static func entry(_ row: PostgresRow) throws -> Entry {
    Entry(facts: try names.enumerated().map { ($1, try row.optionalString($0)) })
  }
}
