import XCTest

@testable import Gateway

final class AccessDecisionTests: XCTestCase {
  private static let types = [
    "Patient", "Appointment", "Encounter", "Invoice", "Practitioner", "Organization", "Location", "Coverage", "Claim",
    "ClaimResponse", "AuditEvent",
  ]
  private let key: APIKey = {
    // A fixed environment; randomness cannot fail where tests run.
    do { return try APIKey.generate(environment: "live") } catch { preconditionFailure("\(error)") }
  }()

  private func partner(
    _ requirement: PartnerRequirement = .key, scopes: String = "system/*.cruds passerelle/hl7v2.c",
    clinics: Set<String> = ["c1"], addresses: [CIDR] = [], isActive: Bool = true
  ) throws -> Partner {
    Partner(
      id: "p1", slug: "emr", isActive: isActive, requirement: requirement, scopes: try ScopeSet(parsing: scopes),
      clinics: clinics, addresses: addresses)
  }

  private func evidence(
    _ presented: PresentedKey, _ record: APIKeyRecord?, _ certificate: CertificateMatch, _ partner: Partner?,
    peer: String = "10.0.0.1"
  ) throws -> AccessDecision.Evidence {
    AccessDecision.Evidence(
      presentedKey: presented, keyRecord: record, certificate: certificate, partner: partner,
      peer: try XCTUnwrap(IPAddress(peer)), now: 50)
  }

  private func reason(_ evidence: AccessDecision.Evidence) -> AccessRefusal.Reason? {
    do throws(AccessRefusal) {
      _ = try AccessDecision.authenticate(evidence)
      return nil
    } catch {
      return error.reason
    }
  }

  /// Every requirement × every state of the key × every state of the certificate.
  func testEveryCombinationOfCredentials() throws {
    let stranger = try APIKey.generate(environment: "live")
    let good = APIKeyRecord(id: key.id, partnerID: "p1", hash: key.hash)
    let keys: [(name: String, presented: PresentedKey, record: APIKeyRecord?)] = [
      ("none", .none, nil), ("good", .key(key), good), ("unknown", .key(stranger), nil),
      ("wrong secret", .key(key), APIKeyRecord(id: key.id, partnerID: "p1", hash: stranger.hash)),
      ("expired", .key(key), APIKeyRecord(id: key.id, partnerID: "p1", hash: key.hash, expiresAt: 50)),
      ("revoked", .key(key), APIKeyRecord(id: key.id, partnerID: "p1", hash: key.hash, isRevoked: true)),
    ]
    let certificates: [CertificateMatch] = [.none, .unknown, .ambiguous, .partner("p1"), .partner("p2")]
    for requirement in PartnerRequirement.allCases {
      for (name, presented, record) in keys {
        for certificate in certificates {
          let expected: AccessRefusal.Reason?
          switch (name, certificate) {
          case ("good", .ambiguous), ("none", .ambiguous): expected = .ambiguousCertificate
          case ("good", .partner("p2")): expected = .credentialsDisagree
          case ("good", .partner): expected = nil
          case ("good", _): expected = requirement == .key ? nil : .certificateMissing
          case ("none", .none): expected = .noCredentials
          case ("none", .unknown), ("none", .partner("p2")): expected = .unknownCertificate
          case ("none", _): expected = requirement == .certificate ? nil : .keyMissing
          default: expected = .unknownKey
          }
          let evidence = try evidence(presented, record, certificate, try partner(requirement))
          XCTAssertEqual(reason(evidence), expected, "\(requirement) \(name) \(certificate)")
        }
      }
    }
  }

  func testAKeyWhosePartnerIsGoneOrAnotherIsRefused() throws {
    let record = APIKeyRecord(id: key.id, partnerID: "p9", hash: key.hash)
    XCTAssertEqual(reason(try evidence(.key(key), record, .none, nil)), .unknownKey)
    XCTAssertEqual(reason(try evidence(.key(key), record, .none, try partner())), .unknownKey)
    let own = APIKeyRecord(id: key.id, partnerID: "p1", hash: key.hash)
    XCTAssertEqual(reason(try evidence(.key(key), own, .none, try partner(isActive: false))), .partnerInactive)
  }

