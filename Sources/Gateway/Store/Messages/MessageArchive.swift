package import PostgresClient

/// Which messages an operator wants to see.
package struct MessageFilter: Sendable {
  package var state: MessageState?
  /// RFC 3339; messages received then or later.
  package var since: String?
  /// RFC 3339; messages received before then.
  package var until: String?
  /// `ADT^A08`, or `ADT` for all of them.
  package var event: String?
  /// A partner's slug.
  package var partner: String?
  package var controlID: String?
  /// At most so many, the newest first.
  package var limit = 50
  /// Messages with a lower number: for the next page, the last number of the one before.
  package var before: Int?

  package init() {}
}

/// One line of the list.
package struct MessageSummary: Sendable, Equatable {
  package var id: Int
  package var receivedAt: String
  package var partner: String
  package var controlID: String?
  package var sendingApplication: String?
  package var sendingFacility: String?
  package var event: String?
  package var state: MessageState
  package var reusedControlID: Bool
  package var error: String?
  package var errorLocation: String?
  package var acknowledgementCode: String?
  package var bytes: Int
  package var attempts: Int
  /// How often the very same message came again.
  package var repeats: Int
}

/// Everything that is kept of a message.
package struct MessageDetail: Sendable {
  package struct Effect: Sendable, Equatable {
    package var relation: String
    package var recordID: String
    /// `create`, `update`, `merge`, `none`.
    package var operation: String
    package var version: Int?
  }

  package var summary: MessageSummary
  package var transport: String?
  package var remoteAddress: String?
  package var appliedAt: String?
  package var durationMicroseconds: Int?
  package var raw: [UInt8]
  package var acknowledgement: [UInt8]
  package var effects: [Effect]

  /// The message for a terminal: a line a segment, control bytes as `\x1B`, bytes that are no UTF-8 as U+FFFD.
  package static func readable(_ bytes: [UInt8]) -> String {
    var text = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar.value {
      case 0x0D: text += "\n"
      case 0x0A: text += "\n"
      case 0..<0x20, 0x7F..<0xA0: text += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

/// The messages that a clinic has received, for its operator. Role passerelle_app or owner; row-level security applies.
package enum MessageArchive {
  private static let columns = """
    m.id, m.received_at, coalesce(p.slug, m.partner_id::text), m.control_id, m.sending_application, m.sending_facility,
    m.event, m.state, m.reused_control_id, m.error, m.error_location, m.ack_code, octet_length(m.raw), m.attempts,
    coalesce(l.repeats, 0)
    """
  private static let source = """
    from gateway.hl7_message m left join gateway.partner p on p.id = m.partner_id
    left join gateway.message_ledger l on l.clinic_id = m.clinic_id and l.partner_id = m.partner_id
      and l.control_id = m.control_id and l.sending_application = m.sending_application
      and l.sending_facility = m.sending_facility and l.sha256 = m.sha256
    """
  private static let condition = """
    where m.clinic_id = $1::uuid and ($2::text is null or m.state = $2)
      and ($3::timestamptz is null or m.received_at >= $3::timestamptz)
      and ($4::text is null or m.control_id = $4) and ($5::bigint is null or m.id < $5::bigint)
      and ($7::timestamptz is null or m.received_at < $7::timestamptz) and ($8::text is null or p.slug = $8)
      and ($9::text is null or m.event = $9 or split_part(m.event, '^', 1) = $9)
    """
  private static let listText = "select \(columns) \(source) \(condition) order by m.id desc limit $6::int"
  private static let numbersText = """
    select m.id from gateway.hl7_message m left join gateway.partner p on p.id = m.partner_id
    \(condition) order by m.id limit $6::int
    """
  private static let showText = """
    select \(columns), m.transport, host(m.remote_address), m.applied_at, m.duration_microseconds, m.raw, m.ack
    \(source) where m.clinic_id = $1::uuid and m.id = $2::bigint
    """

  /// A page of messages, the newest first.
  package static func list(
    _ pool: PostgresPool, clinicID: String, _ filter: MessageFilter = MessageFilter()
  ) async throws(PostgresError) -> [MessageSummary] {
    let rows = try await pool.run([
      MessageStatements.setClinic(clinicID),
      PostgresQuery(dynamic: listText, values(clinicID, filter, limit: min(filter.limit, 1_000))),
    ])[1]
    var page: [MessageSummary] = []
    for row in rows { page.append(try summary(row)) }
    return page
  }

  /// The numbers of messages in the order in which they came.
  package static func numbers(
    _ pool: PostgresPool, clinicID: String, _ filter: MessageFilter
  ) async throws(PostgresError) -> [Int] {
    let rows = try await pool.run([
      MessageStatements.setClinic(clinicID),
      PostgresQuery(dynamic: numbersText, values(clinicID, filter, limit: filter.limit)),
    ])[1]
    var found: [Int] = []
    for row in rows { found.append(try row.int(0)) }
    return found
  }

  private static func values(_ clinicID: String, _ filter: MessageFilter, limit: Int) -> [PostgresValue] {
    [
      .text(clinicID), PostgresValue(filter.state?.rawValue), PostgresValue(filter.since),
      PostgresValue(filter.controlID), PostgresValue(filter.before), .int(max(1, limit)), PostgresValue(filter.until),
      PostgresValue(filter.partner), PostgresValue(filter.event),
    ]
  }

  /// One message with what it did; nil when the clinic has none of this number.
  package static func show(
    _ pool: PostgresPool, clinicID: String, id: Int
  ) async throws(PostgresError) -> MessageDetail? {
    let results = try await pool.run([
      MessageStatements.setClinic(clinicID), PostgresQuery(dynamic: showText, [.text(clinicID), .int(id)]),
      PostgresQuery(
        """
        select relation, record_id, operation, version from gateway.message_effect
        where clinic_id = $1::uuid and message_id = $2::bigint order by relation, record_id
        """, [.text(clinicID), .int(id)]),
    ])
    guard results[1].rowCount > 0 else { return nil }
    let row = results[1][0]
    var effects: [MessageDetail.Effect] = []
    for effect in results[2] {
      effects.append(
        MessageDetail.Effect(
          relation: try effect.string(0), recordID: try effect.string(1), operation: try effect.string(2),
          version: try effect.optionalInt(3)))
    }
    return MessageDetail(
      summary: try summary(row), transport: try row.optionalString(15), remoteAddress: try row.optionalString(16),
      appliedAt: try row.optionalString(17), durationMicroseconds: try row.optionalInt(18), raw: try row.bytes(19),
      acknowledgement: try row.optionalBytes(20) ?? [], effects: effects)
  }

  private static func summary(_ row: PostgresRow) throws(PostgresError) -> MessageSummary {
    MessageSummary(
      id: try row.int(0), receivedAt: try row.string(1), partner: try row.string(2),
      controlID: try row.optionalString(3), sendingApplication: try row.optionalString(4),
      sendingFacility: try row.optionalString(5), event: try row.optionalString(6),
      state: MessageState(rawValue: try row.string(7)) ?? .received, reusedControlID: try row.bool(8),
      error: try row.optionalString(9), errorLocation: try row.optionalString(10),
      acknowledgementCode: try row.optionalString(11), bytes: try row.int(12), attempts: try row.int(13),
      repeats: try row.int(14))
  }

  /// A kept message as it is needed to be taken again.
  struct Kept {
    var id: StoredMessageID
    var partnerID: String
    var raw: [UInt8]
    var state: MessageState
    var receivedMicroseconds: Int64
    var clinicSlug: String
  }

  static func load(_ pool: PostgresPool, clinicID: String, id: Int) async throws(PostgresError) -> Kept? {
    let rows = try await pool.run([
      MessageStatements.setClinic(clinicID),
      PostgresQuery(
        """
        select m.received_at, m.partner_id, m.raw, m.state, (extract(epoch from m.received_at) * 1000000)::bigint, c.slug
        from gateway.hl7_message m join clinic.clinic c on c.clinic_id = m.clinic_id
        where m.clinic_id = $1::uuid and m.id = $2::bigint
        """, [.text(clinicID), .int(id)]),
    ])[1]
    guard rows.rowCount > 0 else { return nil }
    let row = rows[0]
    return Kept(
      id: StoredMessageID(id: id, receivedAt: try row.string(0)), partnerID: try row.string(1), raw: try row.bytes(2),
      state: MessageState(rawValue: try row.string(3)) ?? .received, receivedMicroseconds: Int64(try row.int(4)),
      clinicSlug: try row.string(5))
  }
}
