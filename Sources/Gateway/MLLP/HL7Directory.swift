internal import ClinicModel
internal import Crypto
internal import HL7Parser
internal import JSON
internal import Mappers
internal import PostgresClient
internal import Reactor

/// Whose a message is, for which clinic, and how it is understood.
struct HL7Route: Sendable {
  let partnerID: String
  let partnerSlug: String
  let clinicID: String
  let clinicSlug: String
  let profile: HL7PartnerProfile
  let mapping: HL7MappingProfile
  /// SHA-256 of everything that says how messages are understood.
  let digest: [UInt8]
}

/// Finds the partner and clinic of messages: `gateway.hl7_route`. Answers are kept for two seconds; what many want to
/// know at once is asked once.
///
/// Isolation: the loop's own thread.
final class HL7Directory {
  private struct Question: Hashable, Sendable {
    var partnerID: String?
    var partnerSlug: String?
    var clinic: String?
    var remote: String?
    var application: String
    var facility: String
    var receivingApplication: String
    var receivingFacility: String
  }

  private struct Sender: Hashable {
    let question: Question
    let certificate: String?
  }

  private let pool: PostgresPool
  private let partners: PartnerDirectory
  private let routes: SharedLookup<Question, HL7Route?>
  private var zones: [String: ZoneOffsets] = [:]
  /// How senders were last known to want to be answered, for the time when nobody can be asked.
  private var profiles = ExpiringCache<Sender, HL7PartnerProfile>(
    lifetimeMilliseconds: .max / 1_000_000, capacity: 4_096)
  /// Longer names than this are nobody's.
  private static let nameBytes = 256

  init(pool: PostgresPool, partners: PartnerDirectory) {
    self.pool = pool
    self.partners = partners
    routes = SharedLookup(loop: pool.loop, lifetimeMilliseconds: 2_000, capacity: 4_096)
  }

  /// The route of a message with this header; nil for a stranger.
  func route(_ header: HL7Header, _ sender: HL7Sender) async throws(PostgresError) -> HL7Route? {
    var question = Self.question(header, sender)
    let asked = Sender(question: question, certificate: sender.certificate?.certificateSHA256)
    if let certificate = sender.certificate {
      // A certificate that is nobody's is not made good by what the message claims.
      guard let owner = try await partners.owner(of: certificate), question.partnerID ?? owner.id == owner.id else {
        return nil
      }
      question.partnerID = owner.id
    }
    let asking = question
    if let known = routes.kept(question) { return known }
    let route = try await routes.value(question) { () async throws(PostgresError) in try await self.lookUp(asking) }
    if let route { profiles.keep(route.profile, for: asked, now: pool.loop.now) }
    return route
  }

  /// The profile that this sender had when it was last looked up by this process.
  func lastProfile(_ header: HL7Header, _ sender: HL7Sender) -> HL7PartnerProfile? {
    let asked = Sender(
      question: Self.question(header, sender), certificate: sender.certificate?.certificateSHA256)
    return profiles.value(asked, now: pool.loop.now)
  }

  /// The id of the partner that a connection belongs to, whatever the message says.
  func partner(of sender: HL7Sender) async throws(PostgresError) -> String? {
    if let id = sender.partnerID { return id }
    guard let certificate = sender.certificate else { return nil }
    return try await partners.owner(of: certificate)?.id
  }

  private static func question(_ header: HL7Header, _ sender: HL7Sender) -> Question {
    Question(
      partnerID: sender.partnerID, partnerSlug: sender.partnerSlug, clinic: sender.clinic,
      remote: sender.peer.family == .unix ? nil : sender.peer.host, application: name(header, 3),
      facility: name(header, 4), receivingApplication: name(header, 5), receivingFacility: name(header, 6))
  }

  private func lookUp(_ question: Question) async throws(PostgresError) -> HL7Route? {
    let rows = try await pool.run(
      PostgresQuery(
        """
        select partner_id, partner_slug, clinic_id, clinic_slug, time_zone, profile
        from gateway.hl7_route($1::uuid, $2, $3, $4, $5, $6, $7::inet, $8)
        """,
        [
          PostgresValue(question.partnerID), PostgresValue(question.partnerSlug), .text(question.application),
          .text(question.facility), .text(question.receivingApplication), .text(question.receivingFacility),
          PostgresValue(question.remote), PostgresValue(question.clinic),
        ]))
    guard rows.rowCount == 1 else { return nil }
    let row = rows[0]
    let (partnerID, clinicID) = (try row.string(0), try row.string(2))
    let text = try row.string(5)
    let results = try await pool.run([
      MessageStatements.setClinic(clinicID),
      StoredCodeMaps.query(clinicID: clinicID, partnerID: partnerID),
      PostgresQuery(
        """
        select exists (select from unnest(delivery_formats) f where f like 'hl7-%')
        from gateway.partner where id = $1::uuid
        """, [.text(partnerID)]),
    ])
    let zone = try row.string(4)
    let profile = HL7PartnerProfile(stored: text)
    var mapping = profile.mapping(zone: offsets(of: zone))
    mapping.partner = partnerID
    let codeMaps = try StoredCodeMaps(results[1])
    let clinicSlug = try row.string(3)
    let takesFeed = try results[2].first.map { row throws(PostgresError) in try row.bool(0) } ?? false
    if takesFeed || profile.hasFeed {
      mapping.ownAuthority = profile.feed(clinic: clinicSlug, mapping: mapping).authority
    }
    mapping.add(codeMaps)
    var digest = "\(zone)\n\(text)\n\(mapping.ownAuthority ?? "")"
    for (purpose, theirs, code) in codeMaps.entries {
      digest += "\n\(purpose.rawValue)\t\(theirs)\t\(code.system ?? "")\t\(code.code ?? "")\t\(code.display ?? "")"
    }
    return HL7Route(
      partnerID: partnerID, partnerSlug: try row.string(1), clinicID: clinicID, clinicSlug: clinicSlug,
      profile: profile, mapping: mapping, digest: SHA256.hash(digest))
  }

  private func offsets(of zone: String) -> ZoneOffsets {
    if let known = zones[zone] { return known }
    let offsets = ZoneFiles.offsets(named: zone) ?? .utc
    zones[zone] = offsets
    return offsets
  }

  /// The namespace id of an HD field: what senders are configured by.
  static func name(_ header: HL7Header, _ field: Int) -> String {
    let text = header.field(field)?.component(1).string ?? ""
    return text.utf8.count <= nameBytes && !text.utf8.contains(0) ? text : "\u{FFFD}"
  }
}
