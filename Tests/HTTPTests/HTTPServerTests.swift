import Foundation
import HTTP
import Reactor
import TestSupport
import XCTest

/// The server over real sockets.
final class HTTPServerTests: XCTestCase {
  // MARK: Refusals

  func testEveryVectorIsRefusedAndTheConnectionClosed() async throws {
    let handler = HTTPClosureHandler { request throws(HTTPRefusal) in
      _ = try await request.body.collect()
      return .text(.ok, "reached")
    }
    try await withServer(handler) { _, address, loop in
      for vector in RefusalVectors.heads + RefusalVectors.bodies {
        let answer = try await exchange(vector.bytes, address, loop)
        XCTAssertTrue(answer.hasPrefix("HTTP/1.1 \(vector.status) "), "\(vector.name): \(answer.prefix(40))")
        XCTAssertTrue(answer.contains("\r\nConnection: close\r\n"), vector.name)
        XCTAssertEqual(answer.components(separatedBy: "HTTP/1.1 ").count, 2, "\(vector.name): one answer")
      }
    }
  }

  func testNothingOfABodyIsReadBeforeTheHandlerAsks() async throws {
    let handler = HTTPClosureHandler { _ in .text(.unauthorized, "who are you") }
    try await withServer(handler) { _, address, loop in
      let answer = try await exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n", address, loop)
      XCTAssertTrue(answer.hasPrefix("HTTP/1.1 401 "), answer)
      XCTAssertTrue(answer.contains("\r\nConnection: close\r\n"), "nobody knows whether the body will come")
    }
  }

