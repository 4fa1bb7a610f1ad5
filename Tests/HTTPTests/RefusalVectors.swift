/// Requests that must be refused, each with its status: the list of attacks that must not win.
enum RefusalVectors {
  struct Vector {
    let name: String
    let bytes: [UInt8]
    let status: Int

    init(_ name: String, _ status: Int, _ text: String) {
      self.name = name
      self.status = status
      bytes = Array(text.utf8)
    }
  }

  private static func get(_ lines: String, version: String = "1.1") -> String {
    "GET /x HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n"
  }

  private static func chunked(_ body: String) -> String {
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)"
  }

  static let heads: [Vector] = [
    Vector("Content-Length with Transfer-Encoding", 400, get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")),
    Vector("the same, the other way round", 400, get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")),
    Vector("two different Content-Length", 400, get("Content-Length: 3\r\nContent-Length: 4\r\n")),
    Vector("two equal Content-Length", 400, get("Content-Length: 3\r\nContent-Length: 3\r\n")),
    Vector("a list of Content-Length", 400, get("Content-Length: 3, 3\r\n")),
    Vector("a signed Content-Length", 400, get("Content-Length: +3\r\n")),
    Vector("a negative Content-Length", 400, get("Content-Length: -1\r\n")),
    Vector("a hexadecimal Content-Length", 400, get("Content-Length: 0x3\r\n")),
    Vector("an empty Content-Length", 400, get("Content-Length:\r\n")),
    Vector("an endless Content-Length", 400, get("Content-Length: 99999999999999999999999\r\n")),
    Vector("an empty first coding", 400, get("Transfer-Encoding: ,chunked\r\n")),
    Vector("gzip before chunked", 400, get("Transfer-Encoding: gzip, chunked\r\n")),
    Vector("chunked before identity", 400, get("Transfer-Encoding: chunked, identity\r\n")),
    Vector("two Transfer-Encoding", 400, get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
    Vector("an unknown coding", 400, get("Transfer-Encoding: xchunked\r\n")),
    Vector("Transfer-Encoding in 1.0", 400, get("Transfer-Encoding: chunked\r\n", version: "1.0")),
    Vector("a continued line", 400, get("X-A: 1\r\n 2\r\n")),
    Vector("a line continued by a tab", 400, get("X-A: 1\r\n\t2\r\n")),
    Vector("a first field with white space before", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    Vector("a bare carriage return", 400, get("X-A: 1\rX-B: 2\r\n")),
    Vector("a bare line feed", 400, get("X-A: 1\nX-B: 2\r\n")),
    Vector("line feeds only", 400, "GET / HTTP/1.1\nHost: a\n\n"),
    Vector("NUL in a value", 400, get("X-A: 1\u{0}2\r\n")),
    Vector("a control byte in a value", 400, get("X-A: 1\u{1}\r\n")),
    Vector("DEL in a value", 400, get("X-A: 1\u{7F}\r\n")),
    Vector("NUL in a name", 400, get("X\u{0}A: 1\r\n")),
    Vector("NUL in the target", 400, "GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("a tab in the target", 400, "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("a letter beyond ASCII in the target", 400, "GET /é HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("a fragment in the target", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("a space before the colon", 400, get("X-A : 1\r\n")),
    Vector("a tab before the colon", 400, get("X-A\t: 1\r\n")),
    Vector("a space inside Transfer-Encoding's name", 400, get("Transfer-Encoding : chunked\r\n")),
    Vector("no colon", 400, get("X-A\r\n")),
    Vector("no name", 400, get(": 1\r\n")),
    Vector("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    Vector("two Hosts", 400, get("Host: b\r\n")),
    Vector("two equal Hosts", 400, get("Host: a\r\n")),
    Vector("two Hosts in 1.0", 400, get("Host: b\r\n", version: "1.0")),
    Vector("a list of hosts", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    Vector("an empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    Vector("a user in Host", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    Vector("a path in Host", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    Vector("an absolute target that differs", 400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("an absolute target with another port", 400, "GET http://a:1/ HTTP/1.1\r\nHost: a:2\r\n\r\n"),
    Vector("an absolute target without a host", 400, "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("two Authorization", 400, get("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")),
    Vector("CONNECT's target", 400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("* without OPTIONS", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("no method", 400, " / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("two spaces", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("HTTP/0.9", 400, "GET /\r\n\r\n"),
    Vector("HTTP/2", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    Vector("a version that is none", 400, "GET / HTPT/1.1\r\nHost: a\r\n\r\n"),
    Vector("another expectation", 417, get("Expect: tea\r\n")),
    Vector("too many fields", 431, get(String(repeating: "A: 1\r\n", count: 100))),
    Vector("a large field", 431, get("A: " + String(repeating: "x", count: 33 << 10) + "\r\n")),
    Vector("a large head that has not ended", 431, "GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: 33 << 10)),
    Vector("a long target", 414, "GET /" + String(repeating: "x", count: 8 << 10) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
    Vector("a long target that has not ended", 414, "GET /" + String(repeating: "x", count: 9 << 10)),
  ]

  static let bodies: [Vector] = [
    Vector("a chunk size with a sign", 400, chunked("+1\r\na\r\n0\r\n\r\n")),
    Vector("a chunk size with 0x", 400, chunked("0x1\r\na\r\n0\r\n\r\n")),
    Vector("a chunk size with a space before", 400, chunked(" 1\r\na\r\n0\r\n\r\n")),
    Vector("a chunk size with a space after", 400, chunked("1 \r\na\r\n0\r\n\r\n")),
    Vector("no chunk size", 400, chunked("\r\na\r\n0\r\n\r\n")),
    Vector("a chunk size that is a word", 400, chunked("xyz\r\n")),
    Vector("a chunk size of nine digits", 400, chunked("000000001\r\na\r\n0\r\n\r\n")),
    Vector("a chunk size that overflows", 400, chunked("FFFFFFFFFFFFFFFFF\r\n")),
    Vector("a chunk longer than its size", 400, chunked("1\r\nab\r\n0\r\n\r\n")),
    Vector("a chunk line with a bare line feed", 400, chunked("1\na\r\n0\r\n\r\n")),
    Vector("a chunk ended by a bare line feed", 400, chunked("1\r\na\n0\r\n\r\n")),
    Vector("a long chunk extension", 400, chunked("1;" + String(repeating: "x", count: 100) + "\r\na\r\n0\r\n\r\n")),
    Vector("a chunk extension without end", 400, chunked("1;" + String(repeating: "x", count: 500))),
    Vector("a control byte in a chunk extension", 400, chunked("1;a=\u{1}\r\na\r\n0\r\n\r\n")),
    Vector("a carriage return in a chunk extension", 400, chunked("1;a\rb\r\na\r\n0\r\n\r\n")),
    Vector("a trailer without a colon", 400, chunked("0\r\nnonsense\r\n\r\n")),
    Vector("a continued trailer", 400, chunked("0\r\nA: 1\r\n 2\r\n\r\n")),
    Vector("trailers without end", 400, chunked("0\r\n" + String(repeating: "A: 1\r\n", count: 1_000))),
  ]
}
