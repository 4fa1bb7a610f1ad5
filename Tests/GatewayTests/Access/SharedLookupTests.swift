import Reactor
import TestSupport
import XCTest

@testable import Gateway
@testable import PostgresClient

/// Many callers who want the same answer while none is kept.
final class SharedLookupTests: XCTestCase {
  func testWhenAnAnswerExpiresOneAsksAndTheOthersWait() async throws {
    try await EventLoop.onLoop { loop in
      let lookup = SharedLookup<String, Int>(loop: loop, lifetimeMilliseconds: 50, capacity: 10)
      for round in 1...3 {
        let callers = (0..<64).map { _ in
          Task(executorPreference: loop) {
            try await lookup.value("partner") { () async throws(PostgresError) in
              await loop.sleep(milliseconds: 10)
              return round
            }
          }
        }
        for caller in callers {
          let answer = try await caller.value
          XCTAssertEqual(answer, round)
        }
        XCTAssertEqual(lookup.asked, round)
        await loop.sleep(milliseconds: 60)
      }
    }
  }

  func testAFailureReachesAllWhoWaitedAndIsNotKept() async throws {
    try await EventLoop.onLoop { loop in
      let lookup = SharedLookup<String, Int>(loop: loop, lifetimeMilliseconds: 60_000, capacity: 10)
      let callers = (0..<8).map { _ in
        Task(executorPreference: loop) { () -> String in
          do throws(PostgresError) {
            return try await String(
              lookup.value("partner") { () async throws(PostgresError) in
                await loop.sleep(milliseconds: 10)
                throw PostgresError(.connectionLost, "away")
              })
          } catch {
            return "\(error.code)"
          }
        }
      }
      var answers: Set<String> = []
      for caller in callers { answers.insert(await caller.value) }
      XCTAssertEqual(answers, ["\(PostgresError(.connectionLost, "").code)"])
      XCTAssertEqual(lookup.asked, 1)
      let again = try await lookup.value("partner") { () async throws(PostgresError) in 7 }
      XCTAssertEqual(again, 7)
    }
  }

  func testWhatWasAskedBeforeAReloadIsNotKeptAfterIt() async throws {
    try await EventLoop.onLoop { loop in
      let lookup = SharedLookup<String, String>(loop: loop, lifetimeMilliseconds: 60_000, capacity: 10)
      let early = Task(executorPreference: loop) {
        try await lookup.value("partner") { () async throws(PostgresError) in
          await loop.sleep(milliseconds: 20)
          return "before"
        }
      }
      await loop.sleep(milliseconds: 5)
      lookup.forget()
      let late = try await lookup.value("partner") { () async throws(PostgresError) in "after" }
      let first = try await early.value
      XCTAssertEqual([first, late, lookup.kept("partner")], ["before", "after", "after"])
    }
  }
}
