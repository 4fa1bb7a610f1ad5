import PostgresClient
import Reactor
import TestSupport
import XCTest

final class CopyAndListenTests: XCTestCase {
  private struct Refused: Error {}

  func testCopyTextEscapesWhatTheFormatReserves() {
    var copy = CopyText()
    copy.column("a\tb\\c\nd\re")
    copy.column(nil as String?)
    copy.column(-5)
    copy.column(true)
    copy.column(bytea: [0, 255])
    copy.endRow()
    XCTAssertEqual(String(decoding: copy.bytes, as: UTF8.self), "a\\tb\\\\c\\nd\\re\t\\N\t-5\tt\t\\\\x00ff\n")
  }

  func testAMillionRowsGoInAndComeOut() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("copy")
    try await PostgresTestCluster.withPool(dsn: dsn, configure: { $0.connections = 1 }) { pool in
      _ = try await pool.run(PostgresQuery("create unlogged table big (id int8, note text)"))
      let rows = 1_000_000
      let copied = try await pool.transaction { transaction in
        var next = 0
        var text = CopyText()
        return try await transaction.copyIn("COPY big FROM STDIN") {
          guard next < rows else { return nil }
          while next < rows, text.count < 1 << 16 {
            text.column(next)
            text.column("row\t\(next)\\")
            text.endRow()
            next += 1
          }
          return text.take()
        }
      }
      XCTAssertEqual(copied, rows)
      let sum = try await pool.run([PostgresQuery("select count(*), sum(id), max(length(note)) from big")])[0][0]
      XCTAssertEqual([try sum.int(0), try sum.int(1), try sum.int(2)], [rows, rows * (rows - 1) / 2, 11])
      let (lines, bytes) = try await pool.withSession { session in
        var lines = 0
        var bytes = 0
        let out = try await session.copyOut("COPY big TO STDOUT") { chunk in
          lines += chunk.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
          bytes += chunk.count
        }
        XCTAssertEqual(out, rows)
        return (lines, bytes)
      }
      XCTAssertEqual(lines, rows)
      XCTAssertGreaterThan(bytes, 15 * rows)
      XCTAssertEqual(pool.statistics.connects, 1, "the connection serves pipelines again")
    }
  }

  func testABrokenCopyLeavesNothingAndTheConnectionGoesOn() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("copy")
    try await PostgresTestCluster.withPool(dsn: dsn, configure: { $0.connections = 1 }) { pool in
      _ = try await pool.run(PostgresQuery("create table small (id int8)"))
      do {
        _ = try await pool.withSession { session in
          var sent = false
          return try await session.copyIn("COPY small FROM STDIN") {
            if sent { throw Refused() }
            sent = true
            return Array("1\n2\n".utf8)
          }
        }
        XCTFail("the sender's error must come through")
      } catch is Refused {}
      do {
        _ = try await pool.withSession { session in
          var chunks = ["1\n", "x\n"]
          return try await session.copyIn("COPY small FROM STDIN") {
            chunks.isEmpty ? nil : Array(chunks.removeFirst().utf8)
          }
        }
        XCTFail("x is no number")
      } catch let error as PostgresError {
        XCTAssertEqual(error.sqlState, "22P02")
        XCTAssertFalse(error.description.contains("\"x\""), error.description)
      }
      do {
        _ = try await pool.withSession { try await $0.copyOut("COPY nowhere TO STDOUT") { _ in } }
        XCTFail("there is no such table")
      } catch let error as PostgresError {
        XCTAssertEqual(error.sqlState, "42P01")
      }
      let count = try await pool.run(PostgresQuery("select count(*) from small"))
      XCTAssertEqual(try count[0].int(0), 0)
      XCTAssertEqual(pool.statistics.connects, 1)
    }
  }

  func testAListenerHearsAndComesBackAfterItsBackendIsKilled() async throws {
    let dsn = try PostgresTestCluster.shared().dsn()
    let heard = try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      let loop = pool.loop
      let listener = PostgresListener(PostgresConfiguration(dsn: dsn), loop: loop, channels: ["work\"x"])
      let log = Log()
      let listening = Task(executorPreference: loop) {
        await listener.run(onReconnect: { log.lines.append("poll") }) { notification in
          log.lines.append("\(notification.channel) \(notification.payload)")
        }
      }
      try await log.wait(1, loop)
      _ = try await pool.run(PostgresQuery("select pg_notify('work\"x', 'one')"))
      try await log.wait(2, loop)
      _ = try await pool.run(
        PostgresQuery(
          "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN %' and pid <> pg_backend_pid()"
        ))
      try await log.wait(3, loop)
      _ = try await pool.run(PostgresQuery("select pg_notify('work\"x', 'two')"))
      try await log.wait(4, loop)
      listener.stop()
      await listening.value
      return log.lines
    }
    XCTAssertEqual(heard, ["poll", "work\"x one", "poll", "work\"x two"])
  }

  /// What a listener heard.
  // @unchecked: touched by tasks of one loop only.
  private final class Log: @unchecked Sendable {
    var lines: [String] = []

    func wait(_ count: Int, _ loop: EventLoop) async throws {
      let deadline = Deadline.after(milliseconds: 20_000)
      while lines.count < count, !deadline.hasPassed { await loop.sleep(milliseconds: 5) }
      XCTAssertGreaterThanOrEqual(lines.count, count, "in time")
    }
  }
}
