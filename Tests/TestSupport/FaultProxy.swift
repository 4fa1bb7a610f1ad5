import Foundation
import Glibc

/// A TCP relay that misbehaves as told, between a client and a server of a test.
///
/// Plain blocking threads, two a connection, so that nothing of what is tested is part of the tester. What it does may
/// be changed at any time; connections that are open follow within 50 ms.
// @unchecked: what changes is guarded by `lock`.
public final class FaultProxy: @unchecked Sendable {
  /// What happens to the bytes of one direction.
  public enum Fault: Sendable, Equatable {
    case none
    /// Each piece waits so long before it is passed on.
    case delay(milliseconds: Int)
    /// One byte at a time, with so long between them.
    case drip(milliseconds: Int)
    /// Bytes are taken and never passed on, ends are not told: the peer's machine is gone.
    case blackhole
    /// After so many bytes of a connection both sides see an orderly end.
    case cut(afterBytes: Int)
    /// After so many bytes of a connection both sides see a reset.
    case reset(afterBytes: Int)
  }

  /// Where the server is.
  public enum Upstream: Sendable {
    case loopback(port: UInt16)
    case unix(path: String)
  }

  public static let maximumConnections = 512
  private static let pollMilliseconds: Int32 = 50

  public let port: UInt16
  private let upstream: Upstream
  private let listener: Int32
  private let lock = NSLock()
  private var directions: (toServer: Fault, toClient: Fault) = (.none, .none)
  private var pairs: [ObjectIdentifier: Pair] = [:]
  private var isStopped = false
  private var acceptedCount = 0

  /// One connection through the proxy.
  private final class Pair: @unchecked Sendable {
    let client: Int32
    let server: Int32
    let lock = NSLock()
    // Guarded by `lock`.
    var isOver = false
    var isDark = false
    var threads = 2

    init(_ client: Int32, _ server: Int32) { (self.client, self.server) = (client, server) }

    var state: (isOver: Bool, isDark: Bool) { lock.withLock { (isOver, isDark) } }

    /// Ends both sides; the threads see it within a poll. A reset is what closing without lingering makes.
    func end(resetting: Bool) {
      lock.withLock {
        guard !isOver else { return }
        isOver = true
        if resetting {
          var hard = linger(l_onoff: 1, l_linger: 0)
          for socket in [client, server] {
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
          }
        }
      }
    }
  }

  /// Listens on a loopback port that the kernel chooses.
  public init(to upstream: Upstream) throws {
    self.upstream = upstream
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in.loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 128) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw Failure(text: "the proxy cannot listen: errno \(errno)") }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in acceptAll() }
  }

  public struct Failure: Error { public let text: String }

  /// What happens to bytes on their way to the server.
  public var toServer: Fault {
    get { lock.withLock { directions.toServer } }
    set { lock.withLock { directions.toServer = newValue } }
  }
  /// What happens to bytes on their way to the client.
  public var toClient: Fault {
    get { lock.withLock { directions.toClient } }
    set { lock.withLock { directions.toClient = newValue } }
  }
  public var connectionCount: Int { lock.withLock { pairs.count } }
  /// Connections taken so far.
  public var accepted: Int { lock.withLock { acceptedCount } }

  /// The connections that are open now fall silent for ever, both ways; new ones work.
  public func darken() { for pair in open { pair.lock.withLock { pair.isDark = true } } }

  /// Resets the connections that are open now.
  public func resetAll() { for pair in open { pair.end(resetting: true) } }

  /// Ends everything.
  public func stop() {
    let open: [Pair] = lock.withLock {
      guard !isStopped else { return [] }
      isStopped = true
      return Array(pairs.values)
    }
    for pair in open { pair.end(resetting: true) }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private var open: [Pair] { lock.withLock { Array(pairs.values) } }

  // MARK: Threads

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      if client >= 0 { _ = fcntl(client, F_SETFD, FD_CLOEXEC) }  // not for the programs that tests start
      let stops = lock.withLock { isStopped }
      if stops || client < 0 {
        if client >= 0 { close(client) }
        if stops || errno != EINTR { break }
        continue
      }
      guard connectionCount < Self.maximumConnections, let server = connectUpstream() else {
        close(client)
        continue
      }
      var yes: Int32 = 1
      for socket in [client, server] {
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
      }
      let pair = Pair(client, server)
      lock.withLock {
        pairs[ObjectIdentifier(pair)] = pair
        acceptedCount += 1
      }
      Thread.detachNewThread { [self] in relay(pair, from: client, to: server, isToServer: true) }
      Thread.detachNewThread { [self] in relay(pair, from: server, to: client, isToServer: false) }
    }
    close(listener)
  }

  private func relay(_ pair: Pair, from source: Int32, to sink: Int32, isToServer: Bool) {
    var passed = 0
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while !pair.state.isOver {
      var watch = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
      guard poll(&watch, 1, Self.pollMilliseconds) > 0 else { continue }
      let count = read(source, &buffer, buffer.count)
      let isDark = pair.state.isDark || (isToServer ? toServer : toClient) == .blackhole
      guard count > 0 else {
        if isDark {
          usleep(UInt32(Self.pollMilliseconds) * 1_000)
          continue
        }
        if count < 0 { pair.end(resetting: true) } else { shutdown(sink, Int32(SHUT_WR)) }
        break
      }
      if isDark { continue }
      guard pass(buffer[..<count], to: sink, after: passed, isToServer, pair) else { break }
      passed += count
    }
    let isLast = pair.lock.withLock {
      pair.threads -= 1
      return pair.threads == 0
    }
    guard isLast else { return }
    close(pair.client)
    close(pair.server)
    lock.withLock { pairs[ObjectIdentifier(pair)] = nil }
  }

  /// Passes bytes on as the fault of the direction says. False: the connection is over.
  private func pass(_ bytes: ArraySlice<UInt8>, to sink: Int32, after passed: Int, _ isToServer: Bool, _ pair: Pair)
    -> Bool
  {
    switch isToServer ? toServer : toClient {
    case .none: return Self.write(bytes, to: sink)
    case .blackhole: return true
    case .delay(let milliseconds):
      usleep(UInt32(milliseconds) * 1_000)
      return !pair.state.isOver && Self.write(bytes, to: sink)
    case .drip(let milliseconds):
      for index in bytes.indices {
        guard !pair.state.isOver, Self.write(bytes[index...index], to: sink) else { return false }
        usleep(UInt32(milliseconds) * 1_000)
      }
      return true
    case .cut(let limit), .reset(let limit):
      guard Self.write(bytes.prefix(max(0, limit - passed)), to: sink) else { return false }
      guard passed + bytes.count >= limit else { return true }
      if case .reset = isToServer ? toServer : toClient {
        pair.end(resetting: true)
      } else {
        pair.end(resetting: false)
      }
      return false
    }
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to sink: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private func connectUpstream() -> Int32? {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    switch upstream {
    case .loopback(let port):
      let server = socket(AF_INET, type, 0)
      var address = sockaddr_in.loopback(port: port)
      return withUnsafePointer(to: &address) { connected(server, $0) }
    case .unix(let path):
      let server = socket(AF_UNIX, type, 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
      return withUnsafePointer(to: &address) { connected(server, $0) }
    }
  }

  private func connected<Address>(_ server: Int32, _ address: UnsafePointer<Address>) -> Int32? {
    let status = address.asSockaddr { connect(server, $0, socklen_t(MemoryLayout<Address>.size)) }
    if status == 0 { return server }
    close(server)
    return nil
  }
}
