import Glibc
import Reactor
import XCTest

final class ThreadsTests: XCTestCase {
  func testBlockingWorkLeavesTheLoopFreeAndReturnsToIt() async throws {
    try await EventLoop.onLoop { loop in
      var tasks: [Task<Bool, any Error>] = []
      for _ in 0..<8 {
        tasks.append(
          Task(executorPreference: loop) {
            let wasOff = try await BlockingPool.shared.run {
              usleep(20_000)
              return !loop.isCurrent
            }
            return wasOff && loop.isCurrent
          })
      }
      let before = Deadline.after(milliseconds: 15)
      await loop.sleep(milliseconds: 1)
      XCTAssertFalse(before.hasPassed, "the loop was held up")
      for task in tasks {
        let fine = try await task.value
        XCTAssertTrue(fine)
      }
    }
  }

  func testAnErrorOfBlockingWorkComesBack() async throws {
    do {
      try await BlockingPool.shared.run { throw SystemError(call: "x", errno: ENOENT) }
      XCTFail("no error")
    } catch { XCTAssertEqual(error as? SystemError, SystemError(call: "x", errno: ENOENT)) }
  }

  func testSignalsAreDelivered() async throws {
    try await EventLoop.onLoop { loop in
      let source = try SignalSource([SIGHUP, SIGUSR1], loop: loop)
      kill(getpid(), SIGHUP)
      let first = await source.next(until: .after(milliseconds: 2_000))
      XCTAssertEqual(first, SIGHUP)
      kill(getpid(), SIGUSR1)
      let second = await source.next(until: .after(milliseconds: 2_000))
      XCTAssertEqual(second, SIGUSR1)
      let none = await source.next(until: .after(milliseconds: 10))
      XCTAssertNil(none)
    }
  }
}
