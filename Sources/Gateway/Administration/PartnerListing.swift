package import JSON
package import PostgresClient

/// A partner as the operator sees it. Holds no secret.
package struct PartnerListing: Sendable {
  package let slug: String
  /// Name and value, in the order shown; several values stand apart.
  let facts: [(name: String, values: [String])]

  package var json: JSONValue {
    var object = JSONObject()
    object["slug"] = .string(slug)
    for fact in facts { object[fact.name] = .array(fact.values.map { .string($0) }) }
    return .object(object)
  }

  /// A few lines.
  package var text: String {
    var lines = [slug]
    for fact in facts where !fact.values.isEmpty {
      let name = fact.name.replacing("_", with: " ")
      lines.append(
        "  \(name)" + String(repeating: " ", count: max(1, 16 - name.count)) + fact.values.joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }
}

extension PartnerAdministration {
  /// Every partner by slug, or the one of that slug.
  package static func list(_ slug: String? = nil, _ pool: PostgresPool) async throws -> [PartnerListing] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select p.slug, p.name, p.kind, case when p.enabled then 'enabled' else 'disabled' end, p.credential, p.scopes,
          p.networks::text[], p.rate_per_minute::text,
          array(select c.slug || coalesce(' (payer ' || y.name || ')', '') from gateway.partner_clinic l
            join clinic.clinic c using (clinic_id)
            left join clinic.payer y on y.clinic_id = l.clinic_id and y.id = l.payer_id
            where l.partner_id = p.id order by 1),
          array(select case c.kind when 'spki' then 'SHA256:' else '' end || c.value from gateway.partner_certificate c
            where c.partner_id = p.id and c.revoked_at is null order by 1),
          array(select s.sending_application || '/' || s.sending_facility || '@' || c.slug
            from gateway.partner_sender s join clinic.clinic c using (clinic_id) where s.partner_id = p.id order by 1),
          array(select k.id from gateway.api_key k where k.partner_id = p.id and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > now()) order by k.created_at),
          p.delivery_url, p.delivery_formats,
          case when p.delivery_secret_sealed is not null then 'yes' end,
          case when p.deliveries_paused_at is not null
            then to_char(p.deliveries_paused_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
              || coalesce(': ' || p.deliveries_paused_reason, '') end,
          case when p.hl7_profile <> '{}' then p.hl7_profile::text end
        from gateway.partner p where $1::text is null or p.slug = $1 order by p.slug
        """, [PostgresValue(slug)]),
    ])[1]
    if let slug, rows.isEmpty { throw unknown(slug) }
    return try rows.map { row in
      func one(_ column: Int) throws -> [String] { try row.optionalString(column).map { [$0] } ?? [] }
      return PartnerListing(
        slug: try row.string(0),
        facts: [
          ("name", try one(1)), ("kind", try one(2)), ("state", try one(3)), ("requires", try one(4)),
          ("scopes", try row.strings(5)), ("clinics", try row.strings(8)), ("networks", try row.strings(6)),
          ("rate_per_minute", try one(7)), ("certificates", try row.strings(9)), ("senders", try row.strings(10)),
          ("hl7_profile", try one(16)),
          ("keys", try row.strings(11)), ("delivery_url", try one(12)), ("delivery_formats", try row.strings(13)),
          ("delivery_signed", try one(14)), ("paused", try one(15)),
        ])
    }
  }
}