  func testAddressesOfPartnerAndKeyBothHold() throws {
    let ten = try XCTUnwrap(CIDR("10.0.0.0/8"))
    let one = try XCTUnwrap(CIDR("10.0.0.1"))
    let cases: [(partner: [CIDR], key: [CIDR], peer: String, allowed: Bool)] = [
      ([], [], "8.8.8.8", true), ([ten], [], "10.1.1.1", true), ([ten], [], "8.8.8.8", false),
      ([ten], [one], "10.0.0.1", true), ([ten], [one], "10.0.0.2", false), ([one], [ten], "10.0.0.2", false),
      ([], [one], "::ffff:10.0.0.1", true), ([ten], [], "::1", false),
    ]
    for (partnerAddresses, keyAddresses, peer, allowed) in cases {
      let record = APIKeyRecord(id: key.id, partnerID: "p1", hash: key.hash, addresses: keyAddresses)
      let evidence = try evidence(.key(key), record, .none, try partner(addresses: partnerAddresses), peer: peer)
      XCTAssertEqual(
        reason(evidence), allowed ? nil : .addressNotAllowed, "\(partnerAddresses) \(keyAddresses) \(peer)")
    }
  }

  private func refusal(
    _ caller: Caller, _ action: AccessDecision.Action, _ clinic: String?, _ rate: RateLimiter.Verdict = .allowed
  ) -> AccessRefusal? {
    do throws(AccessRefusal) {
      try AccessDecision.authorize(caller, action, clinicID: clinic, rate: rate)
      return nil
    } catch {
      return error
    }
  }

  /// All types × interactions × tenants, for a caller with each single scope: only the granted cell opens, and a clinic
  /// that it may not see differs in nothing from one that does not exist.
  func testTypesTimesInteractionsTimesTenants() throws {
    for grantedType in Self.types {
      for (letter, permission) in Permissions.letters {
        let scope = "system/\(grantedType).\(Character(Unicode.Scalar(letter)))"
        let partner = try partner(scopes: scope)
        let caller = Caller(partner: partner, scopes: partner.scopes, keyID: nil)
        for type in Self.types {
          for interaction in Interaction.allCases {
            let action = AccessDecision.Action.fhir(interaction, type: type)
            let unknown = refusal(caller, action, nil)
            XCTAssertEqual(unknown?.status, 404)
            XCTAssertEqual(refusal(caller, action, "c2"), unknown)
            let opens = type == grantedType && interaction.permission == permission && !interaction.isSystemWide
            XCTAssertEqual(refusal(caller, action, "c1")?.reason, opens ? nil : .scopeMissing, "\(scope) \(action)")
          }
        }
        XCTAssertEqual(refusal(caller, .postHL7v2, "c1")?.reason, .scopeMissing)
      }
    }
  }

  func testAKeyWithNarrowerScopes() throws {
    let record = APIKeyRecord(
      id: key.id, partnerID: "p1", hash: key.hash, scopes: try ScopeSet(parsing: "system/Patient.r"))
    let caller = try AccessDecision.authenticate(try evidence(.key(key), record, .none, try partner()))
    XCTAssertEqual(caller.keyID, key.id)
    XCTAssertNil(refusal(caller, .fhir(.read, type: "Patient"), "c1"))
    XCTAssertEqual(refusal(caller, .fhir(.searchType, type: "Patient"), "c1")?.missingScope, "system/Patient.s")
    XCTAssertEqual(refusal(caller, .postHL7v2, "c1")?.missingScope, "passerelle/hl7v2.c")
    XCTAssertEqual(refusal(caller, .fhir(.historySystem, type: ""), "c1")?.missingScope, "system/*.s")
  }

  func testRateIsToldBeforeAnythingElse() throws {
    let partner = try partner(scopes: "")
    let caller = Caller(partner: partner, scopes: partner.scopes, keyID: nil)
    let refused = refusal(caller, .postHL7v2, nil, .refused(retryAfterSeconds: 3))
    XCTAssertEqual(refused?.status, 429)
    XCTAssertEqual(refused?.retryAfterSeconds, 3)
  }

  func testWhatStrangersReadTeachesNothing() {
    let answers = [
      AccessRefusal.Reason.unknownKey, .unknownCertificate, .ambiguousCertificate, .credentialsDisagree,
      .partnerInactive,
      .malformedCredentials,
    ].map { AccessRefusal($0) }
    for answer in answers {
      XCTAssertEqual(answer.status, 401)
      XCTAssertEqual(answer.diagnostics, answers[0].diagnostics)
      XCTAssertEqual(answer.challenge, answers[0].challenge)
      XCTAssertEqual(answer.issueCode, answers[0].issueCode)
    }
    for reason in AccessRefusal.Reason.allCases {
      let refusal = AccessRefusal(reason)
      XCTAssertEqual(refusal.challenge != nil, refusal.status == 401)
      XCTAssertTrue((400..<500).contains(refusal.status))
    }
  }
}

