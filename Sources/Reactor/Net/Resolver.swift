import CLinux
import Glibc

/// A name that has no address.
public struct ResolveError: Error, Sendable, Equatable, CustomStringConvertible {
  public let host: String
  public let reason: String

  public var description: String { "\(host): \(reason)" }
}

/// Host names to addresses, by the system's resolver on the blocking pool.
public enum Resolver {
  /// Every address of a name, in the system's order of preference; a numeric address is itself, without a look-up.
  /// - Throws: `ResolveError`, also at the deadline (the look-up is then left to end by itself).
  public static func addresses(
    of host: String, port: UInt16, loop: EventLoop, until deadline: Deadline
  ) async throws(ResolveError) -> [SocketAddress] {
    if let numeric = SocketAddress(ip: host, port: port) { return [numeric] }
    let answer = Answer(loop: loop)
    // A task of its own, since the look-up cannot be called off and must not hold the caller beyond the deadline.
    Task(executorPreference: loop) {
      let outcome = try? await BlockingPool.shared.run { lookUp(host, port: port) }
      answer.outcome = outcome
      answer.arrived.ring()
    }
    if answer.outcome == nil { _ = await answer.arrived.wait(until: deadline) }
    guard let outcome = answer.outcome else { throw ResolveError(host: host, reason: "the look-up timed out") }
    return try outcome.get()
  }

  // @unchecked: belongs to the loop's thread.
  private final class Answer: @unchecked Sendable {
    var outcome: Result<[SocketAddress], ResolveError>?
    let arrived: LoopSignal

    init(loop: EventLoop) { arrived = LoopSignal(loop: loop) }
  }

  private static func lookUp(_ host: String, port: UInt16) -> Result<[SocketAddress], ResolveError> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
      return .failure(
        ResolveError(host: host, reason: gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"))
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr, entry.ai_family == AF_INET || entry.ai_family == AF_INET6 {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
          $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen)))
        }
        addresses.append(SocketAddress(storage, length: entry.ai_addrlen).with(port: port))
      }
      next = entry.ai_next
    }
    return addresses.isEmpty ? .failure(ResolveError(host: host, reason: "no address")) : .success(addresses)
  }
}
