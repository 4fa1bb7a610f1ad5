/// What a server or a client takes from the other side before it says no. Sizes in bytes, times in milliseconds.
public struct HTTPLimits: Sendable {
  /// The request or status line and all header lines.
  public var headBytes = 32 << 10
  /// The target of a request; longer ones answer 414.
  public var targetBytes = 8 << 10
  public var fieldCount = 100
  /// A body, unless its reader says otherwise.
  public var bodyBytes = 16 << 20
  /// One chunk's size line with its extensions.
  public var chunkLineBytes = 80
  public var trailerBytes = 4 << 10

  /// From a head's first byte to its last.
  public var headTimeoutMilliseconds = 10_000
  /// Without a request.
  public var idleTimeoutMilliseconds = 60_000
  /// Between a request's head and the first byte of its answer; a body's arrival adds a second for every 64 KiB.
  public var handlerTimeoutMilliseconds = 30_000
  /// For the peer to take what is sent.
  public var writeTimeoutMilliseconds = 30_000
  /// What is left of an unread body is read and dropped up to here; beyond it the connection is closed.
  public var drainedBytes = 64 << 10

  public init() {}
}

/// A message that breaks the rules or the limits: the status to answer with, and what was wrong.
public struct HTTPRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  public let status: HTTPStatus
  /// What is wrong and where; safe to show to the sender.
  public let reason: String

  public init(_ status: HTTPStatus, _ reason: String) {
    self.status = status
    self.reason = reason
  }

  static func bad(_ reason: String) -> HTTPRefusal { HTTPRefusal(.badRequest, reason) }

  public var description: String { "\(status): \(reason)" }
}
