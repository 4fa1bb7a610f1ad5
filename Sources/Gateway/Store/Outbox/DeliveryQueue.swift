package import ClinicModel
package import PostgresClient

/// A delivery that a worker holds, until its lease runs out.
package struct OwedDelivery: Sendable {
  package let clinicID: String
  package let id: String
  package let partnerID: String
  package let format: String
  /// `claim`, `invoice`; of a feed `patient`, `encounter`, `appointment` too.
  package let documentType: String
  package let documentID: String
  package let idempotencyKey: String
  /// What an earlier try has kept.
  package let contentType: String?
  package let body: [UInt8]?
  /// The number of this try, from 1.
  package let attempt: Int
  /// Names this hold: what is done under an older one is refused.
  package let fencing: Int
  /// What a change means to a feed; nil for documents.
  package let event: String?
  /// When the change was made that it tells of.
  package let createdAt: Instant
  /// The order of what one partner is owed.
  package let sequence: Int
}

/// What a worker must know of a partner to send.
package struct DeliveryTarget: Sendable, Equatable {
  package var slug: String
  package var url: String?
  package var secretSealed: [UInt8]?
  package var authoritiesPath: String?
  package var certificatePath: String?
  package var keyPath: String?
  package var allowsPrivateNetworks: Bool
  /// As `HL7PartnerProfile` reads it.
  package var hl7Profile: String
}

