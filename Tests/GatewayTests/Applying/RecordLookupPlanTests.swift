import ClinicModel
import Mappers
import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

/// What a message asks before it is planned reads the rows of the patients that it names, not those of a whole clinic.
final class RecordLookupPlanTests: XCTestCase {
  func testLookUpsReadWhatIsThePatients() async throws {
    let dsn = try await StoreFixture.migratedDatabase("lookups")
    let clinic = try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      _ = try await Seeder().loadSamples(pool)
      _ = try await Seeder().addPatients(2_000, to: "casablanca", pool)
      _ = try await pool.run(QueryPlan.plain("analyze"), timeoutMilliseconds: 60_000)
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
        let rows = try await pool.run([
          ClinicScope.query(clinic),
          PostgresQuery(
            """
            select i.system, i.value, i.owner_id from clinic.identifier i
            join clinic.coverage c on c.clinic_id = i.clinic_id and c.patient_id = i.owner_id
            join clinic.encounter e on e.clinic_id = i.clinic_id and e.patient_id = i.owner_id
            where i.owner_type = 'patient' order by i.id limit 1
            """),
        ])[1]
        // An identifier that the patient holds, and the clinic's own number of it.
        let held = IdentifierValue(system: try rows[0].string(0), value: try rows[0].string(1))
        let ours = IdentifierValue(system: IdentifierValue.ownSystem(.patient), value: try rows[0].string(2))
        for key in [RecordKey(.patient, held), RecordKey(.patient, ours)] {
          var wanted = RecordLookup.Wanted()
          wanted.keys = [key]
          wanted.coveragePatients = [key]
          wanted.encounterPatients = [key]
          wanted.encounterStarts = [Instant(microseconds: 1_793_600_000_000_000)]
          for relation in FactKey.Relation.allCases { wanted.facts.insert(FactID(relation, id: "nobody")) }
          let (queries, keys) = RecordLookup.queries(wanted, clinic: .text(clinic))
          for query in queries {
            let plan = try await QueryPlan(
              of: query, ["plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"], clinic, pool)
            XCTAssertLessThanOrEqual(plan.rowsRead, 100, "\(query.text)\n\(plan.text)")
          }
          let results = try await pool.run([ClinicScope.query(clinic)] + queries)
          let found = try RecordLookup(results[1...], wanted, keys: keys)
          XCTAssertEqual(found.owners[key]?.map(\.id), [ours.value])
          XCTAssertFalse(found.coverages.isEmpty)
        }
      })
  }
}
