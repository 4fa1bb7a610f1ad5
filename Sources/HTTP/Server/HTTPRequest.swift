public import Reactor

/// One request as a handler sees it: the head at once, the body when the handler asks for it.
///
/// Isolation: the loop of its connection.
public struct HTTPRequest: Sendable {
  public let head: HTTPRequestHead
  public let connection: HTTPConnectionInfo
  /// 1 for the first request of the connection.
  public let number: Int
  public let body: HTTPRequestBody

  public var method: HTTPMethod { head.method }
  public var path: String { head.path }
  public var query: String? { head.query }
  public var fields: HTTPFields { head.fields }
}

/// Whom a connection leads to.
public struct HTTPConnectionInfo: Sendable {
  public let loop: EventLoop
  public let peer: SocketAddress
  /// What TLS settled, the client's certificate included; nil on a plain connection.
  public let tls: TLSInfo?
  /// Outlives the request.
  public let memory = HTTPConnectionMemory()
}

/// What a handler knows of a connection from the requests before.
///
/// Isolation: the loop of its connection.
// @unchecked: belongs to the thread of the connection's loop.
public final class HTTPConnectionMemory: @unchecked Sendable {
  public var value: AnyObject?

  init() {}
}

/// The body of one request, read from the connection as it is asked for: nothing is read ahead of the handler.
///
/// A client that waits for `100 Continue` gets it at the first call. A handler may answer without reading.
public struct HTTPRequestBody: Sendable {
  let connection: HTTPServerConnection

  /// The next bytes; nil at the body's end.
  /// - Throws: 400 for broken chunks, 408 when nothing comes, 413 past `limit` bytes of the whole body.
  public func next(limit: Int = .max) async throws(HTTPRefusal) -> [UInt8]? {
    try await connection.nextBody(limit: limit)
  }

  /// The whole body.
  /// - Throws: as `next`. A length announced over `limit` (or the configured one) is refused before a byte is read.
  public func collect(limit: Int? = nil) async throws(HTTPRefusal) -> [UInt8] {
    try await connection.collectBody(limit: limit)
  }
}