final class RateLimiterTests: XCTestCase {
  private let second: UInt64 = 1_000_000_000

  func testBurstThenRate() throws {
    var limiter = RateLimiter()
    let limit = try XCTUnwrap(RateLimit(perMinute: 600, burst: 5))
    var now = 5 * second
    for _ in 0..<5 { XCTAssertEqual(limiter.take("p", limit: limit, now: now), .allowed) }
    XCTAssertEqual(limiter.take("p", limit: limit, now: now), .refused(retryAfterSeconds: 1))
    XCTAssertEqual(limiter.take("q", limit: limit, now: now), .allowed)
    now += second / 10
    XCTAssertEqual(limiter.take("p", limit: limit, now: now), .allowed)
    XCTAssertEqual(limiter.take("p", limit: limit, now: now), .refused(retryAfterSeconds: 1))
    var allowed = 0
    for step in 0..<1_000 where limiter.take("p", limit: limit, now: now + UInt64(step) * second / 100) == .allowed {
      allowed += 1
    }
    XCTAssertEqual(Double(allowed), 100, accuracy: 1)
  }

  func testAClockThatStandsOrStepsBackRefusesNoLongerThanTheBurst() throws {
    var limiter = RateLimiter()
    let limit = try XCTUnwrap(RateLimit(perMinute: 60, burst: 2))
    XCTAssertEqual(limiter.take("p", limit: limit, now: 1_000 * second), .allowed)
    XCTAssertEqual(limiter.take("p", limit: limit, now: 1_000 * second), .allowed)
    XCTAssertEqual(limiter.take("p", limit: limit, now: 10 * second), .refused(retryAfterSeconds: 1))
    XCTAssertEqual(limiter.take("p", limit: limit, now: 1_002 * second), .allowed)
  }

  func testEntriesStayBounded() throws {
    var limiter = RateLimiter(maximumEntries: 100)
    let limit = try XCTUnwrap(RateLimit(perMinute: 60, burst: 3))
    for index in 0..<5_000 {
      XCTAssertEqual(limiter.take("p\(index)", limit: limit, now: second), .allowed)
      XCTAssertLessThanOrEqual(limiter.count, 100)
    }
    XCTAssertEqual(limiter.take("late", limit: limit, now: 100 * second), .allowed)
    XCTAssertEqual(limiter.count, 1, "full buckets are forgotten")
    XCTAssertNil(RateLimit(perMinute: 0, burst: 1))
    XCTAssertNil(RateLimit(perMinute: 60, burst: 0))
    XCTAssertNil(RateLimit(perMinute: 90_000_000, burst: 1))
  }

  func testStrangersAreCountedSampledAndBounded() throws {
    var ledger = StrangerLedger(samplesPerMinute: 3, maximumAddresses: 10)
    let one = try XCTUnwrap(IPAddress("203.0.113.1"))
    let rows = (0..<100).filter { ledger.record(.unknownKey, from: one, now: UInt64($0)) }
    XCTAssertEqual(rows.count, 3)
    XCTAssertTrue(ledger.record(.unknownKey, from: one, now: 60 * second))
    for index in 0..<1_000 {
      _ = ledger.record(
        .noCredentials, from: IPAddress(high: UInt64(index) << 8 | 1, low: UInt64(index)), now: 61 * second)
    }
    for index in 0..<50 {
      _ = ledger.record(.unknownKey, from: IPAddress(high: 9, low: UInt64(index)), now: 62 * second)
    }
    let counts = ledger.drain()
    XCTAssertLessThanOrEqual(counts.count, 10 + AccessRefusal.Reason.allCases.count)
    XCTAssertEqual(counts.reduce(0) { $0 + $1.count }, 1_151)
    XCTAssertEqual(counts.first { $0.key.address == one }?.count, 101)
    XCTAssertTrue(ledger.drain().isEmpty)
  }

  func testOneIPv6NetworkIsOneStranger() throws {
    var ledger = StrangerLedger(samplesPerMinute: 0, maximumAddresses: 10)
    for index in 0..<100 {
      XCTAssertFalse(ledger.record(.unknownKey, from: IPAddress(high: 9, low: UInt64(index)), now: 0))
    }
    XCTAssertEqual(ledger.drain().map(\.count), [100])
  }
}
