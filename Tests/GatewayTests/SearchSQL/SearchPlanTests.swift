import ClinicModel
import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

/// The searches that an EMR makes all day read about a page of rows, however many the clinic has, with the values known
/// to the planner and without.
final class SearchPlanTests: XCTestCase {
  private static let patients = 3_000
  /// Rows that a plan may read for a page of 20: a page from each branch, with what is joined to it.
  private static let rowLimit = 400

  private static let queries = [
    "Patient?family=ben", "Patient?name=ben", "Patient?family=ben&_sort=-family", "Patient?family=ben&gender=male",
    "Patient?_sort=family", "Patient?_sort=-birthdate", "Patient?_sort=-_lastUpdated",
    "Patient?identifier=nobody", "Patient?phone=0600000000", "Patient?email=a@b.example",
    "Patient?birthdate=1980-01-01",
    "Patient?birthdate=ge1980", "Patient?_lastUpdated=gt2030", "Patient?family:contains=a",
    "Patient?family:missing=true",
    "Appointment?status=waitlist", "Appointment?status=waitlist&_sort=-date", "Appointment?status=proposed,pending",
    "Appointment?status:not=booked", "Appointment?date=ge2026-06-01", "Appointment?date=ge2026-06-01&_sort=-date",
    "Appointment?patient=P", "Appointment?actor=P", "Appointment?practitioner=D", "Appointment?actor=D",
    "Appointment?practitioner=D&date=ge2026-06-01", "Appointment?location=L&_sort=-date",
    "Encounter?status=in-progress", "Encounter?status:not=finished", "Encounter?date=ge2026-06-01",
    "Encounter?date=gt2026-06-01", "Encounter?date=lt2026-06-01&_sort=-date", "Encounter?date=le2026-06-01&_sort=-date",
    "Encounter?date=eb2000", "Encounter?date=gt2050", "Encounter?date=ap2050", "Encounter?date=2026-06-01",
    "Encounter?date=ge2026-05-01&date=lt2026-06-01", "Encounter?date=ge2026-06-01&_sort=date",
    "Encounter?date=ge2026-05-01&date=lt2026-06-01&_sort=-date", "Encounter?patient=P",
    "Encounter?practitioner=D&_sort=-date",
    "Invoice?status=draft", "Invoice?status=cancelled&_sort=-date", "Invoice?recipient=P",
    "Invoice?recipient=Patient/P",
    "Invoice?recipient=Organization/O", "Invoice?participant=nobody", "Invoice?date=ge2026-06-01&_sort=-date",
    "Patient?gender=unknown", "Patient?phone:missing=true", "Patient?email:missing=true",
    "Appointment?date=ge2026-11-02&date=lt2026-11-03&_sort=_lastUpdated",
    "Invoice?date=2026-06-01&_sort=-_lastUpdated", "Encounter?date=2026-06-01&_sort=_lastUpdated",
    "Coverage?status=draft", "Coverage?status:not=active", "Coverage?patient=P", "Coverage?payor=nobody",
    "Patient?identifier:missing=false", "Patient?phone:missing=false", "Patient?email:missing=false",
    "Appointment?identifier:missing=true", "Appointment?identifier:missing=false", "Encounter?identifier:missing=false",
    "Invoice?identifier:missing=true", "Invoice?identifier:missing=false", "Coverage?identifier:missing=false",
    "Encounter?appointment:missing=true", "Appointment?_sort=status", "Appointment?_sort=-status",
    "Encounter?_sort=-status", "Invoice?_sort=status", "ChargeItem?code=nothing",
  ]

  private static let rareStatuses = [
    ("appointment", "waitlist"), ("appointment", "proposed"), ("appointment", "pending"),
    ("encounter", "in-progress"), ("encounter", "planned"), ("coverage", "draft"), ("coverage", "cancelled"),
  ]

  func testHotSearchesReadAPageOfRows() async throws {
    let dsn = try await StoreFixture.migratedDatabase("plans")
    let clinic = try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      _ = try await Seeder().loadSamples(pool)
      _ = try await Seeder().addPatients(Self.patients, to: "casablanca", pool)
      // A clinic has a few rows of every status, and statistics of what it has.
      let rare = Self.rareStatuses.map { relation, status in
        QueryPlan.plain(
          "update clinic.\(relation) set status = '\(status)' where id in (select id from clinic.\(relation) "
            + "order by md5(id || '\(status)') limit 5)")
      }
      _ = try await pool.run(rare + [QueryPlan.plain("analyze")], timeoutMilliseconds: 60_000)
      return try await pool.run(PostgresQuery("select clinic_id::text from clinic.clinic where slug = 'casablanca'"))[0]
        .string(0)
    }
    try await PostgresTestCluster.withPool(
      dsn: dsn,
      configure: {
        $0.connections = 1
        $0.overrides["user"] = "passerelle_app"
      },
      { pool in
        let ids = try await Self.ids(pool, clinic)
        for query in Self.queries {
          let search = try Self.search(query, ids)
          let page = try XCTUnwrap(SearchStatements(search, clinic: clinic)).page(after: nil)
          for mode in ["force_custom_plan", "force_generic_plan"] {
            let plan = try await QueryPlan(of: page, ["plan_cache_mode": mode], clinic, pool)
            let read = plan.rowsRead
            XCTAssertLessThanOrEqual(
              read, Self.rowLimit, "\(query), \(mode): \(read) rows read\n\(plan.text)")
          }
        }
      })
  }

  private static func ids(_ pool: PostgresPool, _ clinic: String) async throws -> [String: String] {
    let results = try await pool.run([
      ClinicScope.query(clinic),
      PostgresQuery("select patient_id, practitioner_id, location_id from clinic.encounter order by id limit 1"),
      PostgresQuery("select payer_id from clinic.coverage order by id limit 1"),
    ])
    return [
      "P": try results[1][0].string(0), "D": try results[1][0].string(1), "L": try results[1][0].string(2),
      "O": try results[2][0].string(0),
    ]
  }

  private static func search(_ target: String, _ ids: [String: String]) throws -> SearchRequest {
    let parts = target.split(separator: "?").map(String.init)
    let pairs = parts[1].split(separator: "&").map { pair in
      let halves = pair.split(separator: "=").map(String.init)
      let value = halves[1].split(separator: "/").map { ids[String($0)] ?? String($0) }.joined(separator: "/")
      return QueryString.Pair(halves[0], value)
    }
    let dates = SearchDate.Context(now: Instant(microseconds: 1_793_600_000_000_000), zone: .utc)
    return try SearchParser.parse(QueryString(pairs), type: parts[0], settings: SearchParser.Settings(dates: dates))
  }
}
