internal import HL7Parser
package import Reactor

/// An MLLP listener of one loop. A process has one a loop, all on one port.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
package final class MLLPServer: @unchecked Sendable {
  package let loop: EventLoop
  package let listener: Configuration.MLLPListener
  package let limits: Configuration.MLLPLimits
  /// Connections closed as they came because of the limit.
  package private(set) var turnedAway = 0
  package private(set) var isDraining = false

  let service: HL7Service
  private let tls: TLSContextBox?
  private let socket: ListeningSocket
  private var connections: [ObjectIdentifier: MLLPConnection] = [:]
  private let emptied: LoopSignal

  /// Binds, listens and begins to serve.
  /// - Parameter tls: needed unless the listener is plain; each connection takes the context that is current when it
  ///   comes.
  package init(
    _ listener: Configuration.MLLPListener, address: SocketAddress, limits: Configuration.MLLPLimits,
    tls: TLSContextBox? = nil, service: HL7Service
  ) throws(SystemError) {
    loop = service.loop
    self.listener = listener
    self.limits = limits
    self.tls = tls
    self.service = service
    socket = try ListeningSocket(address: address, loop: loop)
    emptied = LoopSignal(loop: loop)
    Task(executorPreference: loop) { await self.acceptAll() }
  }

  /// Where it listens, with the port that the kernel chose if 0 was asked for.
  package var address: SocketAddress { socket.address }
  package var connectionCount: Int { connections.count }

  /// Stops accepting, ends connections with nothing under way, lets messages under way be answered, and at the deadline
  /// ends what is left.
  package func drain(until deadline: Deadline) async {
    assert(loop.isCurrent)
    isDraining = true
    socket.close()
    for connection in connections.values { connection.endIfIdle() }
    while !connections.isEmpty, !deadline.hasPassed { _ = await emptied.wait(until: deadline) }
    for connection in connections.values { connection.stream.close() }
  }

  private func acceptAll() async {
    await socket.acceptAll { stream in
      guard connections.count < limits.connections, !isDraining else {
        turnedAway += 1
        return stream.close()
      }
      let connection = MLLPConnection(stream: stream, server: self)
      connections[ObjectIdentifier(connection)] = connection
      Task(executorPreference: loop) {
        await connection.serve(tls: self.tls?.current)
        self.connections[ObjectIdentifier(connection)] = nil
        if self.connections.isEmpty { self.emptied.ring() }
      }
    }
  }
}
