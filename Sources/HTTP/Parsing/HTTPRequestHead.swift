/// The request line and header fields of one request, checked. Nothing of its body.
public struct HTTPRequestHead: Sendable {
  public let method: HTTPMethod
  public let fields: HTTPFields
  /// Whether it is HTTP/1.1 rather than 1.0.
  public let isHTTP11: Bool
  /// Whether the connection may carry another request after this one.
  public let keepsAlive: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  public let expectsContinue: Bool

  let framing: HTTPFraming
  /// Within the fields' bytes.
  private let pathRange: Range<Int>
  private let queryRange: Range<Int>?

  /// The path as it was sent, percent-encoding and all; `*` for a server-wide OPTIONS.
  public var path: String { String(decoding: pathBytes, as: UTF8.self) }
  /// What stands after the first `?`, as it was sent; nil without a question mark.
  public var query: String? { queryBytes.map { String(decoding: $0, as: UTF8.self) } }
  public var pathBytes: ArraySlice<UInt8> { fields.bytes[pathRange] }
  public var queryBytes: ArraySlice<UInt8>? { queryRange.map { fields.bytes[$0] } }
  /// Path and query as they were sent.
  public var target: String {
    String(decoding: fields.bytes[pathRange.lowerBound..<(queryRange ?? pathRange).upperBound], as: UTF8.self)
  }

  /// The length that the head announces; nil for a chunked body.
  public var contentLength: Int? {
    switch framing {
    case .length(let count): count
    case .none: 0
    default: nil
    }
  }

  /// Reads a head whose lines are known to end in CR LF. `bytes` ends with the empty line.
  init(parsing bytes: [UInt8], limits: HTTPLimits) throws(HTTPRefusal) {
    let parsed = bytes.withUnsafeBufferPointer { head in
      HTTPRequestLine.parse(head, limits: limits).flatMap { line in
        HTTPHeadScanner.fields(of: head, from: line.end).map { (line, $0) }
      }
    }
    let (line, entries) = try parsed.get()
    method = line.method
    isHTTP11 = line.minorVersion == 1
    fields = HTTPFields(bytes: bytes, entries: entries)
    pathRange = line.path
    queryRange = line.query
    try HTTPRequestRules.checkHost(fields, line, bytes)
    guard fields.entries(named: .authorization).count <= 1 else { throw .bad("more than one Authorization field") }
    framing = try HTTPFraming.of(fields, minorVersion: line.minorVersion) ?? .none
    keepsAlive =
      isHTTP11
      ? !fields.list(.connection, contains: "close") : fields.list(.connection, contains: "keep-alive")
    expectsContinue = try HTTPRequestRules.expectsContinue(fields, isHTTP11: isHTTP11) && framing != .none
  }
}

/// The first line of a request (RFC 9112, section 3).
struct HTTPRequestLine {
  var method: HTTPMethod
  var minorVersion: Int
  var path: Range<Int>
  var query: Range<Int>?
  /// The authority of an absolute target.
  var authority: Range<Int>?
  /// Where the fields begin.
  var end: Int

  static func parse(_ head: UnsafeBufferPointer<UInt8>, limits: HTTPLimits) -> Result<HTTPRequestLine, HTTPRefusal> {
    let tokens = HTTPCharacters.tokenTable
    var index = 0
    while tokens[Int(head[index])] != 0 { index += 1 }
    guard (1...32).contains(index), head[index] == 0x20 else {
      return .failure(.bad("the request line begins with no valid method and one space"))
    }
    let method = method(UnsafeBufferPointer(rebasing: head[..<index]))
    index += 1
    let start = index
    var mark: Int?
    while case let byte = head[index], byte > 0x20, byte < 0x7F, byte != 0x23 {
      if byte == 0x3F, mark == nil { mark = index }
      index += 1
    }
    guard index > start, head[index] == 0x20 else {
      return .failure(.bad("the request target is empty or holds a byte that must be percent-encoded"))
    }
    guard index - start <= limits.targetBytes else {
      return .failure(HTTPRefusal(.uriTooLong, "the request target exceeds \(limits.targetBytes) bytes"))
    }
    guard let minor = minorVersion(UnsafeBufferPointer(rebasing: head[(index + 1)...])) else {
      let isOther = head[(index + 1)...].starts(with: Array("HTTP/".utf8))
      let text = "the request line must end in HTTP/1.0 or HTTP/1.1"
      return .failure(isOther ? HTTPRefusal(.versionNotSupported, text) : .bad(text))
    }
    let line = HTTPRequestLine(
      method: method, minorVersion: minor, path: start..<(mark ?? index), query: mark.map { $0 + 1..<index },
      end: index + 11)
    return line.settled(head)
  }

