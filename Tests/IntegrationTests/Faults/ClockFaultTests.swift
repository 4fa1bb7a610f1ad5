import Foundation
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Row 23: the gateway's clock is ten minutes off, and is set back while it runs.
final class ClockFaultTests: XCTestCase {
  /// The library of Debian's package `libfaketime`; nil where it is not installed.
  private static var library: String? {
    (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib"))?.map {
      "/usr/lib/\($0)/faketime/libfaketimeMT.so.1"
    }
    .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// A clock that is read from a file, such as `+600`, again and again; monotonic time goes on.
  private struct Clock {
    let file = NSTemporaryDirectory() + "/psl-clock-\(UUID().uuidString)"
    let environment: [String: String]

    init() throws {
      try FaultRun.skipUnlessLong()
      guard let library = ClockFaultTests.library else { throw skip("libfaketime is not installed") }
      environment = [
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
      ]
      try set(seconds: 3_600)
    }

    func set(seconds: Int) throws {
      try (seconds < 0 ? "\(seconds)\n" : "+\(seconds)\n").write(toFile: file, atomically: true, encoding: .utf8)
    }

    func remove() { unlink(file) }
  }

  /// Messages, reads and keys do not depend on the gateway's clock being right or going forwards.
  func testRow23AClockThatJumpsChangesNoAnswer() async throws {
    let clock = try Clock()
    defer { clock.remove() }
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.environment = clock.environment
    try await FaultServer.run(database, options) { server in
      try await server.start()
      let callers = server.callers
      let first = MLLPFixture.update("CLOCK-0")
      let before = await callers.code(first)
      XCTAssertEqual(before, "AA")
      // Forwards and backwards; never to before the certificates of the test were made.
      for (number, seconds) in [4_200, 3_000, 90_000, 3_600].enumerated() {
        try clock.set(seconds: seconds)
        // Past every cache of partners, keys and routes.
        try await Task.sleep(for: .milliseconds(2_500))
        let code = await callers.code(
          MLLPFixture.update("CLOCK-\(number + 1)", family: "N\(number)", at: "2026110\(number + 3)101500+0100"))
        XCTAssertEqual(code, "AA", "\(seconds) s")
        let again = await callers.code(first)
        XCTAssertEqual(again, "AA", "a repeat is recognised, \(seconds) s")
        let status = await callers.status()
        XCTAssertEqual(status, 200, "\(seconds) s")
      }
      let stored = try await database.stored()
      XCTAssertEqual(stored, ["CLOCK-0": 1, "CLOCK-1": 1, "CLOCK-2": 1, "CLOCK-3": 1, "CLOCK-4": 1])
      let family = try await database.value("select family from clinic.patient where family like 'N_'")
      XCTAssertEqual(family, "N3")
    }
  }

  /// Leases are in the database's time: a process whose clock is an hour ahead takes nothing that another one holds.
  func testRow23LeasesAreInTheDatabasesTime() async throws {
    let clock = try Clock()
    defer { clock.remove() }
    try await DeliveryHarness.run("row23") { harness in
      harness.configure { $0.responseMilliseconds = 30_000 }
      harness.insurer.behaviours = [.hang]
      try harness.startWorkers("right")
      try await harness.issue("f1")
      try await harness.wait("the first process holds it") { harness.insurer.receipts.count == 1 }
      var options = harness.faultOptions
      options.environment = clock.environment
      try await FaultServer.run(try harness.faultDatabase, options) { server in
        try await server.start()
        try await Task.sleep(for: .seconds(4))
        let held = try await harness.faultDatabase.rows(
          "select fencing, lease_until > clock_timestamp() from gateway.delivery where document_type = 'claim'")
        XCTAssertEqual(held, [["1", "t"]], "the lease holds")
      }
      let receipts = harness.insurer.receipts
      XCTAssertEqual(receipts.count, 1, "nobody else has sent it")
    }
  }
}
