/// The status line and header fields of an answer received.
public struct HTTPResponseHead: Sendable {
  public let status: HTTPStatus
  public let fields: HTTPFields
  let framing: HTTPFraming
  let keepsAlive: Bool
}

/// One answer as a state machine: bytes in, head and body bytes out. Interim answers (1xx) are passed over. No I/O.
public struct HTTPResponseParser: Sendable {
  /// A reader may append to its bytes itself.
  var input = HTTPInput()
  private var scanner = HTTPHeadScanner()
  private var body: HTTPBodyDecoder
  private var interims = 0
  private let isHead: Bool
  private let limits: HTTPLimits

  /// - Parameter method: of the request, since an answer to HEAD has no body.
  public init(to method: HTTPMethod, limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
    isHead = method == .head
    body = HTTPBodyDecoder(.none, limits: limits)
  }

  /// Takes in received bytes.
  public mutating func receive(_ bytes: some Sequence<UInt8>) { input.bytes.append(contentsOf: bytes) }

  public var bodyIsDone: Bool { body.isDone }
  /// Whether the connection may end here without having cut the answer.
  public var mayEnd: Bool { body.mayEnd }
  /// Body bytes taken so far.
  public var bodyDelivered: Int { body.delivered }

  /// Whether nothing has come after the answer.
  var isSpent: Bool { body.isDone && input.isEmpty }

  /// The final answer's head; nil when it is not all there.
  public mutating func nextHead() throws(HTTPRefusal) -> HTTPResponseHead? {
    while true {
      guard !input.isEmpty, let length = try scanner.length(of: input, limits: limits) else { return nil }
      let head = try parse(Array(input.bytes[input.start..<input.start + length]))
      input.consume(length)
      scanner = HTTPHeadScanner()
      if head.status.code >= 200 {
        body = HTTPBodyDecoder(head.framing, limits: limits)
        return head
      }
      interims += 1
      guard head.status.code != 101, interims <= 8 else { throw .bad("an interim answer that nobody asked for") }
    }
  }

  /// Appends what is there of the body to `output`.
  public mutating func nextBody(into output: inout [UInt8]) throws(HTTPRefusal) {
    try body.decode(&input, into: &output)
  }

  private func parse(_ bytes: [UInt8]) throws(HTTPRefusal) -> HTTPResponseHead {
    let (minor, status, end) = try statusLine(bytes)
    let entries = bytes.withUnsafeBufferPointer { HTTPHeadScanner.fields(of: $0, from: end) }
    let fields = HTTPFields(bytes: bytes, entries: try entries.get())
    let told = try HTTPFraming.of(fields, minorVersion: minor)
    let framing: HTTPFraming = isHead || status.forbidsBody ? .none : told ?? .untilEnd
    let keepsAlive =
      framing != .untilEnd && minor == 1 && !fields.list(.connection, contains: "close")
    return HTTPResponseHead(status: status, fields: fields, framing: framing, keepsAlive: keepsAlive)
  }

  /// `HTTP/1.x SP 3DIGIT [ SP phrase ] CRLF`
  private func statusLine(_ bytes: [UInt8]) throws(HTTPRefusal) -> (minor: Int, status: HTTPStatus, end: Int) {
    guard bytes.count >= 14, bytes[..<7].elementsEqual(Array("HTTP/1.".utf8)), bytes[7] == 0x30 || bytes[7] == 0x31,
      bytes[8] == 0x20, bytes[9...11].allSatisfy({ (0x30...0x39).contains($0) }),
      let feed = bytes.firstIndex(of: 0x0A), bytes[12..<feed - 1].allSatisfy(HTTPCharacters.isFieldContent),
      bytes[12] == 0x20 || bytes[12] == 0x0D
    else { throw .bad("the answer begins with no HTTP/1.x status line") }
    let code = bytes[9...11].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard (100...599).contains(code) else { throw .bad("the status \(code) does not exist") }
    return (Int(bytes[7] - 0x30), HTTPStatus(code), feed + 1)
  }
}
