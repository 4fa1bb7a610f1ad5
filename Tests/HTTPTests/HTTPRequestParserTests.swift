import HTTP
import TestSupport
import XCTest

final class HTTPRequestParserTests: XCTestCase {
  /// Feeds bytes in steps of one size; returns each request's head and body, and the refusal that ended them.
  private func run(
    _ bytes: [UInt8], step: Int = .max
  ) -> (requests: [(head: HTTPRequestHead, body: [UInt8])], refusal: HTTPRefusal?) {
    var parser = HTTPRequestParser()
    var requests: [(HTTPRequestHead, [UInt8])] = []
    var open: (head: HTTPRequestHead, body: [UInt8])?
    var rest = bytes[...]
    do {
      while !rest.isEmpty {
        parser.receive(rest.prefix(step))
        rest = rest.dropFirst(step)
        while true {
          if var request = open {
            try parser.nextBody(into: &request.body)
            open = request
            guard parser.bodyIsDone else { break }
            requests.append(request)
            open = nil
          }
          guard let head = try parser.nextHead() else { break }
          open = (head, [])
        }
      }
      return (requests, nil)
    } catch { return (requests, error) }
  }

  private func run(_ text: String, step: Int = .max) -> (
    requests: [(head: HTTPRequestHead, body: [UInt8])], refusal: HTTPRefusal?
  ) { run(Array(text.utf8), step: step) }

  func testEveryVectorIsRefusedHoweverItIsCut() {
    for vector in RefusalVectors.heads + RefusalVectors.bodies {
      for step in vector.bytes.count > 4_096 ? [Int.max, 1_000] : [Int.max, 1, 7] {
        let outcome = run(vector.bytes, step: step)
        XCTAssertEqual(outcome.refusal?.status.code, vector.status, "\(vector.name), \(step) bytes a step")
        XCTAssertTrue(outcome.requests.isEmpty, vector.name)
      }
    }
  }

  func testARefusalIsForGood() throws {
    var parser = HTTPRequestParser()
    parser.receive(Array("GET / HTTP/1.1\r\n\r\n".utf8))
    XCTAssertThrowsError(try parser.nextHead())
    parser.receive(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    XCTAssertThrowsError(try parser.nextHead())
  }

  func testPipelinedRequestsComeInOrderHoweverTheyAreCut() throws {
    let text =
      "GET /a?b=c?d HTTP/1.1\r\nHost: h:8080\r\nX-Name:  two words \r\n\r\n"
      + "POST /p HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello"
      + "\r\nPOST /q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\nabc\r\nA\r\n0123456789\r\n"
      + "0\r\nX-Trailer: t\r\n\r\n" + "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n"
    for step in [1, 2, 3, 10, 100, Int.max] {
      let (requests, refusal) = run(text, step: step)
      XCTAssertNil(refusal)
      guard requests.count == 4 else { return XCTFail("\(requests.count) requests") }
      XCTAssertEqual(requests.map(\.head.method), [.get, .post, .post, .options])
      XCTAssertEqual(requests.map(\.head.path), ["/a", "/p", "/q", "*"])
      XCTAssertEqual(requests.map(\.head.query), ["b=c?d", nil, nil, nil])
      XCTAssertEqual(requests[0].head.target, "/a?b=c?d")
      XCTAssertEqual(requests[0].head.fields["x-name"], "two words")
      XCTAssertEqual(requests.map { String(decoding: $0.body, as: UTF8.self) }, ["", "hello", "abc0123456789", ""])
      XCTAssertNil(requests[2].head.fields["X-Trailer"], "trailers never become fields")
      XCTAssertEqual(requests.map(\.head.keepsAlive), [true, true, true, false])
    }
  }

  func testAnAbsoluteTargetThatAgreesWithHost() throws {
    let head = try XCTUnwrap(run("GET HTTP://A.example:80/x?y HTTP/1.1\r\nHost: a.EXAMPLE:80\r\n\r\n").requests.first)
      .head
    XCTAssertEqual(head.path, "/x")
    XCTAssertEqual(head.query, "y")
  }

  func testHTTP10() throws {
    let plain = try XCTUnwrap(run("GET / HTTP/1.0\r\n\r\n").requests.first).head
    XCTAssertFalse(plain.keepsAlive)
    XCTAssertFalse(plain.isHTTP11)
    let kept = try XCTUnwrap(run("GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n").requests.first).head
    XCTAssertTrue(kept.keepsAlive)
  }

  func testUnderscoredLookAlikesAreDropped() throws {
    let head = try XCTUnwrap(
      run("GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_Client_Cert: x\r\nContent_Length: 7\r\nX-Kept: y\r\n\r\n")
        .requests.first
    ).head
    XCTAssertEqual(head.fields.all.map(\.name), ["Host", "X-Kept"])
    XCTAssertEqual(head.contentLength, 0)
  }

  func testExpectations() throws {
    let waits = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"
    XCTAssertTrue(try XCTUnwrap(run(waits).requests.first).head.expectsContinue)
    let nothingToWaitFor = "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"
    XCTAssertFalse(try XCTUnwrap(run(nothingToWaitFor).requests.first).head.expectsContinue)
  }

  func testOneHundredFieldsAreFine() {
    let text = "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "A: 1\r\n", count: 99) + "\r\n"
    XCTAssertEqual(run(text).requests.first?.head.fields.count, 100)
  }

  /// Whatever the bytes, the machine ends in requests or a refusal, and the cut between reads changes nothing.
  func testRandomDamageNeverDependsOnTheCut() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let good = Array(
      "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        .utf8)
    for _ in 0..<2_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        default: bytes.insert([0x0D, 0x0A, 0x20, 0x3A, 0x30].randomElement(using: &random) ?? 0, at: index)
        }
      }
      let (whole, cut) = (run(bytes), run(bytes, step: Int.random(in: 1...5, using: &random)))
      XCTAssertEqual(whole.refusal, cut.refusal, "seed \(seed)")
      XCTAssertEqual(whole.requests.map(\.body), cut.requests.map(\.body), "seed \(seed)")
    }
  }
}
