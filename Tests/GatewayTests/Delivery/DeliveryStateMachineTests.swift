import XCTest

@testable import Gateway

/// One try, event by event.
final class DeliveryStateMachineTests: XCTestCase {
  private let policy = DeliveryPolicy(waitsSeconds: [0, 5, 300], jitterPercent: 10)

  private func machine(attempt: Int = 1, hasBody: Bool = false, random: Double = 0) -> DeliveryStateMachine {
    DeliveryStateMachine(policy: policy, attempt: attempt, hasBody: hasBody, random: random)
  }

  /// A machine that is sending.
  private func sending(attempt: Int = 1, random: Double = 0) -> DeliveryStateMachine {
    var machine = machine(attempt: attempt, hasBody: true, random: random)
    XCTAssertEqual(machine.begin(), .audit)
    XCTAssertEqual(machine.handle(.audited), .send)
    return machine
  }

  func testAFirstTry() {
    var machine = machine()
    XCTAssertEqual(machine.begin(), .render)
    XCTAssertEqual(machine.handle(.rendered), .keep)
    XCTAssertEqual(machine.handle(.kept(true)), .audit)
    XCTAssertEqual(machine.handle(.audited), .send)
    XCTAssertEqual(machine.handle(.answered(status: 202, retryAfterSeconds: nil)), .record(.delivered(status: 202)))
    XCTAssertEqual(machine.handle(.recorded(true)), .end(.delivered(status: 202)))
  }

  func testALaterTrySendsWhatIsKept() {
    var machine = machine(attempt: 2, hasBody: true)
    XCTAssertEqual(machine.begin(), .audit)
  }

  func testABodyThatCouldNotBeKeptIsNotSent() {
    var machine = machine()
    _ = machine.begin()
    _ = machine.handle(.rendered)
    XCTAssertEqual(machine.handle(.kept(false)), .end(nil))
    XCTAssertEqual(machine.handle(.audited), .end(nil))
  }

  func testWithoutAuditNothingLeaves() {
    var machine = machine(hasBody: true)
    _ = machine.begin()
    XCTAssertEqual(machine.handle(.interrupted), .release)
    XCTAssertEqual(machine.handle(.released), .end(nil))
    XCTAssertEqual(machine.handle(.audited), .end(nil), "an event out of order never sends")
  }

  func testALateCompletionReportsNothing() {
    var machine = sending()
    _ = machine.handle(.answered(status: 200, retryAfterSeconds: nil))
    XCTAssertEqual(machine.handle(.recorded(false)), .end(nil))
  }

  func testWhatCannotBeRenderedIsDeadAtOnce() {
    var machine = machine()
    _ = machine.begin()
    XCTAssertEqual(
      machine.handle(.unrenderable("invoice.number: missing")),
      .record(.dead(reason: "cannot be rendered: invoice.number: missing", status: nil, pausesPartner: false)))
  }

  func testStatuses() {
    let dead: Set = [400, 413, 415, 422]
    for status in [200, 201, 204, 301, 307, 400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504] {
      var machine = sending()
      switch machine.handle(.answered(status: status, retryAfterSeconds: nil)) {
      case .record(.delivered(let found)): XCTAssertTrue((200..<300).contains(found ?? 0))
      case .record(.dead(let reason, let found, let pauses)):
        XCTAssertTrue(dead.contains(status) || status == 410, "\(status)")
        XCTAssertEqual(found, status)
        XCTAssertEqual(pauses, status == 410)
        XCTAssertTrue(reason.contains("\(status)"))
      case .record(.failed(let reason, let found, let wait)):
        XCTAssertFalse(status < 300 || dead.contains(status) || status == 410, "\(status)")
        XCTAssertEqual(found, status)
        XCTAssertEqual(wait, 5)
        XCTAssertTrue(reason.contains("\(status)"))
      case let other: XCTFail("\(other)")
      }
    }
  }

