import Reactor
import XCTest

/// A condition looked at just before an `await` must still hold when the wait parks: no other job may run in between.
final class NoGapTests: XCTestCase {
  // @unchecked: touched by tasks of one loop only.
  private final class Door: @unchecked Sendable { var isOpen = false }

  /// A task that a continuation resumed looks, finds the door shut and waits, while the job that opens it is queued.
  func testNoRingIsLostBetweenTheLookAndTheWait() async throws {
    let lost = try await EventLoop.onLoop { loop -> Int in
      let bell = LoopSignal(loop: loop)
      let start = LoopSignal(loop: loop)
      let door = Door()
      var lost = 0
      for _ in 0..<100 {
        door.isOpen = false
        let visitor = Task(executorPreference: loop) { () -> Bool in
          _ = await start.wait()
          while !door.isOpen {
            guard await bell.wait(until: .after(milliseconds: 200)) else { return false }
          }
          return true
        }
        let opener = Task(executorPreference: loop) {
          _ = await start.wait()
          door.isOpen = true
          bell.ring()
        }
        while start.waiterCount < 2 { await loop.sleep(milliseconds: 0) }
        start.ring()
        await opener.value
        if await visitor.value == false { lost += 1 }
        if lost > 2 { break }
      }
      return lost
    }
    XCTAssertEqual(lost, 0)
  }
}
