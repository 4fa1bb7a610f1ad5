import HTTP
import Reactor
import TestSupport
import XCTest

final class HTTPResponseParserTests: XCTestCase {
  private func run(
    _ text: String, step: Int = .max, to method: HTTPMethod = .get
  ) throws -> (status: Int, body: String, isDone: Bool)? {
    var parser = HTTPResponseParser(to: method)
    var rest = Array(text.utf8)[...]
    var head: HTTPResponseHead?
    var body: [UInt8] = []
    while !rest.isEmpty {
      parser.receive(rest.prefix(step))
      rest = rest.dropFirst(step)
      if head == nil { head = try parser.nextHead() }
      if head != nil { try parser.nextBody(into: &body) }
    }
    return head.map { ($0.status.code, String(decoding: body, as: UTF8.self), parser.bodyIsDone) }
  }

  func testAnswersInEveryFraming() throws {
    let cases: [(text: String, method: HTTPMethod, status: Int, body: String, isDone: Bool)] = [
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", .get, 200, "ok", true),
      ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", .get, 200, "a", true),
      ("HTTP/1.0 404 Not Found\r\n\r\nto the end", .get, 404, "to the end", false),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", .head, 200, "", true),
      ("HTTP/1.1 204 No Content\r\n\r\n", .post, 204, "", true),
      ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n", .post, 201, "", true),
    ]
    for expected in cases {
      for step in [1, 5, Int.max] {
        let answer = try XCTUnwrap(run(expected.text, step: step, to: expected.method))
        XCTAssertEqual(answer.status, expected.status)
        XCTAssertEqual(answer.body, expected.body)
        XCTAssertEqual(answer.isDone, expected.isDone)
      }
    }
  }

  func testMalformedAnswersAreRefused() {
    for text in [
      "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n",
      "SSH-2.0-x\r\n\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 999 x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    ] { XCTAssertThrowsError(try run(text), text) }
  }
}

final class HTTPClientTests: XCTestCase {
  func testARequestOverMutualTLS() async throws {
    let files = try TestCertificates.shared.get()
    let box = try TLSContextBox { () throws(TLSError) in
      try TLSContext.server(
        identity: files.identity("server"), clientCertificates: .required, clientAuthorities: files.certificate("ca"),
        speaksHTTP: true)
    }
    let handler = HTTPClosureHandler { request throws(HTTPRefusal) in
      let body = try await request.body.collect()
      let partner = request.connection.tls?.peerCertificate?.uris.first ?? "nobody"
      let idempotency = request.fields[.idempotencyKey] ?? ""
      return .text(
        .created,
        "\(request.method) \(request.head.target) \(request.fields[.host] ?? "") \(partner) \(idempotency) \(body.count)"
      )
    }
    try await withServer(handler, tls: box) { _, address, loop in
      let client = HTTPClient(loop: loop)
      var fields = HTTPFields()
      fields.append(.idempotencyKey, "k1")
      let request = HTTPClient.Request(
        .post, target: "/claims?x=1", fields: fields, body: [UInt8](repeating: 7, count: 200_000))
      let trust = TLSContext.Trust.authorities(path: files.certificate("ca"))
      let known = try TLSContext.client(trust: trust, identity: files.identity("client"))
      let answer = try await client.send(request, to: address, host: "localhost", tls: known)
      XCTAssertEqual(answer.status, .created)
      XCTAssertEqual(
        String(decoding: answer.body, as: UTF8.self),
        "POST /claims?x=1 localhost:\(address.port) urn:partner:one k1 200000\n")
      let stranger = try TLSContext.client(trust: trust)
      await expect(.tls) { try await client.send(request, to: address, host: "localhost", tls: stranger) }
      await expect(.tls) { try await client.send(request, to: address, host: "example.org", tls: known) }
    }
  }

  func testTimeoutsSizesAndBrokenAnswers() async throws {
    let handler = HTTPClosureHandler { request in
      if request.path == "/slow" { await request.connection.loop.sleep(milliseconds: 500) }
      if request.path == "/moved" {
        var moved = HTTPResponse(HTTPStatus(302))
        moved.fields.append(.location, "/elsewhere")
        return moved
      }
      return HTTPResponse(.ok, type: "text/plain", [UInt8](repeating: 0x61, count: 5_000))
    }
    try await withServer(handler) { _, address, loop in
      let hasty = HTTPClient(loop: loop, totalTimeoutMilliseconds: 100)
      await expect(.timedOut) {
        try await hasty.send(.init(.get, target: "/slow"), to: address, host: "localhost", tls: nil)
      }
      var client = HTTPClient(loop: loop, totalTimeoutMilliseconds: 10_000)
      client.limits.bodyBytes = 4_999
      await expect(.tooLarge) {
        try await client.send(.init(.get, target: "/"), to: address, host: "localhost", tls: nil)
      }
      client.limits.bodyBytes = 5_000
      let fits = try await client.send(.init(.get, target: "/"), to: address, host: "localhost", tls: nil)
      XCTAssertEqual(fits.body.count, 5_000)
      let moved = try await client.send(.init(.get, target: "/moved"), to: address, host: "localhost", tls: nil)
      XCTAssertEqual(moved.status.code, 302, "redirects are not followed")
      await expect(.malformed) {
        try await client.send(.init(.get, target: "/ x"), to: address, host: "localhost", tls: nil)
      }
    }
  }

  func testNobodyListensOrSomebodyElseDoes() async throws {
    try await withServer(HTTPClosureHandler { _ in .text(.ok, "x") }) { _, _, loop in
      let any = try XCTUnwrap(SocketAddress(parsing: "127.0.0.1:0"))
      let listener = try ListeningSocket(address: any, loop: loop)
      let client = HTTPClient(loop: loop, totalTimeoutMilliseconds: 10_000)
      for (text, code) in [
        ("SSH-2.0-x\r\n\r\n\r\n", HTTPClientError.Code.malformed),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", .broken),
        ("", .broken), ("HTTP/1.1 200 OK\r\n", .broken),
      ] {
        let server = Task(executorPreference: loop) {
          let stream = try await listener.accept()
          var bytes: [UInt8] = []
          _ = try await stream.read(into: &bytes)
          try await stream.write(Array(text.utf8))
          stream.close()
        }
        await expect(code) {
          try await client.send(.init(.get, target: "/"), to: listener.address, host: "localhost", tls: nil)
        }
        _ = try await server.value
      }
      let address = listener.address
      listener.close()
      await expect(.connect) {
        try await client.send(.init(.get, target: "/"), to: address, host: "localhost", tls: nil)
      }
    }
  }
}

private func expect(
  _ code: HTTPClientError.Code, line: UInt = #line, _ body: () async throws -> HTTPClient.Answer
) async {
  do {
    let answer = try await body()
    XCTFail("an answer: \(answer.status)", line: line)
  } catch { XCTAssertEqual((error as? HTTPClientError)?.code, code, "\(error)", line: line) }
}
