import CLinux

/// A point on the monotonic clock.
public struct Deadline: Sendable, Comparable {
  /// Monotonic nanoseconds; `.max` never passes.
  public let nanoseconds: UInt64

  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let never = Deadline(nanoseconds: .max)

  /// The point `milliseconds` from now.
  public static func after(milliseconds: Int) -> Deadline {
    Deadline(nanoseconds: clinux_monotonic_nanoseconds() + UInt64(max(0, milliseconds)) * 1_000_000)
  }

  public var hasPassed: Bool { nanoseconds <= clinux_monotonic_nanoseconds() }

  public static func < (left: Deadline, right: Deadline) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// Waiting for descriptors and time. All on the loop's own thread.
extension EventLoop {
  /// Puts a non-blocking descriptor under the loop's watch, edge-triggered in both directions.
  ///
  /// Try the call first: the kernel tells at once what the descriptor is ready for, and it counts as ready until a call
  /// says `EAGAIN` and the caller says so with `clearReadable` or `clearWritable`.
  public func register(fd: Int32) throws(SystemError) {
    assert(isCurrent)
    let token = table.open(fd: fd)
    let interest = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    guard clinux_epoll_ctl(epoll, EPOLL_CTL_ADD, fd, interest, token) == 0 else {
      table.close(fd: fd)
      throw SystemError.last("epoll_ctl")
    }
  }

  /// Takes a descriptor from the loop's watch, before it is closed. Whoever waits for it is told `interrupted`.
  public func deregister(fd: Int32) {
    assert(isCurrent)
    guard table.isOpen(fd) else { return }
    table.close(fd: fd)
    _ = clinux_epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0, 0)
  }

  /// Ends the waits under way on a descriptor with `interrupted`; it stays registered.
  public func interrupt(fd: Int32) {
    assert(isCurrent)
    table.interrupt(fd: fd)
  }

  /// To be called at once when a read says `EAGAIN` (or takes less than it was offered), before the task can suspend.
  ///
  /// Once the peer has ended its side the descriptor stays readable.
  public func clearReadable(fd: Int32) { table.clearReadable(fd) }

  /// To be called at once when a write says `EAGAIN`, before the task can suspend.
  public func clearWritable(fd: Int32) { table.clearWritable(fd) }

  /// Suspends until a read is worth a try. At most one reader a descriptor.
  public func waitReadable(fd: Int32, until deadline: Deadline = .never) async -> Readiness {
    assert(isCurrent)
    guard table.isOpen(fd) else { return .interrupted }
    if table.isReadable(fd) { return .ready }
    return await withUnsafeContinuation { continuation in
      if let timer = table.park(reader: continuation, fd: fd, deadline: deadline.nanoseconds) {
        timers.push(deadline: timer, key: .descriptor(fd))
      }
    }
  }

  /// Suspends until a write is worth a try. At most one writer a descriptor.
  public func waitWritable(fd: Int32, until deadline: Deadline = .never) async -> Readiness {
    assert(isCurrent)
    guard table.isOpen(fd) else { return .interrupted }
    if table.isWritable(fd) { return .ready }
    return await withUnsafeContinuation { continuation in
      if let timer = table.park(writer: continuation, fd: fd, deadline: deadline.nanoseconds) {
        timers.push(deadline: timer, key: .descriptor(fd))
      }
    }
  }

  /// Suspends for a time. For a wait that somebody else may end early, use `LoopSignal`.
  public func sleep(milliseconds: Int) async {
    assert(isCurrent)
    await withUnsafeContinuation { continuation in
      _ = park(sleeper: continuation, until: .after(milliseconds: milliseconds))
    }
  }

  /// Parks a continuation until the deadline, or until `wake(sleeper:)`.
  func park(sleeper: UnsafeContinuation<Void, Never>, until deadline: Deadline) -> UInt64 {
    nextSleeper += 1
    sleepers[nextSleeper] = sleeper
    timers.push(deadline: deadline.nanoseconds, key: .sleeper(nextSleeper))
    return nextSleeper
  }

  /// Resumes a parked continuation before its deadline. Nothing happens if it already ran.
  func wake(sleeper number: UInt64) { sleepers.removeValue(forKey: number)?.resume() }
}
