import HTTP
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Row 15: readers of large answers that do not read.
final class SlowReaderFaultTests: XCTestCase {
  private static let pages = 40

  /// A page of patients asked for again and again on one connection, nothing of it read.
  private static func ask(_ callers: FaultCallers, times: Int) async throws -> ByteStream {
    let stream = try await callers.connection(callers.https)
    let request =
      "GET /fhir/\(FaultServer.clinic)/Patient?_count=1000 HTTP/1.1\r\nHost: localhost\r\n"
      + "Authorization: Bearer \(callers.key)\r\n\r\n"
    let bytes = Array(String(repeating: request, count: times).utf8)
    try await callers.loop.run { try await stream.write(bytes, until: .after(milliseconds: 10_000)) }
    return stream
  }

  func testRow15ReadersThatDoNotReadCostLittleAndDelayNobody() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    try await database.rows(
      """
      insert into clinic.patient (clinic_id, id, family, given)
      select clinic_id, 'slow-' || n, 'Slow' || n, '{Reader}' from clinic.clinic, generate_series(1, 2000) n
      where slug = '\(FaultServer.clinic)'
      """)
    try await FaultServer.run(database) { server in
      let child = try await server.start()
      let callers = server.callers
      let page = try await callers.fhir("Patient?_count=1000")
      XCTAssertEqual(page.status.code, 200)
      let size = page.body.count
      XCTAssertGreaterThan(size, 300_000)
      // Everything that a reader may make the server hold is held once before it is measured.
      for _ in 0..<8 { _ = await callers.status("Patient?_count=1000") }
      let before = child.residentKiB
      var streams: [ByteStream] = []
      for _ in 0..<30 { streams.append(try await Self.ask(callers, times: Self.pages)) }
      try await Task.sleep(for: .seconds(5))
      let held = child.residentKiB - before
      var times: [Double] = []
      for _ in 0..<50 {
        let began = FaultClock.now
        let status = await callers.status()
        XCTAssertEqual(status, 200)
        times.append(FaultClock.seconds(since: began))
      }
      FaultRun.say(
        String(
          format: "row 15: 30 readers of %d MB each, none of it read: %d MiB held; others answered in %.0f ms at most",
          (size * Self.pages) >> 20, held >> 10, (times.max() ?? 0) * 1_000))
      // One page and the kernel's buffers a reader, never all that was asked for.
      XCTAssertLessThan(held, 30 * (size >> 10) * 3 + (32 << 10))
      XCTAssertLessThan(times.max() ?? 9, 2)
      try await Self.readSlowly(streams[0], callers, pages: 2, size: size)
      let all = streams
      try await callers.loop.run { for stream in all { stream.close() } }
      let isLetGo = await FaultClock.wait { child.connections(on: callers.https).open == 0 }
      XCTAssertTrue(isLetGo, "connections stay open")
    }
  }

  /// What was held back comes whole once it is read, however slowly.
  private static func readSlowly(_ stream: ByteStream, _ callers: FaultCallers, pages: Int, size: Int) async throws {
    let wanted = size * pages
    let count = try await callers.loop.run {
      var total = 0
      var buffer: [UInt8] = []
      while total < wanted {
        buffer.removeAll(keepingCapacity: true)
        let read = try await stream.read(into: &buffer, until: .after(milliseconds: 10_000))
        if read == 0 { break }
        total += read
        await callers.loop.sleep(milliseconds: 1)
      }
      return total
    }
    XCTAssertGreaterThanOrEqual(count, wanted, "the pages came whole")
  }
}
