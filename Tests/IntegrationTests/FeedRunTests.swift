import HL7Parser
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Messages that are claimed together leave in their order, each once, whatever happens in the middle.
final class FeedRunTests: XCTestCase {
  /// Patients `x0001` and on, each told by a message.
  private static func makePatients(_ harness: FeedHarness, _ count: Int) async throws {
    try await harness.sql(
      """
      insert into clinic.patient (clinic_id, id, family)
        select '\(DeliveryHarness.clinic)', 'x' || to_char(n, 'FM0000'), 'Family' from generate_series(1, \(count)) n
      """)
  }

  private static func numbers(_ harness: FeedHarness) throws -> [String] {
    try harness.emr.receipts.map { try HL7Message(parsing: $0.bytes)["PID-3[1].1"].string ?? "" }
  }

  private static func expected(_ range: ClosedRange<Int>) -> [String] {
    range.map { "x" + String(repeating: "0", count: 4 - String($0).utf8.count) + String($0) }
  }

  private static func queue(_ harness: FeedHarness, _ worker: String, _ pools: inout [PostgresPool]) -> DeliveryQueue {
    let pool = PostgresPool(
      DeliveryHarness.configuration(harness.deliveries.dsn, "passerelle_dispatcher"), loop: harness.loop)
    pools.append(pool)
    return DeliveryQueue(pool: pool, worker: worker)
  }

  func testABacklogLeavesInItsOrder() async throws {
    try await FeedHarness.run("run_backlog") { harness in
      try await Self.makePatients(harness, 300)
      try harness.deliveries.startWorkers("one")
      try harness.deliveries.startWorkers("two")
      try await harness.settle(count: 300)
      let numbers = try Self.numbers(harness)
      XCTAssertEqual(numbers, Self.expected(1...300))
      XCTAssertEqual(Set(harness.emr.receipts.map(\.controlID)).count, 300)
      let audit = try await harness.sql(
        "select count(*), count(distinct resource_id), count(patient_id) from gateway.audit_event")
      XCTAssertEqual(audit, [["300", "300", "300"]], "nothing is said to have left that did not")
      let tries = try await harness.sql(
        "select count(*), min(attempt), max(attempt), bool_and(outcome = 'delivered') from gateway.delivery_attempt")
      XCTAssertEqual(tries, [["300", "1", "1", "t"]])
    }
  }

  /// A message that is not taken stops those behind it, untried; a dead letter does not.
  func testNothingOvertakesAFailureInTheMiddle() async throws {
    try await FeedHarness.run("run_failure") { harness in
      harness.deliveries.configure { $0.retryScheduleSeconds = [0, 1, 1, 1, 1] }
      let accepted = [ReceivingEMR.Behaviour](repeating: .accept, count: 20)
      harness.emr.behaviours = accepted + [.answer(.AR), .close] + accepted + [.answer(.AE, .requiredFieldMissing)]
      try await Self.makePatients(harness, 60)
      try harness.deliveries.startWorkers()
      try await harness.settle(count: 60)
      let numbers = try Self.numbers(harness)
      XCTAssertEqual(
        numbers, Self.expected(1...20) + ["x0021", "x0021"] + Self.expected(21...60),
        "the twenty-first until it is taken, then the others")
      let tries = try await harness.sql(
        """
        select d.document_id, d.attempts, d.state from gateway.delivery d where d.attempts > 1 or d.state <> 'delivered'
        order by sequence
        """)
      // A connection that had rested and was closed is made anew within the try.
      XCTAssertEqual(tries, [["x0021", "2", "delivered"], ["x0041", "1", "dead"]])
    }
  }

