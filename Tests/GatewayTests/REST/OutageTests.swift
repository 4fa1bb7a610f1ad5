import ClinicModel
import Glibc
import JSON
import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

/// While the database is away, or the pool is being closed, callers are told to come back.
final class OutageTests: XCTestCase {
  func testADatabaseThatIsAwayIs503AndItsReturnIsNoticed() async throws {
    let cluster = try PostgresTestCluster()
    defer { cluster.drop() }
    let dsn = try await cluster.makeDatabase("outage")
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in _ = try await Migrator().migrate(pool) }
    try await StoreFixture.addClinics(dsn)
    try await PostgresTestCluster.withPool(
      dsn: dsn,
      configure: {
        $0.overrides["user"] = "passerelle_app"
        $0.acquireTimeoutMilliseconds = 2_000
      },
      { pool in
        let client = Self.client(pool)
        let before = try await client.answer("GET", "Patient/p")
        XCTAssertEqual(before.status, 200)
        try cluster.stopImmediately()
        try await Self.expectUnavailable(client)
        try cluster.start()
        var status = 0
        for _ in 0..<50 where status != 200 {
          status = try await client.answer("GET", "Patient/p").status
          XCTAssertTrue(status == 200 || status == 503, "\(status)")
          usleep(100_000)
        }
        XCTAssertEqual(status, 200)
      })
  }

  func testAClosedPoolIs503() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await PostgresTestCluster.withPool(dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" }) { pool in
      await pool.shutdown(graceMilliseconds: 1_000)
      try await Self.expectUnavailable(Self.client(pool))
    }
  }

  private static func client(_ pool: PostgresPool) -> FHIRClient {
    let service = FHIRService(pool: pool, auditPool: nil, settings: FHIRService.Settings(pageKey: FHIRFixture.pageKey))
    let clinic = ClinicIdentity(
      id: StoreFixture.casablanca, slug: "casablanca", name: "Cabinet", timeZone: "Africa/Casablanca", zone: .utc,
      currency: "MAD", taxRegime: "ma-tva")
    return FHIRClient(service: service, clinic: clinic)
  }

  private static func expectUnavailable(_ client: FHIRClient) async throws {
    for target in ["Patient/p", "Patient?family=a", "Invoice?_summary=count"] {
      let answer = try await client.answer("GET", target)
      XCTAssertEqual(answer.status, 503, target)
      XCTAssertNotNil(answer.field("Retry-After").flatMap { Int($0) }, target)
      let issue = try JSONValue.parse(answer.body)["issue"]?[0]
      XCTAssertEqual(issue?["code"]?.string, "transient", target)
      XCTAssertEqual(answer.audit.returned, 0, target)
    }
  }
}
