/// The requests of one connection as a state machine: bytes in, heads and body bytes out. No I/O.
///
/// `receive` bytes, then call `nextHead` until it returns nil; after a head, call `nextBody` until `bodyIsDone` before
/// the next head. An error ends the connection's requests for good.
public struct HTTPRequestParser: Sendable {
  /// A reader may append to its bytes itself.
  var input = HTTPInput()
  private var scanner = HTTPHeadScanner()
  private var body: HTTPBodyDecoder
  private var toleratesEmptyLine = true
  private var failure: HTTPRefusal?
  public let limits: HTTPLimits

  public init(limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
    body = HTTPBodyDecoder(.none, limits: limits)
  }

  /// Bytes received and not yet used.
  public var pending: Int { input.count }
  /// Whether the body of the head given out last has been taken to its end.
  public var bodyIsDone: Bool { body.isDone }
  /// Body bytes still to come; nil for a chunked body.
  public var bodyLeft: Int? { body.left }
  /// Body bytes taken so far.
  public var bodyDelivered: Int { body.delivered }

  /// Takes in received bytes.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    input.compact()
    input.bytes.append(contentsOf: bytes)
  }

  /// The next request's head; nil when it is not all there.
  public mutating func nextHead() throws(HTTPRefusal) -> HTTPRequestHead? {
    if let failure { throw failure }
    do { return try head() } catch {
      failure = error
      throw error
    }
  }

  /// Appends what is there of the body to `output`.
  public mutating func nextBody(into output: inout [UInt8]) throws(HTTPRefusal) {
    if let failure { throw failure }
    do { try body.decode(&input, into: &output) } catch {
      failure = error
      throw error
    }
  }

  private mutating func head() throws(HTTPRefusal) -> HTTPRequestHead? {
    precondition(body.isDone, "the body of the request before has not been taken")
    // One empty line before a request is forgiven (RFC 9112, section 2.2).
    if toleratesEmptyLine, input.count >= 2, input.bytes[input.start] == 0x0D, input.bytes[input.start + 1] == 0x0A {
      input.consume(2)
      toleratesEmptyLine = false
      scanner = HTTPHeadScanner()  // it may have seen the carriage return alone
    }
    guard !input.isEmpty, let length = try scanner.length(of: input, limits: limits) else { return nil }
    let head = try HTTPRequestHead(
      parsing: Array(input.bytes[input.start..<input.start + length]), limits: limits)
    input.consume(length)
    scanner = HTTPHeadScanner()
    toleratesEmptyLine = true
    body = HTTPBodyDecoder(head.framing, limits: limits)
    return head
  }
}
