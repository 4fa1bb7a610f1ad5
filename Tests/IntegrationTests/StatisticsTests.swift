import JSON
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// A young database: statements that were prepared while the tables were empty, and what they read once those have grown.
final class StatisticsTests: XCTestCase {
  private static let patients = 3_000
  private static let prepared = [
    "prepare by_id(uuid, text[]) as select p.id from clinic.patient p where p.clinic_id = $1 and p.id = any ($2)",
    "execute by_id('\(MLLPFixture.clinicID)', '{p7}')",
  ]

  private static func plain(_ text: String) -> PostgresQuery {
    var query = PostgresQuery(dynamic: text)
    query.isPrepared = false
    return query
  }

  /// Rows that the kept plan takes up to find one patient.
  private static func rowsRead(_ session: PostgresPool) async throws -> Double {
    func read(_ node: JSONValue) -> Double {
      func number(_ name: String) -> Double { Double(node[name]?.number ?? "0") ?? 0 }
      let own = node["Node Type"]?.string?.hasSuffix("Scan") == true
      return (node["Plans"]?.array ?? []).reduce(0) { $0 + read($1) }
        + (own ? number("Actual Rows") + number("Rows Removed by Filter") : 0)
    }
    let result = try await session.run([
      ClinicScope.query(MLLPFixture.clinicID),
      plain("explain (analyze, timing off, format json) execute by_id('\(MLLPFixture.clinicID)', '{p7}')"),
    ])[1]
    let plan = try JSONValue.parse(Array(try result[0].string(0).utf8))
    return plan[0]?["Plan"].map(read) ?? .infinity
  }

  func testPlansOfAnEmptyTableAreMadeAnewOnceItHasGrown() async throws {
    let fixture = try await MLLPFixture()
    let (dsn, loop) = (fixture.dsn, fixture.loop)
    var configuration = PostgresConfiguration(dsn: dsn)
    configuration.connections = 1
    configuration.overrides["user"] = "passerelle_app"
    configuration.settings["plan_cache_mode"] = "force_generic_plan"
    let app = configuration
    configuration.settings["plan_cache_mode"] = nil
    configuration.overrides["user"] = "passerelle_dispatcher"
    let dispatcher = configuration
    let (before, grown, after, again) = try await loop.run {
      let session = PostgresPool(app, loop: loop)
      _ = try await session.run([ClinicScope.query(MLLPFixture.clinicID)] + Self.prepared.map(Self.plain))
      _ = try await session.run([
        ClinicScope.query(MLLPFixture.clinicID),
        Self.plain(
          "insert into clinic.patient (clinic_id, id, family, given) select '\(MLLPFixture.clinicID)', 'p' || n, "
            + "'Family' || n, array['Given'] from generate_series(1, \(Self.patients)) n"),
      ])
      _ = try await session.run(Self.plain("select pg_stat_force_next_flush()"))
      let before = try await Self.rowsRead(session)
      let maintenance = StoreMaintenance(
        pool: PostgresPool(dispatcher, loop: loop), settings: Configuration.Retention(), log: Logger(level: .error),
        count: { _, _, _ in })
      var grown = await maintenance.refreshStatistics()
      let after = try await Self.rowsRead(session)
      var again = await maintenance.refreshStatistics()
      while !again.isEmpty {
        grown += again
        again = await maintenance.refreshStatistics()
        if grown.count > 60 { break }
      }
      await session.shutdown(graceMilliseconds: 100)
      await maintenance.stop()
      return (before, grown, after, again)
    }
    XCTAssertGreaterThan(before, 100, "the plan of an empty table reads all of it, or this test shows nothing")
    XCTAssertTrue(grown.contains("clinic.patient"), "\(grown)")
    XCTAssertTrue(grown.contains("clinic.patient_key"), "\(grown)")
    XCTAssertLessThanOrEqual(after, 2)
    XCTAssertEqual(Set(grown).count, grown.count, "none is analyzed twice for the same growth")
    XCTAssertEqual(again, [])
    try await fixture.stop()
  }
}
