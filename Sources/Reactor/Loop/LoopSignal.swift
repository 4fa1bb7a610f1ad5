/// A bell that tasks of one loop wait for: rung once, it wakes everybody who waits at that moment.
///
/// Isolation: the loop's own thread; that is what makes it safe without a lock.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class LoopSignal: @unchecked Sendable {
  private let loop: EventLoop
  private var waiting: [UInt64] = []

  public init(loop: EventLoop) { self.loop = loop }

  /// How many wait now (some may already have timed out).
  public var waiterCount: Int { waiting.count }

  /// Suspends until the next `ring()` or the deadline. Returns whether time was left: the condition that the bell
  /// stands for is for the caller to look at again.
  public func wait(until deadline: Deadline = .never) async -> Bool {
    assert(loop.isCurrent)
    var number: UInt64 = 0
    await withUnsafeContinuation { continuation in
      number = loop.park(sleeper: continuation, until: deadline)
      waiting.append(number)
    }
    guard deadline.hasPassed else { return true }
    // Nobody rang in time, or in the last moment: then it is not there any more.
    if let place = waiting.firstIndex(of: number) { waiting.remove(at: place) }
    return false
  }

  /// Wakes all who wait.
  public func ring() {
    assert(loop.isCurrent)
    guard !waiting.isEmpty else { return }
    var numbers: [UInt64] = []
    swap(&numbers, &waiting)
    for number in numbers { loop.wake(sleeper: number) }
  }
}
