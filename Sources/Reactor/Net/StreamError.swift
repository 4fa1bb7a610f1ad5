import Glibc

/// A connection that could not be made, or a read or write on it that did not succeed.
public struct StreamError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// The deadline passed first.
    public static let timedOut = Code(description: "timed out")
    /// Our side closed the stream, before or during the call.
    public static let closed = Code(description: "closed")
    /// The peer broke the connection off.
    public static let reset = Code(description: "connection reset")
    /// The peer ended a TLS connection without saying so: what came before may have been cut by somebody else.
    public static let truncated = Code(description: "truncated")
    /// Nobody listens there.
    public static let refused = Code(description: "connection refused")
    /// No route to the address.
    public static let unreachable = Code(description: "unreachable")
    /// TLS refused; `tls` says why.
    public static let tls = Code(description: "TLS")
    /// Another error of the system.
    public static let system = Code(description: "system error")
  }

  public let code: Code
  /// What was tried and what came back; no content of the connection.
  public let detail: String
  /// Why TLS refused, with code `tls`.
  public let tls: TLSError?

  public init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
    tls = nil
  }

  public init(_ tls: TLSError) {
    code = .tls
    detail = tls.description
    self.tls = tls
  }

  /// The error for what `errno` says now.
  static func last(_ call: String) -> StreamError { of(errno: errno, call) }

  static func of(errno number: Int32, _ call: String) -> StreamError {
    let code: Code =
      switch number {
      case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN: .reset
      case ECONNREFUSED: .refused
      case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL: .unreachable
      case ETIMEDOUT: .timedOut
      default: .system
      }
    return StreamError(code, SystemError(call: call, errno: number).description)
  }

  public var description: String { code == .tls ? detail : "\(code.description): \(detail)" }
}
