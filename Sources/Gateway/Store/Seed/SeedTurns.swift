import Reactor

/// The order in which batches that are written at once commit, so that a run that ends early leaves no gap.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to the loop's thread.
final class SeedTurns: @unchecked Sendable {
  private let bell: LoopSignal
  private var next = 0
  /// The first batch that was not written.
  private var failed = Int.max

  init(loop: EventLoop) { bell = LoopSignal(loop: loop) }

  /// Returns when every batch before `turn` has been committed.
  /// - Throws: when one of them has not.
  func wait(for turn: Int) async throws(SeedError) {
    while next < turn, failed > turn { _ = await bell.wait() }
    if next < turn { throw SeedError(description: "a batch before this one was not written") }
  }

  func done(_ turn: Int) {
    next = turn + 1
    bell.ring()
  }

  func failUnlessDone(_ turn: Int) {
    guard next <= turn else { return }
    failed = min(failed, turn)
    bell.ring()
  }
}
