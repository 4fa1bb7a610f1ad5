import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Partitions made ahead and dropped when their time is over, with what belonged to them.
final class RetentionTests: XCTestCase {
  private func partitions(_ fixture: MLLPFixture, _ parent: String) async throws -> [String] {
    try await fixture.rows(
      """
      select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'gateway.\(parent)'::regclass order by 1
      """
    ).compactMap(\.[0])
  }

  func testMonthsPastTheirTimeGoWithWhatBelongedToThem() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send(MLLPFixture.update("R-1", at: "20261101080000+0100"))
    _ = try await fixture.send(MLLPFixture.update("R-2", family: "Alami", at: "20261102080000+0100"))
    let before = try await partitions(fixture, "hl7_message")
    XCTAssertGreaterThanOrEqual(before.count, 5)
    func turn(_ months: Int, after: String) async throws -> [[String?]] {
      try await fixture.rows(
        "select work, name, rows from gateway.maintain_as_of(3, \(months), 0, 30, now() + interval '\(after)')")
    }
    let early = try await turn(12, after: "11 months")
    XCTAssertEqual(early.filter { $0[0] == "dropped" }, [], "the month of the messages is not over for a year")
    let kept = try await fixture.value("select count(*) from gateway.hl7_message")
    XCTAssertEqual(kept, "2")
    let late = try await turn(12, after: "13 months")
    XCTAssertTrue(late.contains { $0[0] == "dropped" })
    XCTAssertTrue(late.contains(["purged", "message_ledger", "2"]))
    XCTAssertTrue(late.contains(["purged", "message_effect", "2"]), "one of two on the patient and on the visit")
    let left = try await fixture.rows(
      """
      select (select count(*) from gateway.hl7_message), (select count(*) from gateway.message_ledger),
        (select count(distinct (relation, record_id)) from gateway.message_effect),
        (select count(*) from gateway.message_effect), (select count(*) from clinic.patient)
      """)
    XCTAssertEqual(left, [["0", "0", "2", "2", "1"]])
    let audit = try await partitions(fixture, "audit_event")
    XCTAssertEqual(audit.count, before.count, "0 keeps for ever")
    // The ledger has forgotten the message, but its event is still known to be older than the last one.
    let again = try await fixture.send(MLLPFixture.update("R-1", at: "20261101080000+0100"))
    XCTAssertEqual(again.code, "AA")
    let state = try await fixture.value("select state from gateway.hl7_message")
    XCTAssertEqual(state, "superseded")
    try await fixture.stop()
  }

  func testWhatFellIntoTheDefaultPartitionMovesToItsMonth() async throws {
    let fixture = try await MLLPFixture()
    let months = try await partitions(fixture, "hl7_message").filter { !$0.hasSuffix("default") }
    let (this, last) = (months[1], try XCTUnwrap(months.last))
    _ = try await fixture.rows("drop table gateway.\(this)")
    _ = try await fixture.rows("drop table gateway.\(last)")
    let answer = try await fixture.send(MLLPFixture.update("D-1"))
    XCTAssertEqual(answer.code, "AA")
    let place = "select tableoid::regclass::text, control_id from gateway.hl7_message"
    let stray = try await fixture.rows(place)
    XCTAssertEqual(stray, [["gateway.hl7_message_default", "D-1"]])
    let made = try await fixture.value("select gateway.ensure_partitions(3)")
    XCTAssertEqual(made, "2")
    let moved = try await fixture.rows(place)
    XCTAssertEqual(moved, [["gateway.\(this)", "D-1"]])
    let open = try await fixture.rows(
      """
      select relname from pg_class where relnamespace = 'gateway'::regnamespace
        and relname ~ '^(hl7_message|audit_event)' and relkind in ('r', 'p')
        and not (relrowsecurity and relforcerowsecurity)
      """)
    XCTAssertEqual(open, [])
    let again = try await fixture.send(MLLPFixture.update("D-1"))
    XCTAssertEqual(again.code, "AA")
    let count = try await fixture.value("select count(*) from gateway.hl7_message")
    XCTAssertEqual(count, "1", "a repeat is still known")
    try await fixture.stop()
  }

  func testOneProcessAtATimeKeepsTheStoreInBounds() async throws {
    let fixture = try await MLLPFixture()
    var configuration = PostgresConfiguration(dsn: fixture.dsn)
    configuration.overrides["user"] = "passerelle_dispatcher"
    configuration.connections = 1
    let (settings, loop) = (configuration, fixture.loop)
    _ = try await fixture.rows(
      "drop table gateway.\(try await partitions(fixture, "audit_event").dropLast().last ?? "")")
    let outcomes = try await loop.run {
      let pool = PostgresPool(settings, loop: loop)
      let maintenance = StoreMaintenance(
        pool: pool, settings: Configuration.Retention(), log: Logger(level: .error), count: { _, _, _ in })
      let first = await maintenance.turn()
      let other = PostgresPool(settings, loop: loop)
      let second = try await other.transaction { transaction in
        _ = try await transaction.run(PostgresQuery("select pg_advisory_xact_lock(hashtext('passerelle.maintenance'))"))
        return await maintenance.turn()
      }
      await other.shutdown(graceMilliseconds: 100)
      await maintenance.stop()
      return [first, second, await maintenance.turn()]
    }
    XCTAssertEqual(outcomes, [.done(hasMore: false), .busy, .failed])
    let months = try await partitions(fixture, "audit_event")
    XCTAssertEqual(months.count, 6, "the default, last month, this one and three to come")
    // The runtime role may not throw messages away.
    let pool = fixture.pool
    let state = try await loop.run {
      do throws(PostgresError) {
        _ = try await pool.run(PostgresQuery("select * from gateway.maintain(1, 1, 1, 1)"))
        return "it may"
      } catch {
        return error.sqlState ?? ""
      }
    }
    XCTAssertEqual(state, "42501", "passerelle_app must not drop partitions")
    try await fixture.stop()
  }
}
