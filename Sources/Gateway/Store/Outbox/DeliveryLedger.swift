import Crypto
package import PostgresClient

/// What the operator asks of deliveries: to see them, to try them again, to let a partner have its own again.
///
/// Spans clinics, so its pool belongs to a member of `passerelle_owner`.
package struct DeliveryLedger: Sendable {
  /// Which deliveries; nil is any.
  package struct Filter: Sendable, Equatable {
    /// `owed`, `rendering`, `sending`, `delivered`, `failed`, `dead`; empty is any.
    package var states: [String] = []
    package var partner: String?
    package var clinic: String?
    package var documentType: String?

    package init() {}

    /// Owed or waiting for another try.
    package static let waiting = ["owed", "failed"]
    /// Held by a worker now.
    package static let underWay = ["rendering", "sending"]
  }

  /// One delivery, without its body.
  package struct Entry: Sendable, Equatable {
    package let id: String
    package let sequence: Int
    package let clinic: String
    package let partner: String
    package let format: String
    /// What a message of a feed tells, such as `ADT^A31`; nil for documents.
    package let event: String?
    package let documentType: String
    package let documentID: String
    package let key: String
    package let state: String
    package let attempts: Int
    package let reason: String?
    package let createdAt: String
    /// When it is tried next; nil once it is settled.
    package let nextAt: String?
    package let settledAt: String?
    package let contentType: String?
    package let bodyBytes: Int?
    /// Lower-case hex.
    package let bodySHA256: String?
  }

  package struct Attempt: Sendable, Equatable {
    package let attempt: Int
    package let endedAt: String
    package let outcome: String
    package let status: Int?
    package let reason: String?
    package let answer: String?
    package let worker: String?
  }

  private let pool: PostgresPool

  package init(pool: PostgresPool) { self.pool = pool }

  /// The newest first. `before` is the `sequence` of the last entry of the page before.
  package func list(
    _ filter: Filter = Filter(), before: Int? = nil, limit: Int = 50
  ) async throws(PostgresError) -> [Entry] {
    let rows = try await run(
      PostgresQuery(
        dynamic: Self.columns + """
           where (cardinality($1::text[]) = 0 or d.state = any ($1::text[])) and ($2::text is null or p.slug = $2)
            and ($3::text is null or c.slug = $3) and ($4::text is null or d.document_type = $4)
            and ($5::bigint is null or d.sequence < $5)
          order by d.sequence desc limit $6
          """,
        [
          .textArray(filter.states), PostgresValue(filter.partner), PostgresValue(filter.clinic),
          PostgresValue(filter.documentType), PostgresValue(before), .int(min(max(limit, 1), 10_000)),
        ]))
    return try rows.map(Self.entry)
  }

  /// A delivery with its tries, oldest first; nil when there is none of that id.
  package func show(_ id: String) async throws(PostgresError) -> (entry: Entry, attempts: [Attempt])? {
    let rows = try await run(PostgresQuery(dynamic: Self.columns + " where d.id::text = $1", [.text(id)]))
    guard rows.rowCount == 1 else { return nil }
    let tries = try await run(
      PostgresQuery(
        """
        select attempt, ended_at, outcome, status, reason, response_excerpt, worker from gateway.delivery_attempt
        where delivery_id::text = $1 order by fencing
        """, [.text(id)]))
    var attempts: [Attempt] = []
    for row in tries {
      attempts.append(
        Attempt(
          attempt: try row.int(0), endedAt: try row.string(1), outcome: try row.string(2),
          status: try row.optionalInt(3), reason: try row.optionalString(4), answer: try row.optionalString(5),
          worker: try row.optionalString(6)))
    }
    return (try Self.entry(rows[0]), attempts)
  }

  /// The bytes that were or will be sent; nil before they are rendered. PHI.
  package func body(_ id: String) async throws(PostgresError) -> [UInt8]? {
    let rows = try await run(PostgresQuery("select body from gateway.delivery where id::text = $1", [.text(id)]))
    return rows.rowCount == 1 ? try rows[0].optionalBytes(0) : nil
  }

  /// What came of asking for another try.
  package enum Retry: Sendable, Equatable {
    /// Owed again, with the same key and bytes; the schedule begins anew.
    case owed
    /// In this state there is nothing to try again.
    case inState(String)
    case unknown
  }

  package func retry(_ id: String) async throws(PostgresError) -> Retry {
    let found = try await run(
      PostgresQuery("select id, state from gateway.delivery where id::text = $1", [.text(id)]))
    guard found.rowCount == 1 else { return .unknown }
    let done = try await run(PostgresQuery("select gateway.retry_delivery($1::uuid)", [.text(try found[0].string(0))]))
    return try done[0].bool(0) ? .owed : .inState(try found[0].string(1))
  }

  /// Lets the deliveries of a partner go out again that a 410 has stopped. False: none were stopped.
  package func resume(partner slug: String) async throws(PostgresError) -> Bool {
    try await run(
      PostgresQuery(
        """
        update gateway.partner set deliveries_paused_at = null, deliveries_paused_reason = null, updated_at = now()
        where slug = $1 and deliveries_paused_at is not null
        """, [.text(slug)])
    ).affectedRows == 1
  }

  /// Runs as the owner, and wakes the workers: a change by hand should be seen at once.
  private func run(_ query: PostgresQuery) async throws(PostgresError) -> PostgresResult {
    try await pool.run([
      PostgresQuery("set local role passerelle_owner"), query, PostgresQuery("notify passerelle_delivery"),
    ])[1]
  }

  private static let columns = """
    select d.id, d.sequence, c.slug, p.slug, d.format, d.document_type, d.document_id, d.idempotency_key, d.state,
      d.attempts, d.reason, d.created_at, case when d.state in ('owed', 'failed') then d.next_at end, d.settled_at,
      d.content_type, octet_length(d.body), d.body_sha256, d.event
    from gateway.delivery d join gateway.partner p on p.id = d.partner_id
    join clinic.clinic c on c.clinic_id = d.clinic_id
    """

  private static func entry(_ row: PostgresRow) throws(PostgresError) -> Entry {
    Entry(
      id: try row.string(0), sequence: try row.int(1), clinic: try row.string(2), partner: try row.string(3),
      format: try row.string(4), event: try row.optionalString(17), documentType: try row.string(5),
      documentID: try row.string(6),
      key: try row.string(7), state: try row.string(8), attempts: try row.int(9), reason: try row.optionalString(10),
      createdAt: try row.string(11), nextAt: try row.optionalString(12), settledAt: try row.optionalString(13),
      contentType: try row.optionalString(14), bodyBytes: try row.optionalInt(15),
      bodySHA256: try row.optionalBytes(16).map { Hex.encode($0) })
  }
}
