import CLinux
import Glibc

/// One TCP or Unix connection, plain or under TLS: bytes in, bytes out, each call with a deadline.
///
/// Every call tries the system first and waits only when it would block. One task may read while another writes; two
/// readers or two writers at once are a mistake of the caller.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class ByteStream: @unchecked Sendable {
  public let loop: EventLoop
  public let peer: SocketAddress
  public private(set) var isClosed = false
  /// What the TLS handshake settled; nil on a plain connection.
  public internal(set) var tls: TLSInfo?

  let fd: Int32
  var session: TLSSession?
  /// The last read took all there was: wait for the kernel before the next.
  private var isDry = false

  /// Takes over a connected, non-blocking socket.
  init(fd: Int32, loop: EventLoop, peer: SocketAddress) throws(StreamError) {
    assert(loop.isCurrent)
    self.loop = loop
    self.peer = peer
    self.fd = fd
    do {
      try loop.register(fd: fd)
    } catch {
      Glibc.close(fd)
      isClosed = true
      throw StreamError(.system, error.description)
    }
  }

  deinit { if !isClosed { Glibc.close(fd) } }

  /// The near end of the connection.
  public var local: SocketAddress { SocketAddress.local(of: fd) }

  /// Connects to an address; names are for `Resolver`.
  public static func connect(
    to address: SocketAddress, loop: EventLoop, until deadline: Deadline
  ) async throws(StreamError) -> ByteStream {
    let fd = clinux_socket(address.domain, Int32(SOCK_STREAM.rawValue))
    guard fd >= 0 else { throw StreamError.last("socket") }
    let outcome = address.withSockaddr { Glibc.connect(fd, $0, $1) }
    guard outcome == 0 || errno == EINPROGRESS else {
      let error = StreamError.last("connect to \(address)")
      Glibc.close(fd)
      throw error
    }
    if address.family != .unix { clinux_tune_tcp(fd, 60, 10, 3) }
    let stream = try ByteStream(fd: fd, loop: loop, peer: address)
    if outcome == 0 { return stream }
    switch await loop.waitWritable(fd: fd, until: deadline) {
    case .ready: break
    case .timedOut:
      stream.close()
      throw StreamError(.timedOut, "connect to \(address)")
    case .interrupted: throw StreamError(.closed, "connect to \(address)")
    }
    var number: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size)
    if number != 0 {
      stream.close()
      throw StreamError.of(errno: number, "connect to \(address)")
    }
    return stream
  }

  /// Whether the peer has neither sent anything that was not read nor ended its side.
  public var isQuiet: Bool {
    guard !isClosed else { return false }
    var byte: UInt8 = 0
    return recv(fd, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
  }

  // MARK: Reading

  /// Appends what has come to `buffer`, at most `limit` bytes and 64 KiB; suspends until there is something.
  /// - Returns: how many bytes came; 0 when the peer has ended its side in good order.
  public func read(
    into buffer: inout [UInt8], atMost limit: Int = .max, until deadline: Deadline = .never
  ) async throws(StreamError) -> Int {
    while true {
      guard !isClosed else { throw StreamError(.closed, "read") }
      if !isDry || loop.table.isReadable(fd) {
        if let count = try receive(into: &buffer, atMost: limit) { return count }
        if !isDry {
          await loop.sleep(milliseconds: 1)  // interrupted, or a key update of TLS waits for room to answer
          guard !deadline.hasPassed else { throw StreamError(.timedOut, "\(peer) does not take what is sent") }
          continue
        }
      }
      switch await loop.waitReadable(fd: fd, until: deadline) {
      case .ready: isDry = false
      case .timedOut: throw StreamError(.timedOut, "nothing came from \(peer)")
      case .interrupted: throw StreamError(.closed, "read")
      }
    }
  }

  /// One try; nil when it would block.
  private func receive(into buffer: inout [UInt8], atMost limit: Int) throws(StreamError) -> Int? {
    let room = UnsafeMutableRawBufferPointer(rebasing: loop.scratch.prefix(limit))
    let count: Int
    if let session {
      switch try session.read(into: room) {
      case .count(let read): count = read
      case .blockedOnRead:
        isDry = true
        loop.clearReadable(fd: fd)
        return nil
      case .blockedOnWrite: return nil
      }
    } else {
      count = recv(fd, room.baseAddress, room.count, 0)
      guard count >= 0 else {
        guard errno == EAGAIN || errno == EINTR else { throw StreamError.last("read from \(peer)") }
        isDry = errno == EAGAIN
        if isDry { loop.clearReadable(fd: fd) }
        return nil
      }
      if count > 0, count < room.count {
        isDry = true
        loop.clearReadable(fd: fd)
      }
    }
    buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: room.prefix(count)))
    return count
  }

  // MARK: Writing

  /// Writes all of `bytes`.
  public func write(_ bytes: [UInt8], until deadline: Deadline = .never) async throws(StreamError) {
    var sent = 0
    while sent < bytes.count {
      guard !isClosed else { throw StreamError(.closed, "write") }
      if let count = try send(bytes, from: sent) {
        sent += count
      } else {
        try await waitWritable(until: deadline)
      }
    }
  }

  /// Writes what the connection takes at once, without waiting; never while a `write` is under way.
  /// - Returns: how many bytes of the beginning were taken.
  public func writeSome(_ bytes: [UInt8]) throws(StreamError) -> Int {
    guard !isClosed else { throw StreamError(.closed, "write") }
    return bytes.isEmpty ? 0 : try send(bytes, from: 0) ?? 0
  }

  /// Writes all of several buffers, gathered into as few packets as the system allows.
  public func write(pieces: [[UInt8]], until deadline: Deadline = .never) async throws(StreamError) {
    if session != nil {
      // A record holds 16 KiB: small pieces share records, large ones go as they are.
      let total = pieces.reduce(0) { $0 + $1.count }
      if total <= 64 << 10 {
        var joined: [UInt8] = []
        joined.reserveCapacity(total)
        for piece in pieces { joined.append(contentsOf: piece) }
        return try await write(joined, until: deadline)
      }
      for piece in pieces { try await write(piece, until: deadline) }
      return
    }
    var (index, offset) = (0, 0)
    while index < pieces.count {
      guard !isClosed else { throw StreamError(.closed, "write") }
      guard var count = try sendVector(pieces, from: index, offset: offset) else {
        try await waitWritable(until: deadline)
        continue
      }
      while index < pieces.count, count >= pieces[index].count - offset {
        count -= pieces[index].count - offset
        offset = 0
        index += 1
      }
      offset += count
    }
  }

  private func waitWritable(until deadline: Deadline) async throws(StreamError) {
    switch await loop.waitWritable(fd: fd, until: deadline) {
    case .ready: break
    case .timedOut: throw StreamError(.timedOut, "\(peer) does not take what is sent")
    case .interrupted: throw StreamError(.closed, "write")
    }
  }

  /// One try; nil when it would block.
  private func send(_ bytes: [UInt8], from start: Int) throws(StreamError) -> Int? {
    if let session {
      switch try session.write(bytes, from: start) {
      case .count(let written): return written
      case .blockedOnRead, .blockedOnWrite:
        loop.clearWritable(fd: fd)
        return nil
      }
    }
    let count = bytes.withUnsafeBytes { raw in
      let rest = UnsafeRawBufferPointer(rebasing: raw[start...])
      return Glibc.send(fd, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
    }
    return try taken(count)
  }

  private func sendVector(_ pieces: [[UInt8]], from first: Int, offset: Int) throws(StreamError) -> Int? {
    let count = min(pieces.count - first, 64)
    let sent = withUnsafeTemporaryAllocation(of: iovec.self, capacity: count) { vector -> Int in
      for index in 0..<count {
        let skip = index == 0 ? offset : 0
        // The arrays in `pieces` outlive the call and nobody changes them, so their storage stays where it is.
        vector[index] = pieces[first + index].withUnsafeBytes { raw in
          iovec(
            iov_base: raw.baseAddress.map { UnsafeMutableRawPointer(mutating: $0 + skip) }, iov_len: raw.count - skip)
        }
      }
      return withExtendedLifetime(pieces) { clinux_send_vector(fd, vector.baseAddress, count) }
    }
    return try taken(sent)
  }

  private func taken(_ count: Int) throws(StreamError) -> Int? {
    if count >= 0 { return count }
    guard errno == EAGAIN || errno == EINTR else { throw StreamError.last("write to \(peer)") }
    if errno == EAGAIN { loop.clearWritable(fd: fd) }
    return nil
  }

  // MARK: Ending

  /// Ends our side: the peer reads an end, we may still read.
  public func shutdownWrite() {
    guard !isClosed else { return }
    session?.shutdown()
    shutdown(fd, Int32(SHUT_WR))
  }

  /// Closes now. Calls under way on the stream end with `closed`.
  public func close() {
    assert(loop.isCurrent)
    guard !isClosed else { return }
    isClosed = true
    session?.shutdown()
    session = nil
    loop.deregister(fd: fd)
    Glibc.close(fd)
  }

  /// Ends our side, reads and drops what the peer still sends, within bounds, then closes.
  ///
  /// A close with unread bytes makes the kernel reset the connection, which can destroy an answer before it is read.
  public func closeGently(until deadline: Deadline, dropping limit: Int = 1 << 20) async {
    shutdownWrite()
    var (dropped, sink) = (0, [UInt8]())
    while dropped < limit {
      guard let count = try? await read(into: &sink, until: deadline), count > 0 else { break }
      dropped += count
      sink.removeAll(keepingCapacity: true)
    }
    close()
  }
}