  func testABodyOverTheLimitIs413() async throws {
    let handler = HTTPClosureHandler { request throws(HTTPRefusal) in
      .text(.ok, "\(try await request.body.collect(limit: 10).count)")
    }
    try await withServer(handler) { _, address, loop in
      let fits = try await exchange(post("0123456789", close: true), address, loop)
      XCTAssertTrue(fits.hasPrefix("HTTP/1.1 200 "), fits)
      let announced = try await exchange(post("0123456789X", close: true), address, loop)
      XCTAssertTrue(announced.hasPrefix("HTTP/1.1 413 "), announced)
      let chunked = try await exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n",
        address, loop)
      XCTAssertTrue(chunked.hasPrefix("HTTP/1.1 413 "), chunked)
    }
  }

  // MARK: The protocol

  func testPipelinedRequestsAreAnsweredInOrder() async throws {
    let handler = HTTPClosureHandler { request throws(HTTPRefusal) in
      if request.path == "/slow" { await request.connection.loop.sleep(milliseconds: 30) }
      let body = try await request.body.collect()
      return .text(.ok, "\(request.number) \(request.method) \(request.path) \(String(decoding: body, as: UTF8.self))")
    }
    try await withServer(handler) { _, address, loop in
      let answer = try await exchange(
        "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" + post("body")
          + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + "GET /never HTTP/1.1\r\nHost: a\r\n\r\n",
        address, loop)
      let bodies = answer.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst().map {
        $0.components(separatedBy: "\r\n\r\n")[1]
      }
      XCTAssertEqual(bodies, ["1 GET /slow \n", "", "3 POST / body\n", "4 GET /last \n"])
      XCTAssertTrue(answer.contains("\r\nContent-Length: 11\r\n"), "HEAD tells the length that GET would have")
      XCTAssertTrue(answer.contains("\r\nDate: "))
    }
  }

  func testAnAnswerDoesNotWaitForASlowRequestBehindIt() async throws {
    let handler = HTTPClosureHandler { request throws(HTTPRefusal) in
      if request.path == "/slow" { await request.connection.loop.sleep(milliseconds: 5_000) }
      return .text(.ok, request.path)
    }
    try await withServer(handler) { _, address, loop in
      let stream = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      try await stream.write(Array("GET /fast HTTP/1.1\r\nHost: a\r\n\r\nGET /slow HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
      var bytes: [UInt8] = []
      _ = try await stream.read(into: &bytes, until: .after(milliseconds: 4_000))
      XCTAssertTrue(String(decoding: bytes, as: UTF8.self).hasSuffix("/fast\n"))
      stream.close()
    }
  }

  func testContinueIsSaidWhenTheHandlerAsksForTheBody() async throws {
    let handler = HTTPClosureHandler { request throws(HTTPRefusal) in
      .text(.ok, String(decoding: try await request.body.collect(), as: UTF8.self))
    }
    try await withServer(handler) { _, address, loop in
      let stream = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      try await stream.write(
        Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".utf8))
      var bytes: [UInt8] = []
      _ = try await stream.read(into: &bytes, until: .after(milliseconds: 5_000))
      XCTAssertEqual(String(decoding: bytes, as: UTF8.self), "HTTP/1.1 100 Continue\r\n\r\n")
      try await stream.write(Array("ok".utf8))
      bytes = []
      _ = try await stream.read(into: &bytes, until: .after(milliseconds: 5_000))
      XCTAssertTrue(String(decoding: bytes, as: UTF8.self).hasSuffix("\r\n\r\nok\n"))
      stream.close()
    }
  }

  func testAnUnreadBodyIsDroppedAndTheConnectionLives() async throws {
    let handler = HTTPClosureHandler { request in .text(.ok, request.path) }
    try await withServer(handler) { _, address, loop in
      let answer = try await exchange(
        post(String(repeating: "x", count: 20_000)) + "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        address, loop)
      XCTAssertTrue(answer.hasSuffix("/next\n"), answer)
    }
  }

  func testStreamedAnswersInEveryFraming() async throws {
    let handler = HTTPClosureHandler { request in
      let length: Int? = request.path == "/counted" ? 30_000 : nil
      return HTTPResponse(
        .ok,
        body: .stream(length: length) { writer in
          for part in 0..<30 { try await writer.write([UInt8](repeating: UInt8(0x61 + part % 26), count: 1_000)) }
        })
    }
    let expected = (0..<30).map { String(repeating: Character(UnicodeScalar(UInt8(0x61 + $0 % 26))), count: 1_000) }
    try await withServer(handler) { _, address, loop in
      let counted = try await exchange(
        "GET /counted HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", address, loop)
      XCTAssertTrue(counted.contains("Content-Length: 30000\r\n"))
      XCTAssertTrue(counted.hasSuffix("\r\n\r\n" + expected.joined()))
      let chunked = try await exchange("GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", address, loop)
      XCTAssertTrue(chunked.contains("Transfer-Encoding: chunked\r\n"))
      XCTAssertTrue(chunked.hasSuffix("\r\n\r\n" + expected.map { "3e8\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"))
      let old = try await exchange("GET /c HTTP/1.0\r\n\r\n", address, loop)
      XCTAssertFalse(old.contains("chunked"))
      XCTAssertTrue(old.hasSuffix("\r\n\r\n" + expected.joined()))
    }
  }

  func testAProducerThatFailsLeavesAVisiblyCutBody() async throws {
    struct Failure: Error {}
    let handler = HTTPClosureHandler { _ in
      HTTPResponse(
        .ok,
        body: .stream(length: nil) { writer in
          try await writer.write([0x61])
          throw Failure()
        })
    }
    try await withServer(handler) { _, address, loop in
      let answer = try await exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", address, loop)
      XCTAssertTrue(answer.hasSuffix("1\r\na\r\n"), "no last chunk: \(answer)")
    }
  }

  // MARK: Time and number

  func testSlowHeadsAndIdleConnectionsEnd() async throws {
    var limits = HTTPLimits()
    limits.headTimeoutMilliseconds = 60
    limits.idleTimeoutMilliseconds = 100
    try await withServer(HTTPClosureHandler { _ in .text(.ok, "x") }, limits: limits) { _, address, loop in
      let stream = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      let dripping = Task(executorPreference: loop) {
        for byte in "GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy".utf8 {
          guard (try? await stream.write([byte])) != nil else { return }
          await loop.sleep(milliseconds: 10)
        }
      }
      let slow = try await readAll(stream)
      XCTAssertTrue(slow.hasPrefix("HTTP/1.1 408 "), slow)
      dripping.cancel()
      stream.close()
      let idle = try await exchange("", address, loop)
      XCTAssertEqual(idle, "")
    }
  }

  func testALateHandlerIsAnsweredForAndCancelled() async throws {
    var limits = HTTPLimits()
    limits.handlerTimeoutMilliseconds = 50
    let handler = HTTPClosureHandler { request in
      while !Task.isCancelled { await request.connection.loop.sleep(milliseconds: 20) }
      return .text(.ok, "too late")
    }
    try await withServer(handler, limits: limits) { server, address, loop in
      let answer = try await exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", address, loop)
      XCTAssertTrue(answer.hasPrefix("HTTP/1.1 503 "), answer)
      XCTAssertTrue(answer.contains("Retry-After: 1\r\n"))
      for _ in 0..<500 where server.connectionCount > 0 { await loop.sleep(milliseconds: 10) }
      XCTAssertEqual(server.connectionCount, 0)
    }
  }

  func testConnectionsOverTheLimitAreTurnedAway() async throws {
    try await withServer(HTTPClosureHandler { _ in .text(.ok, "x") }, connectionLimit: 1) { server, address, loop in
      let first = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      await loop.sleep(milliseconds: 20)
      let second = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      let nothing = try await readAll(second)
      XCTAssertEqual(nothing, "")
      XCTAssertEqual(server.turnedAway, 1)
      try await first.write(Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
      let answer = try await readAll(first)
      XCTAssertTrue(answer.hasPrefix("HTTP/1.1 200 "))
    }
  }

  func testDrainingAnswersWhatIsUnderWayAndEndsTheRest() async throws {
    let handler = HTTPClosureHandler { request in
      await request.connection.loop.sleep(milliseconds: 100)
      return .text(.ok, "done")
    }
    try await withServer(handler) { server, address, loop in
      let idle = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      let busy = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      try await busy.write(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
      await loop.sleep(milliseconds: 30)
      let draining = Task(executorPreference: loop) { await server.drain(until: .after(milliseconds: 3_000)) }
      let nothing = try await readAll(idle)
      XCTAssertEqual(nothing, "")
      let answer = try await readAll(busy)
      XCTAssertTrue(answer.hasPrefix("HTTP/1.1 200 "), answer)
      XCTAssertTrue(answer.contains("\r\nConnection: close\r\n"))
      await draining.value
      XCTAssertEqual(server.connectionCount, 0)
      let refused = try? await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
      XCTAssertNil(refused)
    }
  }
}

private func post(_ body: String, close: Bool = false) -> String {
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(close ? "Connection: close\r\n" : "")\r\n\(body)"
}

/// Runs a server on a loop of its own for the time of a test's body.
func withServer(
  _ handler: any HTTPHandler, tls: TLSContextBox? = nil, limits: HTTPLimits = HTTPLimits(),
  connectionLimit: Int = 100,
  _ body: @escaping @Sendable (HTTPServer, SocketAddress, EventLoop) async throws -> Void
) async throws {
  try await EventLoop.onLoop { loop in
    let address = try XCTUnwrap(SocketAddress(parsing: "127.0.0.1:0"))
    let server = try HTTPServer(
      address: address, loop: loop, tls: tls, limits: limits, connectionLimit: connectionLimit, handler: handler)
    try await body(server, server.address, loop)
    await server.drain(until: .after(milliseconds: 100))
  }
}

/// Sends bytes, then reads to the end.
func exchange(
  _ bytes: [UInt8], _ address: SocketAddress, _ loop: EventLoop
) async throws -> String {
  let stream = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 5_000))
  defer { stream.close() }
  try await stream.write(bytes, until: .after(milliseconds: 5_000))
  return try await readAll(stream)
}

func exchange(
  _ text: String, _ address: SocketAddress, _ loop: EventLoop
) async throws -> String {
  try await exchange(Array(text.utf8), address, loop)
}

func readAll(_ stream: ByteStream) async throws -> String {
  var bytes: [UInt8] = []
  while try await stream.read(into: &bytes, until: .after(milliseconds: 5_000)) > 0 {}
  return String(decoding: bytes, as: UTF8.self)
}
