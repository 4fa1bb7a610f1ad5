import ClinicModel
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

final class SeederTests: XCTestCase {
  private static func seeded(_ label: String) async throws -> String {
    let dsn = try await StoreFixture.migratedDatabase(label)
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      let made = try await Seeder().loadSamples(pool)
      XCTAssertEqual(made, ["casablanca", "paris"])
      let again = try await Seeder().loadSamples(pool)
      XCTAssertEqual(again, [])
    }
    return dsn
  }

  func testSamplesAreCoherent() async throws {
    let dsn = try await Self.seeded("samples")
    let counts = try await StoreFixture.run(
      dsn,
      """
      select c.slug, count(*)::text from clinic.clinic c join clinic.patient p using (clinic_id) group by 1 order by 1
      """)
    XCTAssertEqual(counts, [["casablanca", "72"], ["paris", "72"]])
    // Each query finds what must not be.
    for wrong in [
      """
      select i.id from clinic.invoice i left join lateral (
        select coalesce(sum(net), 0) as net from clinic.invoice_item t
        where t.clinic_id = i.clinic_id and t.invoice_id = i.id) n on true
      left join lateral (
        select coalesce(sum(amount), 0) as tax from clinic.invoice_item_tax x
        where x.clinic_id = i.clinic_id and x.invoice_id = i.id) x on true
      where n.net <> i.total_net or x.tax <> i.total_tax or n.net = 0
      """,
      """
      select i.id from clinic.invoice i where i.status = 'balanced' and i.total_gross <> (
        select coalesce(sum(a.amount), 0) from clinic.payment_allocation a
        where a.clinic_id = i.clinic_id and a.invoice_id = i.id)
      """,
      """
      select a.id from clinic.appointment a join clinic.appointment b
        on a.clinic_id = b.clinic_id and a.practitioner_id = b.practitioner_id and a.start_at = b.start_at and a.id < b.id
      """,
      """
      select a.id from clinic.appointment a join clinic.clinic c using (clinic_id)
      where extract(hour from a.start_at at time zone c.time_zone) not between 9 and 17
        or extract(isodow from a.start_at at time zone c.time_zone) > 5
      """,
      "select id from clinic.patient where version <> 1",
      "select x.id from clinic.invoice_item_tax x join clinic.clinic c using (clinic_id) where c.slug = 'casablanca' and x.amount <> 0",
      "select id::text from gateway.delivery",
    ] {
      let rows = try await StoreFixture.run(dsn, wrong)
      XCTAssertEqual(rows, [], wrong)
    }
    let taxed = try await StoreFixture.run(
      dsn,
      "select distinct category, rate::real::text from clinic.invoice_item_tax join clinic.clinic c using (clinic_id) where c.slug = 'paris' order by 1"
    )
    XCTAssertEqual(taxed, [["E", "0"], ["S", "20"]])
  }

  func testTheSameNumbersGiveTheSameRows() async throws {
    var seen: Set<String> = []
    for label in ["twin_a", "twin_b"] {
      let dsn = try await Self.seeded(label)
      _ = try await PostgresTestCluster.withPool(dsn: dsn) { try await Seeder().addPatients(30, to: "paris", $0) }
      let rows = try await StoreFixture.run(
        dsn,
        """
        select md5(string_agg(p.id || p.family || p.birth_date || p.updated_at, ',' order by p.id)) ||
          (select md5(string_agg(i.id || coalesce(i.number, '') || i.total_gross, ',' order by i.id)) from clinic.invoice i)
        from clinic.patient p
        """)
      seen.insert(rows[0][0] ?? "")
    }
    XCTAssertEqual(seen.count, 1)
  }

  func testUnknownClinicIsSaid() async throws {
    let dsn = try await StoreFixture.migratedDatabase("nowhere")
    do {
      _ = try await PostgresTestCluster.withPool(dsn: dsn) { try await Seeder().addPatients(1, to: "nowhere", $0) }
      XCTFail("there is no such clinic")
    } catch let error as SeedError {
      XCTAssertTrue(error.description.contains("'nowhere'"))
    }
  }

  /// `PASSERELLE_SEED_PATIENTS=100000` measures the promise of two minutes.
  func testBulkIsFast() async throws {
    let asked = ProcessInfo.processInfo.environment["PASSERELLE_SEED_PATIENTS"].flatMap { Int($0) } ?? 1_000
    let dsn = try await Self.seeded("bulk")
    let start = Date()
    let present = try await PostgresTestCluster.withPool(dsn: dsn) {
      try await Seeder().addPatients(asked, to: "casablanca", $0)
    }
    let seconds = Date().timeIntervalSince(start)
    XCTAssertEqual(present, asked + Seeder.samplePatients)
    print("seeded \(asked) patients in \(seconds) s")
    XCTAssertLessThan(seconds, 120)
  }
}

final class SeedTurnsTests: XCTestCase {
  func testBatchesCommitInTheirOrderAndNoneAfterOneThatFailed() async throws {
    let committed = try await EventLoop.onLoop { loop in
      let turns = SeedTurns(loop: loop)
      return await withTaskGroup(of: Int?.self) { tasks in
        for turn in (0..<6).reversed() {
          tasks.addTask(executorPreference: loop) {
            defer { turns.failUnlessDone(turn) }
            await loop.sleep(milliseconds: (6 - turn) * 3)
            guard turn != 4, (try? await turns.wait(for: turn)) != nil else { return nil }
            turns.done(turn)
            return turn
          }
        }
        var order: [Int] = []
        for await turn in tasks { order += [turn].compactMap { $0 } }
        return order
      }
    }
    XCTAssertEqual(committed, [0, 1, 2, 3])
  }
}
