/// How the length of a body is told (RFC 9112, section 6).
enum HTTPFraming: Sendable, Equatable {
  case none
  case length(Int)
  case chunked
  /// Until the peer ends the connection; responses only.
  case untilEnd

  /// What the fields of a head say; nil when they say nothing.
  static func of(_ fields: HTTPFields, minorVersion: Int) throws(HTTPRefusal) -> HTTPFraming? {
    let codings = fields.entries(named: .transferEncoding)
    let lengths = fields.entries(named: .contentLength)
    if let coding = codings.first {
      guard minorVersion == 1 else { throw .bad("Transfer-Encoding in an HTTP/1.0 message") }
      guard lengths.isEmpty else { throw .bad("both Content-Length and Transfer-Encoding") }
      let value = fields.valueBytes(coding)
      guard codings.count == 1, HTTPCharacters.equalIgnoringCase(value, Array("chunked".utf8)) else {
        throw .bad("Transfer-Encoding other than chunked")
      }
      return .chunked
    }
    guard let length = lengths.first else { return nil }
    guard lengths.count == 1 else { throw .bad("more than one Content-Length") }
    let digits = fields.valueBytes(length)
    guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw .bad("Content-Length is not a number")
    }
    return .length(digits.reduce(0) { $0 * 10 + Int($1 - 0x30) })
  }
}
