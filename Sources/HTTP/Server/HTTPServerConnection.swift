import Reactor

/// One connection of a server: reads heads, calls the handler, writes answers in the order of their requests.
// @unchecked: every stored variable belongs to the thread of `stream.loop`.
final class HTTPServerConnection: @unchecked Sendable {
  let stream: ByteStream
  let server: HTTPServer
  private let limits: HTTPLimits
  var task: Task<Void, Never>?
  /// Bytes of a streamed answer with a length that have been written.
  var streamed = 0
  /// Between requests, with nothing of the next one here.
  private(set) var isIdle = true

  private var parser: HTTPRequestParser
  private var output: [UInt8] = []
  private var flushIsDue = false
  private var requests = 0
  /// The client waits for `100 Continue`.
  private var owesContinue = false
  /// When the handler at work must have answered; `.never` while none is.
  private var overdueAt = Deadline.never
  /// After this request no other is answered.
  private var isLast = false

  init(stream: ByteStream, server: HTTPServer) {
    self.stream = stream
    self.server = server
    limits = server.limits
    parser = HTTPRequestParser(limits: server.limits)
  }

  // MARK: Life

  func serve(tls context: TLSContext?) async {
    do {
      if let context {
        try await stream.startTLS(server: context, until: .after(milliseconds: limits.headTimeoutMilliseconds))
      }
      let info = HTTPConnectionInfo(loop: stream.loop, peer: stream.peer, tls: stream.tls)
      while !isLast, let head = try await nextHead() {
        try await answer(head, info)
      }
      try await flush()
      if isLast {
        await stream.closeGently(until: .after(milliseconds: 2_000))
      }
    } catch {}  // the peer is gone or has been told; there is nobody left to tell
    stream.close()
  }

  /// The next request's head; nil at the connection's end, or after a refusal has been answered.
  private func nextHead() async throws(StreamError) -> HTTPRequestHead? {
    var deadline = Deadline.never
    while true {
      do {
        if let head = try parser.nextHead() {
          isIdle = false
          return head
        }
      } catch {
        server.refused += 1
        try await refuse(error)
        return nil
      }
      try await flush()
      let hasBegun = parser.pending > 0
      if server.isDraining, !hasBegun { return nil }
      if hasBegun, isIdle || deadline == .never { deadline = .after(milliseconds: limits.headTimeoutMilliseconds) }
      isIdle = !hasBegun
      do {
        let until = hasBegun ? deadline : .after(milliseconds: limits.idleTimeoutMilliseconds)
        if try await receive(until: until) == 0 { return nil }
      } catch {
        guard error.code == .timedOut, hasBegun else { throw error }
        try await refuse(HTTPRefusal(.requestTimeout, "the head did not arrive in time"))
        return nil
      }
    }
  }

  private func receive(until deadline: Deadline) async throws(StreamError) -> Int {
    parser.input.compact()
    var buffer: [UInt8] = []
    swap(&buffer, &parser.input.bytes)
    defer { swap(&buffer, &parser.input.bytes) }
    return try await stream.read(into: &buffer, until: deadline)
  }

  // MARK: Answers

  private func answer(_ head: HTTPRequestHead, _ info: HTTPConnectionInfo) async throws(StreamError) {
    requests += 1
    owesContinue = head.expectsContinue && parser.pending == 0
    isLast = !head.keepsAlive
    streamed = 0
    flushAtEndOfTurn()
    overdueAt = .after(milliseconds: limits.handlerTimeoutMilliseconds)
    let request = HTTPRequest(
      head: head, connection: info, number: requests, body: HTTPRequestBody(connection: self))
    var response: HTTPResponse
    do { response = try await server.handler.respond(to: request) } catch {
      response = server.handler.refuse(error)
      isLast = true
    }
    overdueAt = .never
    guard !stream.isClosed else { throw StreamError(.closed, "the handler took too long") }
    await settleBody()
    if response.closesConnection || server.isDraining { isLast = true }
    server.answered += 1
    try await send(response, to: head)
    if !isLast { await dropRestOfBody() }
    isIdle = parser.pending == 0
  }

  private func refuse(_ refusal: HTTPRefusal) async throws(StreamError) {
    isLast = true
    try await send(server.handler.refuse(refusal), to: nil)
    try await flush()
    await stream.closeGently(until: .after(milliseconds: 2_000))
  }

  /// - Parameter head: of the request; nil when it never became one.
  private func send(_ response: HTTPResponse, to head: HTTPRequestHead?) async throws(StreamError) {
    let isHTTP11 = head?.isHTTP11 ?? true
    let hasBody = !response.status.forbidsBody
    var length: Int?
    var isChunked = false
    switch response.body {
    case .none: length = hasBody ? 0 : nil
    case .bytes(let bytes): length = hasBody ? bytes.count : nil
    case .pieces(let pieces): length = hasBody ? pieces.reduce(0) { $0 + $1.count } : nil
    case .stream(let known, _):
      length = hasBody ? known : nil
      isChunked = hasBody && known == nil && isHTTP11
      if hasBody, known == nil, !isHTTP11 { isLast = true }
    }
    let connection: StaticString? =
      isLast ? "Connection: close\r\n" : isHTTP11 ? nil : "Connection: keep-alive\r\n"
    HTTPHeadWriter.write(
      response, length: length, isChunked: isChunked, connection: connection,
      date: server.dateLine.current(now: stream.loop.now), into: &output)
    guard hasBody, head?.method != .head else { return try await flushIfLarge() }
    switch response.body {
    case .none: break
    case .bytes(let bytes):
      if bytes.count > 16 << 10 { return try await send(pieces: [bytes]) }
      output.append(contentsOf: bytes)
    case .pieces(let pieces): return try await send(pieces: pieces)
    case .stream(let length, let produce):
      return try await stream(length: length, isChunked: isChunked, produce)
    }
    try await flushIfLarge()
  }

