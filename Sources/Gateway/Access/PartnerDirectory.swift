import ClinicModel
package import PostgresClient
package import Reactor

/// Who the gateway's tables know: partners by key and by certificate, clinics by slug.
///
/// Answers are kept for a short time, also that somebody is unknown; a revoked key works no longer than that. When one
/// expires under load it is asked for once.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
package final class PartnerDirectory: @unchecked Sendable {
  package struct Limits: Sendable {
    package var lifetimeMilliseconds = 2_000
    package var entries = 10_000

    package init() {}
  }

  /// What a key's id finds.
  package struct KeyOwner: Sendable {
    package let partner: Partner
    package let record: APIKeyRecord
  }

  private let pool: PostgresPool
  private let keys: SharedLookup<String, KeyOwner?>
  private let certificates: SharedLookup<String, Partner?>
  private let clinics: SharedLookup<String, ClinicIdentity?>
  private var zones: [String: ZoneOffsets] = [:]
  private var usedKeys: Set<String> = []
  /// How often everything was forgotten.
  private(set) var forgotten = 0

  package init(pool: PostgresPool, limits: Limits = Limits()) {
    self.pool = pool
    let (lifetime, entries) = (limits.lifetimeMilliseconds, limits.entries)
    keys = SharedLookup(loop: pool.loop, lifetimeMilliseconds: lifetime, capacity: entries)
    certificates = SharedLookup(loop: pool.loop, lifetimeMilliseconds: lifetime, capacity: entries)
    clinics = SharedLookup(loop: pool.loop, lifetimeMilliseconds: lifetime, capacity: entries)
  }

  /// The owner of a key whose checksum has been verified; the secret is still to be compared.
  package func owner(ofKey id: String) async throws(PostgresError) -> KeyOwner? {
    try await keys.value(id) { () async throws(PostgresError) in try await self.askOwner(ofKey: id) }
  }

  private func askOwner(ofKey id: String) async throws(PostgresError) -> KeyOwner? {
    let rows = try await pool.run(
      PostgresQuery(
        """
        select partner_id, slug, scopes, networks::text[], rate_per_minute, credential, clinic_ids::text[], key_id,
          key_sha256, key_networks::text[], extract(epoch from key_expires_at)::bigint
        from gateway.resolve_key($1)
        """, [.text(id)]))
    guard rows.rowCount == 1 else { return nil }
    let row = rows[0]
    let partner = try Self.partner(row)
    return KeyOwner(
      partner: partner,
      record: APIKeyRecord(
        id: try row.string(7), partnerID: partner.id, hash: try row.bytes(8),
        addresses: (try row.optionalStrings(9) ?? []).compactMap { CIDR($0) },
        expiresAt: try row.optionalInt(10).map { Int64($0) }))
  }

  /// The partner of a client certificate that TLS has verified; nil when it is nobody's, or two partners'.
  package func owner(of certificate: PeerCertificate) async throws(PostgresError) -> Partner? {
    guard certificate.isForClients else { return nil }
    return try await certificates.value(certificate.certificateSHA256) { () async throws(PostgresError) in
      try await self.askOwner(of: certificate)
    }
  }

  private func askOwner(of certificate: PeerCertificate) async throws(PostgresError) -> Partner? {
    let rows = try await pool.run(
      PostgresQuery(
        """
        select partner_id, slug, scopes, networks::text[], rate_per_minute, credential, clinic_ids::text[]
        from gateway.resolve_certificate($1, $2::text[])
        """, [.text(certificate.publicKeySHA256), .textArray(certificate.subjectAlternativeNames)]))
    return rows.rowCount == 1 ? try Self.partner(rows[0]) : nil
  }

  /// The clinic of a slug. Whether the caller may see it is not decided here.
  package func clinic(slug: String) async throws(PostgresError) -> ClinicIdentity? {
    try await clinics.value(slug) { () async throws(PostgresError) in try await self.askClinic(slug: slug) }
  }

  private func askClinic(slug: String) async throws(PostgresError) -> ClinicIdentity? {
    let rows = try await pool.run(
      PostgresQuery(
        "select clinic_id, slug, name, time_zone, currency, tax_regime from gateway.resolve_clinic($1)", [.text(slug)]))
    guard rows.rowCount == 1 else { return nil }
    let row = rows[0]
    let zone = try row.string(3)
    return ClinicIdentity(
      id: try row.string(0), slug: try row.string(1), name: try row.string(2), timeZone: zone,
      zone: offsets(of: zone), currency: try row.string(4), taxRegime: try row.string(5))
  }

  /// How long what was found of a caller's credentials holds, on the monotonic clock.
  func expiry(ofKey id: String?, _ certificate: PeerCertificate?) -> UInt64 {
    var expiry = UInt64.max
    if let id {
      expiry = min(expiry, keys.expiry(id))
      if let ends = keys.kept(id)??.record.expiresAt {
        let left = UInt64(max(0, ends - WallClock.unixSeconds))
        expiry = min(expiry, pool.loop.now + min(left, 3_600) * 1_000_000_000)
      }
    }
    if let certificate, certificate.isForClients {
      expiry = min(expiry, certificates.expiry(certificate.certificateSHA256))
    }
    return expiry == .max ? 0 : expiry
  }

  /// Forgets everything that it knows, after a change by hand or a reload.
  package func forget() {
    forgotten += 1
    keys.forget()
    certificates.forget()
    clinics.forget()
  }

  /// Notes that a key was used; written by `writeKeyUse`.
  package func keyWasUsed(_ id: String) {
    if usedKeys.count < 10_000 { usedKeys.insert(id) }
  }

  /// Writes the last use of the keys that were used since, to the minute.
  package func writeKeyUse() async throws(PostgresError) {
    guard !usedKeys.isEmpty else { return }
    let ids = usedKeys.sorted()
    usedKeys.removeAll(keepingCapacity: true)
    _ = try await pool.run(PostgresQuery("select gateway.touch_keys($1::text[])", [.textArray(ids)]))
  }

  private func offsets(of zone: String) -> ZoneOffsets {
    if let known = zones[zone] { return known }
    let offsets = ZoneFiles.offsets(named: zone) ?? .utc
    zones[zone] = offsets
    return offsets
  }

  /// Reads the columns partner_id, slug, scopes, networks, rate_per_minute, credential, clinic_ids.
  ///
  /// A scope that cannot be read grants nothing; it was checked when it was stored.
  private static func partner(_ row: PostgresRow) throws(PostgresError) -> Partner {
    let scopes = (try row.optionalStrings(2) ?? []).compactMap { try? Scope($0) }
    return Partner(
      id: try row.string(0), slug: try row.string(1),
      requirement: PartnerRequirement(rawValue: try row.string(5)) ?? .both, scopes: ScopeSet(scopes),
      clinics: Set(try row.optionalStrings(6) ?? []),
      addresses: (try row.optionalStrings(3) ?? []).compactMap { CIDR($0) },
      rateLimit: (try row.optionalInt(4)).flatMap { RateLimit(perMinute: $0) })
  }
}
