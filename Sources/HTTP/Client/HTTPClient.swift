public import Reactor

/// Sends one request, on a connection of its own or on one that waits in `pool`, and collects the answer (RFC 9112).
/// Follows no redirects, keeps no cookies, looks up no names: the caller has resolved the address and has checked that
/// it may be spoken to.
///
/// Isolation: any task of `loop`.
public struct HTTPClient: Sendable {
  public struct Request: Sendable {
    public var method: HTTPMethod
    /// Path and query, percent-encoded; begins with `/`.
    public var target: String
    public var fields: HTTPFields
    public var body: [UInt8]

    public init(_ method: HTTPMethod, target: String, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
      (self.method, self.target, self.fields, self.body) = (method, target, fields, body)
    }

    /// Whether the server does the same once where it gets the request twice: by its method (RFC 9110, section 9.2.2) or
    /// by its Idempotency-Key.
    var mayBeRepeated: Bool {
      [.get, .head, .put, .delete, .options].contains(method) || fields[.idempotencyKey] != nil
    }
  }

  public struct Answer: Sendable {
    public let status: HTTPStatus
    public let fields: HTTPFields
    public let body: [UInt8]
  }

  public let loop: EventLoop
  /// Limits of the answer; its body is held to `bodyBytes`.
  public var limits: HTTPLimits
  /// For the connection and the handshake.
  public var connectTimeoutMilliseconds: Int
  /// For all of it.
  public var totalTimeoutMilliseconds: Int
  /// Where connections wait for another request; nil closes each after its answer.
  public var pool: HTTPConnectionPool?

  public init(
    loop: EventLoop, limits: HTTPLimits = HTTPLimits(), connectTimeoutMilliseconds: Int = 10_000,
    totalTimeoutMilliseconds: Int = 30_000
  ) {
    (self.loop, self.limits) = (loop, limits)
    self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
    self.totalTimeoutMilliseconds = totalTimeoutMilliseconds
  }

  /// Sends a request and collects its answer.
  ///
  /// A connection that waited may turn out to have been closed meanwhile. A request that may be repeated is then sent
  /// once more, unchanged, on a new one, as long as no byte of an answer had come; any other takes a new one at once.
  /// - Parameters:
  ///   - address: where to connect, checked by the caller.
  ///   - host: the name (or numeric address) of the URL: goes into Host and SNI, and the certificate must carry it.
  ///   - tls: nil for plain HTTP.
  public func send(
    _ request: Request, to address: SocketAddress, host: String, tls: TLSContext?
  ) async throws(HTTPClientError) -> Answer {
    let deadline = Deadline.after(milliseconds: totalTimeoutMilliseconds)
    let head = try head(of: request, host: host, port: address.port, isTLS: tls != nil)
    let key = HTTPConnectionPool.Key(address, host, tls)
    if request.mayBeRepeated, let stream = pool?.take(key) {
      var began = false
      let outcome = await exchange(request, head, stream, until: deadline, &began)
      switch outcome {
      case .success(let exchanged): return finish(exchanged, stream, key, tls)
      case .failure(let error):
        stream.close()
        guard !began, error.code == .broken || error.code == .tls else { throw error }
      }
    }
    let stream = try await connect(address, host: host, tls: tls, until: deadline)
    var began = false
    switch await exchange(request, head, stream, until: deadline, &began) {
    case .success(let exchanged): return finish(exchanged, stream, key, tls)
    case .failure(let error):
      stream.close()
      throw error
    }
  }

  /// An answer, and whether its connection may carry another request.
  private struct Exchange {
    let answer: Answer
    let isReusable: Bool
  }

  private func finish(
    _ exchange: Exchange, _ stream: ByteStream, _ key: HTTPConnectionPool.Key, _ tls: TLSContext?
  ) -> Answer {
    if let pool, exchange.isReusable { pool.give(stream, key, tls) } else { stream.close() }
    return exchange.answer
  }

