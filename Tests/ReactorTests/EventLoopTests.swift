import Glibc
import Reactor
import XCTest

final class EventLoopTests: XCTestCase {
  func testTasksOfALoopRunOnItsThread() async throws {
    let stayed = try await EventLoop.onLoop { loop in
      var stayed = loop.isCurrent
      for _ in 0..<10 {
        await loop.sleep(milliseconds: 1)
        stayed = stayed && loop.isCurrent
        await Task.yield()
        stayed = stayed && loop.isCurrent
      }
      return stayed
    }
    XCTAssertTrue(stayed)
  }

  func testAReadableDescriptorWakesItsReaderAndADeadlineEndsTheWait() async throws {
    var ends: [Int32] = [0, 0]
    XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends), 0)
    let (ours, theirs) = (ends[0], ends[1])
    let outcomes = try await EventLoop.onLoop { loop in
      try loop.register(fd: ours)
      loop.clearReadable(fd: ours)
      let late = await loop.waitReadable(fd: ours, until: .after(milliseconds: 5))
      _ = send(theirs, "x", 1, 0)
      let prompt = await loop.waitReadable(fd: ours, until: .after(milliseconds: 1_000))
      loop.deregister(fd: ours)
      let gone = await loop.waitReadable(fd: ours)
      return [late, prompt, gone]
    }
    XCTAssertEqual(outcomes, [.timedOut, .ready, .interrupted])
    close(ours)
    close(theirs)
  }

  func testASignalWakesAllWhoWait() async throws {
    let woken = try await EventLoop.onLoop { loop in
      let signal = LoopSignal(loop: loop)
      let tasks = (0..<3).map { _ in
        Task(executorPreference: loop) { await signal.wait(until: .after(milliseconds: 2_000)) }
      }
      await loop.sleep(milliseconds: 5)
      signal.ring()
      var woken = 0
      for task in tasks where await task.value { woken += 1 }
      return woken
    }
    XCTAssertEqual(woken, 3)
  }
}
