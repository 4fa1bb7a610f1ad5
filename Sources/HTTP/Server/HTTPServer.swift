public import Reactor

/// The HTTP/1.1 server of one loop (RFC 9110, 9112). A process has one a loop, all on one port.
///
/// Isolation: the loop's own thread; start it with `loop.run { try HTTPServer(…) }`.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class HTTPServer: @unchecked Sendable {
  public let loop: EventLoop
  public let limits: HTTPLimits
  /// At most so many connections at once; further ones are closed as they come.
  public let connectionLimit: Int
  /// Connections closed as they came because of the limit.
  public private(set) var turnedAway = 0
  /// Requests whose head was refused.
  public internal(set) var refused = 0
  /// Requests answered.
  public internal(set) var answered = 0
  public private(set) var isDraining = false

  let handler: any HTTPHandler
  let dateLine = HTTPDateLine()
  private let listener: ListeningSocket
  private let tls: TLSContextBox?
  private var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
  private let emptied: LoopSignal

  /// Binds, listens and begins to serve.
  /// - Parameter tls: serves TLS, each connection with the context that is current when it comes.
  public init(
    address: SocketAddress, loop: EventLoop, tls: TLSContextBox? = nil, limits: HTTPLimits = HTTPLimits(),
    connectionLimit: Int = 10_000, handler: any HTTPHandler
  ) throws(SystemError) {
    (self.loop, self.tls, self.limits, self.handler) = (loop, tls, limits, handler)
    self.connectionLimit = connectionLimit
    listener = try ListeningSocket(address: address, loop: loop)
    emptied = LoopSignal(loop: loop)
    Task(executorPreference: loop) { await self.acceptAll() }
    Task(executorPreference: loop) { await self.sweep() }
  }

  /// Where it listens, with the port that the kernel chose if 0 was asked for.
  public var address: SocketAddress { listener.address }
  public var connectionCount: Int { connections.count }

  /// Stops accepting, ends idle connections, lets requests under way be answered (with `Connection: close`), and at the
  /// deadline ends what is left.
  public func drain(until deadline: Deadline) async {
    assert(loop.isCurrent)
    isDraining = true
    listener.close()
    for connection in connections.values where connection.isIdle { connection.stream.close() }
    while !connections.isEmpty, !deadline.hasPassed { _ = await emptied.wait(until: deadline) }
    for connection in connections.values { connection.abort() }
  }

  private func acceptAll() async {
    await listener.acceptAll { stream in
      guard connections.count < connectionLimit, !isDraining else {
        turnedAway += 1
        return stream.close()
      }
      let connection = HTTPServerConnection(stream: stream, server: self)
      connections[ObjectIdentifier(connection)] = connection
      connection.task = Task(executorPreference: loop) {
        await connection.serve(tls: self.tls?.current)
        self.connections[ObjectIdentifier(connection)] = nil
        if self.connections.isEmpty { self.emptied.ring() }
      }
    }
  }

  /// Once a second, ends the requests whose handler has taken too long.
  private func sweep() async {
    while !isDraining || !connections.isEmpty {
      await loop.sleep(milliseconds: 1_000)
      for connection in connections.values { connection.endIfOverdue() }
    }
  }
}
