import ClinicModel
import HTTP
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Callers looked up in a real database, through the functions that the runtime role may call.
final class PartnerDirectoryTests: XCTestCase {
  private let peer = SocketAddress(ip: "127.0.0.1", port: 4_000)

  private func database(_ key: APIKey, requirement: String = "key") async throws -> String {
    let dsn = try await StoreFixture.migratedDatabase("directory")
    try await StoreFixture.addClinics(dsn)
    try await StoreFixture.run(
      dsn,
      """
      select gateway.put_partner('emr', 'An EMR', 'emr', array['system/Patient.rs'], array[slug], '\(requirement)')
      from clinic.clinic where clinic_id = '\(StoreFixture.casablanca)'
      """)
    try await StoreFixture.run(
      dsn,
      """
      insert into gateway.api_key (id, partner_id, sha256)
      select '\(key.id)', id, '\\x\(key.hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())'
      from gateway.partner where slug = 'emr'
      """)
    return dsn
  }

  private func slug(_ dsn: String, _ clinic: String) async throws -> String {
    try await StoreFixture.run(dsn, "select slug from clinic.clinic where clinic_id = '\(clinic)'")[0][0] ?? ""
  }

  /// The outcome of one request, in a word.
  private func attempt(
    _ dsn: String, key: APIKey, clinic: String, type: String = "Patient"
  ) async throws -> String {
    let peer = try XCTUnwrap(peer)
    return try await PostgresTestCluster.withPool(
      dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" }
    ) { pool in
      let keeper = Gatekeeper(
        directory: PartnerDirectory(pool: pool), limiter: SharedRateLimiter(), loop: pool.loop)
      do {
        let caller = try await keeper.caller(.key(key), nil, peer)
        return try await keeper.clinic(clinic, for: caller, .fhir(.read, type: type)).slug
      } catch GateFailure.refused(let refusal) {
        return refusal.reason.rawValue
      }
    }
  }

  func testAKeyOpensItsClinicsAndScopesAndNothingElse() async throws {
    let key = try APIKey.generate(environment: "test")
    let dsn = try await database(key)
    let own = try await slug(dsn, StoreFixture.casablanca)
    let other = try await slug(dsn, StoreFixture.paris)
    let outcomes = [
      try await attempt(dsn, key: key, clinic: own),
      try await attempt(dsn, key: key, clinic: other),
      try await attempt(dsn, key: key, clinic: "no-such-clinic"),
      try await attempt(dsn, key: key, clinic: own, type: "Invoice"),
      try await attempt(dsn, key: try APIKey.generate(environment: "test"), clinic: own),
    ]
    XCTAssertEqual(outcomes, [own, "clinic-not-visible", "clinic-not-visible", "scope-missing", "unknown-key"])
  }

  func testAPartnerWhoOwesACertificateIsNotLetInByItsKeyAlone() async throws {
    let key = try APIKey.generate(environment: "test")
    let dsn = try await database(key, requirement: "both")
    let outcome = try await attempt(dsn, key: key, clinic: try await slug(dsn, StoreFixture.casablanca))
    XCTAssertEqual(outcome, "certificate-missing")
  }

  func testARevokedKeyIsUnknown() async throws {
    let key = try APIKey.generate(environment: "test")
    let dsn = try await database(key)
    try await StoreFixture.run(dsn, "update gateway.api_key set revoked_at = now()")
    let outcome = try await attempt(dsn, key: key, clinic: try await slug(dsn, StoreFixture.casablanca))
    XCTAssertEqual(outcome, "unknown-key")
  }

  func testCallersWhoComeWhenAnEntryExpiresAskOnce() async throws {
    let key = try APIKey.generate(environment: "test")
    let dsn = try await database(key)
    let own = try await slug(dsn, StoreFixture.casablanca)
    let peer = try XCTUnwrap(peer)
    try await PostgresTestCluster.withPool(
      dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" }
    ) { pool in
      var limits = PartnerDirectory.Limits()
      limits.lifetimeMilliseconds = 100
      let keeper = Gatekeeper(
        directory: PartnerDirectory(pool: pool, limits: limits), limiter: SharedRateLimiter(), loop: pool.loop)
      for round in 1...3 {
        let callers = (0..<64).map { _ in
          Task(executorPreference: pool.loop) {
            let caller = try await keeper.caller(.key(key), nil, peer)
            return try await keeper.clinic(own, for: caller, .fhir(.read, type: "Patient")).slug
          }
        }
        for caller in callers {
          let slug = try await caller.value
          XCTAssertEqual(slug, own)
        }
        // One for the key, one for the clinic.
        XCTAssertEqual(pool.statistics.pipelines, 2 * round)
        await pool.loop.sleep(milliseconds: 120)
      }
    }
  }

  func testTheExpiringCacheForgetsInTimeAndStaysBounded() {
    var cache = ExpiringCache<Int, String?>(lifetimeMilliseconds: 1, capacity: 3)
    cache.keep("a", for: 1, now: 0)
    cache.keep(nil, for: 2, now: 0)
    XCTAssertEqual(cache.value(1, now: 999_999), .some("a"))
    XCTAssertEqual(cache.value(2, now: 0), .some(nil))
    XCTAssertEqual(cache.value(1, now: 1_000_000), .none)
    for number in 3..<100 { cache.keep("b", for: number, now: 0) }
    XCTAssertLessThanOrEqual(cache.count, 3)
  }
}
