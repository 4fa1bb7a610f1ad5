import Foundation
import Glibc
import JSON
import XCTest

@testable import Gateway

final class LogTests: XCTestCase {
  private func line(_ fields: KeyValuePairs<StaticString, LogValue>) -> String {
    let record = LogRecord(.warning, "request.end", unixMicroseconds: 1_700_000_000_000_042, fields: fields)
    return String(decoding: record.bytes, as: UTF8.self)
  }

  func testALineIsOneJSONObject() throws {
    let text = line([
      "status": .integer(-5), "ok": .boolean(true), "took": .duration(nanoseconds: 1_234_567), "why": .word("a\"b"),
      "peer": .address(try XCTUnwrap(IPAddress("::1"))), "clinic": .slug("casa"), "sqlstate": .code("40001"),
      "errno": .systemError(2), "request": .request(RequestID(text: "ab")), "id": .id("0190-ab"),
      "file": .path("/tmp/é\n"),
    ])
    XCTAssertEqual(
      text,
      #"{"time":"2023-11-14T22:13:20.000042Z","level":"warning","event":"request.end","status":-5,"ok":true,"#
        + #""took":1.234,"why":"a\"b","peer":"::1","clinic":"casa","sqlstate":"40001","#
        + #""errno":"No such file or directory","request":"ab","id":"0190-ab","file":"/tmp/\u00e9\u000a"}"# + "\n")
    XCTAssertNoThrow(try JSONValue.parse(Array(text.utf8.dropLast())))
  }

  func testFreeTextDoesNotGetIn() {
    let hostile = ["Amina Benali", "a\nb", "{\"x\":1}", "\u{1B}[31m", "é", "", String(repeating: "a", count: 500)]
    for text in hostile {
      XCTAssertTrue(line(["clinic": .slug(text)]).contains("\"clinic\":\"?\""), text)
      XCTAssertTrue(line(["id": .id(text)]).contains("\"id\":\"?\""), text)
      XCTAssertTrue(line(["code": .code(text)]).contains("\"code\":\"?\""), text)
    }
    let path = line(["file": .path(hostile.joined() + String(repeating: "b", count: 5_000))])
    XCTAssertEqual(path.utf8.filter { $0 < 0x20 || $0 >= 0x7F }, [10])
    XCTAssertLessThan(path.utf8.count, 2_000)
  }

  func testTimesBeforeTheEpochAndAtItsEdge() {
    XCTAssertEqual(LogRecord.timestamp(0), "1970-01-01T00:00:00.000000Z")
    XCTAssertEqual(LogRecord.timestamp(-1), "1969-12-31T23:59:59.999999Z")
  }

  func testLevelsHoldBackAndLinesAreWrittenWhole() throws {
    var ends: [Int32] = [0, 0]
    XCTAssertEqual(pipe(&ends), 0)
    let logger = Logger(level: .warning, descriptor: ends[1])
    logger.info("dropped")
    logger.log(.debug, "dropped")
    logger.warning("kept", ["n": .integer(1)])
    logger.error("kept.too")
    close(ends[1])
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(ends[0], &buffer, buffer.count)
    close(ends[0])
    let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
    XCTAssertEqual(lines.count, 2)
    XCTAssertTrue(lines[0].hasSuffix(#""level":"warning","event":"kept","n":1}"#))
    XCTAssertTrue(LogLevel.debug < .info && LogLevel.info < .warning && LogLevel.warning < .error)
  }
}

final class TraceTests: XCTestCase {
  private let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

  func testTheFieldBothWays() throws {
    let trace = try XCTUnwrap(TraceContext(parsing: good))
    XCTAssertEqual(trace.traceparent, good)
    let request = RequestID(text: String(repeating: "1", count: 32))
    XCTAssertEqual(
      trace.child(of: request).traceparent, "00-0af7651916cd43dd8448eb211c80319c-1111111111111111-01")
    XCTAssertEqual(TraceContext(parsing: TraceContext(request: request).traceparent)?.isSampled, false)
    XCTAssertEqual(TraceContext(parsing: "01" + good.dropFirst(2) + "-more")?.traceID, trace.traceID)
    XCTAssertEqual(TraceContext(parsing: good.dropLast(2) + "ff")?.traceparent, good)
  }

  func testWhatIsNoTraceparent() {
    let rest = String(good.dropFirst(2))
    let wrong: [String] = [
      "", "00", "\(good)-", "\(good)0", String(good.dropLast()), good.uppercased(), "ff\(rest)", " \(good)",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
      good.replacing("-", with: "_"), "0x\(rest)", "01\(rest)more", "\(good.dropLast(1))g",
      "cc-\(String(repeating: "é", count: 30))", "01\(rest)-\(String(repeating: "a", count: 600))",
    ]
    for text in wrong { XCTAssertNil(TraceContext(parsing: text), text) }
  }

  func testRequestIdsDiffer() throws {
    var generator = RequestIDGenerator(prefix: 0, count: 0)
    var seen: Set<String> = []
    for _ in 0..<10_000 {
      let id = generator.next().text
      XCTAssertEqual(id.utf8.count, 32)
      XCTAssertNotNil(TraceContext(parsing: TraceContext(request: RequestID(text: id)).traceparent))
      seen.insert(id)
    }
    XCTAssertEqual(seen.count, 10_000)
    var one = try RequestIDGenerator()
    var other = try RequestIDGenerator()
    XCTAssertNotEqual(one.next(), other.next())
  }
}

final class MetricsTests: XCTestCase {
  func testShardsAddUpInTheTextFormat() {
    var registry = MetricsRegistry()
    let requests = registry.counter(
      "requests_total", "Requests.", labels: [.init("type", ["Patient", "a\"b"]), .init("status", ["2xx", "4xx"])])
    let open = registry.gauge("connections", "Open connections.")
    let time = registry.histogram("request_seconds", "Time.", boundsMicroseconds: [1_000, 2_000_000])
    let shards = [MetricsShard(registry), MetricsShard(registry)]
    shards[0].add(requests.series("Patient", "2xx"), 2)
    shards[1].add(requests.series("Patient", "2xx"))
    shards[1].add(requests.series("Invented", "2xx"))
    shards[0].set(open.series(), 7)
    shards[1].add(open.series(), -2)
    shards[0].observe(time.series(), nanoseconds: 1_000_000)
    shards[1].observe(time.series(), nanoseconds: 1_000_001)
    shards[1].observe(time.series(), nanoseconds: 3_000_000_000)
    XCTAssertEqual(
      registry.exposition(shards),
      """
      # HELP requests_total Requests.
      # TYPE requests_total counter
      requests_total{type="Patient",status="2xx"} 3
      requests_total{type="Patient",status="4xx"} 0
      requests_total{type="a\\"b",status="2xx"} 0
      requests_total{type="a\\"b",status="4xx"} 0
      requests_total{type="other",status="2xx"} 1
      # HELP connections Open connections.
      # TYPE connections gauge
      connections 5
      # HELP request_seconds Time.
      # TYPE request_seconds histogram
      request_seconds_bucket{le="0.001"} 1
      request_seconds_bucket{le="2"} 2
      request_seconds_bucket{le="+Inf"} 3
      request_seconds_sum 3.002000001
      request_seconds_count 3

      """)
  }

  func testReadingWhileAnotherThreadCountsNeverGoesBack() {
    var registry = MetricsRegistry()
    let series = registry.counter("n_total", "N.").series()
    let shard = MetricsShard(registry)
    let done = expectation(description: "counted")
    let thread = Thread {
      for _ in 0..<200_000 { shard.add(series) }
      done.fulfill()
    }
    thread.start()
    var last: UInt64 = 0
    for _ in 0..<10_000 {
      let now = shard.value(at: series.slot)
      XCTAssertGreaterThanOrEqual(now, last)
      last = now
    }
    wait(for: [done], timeout: 30)
    XCTAssertEqual(shard.value(at: series.slot), 200_000)
  }
}

final class ReadinessTests: XCTestCase {
  private let second: UInt64 = 1_000_000_000
  private let checks = [
    Readiness.Check("database", intervalMilliseconds: 1_000, deadlineMilliseconds: 500),
    Readiness.Check("disk", intervalMilliseconds: 10_000, deadlineMilliseconds: 500),
  ]

  func testNotReadyUntilEveryCheckPassed() {
    var readiness = Readiness(checks)
    XCTAssertFalse(readiness.isReady(now: 0))
    XCTAssertEqual(readiness.due(now: 0).map(\.name), ["database", "disk"])
    readiness.record("database", .passed, now: 0)
    readiness.record("unheard-of", .passed, now: 0)
    XCTAssertFalse(readiness.isReady(now: 0))
    readiness.record("disk", .warned("soon full"), now: 0)
    XCTAssertTrue(readiness.isReady(now: second))
    XCTAssertEqual(readiness.due(now: second).map(\.name), ["database"])
    XCTAssertEqual(
      String(decoding: readiness.report(now: second).body.serialized(), as: UTF8.self),
      #"{"status":"ready","checks":[{"name":"database","status":"pass"},"#
        + #"{"name":"disk","status":"warn","detail":"soon full"}]}"#)
  }

  func testACheckThatHangsIsAFailure() {
    var readiness = Readiness(checks)
    readiness.record("database", .passed, now: 0)
    readiness.record("disk", .passed, now: 0)
    XCTAssertTrue(readiness.isReady(now: second * 3 / 2))
    XCTAssertFalse(readiness.isReady(now: second * 3 / 2 + 1))
    XCTAssertEqual(readiness.report(now: 3 * second).status, 503)
    readiness.record("database", .failed("refused"), now: 3 * second)
    XCTAssertEqual(readiness.outcome(of: checks[0], now: 3 * second), .failed("refused"))
    readiness.record("database", .passed, now: 3 * second)
    XCTAssertEqual(readiness.report(now: 3 * second).status, 200)
  }

  func testDrainingIsNotReadyWhateverTheChecksSay() {
    var readiness = Readiness([])
    XCTAssertTrue(readiness.isReady(now: 0))
    readiness.drain()
    XCTAssertEqual(readiness.report(now: 0).status, 503)
    XCTAssertEqual(readiness.report(now: 0).body["status"]?.string, "draining")
  }
}
