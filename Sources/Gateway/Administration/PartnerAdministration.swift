package import PostgresClient

/// Partners, as the owner of the gateway's tables sets them up.
///
/// Isolation: tasks of the pool's loop.
package enum PartnerAdministration {
  /// Registers a partner.
  /// - Throws: `AdministrationError` (`taken` when there is one of that slug), `PostgresError`.
  package static func add(_ slug: String, _ changes: PartnerChanges, _ pool: PostgresPool) async throws {
    guard isSlug(slug) else { throw AdministrationError(.refused, "a slug is 1 to 63 of a-z 0-9 -, not '\(slug)'") }
    try await pool.transaction { transaction in
      let made = try await transaction.run([
        CommandDatabase.actAsOwner,
        PostgresQuery(
          """
          insert into gateway.partner (slug, name, kind) values ($1, $2, $3) on conflict (slug) do nothing
          returning id::text
          """, [.text(slug), .text(changes.name ?? slug), .text((changes.kind ?? .other).rawValue)]),
      ])[1]
      guard made.rowCount == 1 else {
        throw AdministrationError(
          .taken, "there is a partner '\(slug)' already; change it with `passerelle partner update \(slug)`")
      }
      try await apply(changes, to: try made[0].string(0), slug, transaction)
    }
  }

  /// Changes a partner; the gateway follows within two seconds.
  package static func update(_ slug: String, _ changes: PartnerChanges, _ pool: PostgresPool) async throws {
    try await pool.transaction { transaction in
      let found = try await transaction.run([
        CommandDatabase.actAsOwner,
        PostgresQuery("select id::text from gateway.partner where slug = $1 for update", [.text(slug)]),
      ])[1]
      guard found.rowCount == 1 else { throw unknown(slug) }
      try await apply(changes, to: try found[0].string(0), slug, transaction)
    }
  }

  /// Adds the partner, or brings an existing one to these settings.
  package static func put(_ slug: String, _ changes: PartnerChanges, _ pool: PostgresPool) async throws {
    do {
      try await add(slug, changes, pool)
    } catch let error as AdministrationError where error.code == .taken {
      try await update(slug, changes, pool)
    }
  }

  /// Lets a partner in, or keeps it out: its keys, certificates and deliveries rest meanwhile.
  package static func setEnabled(_ slug: String, _ isEnabled: Bool, _ pool: PostgresPool) async throws {
    let changed = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        "update gateway.partner set enabled = $2::boolean, updated_at = now() where slug = $1",
        [.text(slug), .bool(isEnabled)]),
    ])[1]
    guard changed.affectedRows == 1 else { throw unknown(slug) }
  }

  static func unknown(_ slug: String) -> AdministrationError {
    AdministrationError(
      .notFound, "there is no partner '\(slug)'; `passerelle partner list` shows those that there are")
  }

  // MARK: Parts

  private static func apply(
    _ changes: PartnerChanges, to id: String, _ slug: String, _ transaction: PostgresTransaction
  ) async throws {
    _ = try await transaction.run(columns(changes, id))
    if let clinics = changes.clinics { try await setClinics(clinics, of: id, transaction) }
    for (clinic, payer) in changes.payers.sorted(by: { $0.key < $1.key }) {
      try await setPayer(payer, in: clinic, of: id, transaction)
    }
    for certificate in changes.revokedCertificates {
      let revoked = try await transaction.run(
        PostgresQuery(
          """
          update gateway.partner_certificate set revoked_at = now()
          where partner_id = $1::uuid and kind = $2 and value = $3 and revoked_at is null
          """, [.text(id), .text(certificate.kind.rawValue), .text(certificate.value)]))
      guard revoked.affectedRows == 1 else {
        throw AdministrationError(.notFound, "partner '\(slug)' has no certificate \(certificate.value)")
      }
    }
    for certificate in changes.addedCertificates { try await add(certificate, to: id, transaction) }
    for sender in changes.senders { try await add(sender, to: id, slug, transaction) }
  }

  private static func columns(_ changes: PartnerChanges, _ id: String) -> PostgresQuery {
    func array(_ items: [String]?) -> PostgresValue { items.map { .textArray($0) } ?? .null }
    return PostgresQuery(
      """
      update gateway.partner set
        name = coalesce($2, name), kind = coalesce($3, kind), scopes = coalesce($4::text[], scopes),
        networks = coalesce($5::text[]::cidr[], networks),
        rate_per_minute = case when $6::integer is null then rate_per_minute else nullif($6::integer, 0) end,
        credential = coalesce($7, credential),
        delivery_url = case when $8::text is null then delivery_url else nullif($8::text, '') end,
        delivery_formats = coalesce($9::text[], delivery_formats),
        delivery_ca_path = case when $10::text is null then delivery_ca_path else nullif($10::text, '') end,
        delivery_certificate_path =
          case when $11::text is null then delivery_certificate_path else nullif($11::text, '') end,
        delivery_key_path = case when $12::text is null then delivery_key_path else nullif($12::text, '') end,
        delivery_secret_sealed = coalesce($13::bytea, delivery_secret_sealed),
        delivery_allows_private_networks = coalesce($14::boolean, delivery_allows_private_networks),
        deliveries_paused_at = case when $15::boolean then null else deliveries_paused_at end,
        deliveries_paused_reason = case when $15::boolean then null else deliveries_paused_reason end,
        hl7_profile = coalesce($16::text::jsonb, hl7_profile),
        updated_at = now()
      where id = $1::uuid
      """,
      [
        .text(id), PostgresValue(changes.name), PostgresValue(changes.kind?.rawValue), array(changes.scopes),
        array(changes.networks), PostgresValue(changes.ratePerMinute), PostgresValue(changes.requirement?.rawValue),
        PostgresValue(changes.deliveryURL), array(changes.deliveryFormats), PostgresValue(changes.deliveryCA),
        PostgresValue(changes.deliveryCertificate), PostgresValue(changes.deliveryKey),
        changes.deliverySecretSealed.map { .bytes($0) } ?? .null, PostgresValue(changes.allowsPrivateNetworks),
        .bool(changes.resumesDeliveries), PostgresValue(changes.hl7Profile),
      ])
  }

  private static func setClinics(
    _ slugs: [String], of id: String, _ transaction: PostgresTransaction
  ) async throws {
    let rows = try await transaction.run(
      PostgresQuery("select slug, clinic_id::text from clinic.clinic where deleted_at is null order by slug"))
    var known: [String: String] = [:]
    for row in rows { known[try row.string(0)] = try row.string(1) }
    var ids: [String] = []
    for slug in slugs {
      guard let clinic = known[slug] else { throw noClinic(slug, known.keys.sorted()) }
      ids.append(clinic)
    }
    _ = try await transaction.run([
      PostgresQuery(
        "delete from gateway.partner_clinic where partner_id = $1::uuid and clinic_id <> all ($2::text[]::uuid[])",
        [.text(id), .textArray(ids)]),
      PostgresQuery(
        """
        insert into gateway.partner_clinic (partner_id, clinic_id) select $1::uuid, unnest($2::text[]::uuid[])
        on conflict do nothing
        """, [.text(id), .textArray(ids)]),
    ])
  }

  private static func noClinic(_ slug: String, _ known: [String]) -> AdministrationError {
    let hint =
      known.isEmpty
      ? "there is none yet: `passerelle seed --samples` makes two" : "there are \(known.joined(separator: ", "))"
    return AdministrationError(.notFound, "there is no clinic '\(slug)'; \(hint)")
  }

  private static func setPayer(
    _ payer: String, in clinic: String, of id: String, _ transaction: PostgresTransaction
  ) async throws {
    let changed = try await transaction.run(
      PostgresQuery(
        """
        update gateway.partner_clinic l set payer_id = y.id
        from clinic.clinic c join clinic.payer y on y.clinic_id = c.clinic_id and y.deleted_at is null
        where c.slug = $2 and l.clinic_id = c.clinic_id and l.partner_id = $1::uuid and (y.id = $3 or y.name = $3)
        """, [.text(id), .text(clinic), .text(payer)]))
    guard changed.affectedRows == 0 else { return }
    let payers = try await transaction.run(
      PostgresQuery(
        """
        select y.name from clinic.clinic c join clinic.payer y on y.clinic_id = c.clinic_id and y.deleted_at is null
        where c.slug = $1 order by y.name limit 50
        """, [.text(clinic)]))
    let names = try payers.map { "'\(try $0.string(0))'" }
    throw AdministrationError(
      .notFound,
      names.isEmpty || names.contains("'\(payer)'")
        ? "the partner does not serve the clinic '\(clinic)': add --clinic \(clinic)"
        : "clinic '\(clinic)' has no payer '\(payer)'; it has \(names.joined(separator: ", "))")
  }

  private static func add(
    _ certificate: CertificateName, to id: String, _ transaction: PostgresTransaction
  ) async throws {
    let owner = try await transaction.run([
      PostgresQuery(
        """
        insert into gateway.partner_certificate (partner_id, kind, value) values ($1::uuid, $2, $3)
        on conflict (kind, value) where revoked_at is null do nothing
        """, [.text(id), .text(certificate.kind.rawValue), .text(certificate.value)]),
      PostgresQuery(
        """
        select p.id::text, p.slug from gateway.partner_certificate c join gateway.partner p on p.id = c.partner_id
        where c.kind = $1 and c.value = $2 and c.revoked_at is null
        """, [.text(certificate.kind.rawValue), .text(certificate.value)]),
    ])[1]
    guard owner.rowCount == 1, try owner[0].string(0) == id else {
      throw AdministrationError(
        .taken, "\(certificate.value) is the certificate of partner '\(owner.isEmpty ? "?" : try owner[0].string(1))'")
    }
  }

  private static func add(
    _ sender: SenderName, to id: String, _ slug: String, _ transaction: PostgresTransaction
  ) async throws {
    let owned = try await transaction.run([
      PostgresQuery(
        """
        insert into gateway.partner_sender (partner_id, clinic_id, sending_application, sending_facility)
        select l.partner_id, l.clinic_id, $2, $3
        from gateway.partner_clinic l join clinic.clinic c using (clinic_id)
        where l.partner_id = $1::uuid and ($4::text is null or c.slug = $4)
        on conflict (sending_application, sending_facility, clinic_id) do nothing
        """,
        [.text(id), .text(sender.application), .text(sender.facility), PostgresValue(sender.clinic)]),
      PostgresQuery(
        """
        select p.slug from gateway.partner_clinic l join clinic.clinic c using (clinic_id)
        join gateway.partner_sender s on s.clinic_id = l.clinic_id
          and s.sending_application = $2 and s.sending_facility = $3
        join gateway.partner p on p.id = s.partner_id
        where l.partner_id = $1::uuid and ($4::text is null or c.slug = $4)
        """, [.text(id), .text(sender.application), .text(sender.facility), PostgresValue(sender.clinic)]),
    ])[1]
    guard !owned.isEmpty else {
      throw AdministrationError(
        .notFound,
        "partner '\(slug)' serves no clinic\(sender.clinic.map { " '\($0)'" } ?? "") to send for: add --clinic")
    }
    for row in owned where try row.string(0) != slug {
      throw AdministrationError(
        .taken, "\(sender.application)/\(sender.facility) sends for partner '\(try row.string(0))' already")
    }
  }
}
