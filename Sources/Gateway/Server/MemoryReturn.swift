import CLinux
package import Reactor

/// Gives the system back what a burst of work left behind: the allocator keeps freed memory in pieces between what is
/// still in use, and a process that was busy once would stay as large for ever.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
package final class MemoryReturn: @unchecked Sendable {
  /// Between two looks.
  private static let intervalMilliseconds = 10_000
  /// What may lie in memory beyond what is in use: stacks, and room for the next burst.
  private static let slackBytes = 8 << 20

  private let loop: EventLoop
  private let bell: LoopSignal
  private var isStopping = false

  package init(loop: EventLoop) {
    self.loop = loop
    bell = LoopSignal(loop: loop)
  }

  /// Runs until `stop`.
  package func run() async {
    while !isStopping {
      _ = await bell.wait(until: .after(milliseconds: Self.intervalMilliseconds))
      guard !isStopping else { return }
      // Walking the heap takes milliseconds: on a thread that nobody waits for.
      _ = try? await BlockingPool.shared.run { Self.returnUnused() }
    }
  }

  package func stop() {
    isStopping = true
    bell.ring()
  }

  /// What of the process lies in memory now, the program's own file aside; 0 where the system does not say.
  package static var residentBytes: Int { Int(clinux_resident_bytes()) }

  /// - Returns: whether there was enough to give back.
  @discardableResult
  package static func returnUnused() -> Bool {
    guard clinux_resident_bytes() > clinux_allocated_bytes() + slackBytes else { return false }
    clinux_return_free_memory()
    return true
  }
}