  /// - Parameter began: whether anything of an answer has come.
  private func exchange(
    _ request: Request, _ head: [UInt8], _ stream: ByteStream, until deadline: Deadline, _ began: inout Bool
  ) async -> Result<Exchange, HTTPClientError> {
    var isWhole = true
    do throws(StreamError) {
      try await stream.write(pieces: [head, request.body], until: deadline)
    } catch {
      // A server may answer and stop listening before it has taken the whole body: its answer still counts.
      guard error.code == .reset else { return .failure(failure(error)) }
      isWhole = false
    }
    var parser = HTTPResponseParser(to: request.method, limits: limits)
    do throws(HTTPClientError) {
      let exchange = try await receive(&parser, stream, until: deadline, &began)
      return .success(Exchange(answer: exchange.answer, isReusable: exchange.isReusable && isWhole))
    } catch {
      return .failure(error)
    }
  }

  private func connect(
    _ address: SocketAddress, host: String, tls: TLSContext?, until total: Deadline
  ) async throws(HTTPClientError) -> ByteStream {
    let deadline = min(total, .after(milliseconds: connectTimeoutMilliseconds))
    let stream: ByteStream
    do { stream = try await ByteStream.connect(to: address, loop: loop, until: deadline) } catch {
      throw HTTPClientError(.connect, error.description)
    }
    guard let tls else { return stream }
    do { try await stream.startTLS(client: tls, host: host, until: deadline) } catch {
      stream.close()
      throw HTTPClientError(error.code == .timedOut ? .connect : .tls, error.description, tls: error.tls)
    }
    return stream
  }

  private func receive(
    _ parser: inout HTTPResponseParser, _ stream: ByteStream, until deadline: Deadline, _ began: inout Bool
  ) async throws(HTTPClientError) -> Exchange {
    var head: HTTPResponseHead?
    var body: [UInt8] = []
    while true {
      do throws(HTTPRefusal) {
        if head == nil { head = try parser.nextHead() }
        if head != nil { try parser.nextBody(into: &body) }
      } catch { throw HTTPClientError(.malformed, error.reason) }
      guard body.count <= limits.bodyBytes else {
        throw HTTPClientError(.tooLarge, "the answer's body exceeds \(limits.bodyBytes) bytes")
      }
      if let head, parser.bodyIsDone {
        let answer = Answer(status: head.status, fields: head.fields, body: body)
        return Exchange(answer: answer, isReusable: head.keepsAlive && parser.isSpent)
      }
      let count: Int
      do { count = try await stream.read(into: &parser.input.bytes, until: deadline) } catch { throw failure(error) }
      guard count == 0 else {
        began = true
        continue
      }
      guard let head, parser.mayEnd else {
        throw HTTPClientError(.broken, "the connection ended \(head == nil ? "before" : "inside") the answer")
      }
      let answer = Answer(status: head.status, fields: head.fields, body: body)
      return Exchange(answer: answer, isReusable: false)
    }
  }

  private func failure(_ error: StreamError) -> HTTPClientError {
    if error.code == .timedOut { return HTTPClientError(.timedOut, error.description) }
    return HTTPClientError(error.code == .tls ? .tls : .broken, error.description, tls: error.tls)
  }

  private func head(
    of request: Request, host: String, port: UInt16, isTLS: Bool
  ) throws(HTTPClientError) -> [UInt8] {
    let target = Array(request.target.utf8)
    guard target.first == 0x2F, target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      HTTPFieldName(validating: request.method.name) != nil
    else { throw HTTPClientError(.malformed, "the request's method or target cannot be sent") }
    var fields = HTTPFields()
    let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    fields.append(.host, port == (isTLS ? 443 : 80) ? name : "\(name):\(port)")
    var output = Array("\(request.method) \(request.target) HTTP/1.1\r\n".utf8)
    if !request.body.isEmpty || request.method == .post || request.method == .put || request.method == .patch {
      fields.append(.contentLength, "\(request.body.count)")
    }
    if pool == nil { fields.append(.connection, "close") }
    fields.serialize(into: &output)
    var own = request.fields
    for name in [HTTPFieldName.host, .contentLength, .connection, .transferEncoding] { own[name] = nil }
    own.serialize(into: &output)
    return output + [0x0D, 0x0A]
  }
}