/// The outbox as the dispatcher's role sees it: narrow functions that claim work across clinics. All time is the
/// database's.
package struct DeliveryQueue: Sendable {
  private let pool: PostgresPool
  /// Shown in the table beside what this process holds, such as `host:pid`.
  private let worker: String

  /// - Parameter pool: of the role `passerelle_dispatcher`.
  package init(pool: PostgresPool, worker: String) {
    self.pool = pool
    self.worker = worker
  }

  /// Takes up to `most` deliveries that are due, at most `mostEach` in flight a partner, all processes counted. Messages of
  /// a feed that follow each other count as one, up to `longestRun` of them.
  package func claim(
    most: Int, mostEach: Int, longestRun: Int, leaseSeconds: Int, passingOver partners: [String] = []
  ) async throws(PostgresError) -> [OwedDelivery] {
    let rows = try await pool.run(
      PostgresQuery(
        """
        select clinic_id, id, partner_id, format, document_type, document_id, idempotency_key, content_type, body,
          attempts, fencing, event, (extract(epoch from created_at) * 1000000)::bigint, sequence
        from gateway.claim_deliveries($1, $2, $3, $4, $5::uuid[], $6::integer) order by sequence
        """,
        [
          .text(worker), .int(most), .int(mostEach), .int(leaseSeconds), .textArray(partners), .int(longestRun),
        ]))
    var claimed: [OwedDelivery] = []
    for row in rows {
      claimed.append(
        OwedDelivery(
          clinicID: try row.string(0), id: try row.string(1), partnerID: try row.string(2), format: try row.string(3),
          documentType: try row.string(4), documentID: try row.string(5), idempotencyKey: try row.string(6),
          contentType: try row.optionalString(7), body: try row.optionalBytes(8), attempt: try row.int(9),
          fencing: try row.int(10), event: try row.optionalString(11),
          createdAt: Instant(microseconds: Int64(try row.int(12))), sequence: try row.int(13)))
    }
    return claimed
  }

  /// Milliseconds until the next delivery falls due or a lease runs out; nil when nothing is owed.
  package func millisecondsUntilDue() async throws(PostgresError) -> Int? {
    try await pool.run(
      PostgresQuery(
        "select ceil(extract(epoch from gateway.next_delivery_due() - clock_timestamp()) * 1000)::bigint"))[0]
      .optionalInt(0)
  }

  /// Nil for a partner that is gone or disabled.
  package func target(partnerID: String) async throws(PostgresError) -> DeliveryTarget? {
    let rows = try await pool.run(
      PostgresQuery(
        """
        select slug, url, secret_sealed, ca_path, certificate_path, key_path, allows_private_networks,
          hl7_profile
        from gateway.delivery_target($1::uuid)
        """, [.text(partnerID)]))
    guard rows.rowCount == 1 else { return nil }
    let row = rows[0]
    return DeliveryTarget(
      slug: try row.string(0), url: try row.optionalString(1), secretSealed: try row.optionalBytes(2),
      authoritiesPath: try row.optionalString(3), certificatePath: try row.optionalString(4),
      keyPath: try row.optionalString(5), allowsPrivateNetworks: try row.bool(6), hl7Profile: try row.string(7))
  }

  /// Keeps the rendered bytes; later tries send these. False: the hold is lost.
  package func keep(
    _ delivery: OwedDelivery, contentType: String, body: [UInt8]
  ) async throws(PostgresError) -> Bool {
    try await keep([(delivery, contentType, body)])[0]
  }

  /// Keeps the bytes of several, in one round trip.
  package func keep(
    _ rendered: [(delivery: OwedDelivery, contentType: String, body: [UInt8])]
  ) async throws(PostgresError) -> [Bool] {
    try await flags(
      rendered.map {
        PostgresQuery(
          "select gateway.store_delivery_body($1::uuid, $2::uuid, $3, $4, $5)",
          hold($0.delivery) + [.text($0.contentType), .bytes($0.body)])
      })
  }

  /// Prolongs holds; answers those that are lost.
  package func extend(
    _ deliveries: [OwedDelivery], leaseSeconds: Int
  ) async throws(PostgresError) -> [OwedDelivery] {
    guard !deliveries.isEmpty else { return [] }
    let isOurs = try await flags(
      deliveries.map {
        PostgresQuery("select gateway.extend_lease($1::uuid, $2::uuid, $3, $4)", hold($0) + [.int(leaseSeconds)])
      })
    return zip(deliveries, isOurs).filter { !$1 }.map(\.0)
  }

  /// How a try ended.
  package struct Outcome: Sendable {
    /// `delivered`, `failed` or `dead`.
    package var state: String
    package var status: Int?
    package var reason: String?
    package var answer: String?
    package var waitSeconds: Double?
    /// Also stops everything else that is owed to the partner, with this reason.
    package var pausesPartner = false
  }

  /// Records how a try ended, and the claim as sent when it was delivered. False: somebody else holds the delivery now,
  /// and nothing was changed.
  package func finish(_ delivery: OwedDelivery, _ outcome: Outcome) async throws(PostgresError) -> Bool {
    try await finish([(delivery, outcome)])[0]
  }

  /// Records how several tries ended, in one transaction.
  package func finish(
    _ tries: [(delivery: OwedDelivery, outcome: Outcome)]
  ) async throws(PostgresError) -> [Bool] {
    let finishing = tries.map { delivery, outcome in
      PostgresQuery(
        "select gateway.finish_delivery($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8)",
        hold(delivery) + [
          .text(outcome.state), PostgresValue(outcome.status), PostgresValue(outcome.reason),
          PostgresValue(outcome.answer), outcome.waitSeconds.map { .double($0) } ?? .null,
        ])
    }
    let pausing = tries.filter(\.outcome.pausesPartner).map { delivery, outcome in
      PostgresQuery(
        "select gateway.pause_deliveries($1::uuid, $2)", [.text(delivery.partnerID), PostgresValue(outcome.reason)])
    }
    return try await flags(finishing + pausing, count: tries.count)
  }

  /// Gives a delivery back without counting the try.
  package func release(_ delivery: OwedDelivery) async throws(PostgresError) -> Bool {
    try await release([delivery])[0]
  }

  package func release(_ deliveries: [OwedDelivery]) async throws(PostgresError) -> [Bool] {
    try await flags(
      deliveries.map { PostgresQuery("select gateway.release_delivery($1::uuid, $2::uuid, $3)", hold($0)) })
  }

  private func hold(_ delivery: OwedDelivery) -> [PostgresValue] {
    [.text(delivery.clinicID), .text(delivery.id), .int(delivery.fencing)]
  }

  /// The answers of statements that each say whether they had effect, in one transaction; of the first `count`.
  private func flags(_ queries: [PostgresQuery], count: Int? = nil) async throws(PostgresError) -> [Bool] {
    guard !queries.isEmpty else { return [] }
    var flags: [Bool] = []
    for result in try await pool.run(queries).prefix(count ?? queries.count) { flags.append(try result[0].bool(0)) }
    return flags
  }
}
