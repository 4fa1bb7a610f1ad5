import CLinux
import Glibc

/// The process's signals as a sequence that a task of one loop reads. One source a process.
///
/// Signals go through a pipe that their handler writes to, so no thread needs a signal mask and child processes start
/// with the default actions.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class SignalSource: @unchecked Sendable {
  private let loop: EventLoop
  private let signals: [Int32]
  private let readEnd: Int32
  private let writeEnd: Int32

  /// Takes over `signals` (such as `SIGTERM`, `SIGINT`, `SIGHUP`) from their present actions.
  public init(_ signals: [Int32], loop: EventLoop) throws(SystemError) {
    assert(loop.isCurrent)
    var ends: [Int32] = [0, 0]
    guard clinux_pipe(&ends) == 0 else { throw SystemError.last("pipe2") }
    (self.loop, self.signals, readEnd, writeEnd) = (loop, signals, ends[0], ends[1])
    try loop.register(fd: readEnd)
    for signal in signals where clinux_route_signal(signal, writeEnd) != 0 { throw SystemError.last("sigaction") }
  }

  deinit {
    for signal in signals { clinux_unroute_signal(signal) }
    Glibc.close(readEnd)
    Glibc.close(writeEnd)
  }

  /// Suspends until the next signal; nil at the deadline.
  public func next(until deadline: Deadline = .never) async -> Int32? {
    while true {
      var number: UInt8 = 0
      if Glibc.read(readEnd, &number, 1) == 1 { return Int32(number) }
      loop.clearReadable(fd: readEnd)
      if await loop.waitReadable(fd: readEnd, until: deadline) != .ready { return nil }
    }
  }
}