  /// A process that died with a run in its hands: what it had not settled goes again, in its order, with the same bytes.
  func testARunThatWasAbandonedIsTakenInItsOrder() async throws {
    try await FeedHarness.run("run_abandoned") { harness in
      try await Self.makePatients(harness, 30)
      var pools: [PostgresPool] = []
      let dead = Self.queue(harness, "dead", &pools)
      let other = Self.queue(harness, "other", &pools)
      let claimed = try await dead.claim(most: 4, mostEach: 4, longestRun: 12, leaseSeconds: 1)
      XCTAssertEqual(claimed.map(\.documentID), Self.expected(1...12))
      let nothing = try await other.claim(most: 4, mostEach: 4, longestRun: 12, leaseSeconds: 1)
      XCTAssertEqual(nothing.map(\.documentID), [], "what is behind a run waits for it")
      // It had kept some, and settled two.
      let kept = try await dead.keep(claimed.prefix(5).map { ($0, "application/hl7-v2", Array("MSH|x".utf8)) })
      XCTAssertEqual(kept, [true, true, true, true, true])
      let delivered = DeliveryQueue.Outcome(state: "delivered")
      let settled = try await dead.finish(claimed.prefix(2).map { ($0, delivered) })
      XCTAssertEqual(settled, [true, true])
      try await harness.deliveries.wait("the lease runs out") {
        try await harness.sql("select bool_and(lease_until < now()) from gateway.delivery where state = 'sending'")
          == [["t"]]
      }
      // Those that were tried go one by one; only what nobody has tried goes together again.
      let alone = try await other.claim(most: 4, mostEach: 4, longestRun: 12, leaseSeconds: 30)
      XCTAssertEqual(alone.map(\.documentID), ["x0003"])
      XCTAssertEqual(alone.first?.body, Array("MSH|x".utf8))
      let late = try await dead.finish([(claimed[2], delivered)])
      XCTAssertEqual(late, [false], "the dead one's word counts no more")
      _ = try await other.release(alone)
      try await harness.sql(
        "update gateway.delivery set body = null, body_sha256 = null, state = 'rendering' where attempts = 1 and state <> 'delivered'"
      )
      try await harness.sql(
        "update gateway.delivery set state = 'owed', lease_until = null where document_id = 'x0003'")
      try harness.deliveries.startWorkers()
      try await harness.settle(count: 30)
      let numbers = try Self.numbers(harness)
      XCTAssertEqual(numbers, Self.expected(3...30))
      for pool in pools { await pool.shutdown(graceMilliseconds: 100) }
    }
  }

  func testTwoClaimsAtOnceShareNoRun() async throws {
    try await FeedHarness.run("run_race") { harness in
      try await harness.subscribe("second", to: "{hl7-adt}")
      try await Self.makePatients(harness, 40)
      var pools: [PostgresPool] = []
      let queues = (0..<4).map { Self.queue(harness, "w\($0)", &pools) }
      for _ in 0..<10 {
        var claimed: [[OwedDelivery]] = []
        try await withThrowingTaskGroup(of: [OwedDelivery].self) { group in
          for queue in queues {
            group.addTask { try await queue.claim(most: 8, mostEach: 8, longestRun: 8, leaseSeconds: 30) }
          }
          for try await hand in group { claimed.append(hand) }
        }
        let all = claimed.flatMap { $0 }
        XCTAssertEqual(Set(all.map(\.id)).count, all.count)
        for (_, run) in Dictionary(grouping: all, by: \.partnerID) {
          let sequences = run.map(\.sequence)
          XCTAssertEqual(sequences, sequences.sorted(), "one hand, in order")
          XCTAssertLessThanOrEqual(run.count, 8)
        }
        _ = try await queues[0].release(all)
      }
      for pool in pools { await pool.shutdown(graceMilliseconds: 100) }
    }
  }

  /// A worker that lost its lease stops: somebody else sends what is behind.
  func testALostLeaseEndsTheRun() async throws {
    try await FeedHarness.run("run_lost") { harness in
      harness.deliveries.configure { $0.leaseSeconds = 1 }
      harness.emr.behaviours = [.accept, .accept, .late(milliseconds: 1_500)]
      try await Self.makePatients(harness, 20)
      let workers = try harness.deliveries.startWorkers("slow")
      try await harness.deliveries.wait("the third is on its way") { harness.emr.receipts.count == 3 }
      // As if another process had claimed them meanwhile.
      try await harness.sql("update gateway.delivery set fencing = fencing + 1 where state = 'sending'")
      try await harness.deliveries.wait(seconds: 20, "the rest is sent by whoever has it") {
        try await harness.states().allSatisfy { $0.hasSuffix("delivered") }
      }
      XCTAssertEqual(workers.count, 0)
      let numbers = try Self.numbers(harness)
      // What had been answered and not yet noted goes again, in its order, with its number.
      XCTAssertEqual(numbers, Self.expected(1...3) + Self.expected(2...20))
      XCTAssertEqual(harness.emr.receipts.filter(\.isRepeat).count, 2)
    }
  }
}
