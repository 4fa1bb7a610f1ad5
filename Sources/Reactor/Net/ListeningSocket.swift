import CLinux
import Glibc

/// A listener of one loop. Several loops may listen on one port (`SO_REUSEPORT`): the kernel deals connections out.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class ListeningSocket: @unchecked Sendable {
  public let loop: EventLoop
  /// The address it is bound to, with the port that the kernel chose if 0 was asked for.
  public let address: SocketAddress
  /// How many connections were turned away because the process was out of file descriptors.
  public private(set) var turnedAway = 0

  private let fd: Int32
  private var isClosed = false
  /// A descriptor held back, so that in a shortage a caller can still be accepted and told by a close.
  private var reserve: Int32

  /// Binds and listens.
  /// - Throws: the system's error; `EADDRINUSE` when another process has the port.
  public init(
    address: SocketAddress, loop: EventLoop, backlog: Int32 = 1_024, sharesPort: Bool = true
  ) throws(SystemError) {
    assert(loop.isCurrent)
    self.loop = loop
    fd = clinux_socket(address.domain, Int32(SOCK_STREAM.rawValue))
    guard fd >= 0 else { throw SystemError.last("socket") }
    var yes: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    if address.family != .unix {
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, size)
      if sharesPort { setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, size) }
      if address.family == .ipv6 { setsockopt(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, size) }
    }
    let fd = fd
    guard address.withSockaddr({ Glibc.bind(fd, $0, $1) }) == 0, listen(fd, backlog) == 0 else {
      let error = SystemError.last("bind \(address)")
      Glibc.close(fd)
      throw error
    }
    self.address = SocketAddress.local(of: fd)
    reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    try loop.register(fd: fd)
  }

  deinit {
    if !isClosed { Glibc.close(fd) }
    if reserve >= 0 { Glibc.close(reserve) }
  }

  /// Suspends until somebody connects. Survives a shortage of file descriptors, memory or buffers.
  /// - Throws: `closed` after `close()`, `timedOut` at the deadline.
  public func accept(until deadline: Deadline = .never) async throws(StreamError) -> ByteStream {
    while true {
      guard !isClosed else { throw StreamError(.closed, "the listener on \(address) is closed") }
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let accepted = withUnsafeMutablePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { clinux_accept(fd, $0, &length) }
      }
      if accepted >= 0 {
        if address.family != .unix { clinux_tune_tcp(accepted, 60, 10, 3) }
        return try ByteStream(fd: accepted, loop: loop, peer: SocketAddress(storage, length: length))
      }
      switch errno {
      case EAGAIN:
        loop.clearReadable(fd: fd)
        if await loop.waitReadable(fd: fd, until: deadline) == .timedOut {
          throw StreamError(.timedOut, "nobody connected to \(address)")
        }
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        await turnAway()
        guard !deadline.hasPassed else { throw StreamError(.timedOut, "no descriptors for \(address)") }
      // ECONNABORTED and the pending network errors of accept(2): that caller is gone, the next one may not be.
      default: break
      }
    }
  }

  /// Hands over whoever connects, until `close()`; what becomes of a single caller ends nothing.
  public func acceptAll(_ take: (ByteStream) -> Void) async {
    while true {
      do throws(StreamError) { take(try await accept()) } catch {
        if error.code == .closed { return }
        await loop.sleep(milliseconds: 10)
      }
    }
  }

  /// Ends the listener; whoever waits in `accept` is told `closed`. Connections already accepted live on.
  public func close() {
    assert(loop.isCurrent)
    guard !isClosed else { return }
    isClosed = true
    loop.deregister(fd: fd)
    Glibc.close(fd)
  }

  /// Accepts one caller with the reserved descriptor and closes on him at once, then lets others run.
  private func turnAway() async {
    if reserve >= 0 {
      Glibc.close(reserve)
      let caller = clinux_accept(fd, nil, nil)
      if caller >= 0 {
        Glibc.close(caller)
        turnedAway += 1
      }
    }
    reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    await loop.sleep(milliseconds: 5)
  }
}
