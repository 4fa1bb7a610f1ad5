import Crypto
package import JSON
package import PostgresClient

/// API keys, as the owner of the gateway's tables sets them up.
///
/// Isolation: tasks of the pool's loop.
package enum KeyAdministration {
  /// Live keys of one partner: the one in use and the one that replaces it.
  package static let maximumLive = 2

  /// What a new key may do, beside its partner's own limits.
  package struct Limits: Sendable {
    package var scopes: [String]?
    package var networks: [String]?
    package var days: Int?

    package init(scopes: [String]? = nil, networks: [String]? = nil, days: Int? = nil) {
      (self.scopes, self.networks, self.days) = (scopes, networks, days)
    }
  }

  /// Makes a key; only its hash is stored, so what is returned is the only time that it is seen.
  package static func create(
    for slug: String, _ limits: Limits = Limits(), environment: String, _ pool: PostgresPool
  ) async throws -> APIKey {
    let key = try APIKey.generate(environment: environment)
    try await pool.transaction { transaction in
      let found = try await transaction.run([
        CommandDatabase.actAsOwner,
        PostgresQuery("select id::text, scopes from gateway.partner where slug = $1 for update", [.text(slug)]),
      ])[1]
      guard found.rowCount == 1 else { throw PartnerAdministration.unknown(slug) }
      try check(limits.scopes, within: try found[0].strings(1), slug)
      let live = try await transaction.run(
        PostgresQuery(
          """
          select id from gateway.api_key where partner_id = $1::uuid and revoked_at is null
            and (expires_at is null or expires_at > now()) order by created_at
          """, [.text(try found[0].string(0))]))
      guard live.rowCount < maximumLive else {
        throw AdministrationError(
          .refused,
          "partner '\(slug)' has \(live.rowCount) live keys, one to use and one to replace it; end one first: "
            + "`passerelle key revoke \(try live[0].string(0))` (the oldest)")
      }
      _ = try await transaction.run(
        PostgresQuery(
          """
          insert into gateway.api_key (id, partner_id, sha256, scopes, networks, expires_at)
          values ($1, $2::uuid, $3::bytea, $4::text[], coalesce($5::text[]::cidr[], '{}'),
            now() + make_interval(days => $6::integer))
          """,
          [
            .text(key.id), .text(try found[0].string(0)), .bytes(key.hash),
            limits.scopes.map { .textArray($0) } ?? .null, limits.networks.map { .textArray($0) } ?? .null,
            PostgresValue(limits.days),
          ]))
    }
    return key
  }

  /// A key narrows its partner: a scope that the partner lacks would look granted and not be.
  private static func check(_ scopes: [String]?, within partner: [String], _ slug: String) throws {
    guard let scopes else { return }
    let own = ScopeSet(try partner.map { try Scope($0) })
    for text in scopes {
      let asked = ScopeSet([try Scope(text)])
      guard own.intersection(asked) == asked else {
        throw AdministrationError(
          .refused,
          "\(text) is more than partner '\(slug)' may do (\(own)); a key narrows its partner, never widens it")
      }
    }
  }

  /// Ends a key: the gateway refuses it within two seconds.
  /// - Parameter text: the key's id, or the whole key.
  package static func revoke(_ text: String, _ pool: PostgresPool) async throws {
    let id = (try? APIKey(parsing: text))?.id ?? text
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        "update gateway.api_key set revoked_at = coalesce(revoked_at, now()) where id = $1", [.text(id)]),
    ])[1]
    guard rows.affectedRows == 1 else {
      throw AdministrationError(
        .notFound, "there is no key of that id; `passerelle key list PARTNER` shows the ids of a partner's keys")
    }
  }

  /// A key without its secret.
  package struct Listing: Sendable {
    let facts: [(name: String, value: String?)]

    package var json: JSONValue {
      var object = JSONObject()
      for fact in facts { object[fact.name] = JSONValue(fact.value) }
      return .object(object)
    }

    package var text: String {
      facts.compactMap { fact in fact.value.map { "\(fact.name.replacing("_", with: " ")) \($0)" } }
        .joined(separator: "  ")
    }
  }

  /// A partner's keys, the newest first.
  package static func list(of slug: String, _ pool: PostgresPool) async throws -> [Listing] {
    let results = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery("select id from gateway.partner where slug = $1", [.text(slug)]),
      PostgresQuery(
        """
        select k.id, case when k.revoked_at is not null then 'revoked' when k.expires_at <= now() then 'expired'
            else 'live' end,
          to_char(k.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          to_char(k.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          to_char(k.last_used_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          array_to_string(k.scopes, ' '), nullif(array_to_string(k.networks, ' '), '')
        from gateway.api_key k join gateway.partner p on p.id = k.partner_id where p.slug = $1
        order by k.created_at desc
        """, [.text(slug)]),
    ])
    guard results[1].rowCount == 1 else { throw PartnerAdministration.unknown(slug) }
    let names = ["id", "state", "created", "expires", "last_used", "scopes", "networks"]
    return try results[2].map { row in
      Listing(facts: try names.enumerated().map { ($1, try row.optionalString($0)) })
    }
  }
}