  /// Runs the producer of a streamed body. If it fails the body stays visibly cut: no last chunk, and a close.
  private func stream(
    length: Int?, isChunked: Bool, _ produce: @Sendable (HTTPBodyWriter) async throws -> Void
  ) async throws(StreamError) {
    try await flush()
    let mode: HTTPBodyWriter.Mode = isChunked ? .chunked : length == nil ? .untilEnd : .counted
    do { try await produce(HTTPBodyWriter(connection: self, mode: mode)) } catch {
      stream.close()
      throw StreamError(.closed, "the producer of the body failed")
    }
    if isChunked { output.append(contentsOf: [0x30, 0x0D, 0x0A, 0x0D, 0x0A]) }
    if let length, streamed != length {
      stream.close()
      throw StreamError(.closed, "\(streamed) bytes were written of a body of \(length)")
    }
  }

  // MARK: Output

  /// Sends what waits, then `pieces`.
  func send(pieces: [[UInt8]]) async throws(StreamError) {
    var head: [UInt8] = []
    swap(&head, &output)
    try await stream.write(
      pieces: head.isEmpty ? pieces : [head] + pieces, until: .after(milliseconds: limits.writeTimeoutMilliseconds))
  }

  private func flushIfLarge() async throws(StreamError) { if output.count > 64 << 10 { try await flush() } }

  private func flush() async throws(StreamError) {
    guard !output.isEmpty else { return }
    var bytes: [UInt8] = []
    swap(&bytes, &output)
    try await stream.write(bytes, until: .after(milliseconds: limits.writeTimeoutMilliseconds))
    if output.isEmpty, bytes.capacity <= 64 << 10 {
      bytes.removeAll(keepingCapacity: true)
      swap(&bytes, &output)
    }
  }

  /// Answers of pipelined requests wait for each other as long as no handler waits: then what is there goes out.
  private func flushAtEndOfTurn() {
    guard !output.isEmpty, !flushIsDue else { return }
    flushIsDue = true
    stream.loop.atEndOfTurn { [self] in
      flushIsDue = false
      guard overdueAt != .never, !output.isEmpty, !stream.isClosed else { return }
      let sent = (try? stream.writeSome(output)) ?? 0
      output.removeSubrange(..<sent)
    }
  }

  // MARK: Bodies

  func nextBody(limit: Int) async throws(HTTPRefusal) -> [UInt8]? {
    if let announced = parser.bodyLeft, announced > limit - parser.bodyDelivered {
      throw HTTPRefusal(.contentTooLarge, "the body exceeds \(limit) bytes")
    }
    var bytes: [UInt8] = []
    while true {
      try parser.nextBody(into: &bytes)
      guard parser.bodyDelivered <= limit else {
        throw HTTPRefusal(.contentTooLarge, "the body exceeds \(limit) bytes")
      }
      if !bytes.isEmpty { return bytes }
      if parser.bodyIsDone { return nil }
      do throws(StreamError) {
        try await sayContinue()
        let count = try await receive(until: overdueAt)
        guard count > 0 else { throw StreamError(.truncated, "the connection ended inside the body") }
        overdueAt = Deadline(nanoseconds: overdueAt.nanoseconds + UInt64(count) * 1_000_000_000 / (64 << 10))
      } catch {
        throw error.code == .timedOut
          ? HTTPRefusal(.requestTimeout, "the body did not arrive in time")
          : HTTPRefusal(.badRequest, "the connection ended inside the body")
      }
    }
  }

  func collectBody(limit: Int?) async throws(HTTPRefusal) -> [UInt8] {
    let limit = limit ?? limits.bodyBytes
    guard var whole = try await nextBody(limit: limit) else { return [] }
    while let more = try await nextBody(limit: limit) { whole += more }
    return whole
  }

  private func sayContinue() async throws(StreamError) {
    guard owesContinue else { return }
    owesContinue = false
    output.append(contentsOf: Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    try await flush()
  }

  /// Decides, before an answer is written, whether the connection can outlive a body that nobody read.
  private func settleBody() async {
    guard !parser.bodyIsDone else { return }
    var dropped: [UInt8] = []
    guard !owesContinue, (try? parser.nextBody(into: &dropped)) != nil else {
      isLast = true
      return
    }
    if !parser.bodyIsDone, parser.bodyLeft ?? .max > limits.drainedBytes { isLast = true }
  }

  private func dropRestOfBody() async {
    guard !parser.bodyIsDone else { return }
    overdueAt = .after(milliseconds: limits.headTimeoutMilliseconds)
    defer { overdueAt = .never }
    do { while try await nextBody(limit: .max) != nil {} } catch { isLast = true }
  }

  // MARK: From outside

  /// Ends a request whose handler is late: 503, and the connection with it. The task is cancelled.
  func endIfOverdue() {
    guard overdueAt.hasPassed, !stream.isClosed else { return }
    task?.cancel()
    let refusal = HTTPRefusal(.serviceUnavailable, "the answer took too long; try again later")
    var response = server.handler.refuse(refusal)
    response.fields.append(.retryAfter, "1")
    guard case .bytes(let body) = response.body else { return stream.close() }
    HTTPHeadWriter.write(
      response, length: body.count, isChunked: false, connection: "Connection: close\r\n",
      date: server.dateLine.current(now: stream.loop.now), into: &output)
    _ = try? stream.writeSome(output + body)
    stream.close()
  }

  func abort() {
    task?.cancel()
    stream.close()
  }
}
