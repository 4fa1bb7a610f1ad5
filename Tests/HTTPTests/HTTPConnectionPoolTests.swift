import HTTP
import Reactor
import TestSupport
import XCTest

/// Connections that wait for the next request, over real sockets.
final class HTTPConnectionPoolTests: XCTestCase {
  /// What a scripted server does with each request of one connection, in turn; then it closes.
  private enum Step {
    case answer(String)
    /// Reads the request and closes without a byte.
    case close
    /// Closes without having read.
    case closeUnread
  }

  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  /// A server that plays one list of steps a connection; gives the requests that it read, connection by connection.
  private static func play(
    _ connections: [[Step]], on listener: ListeningSocket, _ loop: EventLoop
  ) -> Task<[[String]], any Error> {
    Task(executorPreference: loop) {
      var seen: [[String]] = []
      for steps in connections {
        let stream = try await listener.accept()
        var requests: [String] = []
        for step in steps {
          if case .closeUnread = step { break }
          var bytes: [UInt8] = []
          guard try await stream.read(into: &bytes, until: .after(milliseconds: 20_000)) > 0 else { break }
          requests.append(String(decoding: bytes, as: UTF8.self))
          guard case .answer(let text) = step else { break }
          try await stream.write(Array(text.utf8))
        }
        stream.close()
        seen.append(requests)
      }
      return seen
    }
  }

  private func withListener(
    limits: HTTPConnectionPool.Limits = .init(),
    _ body: @escaping @Sendable (ListeningSocket, HTTPClient, EventLoop) async throws -> Void
  ) async throws {
    try await EventLoop.onLoop { loop in
      let any = try XCTUnwrap(SocketAddress(parsing: "127.0.0.1:0"))
      let listener = try ListeningSocket(address: any, loop: loop)
      var client = HTTPClient(loop: loop, totalTimeoutMilliseconds: 20_000)
      client.pool = HTTPConnectionPool(loop: loop, limits: limits)
      try await body(listener, client, loop)
      client.pool?.close()
      listener.close()
    }
  }

  private static func post(key: String?) -> HTTPClient.Request {
    var fields = HTTPFields()
    if let key { fields.append(.idempotencyKey, key) }
    return HTTPClient.Request(.post, target: "/claims", fields: fields, body: Array("claim".utf8))
  }

  func testRequestsOfOneIdentityShareAConnectionUnderMutualTLS() async throws {
    let files = try TestCertificates.shared.get()
    let box = try TLSContextBox { () throws(TLSError) in
      try TLSContext.server(
        identity: files.identity("server"), clientCertificates: .required, clientAuthorities: files.certificate("ca"),
        speaksHTTP: true)
    }
    let handler = HTTPClosureHandler { request throws(HTTPRefusal) in
      _ = try await request.body.collect()
      return .text(.ok, "\(request.connection.peer.port)")
    }
    try await withServer(handler, tls: box) { _, address, loop in
      var client = HTTPClient(loop: loop)
      let pool = HTTPConnectionPool(loop: loop)
      client.pool = pool
      let trust = TLSContext.Trust.authorities(path: files.certificate("ca"))
      var ports: [String] = []
      for number in 0..<2 {
        let identity = try TLSContext.client(trust: trust, identity: files.identity("client"))
        for repeated in 0..<4 {
          let answer = try await client.send(
            Self.post(key: "k\(number)\(repeated)"), to: address, host: "localhost", tls: identity)
          ports.append(String(decoding: answer.body, as: UTF8.self))
        }
      }
      XCTAssertEqual(Set(ports[..<4]).count, 1)
      XCTAssertEqual(Set(ports[4...]).count, 1)
      XCTAssertNotEqual(ports[0], ports[4], "another identity is another caller")
      XCTAssertEqual([pool.count, pool.reuses], [2, 6])
      pool.close()
      XCTAssertEqual(pool.count, 0)
    }
  }