  /// The table of docs/operations.md, HL7 feeds.
  func testAcknowledgements() {
    func verdict(_ code: String, _ conditions: [Int], attempt: Int = 1) -> String {
      var machine = DeliveryStateMachine(
        policy: DeliveryPolicy(waitsSeconds: [0, 5, 5, 5, 5], jitterPercent: 0), attempt: attempt, hasBody: true,
        random: 0)
      _ = machine.begin()
      _ = machine.handle(.audited)
      switch machine.handle(.acknowledged(code: code, conditions: conditions)) {
      case .record(.delivered(let status)): return status == nil ? "delivered" : "\(String(describing: status))"
      case .record(.dead(_, nil, false)): return "dead"
      case .record(.failed(let reason, nil, 5)): return reason.contains(code) ? "again" : reason
      case let other: return "\(other)"
      }
    }
    for code in ["AA", "CA"] { XCTAssertEqual(verdict(code, [207]), "delivered") }
    for code in ["AE", "CE", "AR", "CR"] {
      for condition in Array(100...105) + Array(200...205) { XCTAssertEqual(verdict(code, [condition]), "dead") }
      XCTAssertEqual(verdict(code, [0, 101]), "dead", "0 is no condition")
      for conditions in [[], [0], [206], [207], [999]] {
        XCTAssertEqual(verdict(code, conditions), "again", "\(code) \(conditions)")
        XCTAssertEqual(verdict(code, conditions, attempt: 2), "again")
        XCTAssertEqual(verdict(code, conditions, attempt: 3), code.hasSuffix("E") ? "dead" : "again")
        XCTAssertEqual(verdict(code, conditions, attempt: 5), "dead", "the last try")
      }
    }
  }

  private func wait(_ attempt: Int, _ status: Int, _ retryAfter: Int?, random: Double = 0) -> Double? {
    var machine = sending(attempt: attempt, random: random)
    guard
      case .record(.failed(_, _, let wait)) = machine.handle(.answered(status: status, retryAfterSeconds: retryAfter))
    else { return nil }
    return wait
  }

  func testTheScheduleItsJitterAndRetryAfter() {
    XCTAssertEqual(wait(1, 500, nil), 5)
    XCTAssertEqual(wait(2, 500, nil), 300)
    XCTAssertEqual(wait(2, 500, nil, random: 0.5), 315)
    XCTAssertNil(wait(3, 500, nil), "the last try")
    XCTAssertEqual(wait(1, 429, 60), 60)
    XCTAssertEqual(wait(2, 429, 60), 300, "never sooner than planned")
    XCTAssertEqual(wait(1, 503, 1_000_000), 86_400, "bounded")
    XCTAssertEqual(wait(1, 302, 60), 5, "a redirect says nothing of time")
  }

  func testTheLastTryIsADeadLetterWithItsReason() {
    var machine = sending(attempt: 3)
    XCTAssertEqual(
      machine.handle(.failed(.noAnswer("timed out"))),
      .record(.dead(reason: "given up after 3 tries: timed out", status: nil, pausesPartner: false)))
  }

  func testADeliveryThatKillsItsWorkersIsGivenUp() {
    var machine = machine(attempt: 4)
    guard case .record(.dead(let reason, nil, false)) = machine.begin() else { return XCTFail("tried again") }
    XCTAssertTrue(reason.contains("3 tries ended without an outcome"), reason)
  }

  func testASetupFaultBeforeSendingIsATry() {
    for hasBody in [true, false] {
      var machine = machine(hasBody: hasBody)
      _ = machine.begin()
      XCTAssertEqual(
        machine.handle(.failed(.setup("no URL"))), .record(.failed(reason: "no URL", status: nil, waitSeconds: 5)))
    }
  }

  func testABreakerOpensPausesLongerAndCloses() {
    var breaker = PartnerBreaker()
    let second: UInt64 = 1_000_000_000
    for _ in 1...2 { breaker.failed(now: 0) }
    XCTAssertTrue(breaker.allows(now: 0))
    breaker.failed(now: 0)
    XCTAssertTrue(breaker.isOpen)
    XCTAssertFalse(breaker.allows(now: 9 * second))
    XCTAssertTrue(breaker.allows(now: 10 * second))
    breaker.failed(now: 10 * second)
    XCTAssertFalse(breaker.allows(now: 29 * second))
    XCTAssertTrue(breaker.allows(now: 30 * second))
    for _ in 1...100 { breaker.failed(now: 30 * second) }
    XCTAssertTrue(breaker.allows(now: 630 * second))
  }
}