  /// Origin form stays, absolute form gives its authority up, `*` is for OPTIONS, all else is refused.
  private func settled(_ head: UnsafeBufferPointer<UInt8>) -> Result<HTTPRequestLine, HTTPRefusal> {
    var line = self
    if head[path.lowerBound] == 0x2F { return .success(line) }
    if path.count == 1, query == nil, head[path.lowerBound] == 0x2A, method == .options { return .success(line) }
    for scheme in ["http://", "https://"] {
      let prefix = Array(scheme.utf8)
      guard path.count > prefix.count,
        HTTPCharacters.equalIgnoringCase(head[path.lowerBound..<path.lowerBound + prefix.count], prefix)
      else { continue }
      let start = path.lowerBound + prefix.count
      let slash = head[start..<path.upperBound].firstIndex(of: 0x2F)
      guard let slash, slash > start else { return .failure(.bad("an absolute target without a host or a path")) }
      line.authority = start..<slash
      line.path = slash..<path.upperBound
      return .success(line)
    }
    return .failure(.bad("the request target begins with neither / nor http"))
  }

  private static func minorVersion(_ rest: UnsafeBufferPointer<UInt8>) -> Int? {
    guard rest.count >= 10, rest[8] == 0x0D, rest[9] == 0x0A, rest[7] == 0x31 || rest[7] == 0x30,
      rest[..<7].elementsEqual([0x48, 0x54, 0x54, 0x50, 0x2F, 0x31, 0x2E])
    else { return nil }
    return Int(rest[7] - 0x30)
  }

  private static func method(_ bytes: UnsafeBufferPointer<UInt8>) -> HTTPMethod {
    switch bytes.count {
    case 3 where bytes[0] == 0x47 && bytes[1] == 0x45 && bytes[2] == 0x54: .get
    default: HTTPMethod(String(decoding: bytes, as: UTF8.self))
    }
  }
}

/// Rules that concern several parts of a head at once.
enum HTTPRequestRules {
  /// Exactly one Host (none is allowed in HTTP/1.0), naming one authority, the same as an absolute target's.
  static func checkHost(_ fields: HTTPFields, _ line: HTTPRequestLine, _ bytes: [UInt8]) throws(HTTPRefusal) {
    let hosts = fields.entries(named: .host)
    guard hosts.count <= 1 else { throw .bad("more than one Host field") }
    guard let host = hosts.first else {
      if line.minorVersion == 1 { throw .bad("no Host field") }
      return
    }
    let value = fields.valueBytes(host)
    guard !value.isEmpty, value.allSatisfy(isAuthorityByte) else { throw .bad("Host names no single host") }
    if let authority = line.authority, !HTTPCharacters.equalIgnoringCase(bytes[authority], value) {
      throw .bad("the host of the absolute target differs from Host")
    }
  }

  /// Letters, digits and `-._~:[]%`: a name or address with an optional port; no user, no list.
  private static func isAuthorityByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x3A, 0x41...0x5B, 0x5D, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x25: true
    default: false
    }
  }

  static func expectsContinue(_ fields: HTTPFields, isHTTP11: Bool) throws(HTTPRefusal) -> Bool {
    guard isHTTP11, let expectation = fields[.expect] else { return false }
    guard expectation.lowercased() == "100-continue" else {
      throw HTTPRefusal(.expectationFailed, "an expectation other than 100-continue")
    }
    return true
  }
}
