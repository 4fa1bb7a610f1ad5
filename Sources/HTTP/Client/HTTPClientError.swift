public import Reactor

/// A request that got no complete answer.
public struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// No connection: refused, unreachable or late.
    public static let connect = Code(description: "connect")
    /// The handshake failed; `tls` says why.
    public static let tls = Code(description: "TLS")
    /// The whole exchange took too long.
    public static let timedOut = Code(description: "timed out")
    /// The connection broke after the request had begun to leave: the server may have acted on it.
    public static let broken = Code(description: "connection broken")
    /// The answer breaks the rules of HTTP.
    public static let malformed = Code(description: "malformed answer")
    /// The answer exceeds the limit.
    public static let tooLarge = Code(description: "answer too large")
  }

  public let code: Code
  public let detail: String
  /// Why TLS refused, with code `tls`.
  public let tls: TLSError?

  init(_ code: Code, _ detail: String, tls: TLSError? = nil) {
    (self.code, self.detail, self.tls) = (code, detail, tls)
  }

  public var description: String { "\(code): \(detail)" }
}
