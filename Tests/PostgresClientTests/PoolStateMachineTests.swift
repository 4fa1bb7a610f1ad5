import XCTest

@testable import PostgresClient

/// The pool's state machine, without a connection.
final class PoolStateMachineTests: XCTestCase {
  private func pool(_ connections: Int, pipelines: Int = 2, waiters: Int = 3) -> PoolStateMachine<String> {
    var limits = PoolStateMachine<String>.Limits()
    limits.connections = connections
    limits.pipelinesPerConnection = pipelines
    limits.waiters = waiters
    limits.stall = 10
    limits.firstBackoff = 100
    limits.longestBackoff = 400
    return PoolStateMachine(limits: limits)
  }

  private func all(_ machine: inout PoolStateMachine<String>, now: UInt64) -> [String] {
    var actions: [String] = []
    while let action = machine.next(now: now) { actions.append("\(action)") }
    return actions
  }

  func testTheFirstWorkOpensAConnectionAndWaitsForIt() {
    var machine = pool(2)
    XCTAssertNil(machine.submit("a", .pipeline, until: 100, now: 0))
    XCTAssertEqual(all(&machine, now: 0), ["connect(slot: 0)"])
    machine.opened(0)
    XCTAssertEqual(all(&machine, now: 1), [#"start("a", slot: 0)"#])
  }

  func testPipelinesTakeAnIdleConnectionElseTheLeastLoadedAndThePoolGrows() {
    var machine = pool(2, pipelines: 3)
    _ = machine.submit("a", .pipeline, until: 100, now: 0)
    _ = all(&machine, now: 0)
    machine.opened(0)
    _ = all(&machine, now: 0)
    XCTAssertEqual(machine.submit("b", .pipeline, until: 100, now: 1), 0, "shared")
    XCTAssertEqual(all(&machine, now: 1), ["connect(slot: 1)"], "and one more for the next")
    machine.opened(1)
    XCTAssertEqual(machine.submit("c", .pipeline, until: 100, now: 1), 1)
    XCTAssertEqual(machine.submit("d", .pipeline, until: 100, now: 1), 1)
    XCTAssertEqual(machine.submit("e", .pipeline, until: 100, now: 1), 0)
  }

  func testNobodyQueuesBehindAStalledStatement() {
    var machine = pool(1, pipelines: 5)
    _ = machine.submit("a", .pipeline, until: 100, now: 0)
    _ = all(&machine, now: 0)
    machine.opened(0)
    _ = all(&machine, now: 0)
    XCTAssertEqual(machine.submit("b", .pipeline, until: 100, now: 10), 0)
    XCTAssertNil(machine.submit("c", .pipeline, until: 100, now: 11))
    machine.finished(0, now: 12)
    XCTAssertEqual(all(&machine, now: 12), [#"start("c", slot: 0)"#])
  }

  func testALeaseWaitsForADrainedConnectionThatTakesNoMorePipelines() {
    var machine = pool(1)
    _ = machine.submit("a", .pipeline, until: 100, now: 0)
    _ = all(&machine, now: 0)
    machine.opened(0)
    _ = all(&machine, now: 0)
    XCTAssertNil(machine.submit("lease", .lease, until: 100, now: 1))
    XCTAssertNil(machine.submit("b", .pipeline, until: 100, now: 1))
    XCTAssertEqual(all(&machine, now: 1), [])
    machine.finished(0, now: 2)
    XCTAssertEqual(all(&machine, now: 2), [#"start("lease", slot: 0)"#])
    XCTAssertEqual(all(&machine, now: 3), [])
    machine.released(0)
    XCTAssertEqual(all(&machine, now: 4), [#"start("b", slot: 0)"#])
  }

  func testTheQueueIsBoundedAndTheWaitIsToo() {
    var machine = pool(1, pipelines: 1, waiters: 1)
    _ = machine.submit("a", .pipeline, until: 100, now: 0)
    _ = all(&machine, now: 0)
    machine.opened(0)
    _ = all(&machine, now: 0)
    _ = machine.submit("b", .pipeline, until: 50, now: 1)
    _ = machine.submit("c", .pipeline, until: 50, now: 1)
    XCTAssert(all(&machine, now: 1).contains { $0.hasPrefix(#"refuse("c""#) && $0.hasSuffix("exhausted)") })
    machine.tick(now: 49)
    XCTAssertEqual(all(&machine, now: 49), [])
    machine.tick(now: 50)
    XCTAssert(all(&machine, now: 50).contains { $0.hasPrefix(#"refuse("b""#) && $0.hasSuffix("exhausted)") })
  }

  func testFailedAttemptsBackOffAndWhoWaitsIsToldWhy() {
    var machine = pool(1)
    _ = machine.submit("a", .pipeline, until: 200, now: 0)
    XCTAssertEqual(all(&machine, now: 0), ["connect(slot: 0)"])
    machine.connectFailed(0, now: 10, random: 0)
    XCTAssertEqual(all(&machine, now: 59), [])
    XCTAssertEqual(all(&machine, now: 60), ["connect(slot: 0)"])
    machine.connectFailed(0, now: 70, random: 7)
    XCTAssertEqual(all(&machine, now: 176), [])
    XCTAssertEqual(all(&machine, now: 177), ["connect(slot: 0)"])
    machine.tick(now: 200)
    XCTAssert(all(&machine, now: 200).contains { $0.hasSuffix("unreachable)") })
  }

  func testAClosedPoolRefusesAndRetires() {
    var machine = pool(1, pipelines: 1)
    _ = machine.submit("a", .pipeline, until: 200, now: 0)
    machine.close()
    XCTAssert(all(&machine, now: 0).allSatisfy { $0.hasSuffix("closed)") })
    _ = machine.submit("b", .pipeline, until: 200, now: 0)
    XCTAssertEqual(all(&machine, now: 0).count, 1)
    machine.opened(0)
    XCTAssertEqual(machine.slots, [.retiring])
  }
}
