public import Reactor

/// Connections that wait for the next request to the same partner (RFC 9112, section 9.3), bounded in number and time.
///
/// A connection is good for the address that it was checked for, the host that its certificate was compared with and the
/// TLS identity that it was opened with, and for nothing else. One on which something has come in meanwhile, an end or
/// an answer that nobody asked for, is closed.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class HTTPConnectionPool: @unchecked Sendable {
  public struct Limits: Sendable, Equatable {
    /// Idle connections in all.
    public var connections = 16
    /// Idle connections of one address, host and TLS identity.
    public var connectionsEach = 2
    /// How long a connection may wait.
    public var idleMilliseconds = 15_000

    public init() {}
  }

  struct Key: Hashable {
    let address: SocketAddress
    let host: String
    let identity: ObjectIdentifier?

    init(_ address: SocketAddress, _ host: String, _ tls: TLSContext?) {
      (self.address, self.host) = (address, host)
      identity = tls.map { ObjectIdentifier($0) }
    }
  }

  private struct Idle {
    let key: Key
    let stream: ByteStream
    /// Held so that no other context gets its identity.
    let tls: TLSContext?
    let since: UInt64
  }

  private let loop: EventLoop
  private let limits: Limits
  /// The longest idle first.
  private var idle: [Idle] = []
  private var isSweeping = false
  private var isClosed = false
  /// Requests that went out on a connection that had waited.
  public private(set) var reuses = 0

  public init(loop: EventLoop, limits: Limits = Limits()) {
    (self.loop, self.limits) = (loop, limits)
  }

  /// Connections that wait now.
  public var count: Int { idle.count }

  /// Closes every connection that waits, and each that is given back from now on.
  public func close() {
    isClosed = true
    for entry in idle { entry.stream.close() }
    idle = []
  }

  /// The connection that waited last, if one is there and still quiet.
  func take(_ key: Key) -> ByteStream? {
    dropSpent()
    guard let index = idle.lastIndex(where: { $0.key == key }) else { return nil }
    reuses += 1
    return idle.remove(at: index).stream
  }

  /// Keeps a connection whose last answer is complete, or closes it where there is no room.
  func give(_ stream: ByteStream, _ key: Key, _ tls: TLSContext?) {
    guard !isClosed, limits.connections > 0, stream.isQuiet else { return stream.close() }
    if idle.count(where: { $0.key == key }) >= limits.connectionsEach { drop { $0.key == key } }
    if idle.count >= limits.connections { drop { _ in true } }
    idle.append(Idle(key: key, stream: stream, tls: tls, since: loop.now))
    guard !isSweeping else { return }
    isSweeping = true
    Task(executorPreference: loop) { await self.sweep() }
  }

  /// Closes the longest idle connection of those.
  private func drop(where isOne: (Idle) -> Bool) {
    if let index = idle.firstIndex(where: isOne) { idle.remove(at: index).stream.close() }
  }

  private func dropSpent() {
    let lifetime = UInt64(limits.idleMilliseconds) * 1_000_000
    idle.removeAll { entry in
      guard loop.now - entry.since >= lifetime || !entry.stream.isQuiet else { return false }
      entry.stream.close()
      return true
    }
  }

  /// Runs while connections wait.
  private func sweep() async {
    while !idle.isEmpty {
      await loop.sleep(milliseconds: min(1_000, max(10, limits.idleMilliseconds / 2)))
      dropSpent()
    }
    isSweeping = false
  }
}