  func testAConnectionThatWasClosedMeanwhileIsReplacedByANewOne() async throws {
    for last in [Step.close, .closeUnread] {
      try await withListener { listener, client, loop in
        let server = Self.play([[.answer(Self.ok), last], [.answer(Self.ok)]], on: listener, loop)
        for key in ["k1", "k2"] {
          let answer = try await client.send(
            Self.post(key: key), to: listener.address, host: "localhost", tls: nil)
          XCTAssertEqual(answer.status, .ok)
        }
        let seen = try await server.value
        XCTAssertEqual(seen[1].count, 1)
        XCTAssertTrue(seen[1][0].contains("Idempotency-Key: k2"), seen[1][0])
        if seen[0].count == 2 { XCTAssertEqual(seen[0][1], seen[1][0], "the same bytes again") }
      }
    }
  }

  func testNothingIsSentAgainOnceAnAnswerHasBegun() async throws {
    try await withListener { listener, client, loop in
      let server = Self.play([[.answer(Self.ok), .answer("HTTP/1.1 200 OK\r\nContent-")]], on: listener, loop)
      _ = try await client.send(Self.post(key: "k1"), to: listener.address, host: "localhost", tls: nil)
      do {
        _ = try await client.send(Self.post(key: "k2"), to: listener.address, host: "localhost", tls: nil)
        XCTFail("half an answer is none")
      } catch let error as HTTPClientError { XCTAssertEqual(error.code, .broken) }
      let seen = try await server.value
      XCTAssertEqual(seen.map(\.count), [2])
    }
  }

  func testWhatMayNotBeRepeatedTakesANewConnection() async throws {
    try await withListener { listener, client, loop in
      let server = Self.play([[.answer(Self.ok)], [.answer(Self.ok)]], on: listener, loop)
      for _ in 0..<2 {
        _ = try await client.send(Self.post(key: nil), to: listener.address, host: "localhost", tls: nil)
        await loop.sleep(milliseconds: 20)
      }
      let seen = try await server.value
      XCTAssertEqual(seen.map(\.count), [1, 1])
      XCTAssertEqual(client.pool?.reuses, 0)
    }
  }

  func testAnswersThatEndTheirConnectionAreNotWaitedFor() async throws {
    for text in [
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
      Self.ok + "HTTP/1.1 200 OK\r\n",
    ] {
      try await withListener { listener, client, loop in
        let server = Self.play([[.answer(text), .close]], on: listener, loop)
        let answer = try await client.send(Self.post(key: "k"), to: listener.address, host: "localhost", tls: nil)
        XCTAssertEqual(String(decoding: answer.body, as: UTF8.self), "ok")
        XCTAssertEqual(client.pool?.count, 0, text)
        _ = try await server.value
      }
    }
  }

  func testConnectionsThatWaitAreFewAndForAShortTime() async throws {
    var limits = HTTPConnectionPool.Limits()
    limits.connectionsEach = 2
    limits.idleMilliseconds = 2_000
    try await withListener(limits: limits) { listener, client, loop in
      let server = Task(executorPreference: loop) {
        var streams: [ByteStream] = []
        for _ in 0..<5 { streams.append(try await listener.accept()) }
        for stream in streams {
          var bytes: [UInt8] = []
          _ = try await stream.read(into: &bytes)
          try await stream.write(Array(Self.ok.utf8))
        }
        // Each is ended by the client.
        for stream in streams {
          var bytes: [UInt8] = []
          let count = try await stream.read(into: &bytes, until: .after(milliseconds: 20_000))
          XCTAssertEqual(count, 0)
          stream.close()
        }
      }
      let callers = (0..<5).map { number in
        Task(executorPreference: loop) {
          try await client.send(Self.post(key: "k\(number)"), to: listener.address, host: "localhost", tls: nil)
        }
      }
      for caller in callers { _ = try await caller.value }
      XCTAssertEqual(client.pool?.count, 2)
      try await server.value
      XCTAssertEqual(client.pool?.count, 0)
    }
  }
}
