import XCTest

@testable import PostgresClient

/// The connection's state machine, one event a line.
final class ConnectionStateMachineTests: XCTestCase {
  private var machine = ConnectionStateMachine<String>()

  private func say(_ answer: ConnectionStateMachine<String>.Answer) -> String { "\(machine.received(answer))" }

  private func tick(_ now: UInt64) -> String { machine.tick(now: now, grace: 100).map { "\($0)" } ?? "nil" }

  override func setUp() { machine = ConnectionStateMachine() }

  func testAPipelineIsCompleteAtItsSyncOnly() {
    machine.sent("a", steps: 2, deadline: 1_000)
    XCTAssertEqual(say(.rows), #"deliver("a", step: 0)"#)
    XCTAssertEqual(say(.endOfStep), "none")
    XCTAssertEqual(say(.rows), #"deliver("a", step: 1)"#)
    XCTAssertEqual(say(.endOfStep), "none")
    XCTAssertEqual(machine.inFlight, 1)
    XCTAssert(say(.sync).hasSuffix(#"committed)"#))
    XCTAssertEqual(machine.inFlight, 0)
  }

  func testAnErrorSkipsTheRestOfItsPipelineAlone() {
    machine.sent("a", steps: 3, deadline: 1_000)
    machine.sent("b", steps: 1, deadline: 1_000)
    _ = say(.rows)
    _ = say(.endOfStep)
    XCTAssertEqual(say(.error("23505")), #"fail("a", step: 1)"#)
    _ = say(.endOfStep)
    XCTAssertEqual(say(.skipped), #"skip("a", step: 2)"#)
    _ = say(.endOfStep)
    XCTAssert(say(.sync).hasSuffix("rolledBack)"))
    XCTAssertEqual(say(.rows), #"deliver("b", step: 0)"#)
    _ = say(.endOfStep)
    XCTAssert(say(.sync).hasSuffix("committed)"))
  }

  func testAnErrorInTheSyncsPlaceIsAFailedCommit() {
    machine.sent("a", steps: 1, deadline: 1_000)
    _ = say(.rows)
    _ = say(.endOfStep)
    XCTAssertEqual(say(.error("23503")), #"fail("a", step: 1)"#)
    _ = say(.endOfStep)
    XCTAssert(say(.sync).hasSuffix("rolledBack)"))
  }

  func testAnswersThatNobodyAskedForBreakTheProtocol() {
    XCTAssertEqual(say(.rows), "protocolViolation")
    machine.sent("a", steps: 1, deadline: 1_000)
    XCTAssertEqual(say(.sync), "protocolViolation")
    _ = say(.rows)
    _ = say(.endOfStep)
    XCTAssertEqual(say(.rows), "protocolViolation")
  }

  func testADeadlineCancelsAndTheBystanderIsToldApart() {
    machine.sent("a", steps: 1, deadline: 100)
    machine.sent("b", steps: 1, deadline: 1_000)
    XCTAssertEqual(tick(99), "nil")
    XCTAssertEqual(tick(100), "cancel")
    XCTAssertTrue(machine.isRetiring)
    XCTAssertEqual(tick(150), "nil")
    _ = say(.error("57014"))
    _ = say(.endOfStep)
    XCTAssert(say(.sync).hasSuffix("timedOut)"))
    _ = say(.error("57014"))
    _ = say(.endOfStep)
    XCTAssert(say(.sync).hasSuffix("bystander)"))
  }

  func testAServerThatDoesNotAnswerACancelIsDropped() {
    machine.sent("a", steps: 1, deadline: 100)
    machine.sent("b", steps: 1, deadline: 1_000)
    XCTAssertEqual(tick(120), "cancel")
    XCTAssertEqual(tick(219), "nil")
    XCTAssertEqual(tick(220), "drop")
    let ended = machine.closed(wasAbandoned: true)
    XCTAssertEqual(ended.map(\.0), ["a", "b"])
    XCTAssertEqual(ended.map(\.1), [.abandoned, .unknown])
  }

  func testWhoWaitsBehindASlowOneIsAbandonedAfterItsGrace() {
    machine.sent("slow", steps: 1, deadline: 1_000)
    machine.sent("quick", steps: 1, deadline: 100)
    XCTAssertEqual(tick(199), "nil")
    XCTAssertEqual(tick(200), #"abandon("quick")"#)
    XCTAssertEqual(tick(200), "nil")
    _ = say(.rows)
    _ = say(.endOfStep)
    XCTAssert(say(.sync).hasSuffix("committed)"))
    XCTAssertEqual(say(.rows), "none", "thrown away")
    _ = say(.endOfStep)
    XCTAssertEqual(say(.sync), "none")
  }

  func testALostConnectionKnowsWhatCannotHaveCommitted() {
    machine.sent("failed", steps: 2, deadline: 1_000)
    machine.sent("answered", steps: 1, deadline: 1_000)
    _ = say(.error("22012"))
    let ended = machine.closed()
    XCTAssertEqual(ended.map(\.1), [.lost, .unknown])
    XCTAssertTrue(machine.isClosed)
  }

  func testASessionEndedAtTheLastStepMayHaveCommitted() {
    machine.sent("early", steps: 2, deadline: 1_000)
    _ = say(.error("57P01"))
    XCTAssertEqual(machine.closed().map(\.1), [.lost])
    machine = ConnectionStateMachine()
    machine.sent("late", steps: 2, deadline: 1_000)
    _ = say(.rows)
    _ = say(.endOfStep)
    _ = say(.error("57P01"))
    XCTAssertEqual(machine.closed().map(\.1), [.unknown])
  }
}
