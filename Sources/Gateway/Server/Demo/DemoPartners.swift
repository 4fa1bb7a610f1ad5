import Crypto
import PostgresClient

/// The demo's partners: made once, so that what is changed about them by hand afterwards stays.
struct DemoPartners: Sendable {
  static let clinics = ["casablanca", "paris"]
  static let readable = [
    "Account", "AllergyIntolerance", "Appointment", "Binary", "ChargeItem", "Condition", "Coverage", "DiagnosticReport",
    "DocumentReference", "Encounter", "Invoice", "Location", "Observation", "Organization", "Patient", "Practitioner",
    "Procedure",
  ]

  let certificates: DemoCertificates
  /// Where keys and secrets are kept, for the owner of the folder alone.
  let keyFolder: String
  let receiverURL: String
  /// Where the EMR takes its HL7 feed.
  let feedURL: String
  let environment: String
  let sealingKey: [UInt8]

  private struct Definition {
    let holder: DemoCertificates.Holder
    let name: String
    let kind: PartnerKind
    let scopes: [String]
    var formats: [String] = []
    /// It takes HL7 messages, not documents.
    var isFed: Bool { formats.contains { $0.hasPrefix("hl7-") } }
  }

  private static let all = [
    Definition(
      holder: .emr, name: "City EMR", kind: .emr, scopes: readable.map { "system/\($0).rs" },
      formats: ["hl7-adt", "hl7-siu"]),
    Definition(holder: .hospital, name: "CHU Ibn Rochd", kind: .hospital, scopes: [Scope.hl7v2Text]),
    Definition(
      holder: .insurer, name: "Claims office", kind: .insurer, scopes: ["system/ClaimResponse.c"],
      formats: ["fhir-claim"]),
    Definition(
      holder: .accounting, name: "Ledger & Co", kind: .accounting, scopes: ["system/Invoice.rs"], formats: ["ubl-2.1"]),
    Definition(holder: .auditor, name: "Auditor", kind: .auditor, scopes: ["system/AuditEvent.rs"]),
  ]

  static let slugs = all.map(\.holder.name)

  /// Makes partners and keys that are missing; tells those that are there where the receiver is now.
  func prepare(_ pool: PostgresPool) async throws {
    for definition in Self.all {
      let slug = definition.holder.name
      let isNew = try await !exists(slug, pool)
      var changes = PartnerChanges()
      if isNew {
        changes.name = definition.name
        changes.kind = definition.kind
        changes.scopes = definition.scopes
        changes.requirement = .both
        changes.clinics = Self.clinics
        changes.addedCertificates = [CertificateName(.san, definition.holder.names)]
        if definition.holder == .hospital, let sender = SenderName("HIS/CHU-IBN-ROCHD@casablanca") {
          changes.clinics = ["casablanca"]
          changes.senders = [sender]
        }
        if definition.holder == .insurer { changes.payers = try await payers(pool) }
      }
      if !definition.formats.isEmpty {
        if isNew { changes.deliveryFormats = definition.formats }
        changes.deliveryURL = definition.isFed ? feedURL : "\(receiverURL)/\(slug)"
        changes.deliveryCA = certificates.authority
        changes.deliveryCertificate = certificates.certificate(.gateway)
        changes.deliveryKey = certificates.key(.gateway)
        changes.allowsPrivateNetworks = true
        if !definition.isFed {
          changes.deliverySecretSealed = try WebhookSecrets.seal(try secret(of: slug), partner: slug, key: sealingKey)
        }
      }
      if isNew {
        try await PartnerAdministration.add(slug, changes, pool)
      } else if changes != PartnerChanges() {
        try await PartnerAdministration.update(slug, changes, pool)
      }
      try await prepareKey(of: slug, pool)
    }
  }

  func keyPath(_ slug: String) -> String { "\(keyFolder)/\(slug).key" }

  /// The secrets that sign what the receiver gets.
  func secrets() throws -> WebhookSecrets? {
    WebhookSecrets(
      try Self.all.filter { !$0.formats.isEmpty && !$0.isFed }.map { try secret(of: $0.holder.name) }.joined(
        separator: " "))
  }

  private func exists(_ slug: String, _ pool: PostgresPool) async throws -> Bool {
    try await !pool.run([
      CommandDatabase.actAsOwner, PostgresQuery("select id from gateway.partner where slug = $1", [.text(slug)]),
    ])[1].isEmpty
  }

  /// In each clinic the payer that most coverages are with.
  private func payers(_ pool: PostgresPool) async throws -> [String: String] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select distinct on (c.slug) c.slug, v.payer_id from clinic.clinic c join clinic.coverage v using (clinic_id)
        where c.slug = any ($1::text[]) group by c.slug, v.payer_id order by c.slug, count(*) desc, v.payer_id
        """, [.textArray(Self.clinics)]),
    ])[1]
    var payers: [String: String] = [:]
    for row in rows { payers[try row.string(0)] = try row.string(1) }
    return payers
  }

  /// Keeps the key in its file if it still opens the door, else makes one.
  private func prepareKey(of slug: String, _ pool: PostgresPool) async throws {
    if let text = try? readWholeFile(keyPath(slug), maximumBytes: 256),
      let key = try? APIKey(parsing: String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self))
    {
      let live = try await pool.run([
        CommandDatabase.actAsOwner,
        PostgresQuery(
          """
          select sha256 from gateway.api_key where id = $1 and revoked_at is null
            and (expires_at is null or expires_at > now())
          """, [.text(key.id)]),
      ])[1]
      if live.rowCount == 1, key.matches(hash: try live[0].bytes(0)) { return }
    }
    let key = try await KeyAdministration.create(for: slug, environment: environment, pool)
    try DataFolder.write(Array((key.reveal() + "\n").utf8), to: keyPath(slug), mode: 0o600)
  }

  private func secret(of slug: String) throws -> String {
    let path = "\(keyFolder)/\(slug).signing"
    if let text = try? readWholeFile(path, maximumBytes: 256) {
      let secret = String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self)
      if WebhookSecrets(secret) != nil { return secret }
    }
    let secret = try WebhookSecrets.generate()
    try DataFolder.write(Array((secret + "\n").utf8), to: path, mode: 0o600)
    return secret
  }
}
