/// Leaves a partner alone that does not answer, so that what it is owed does not use up the workers or its own tries.
///
/// After some failures in a row nothing is claimed for it during a pause that doubles up to a limit; then it is tried
/// again. Time is passed in, monotonic nanoseconds.
struct PartnerBreaker: Sendable, Equatable {
  static let failuresToOpen = 3
  static let firstPauseMilliseconds: UInt64 = 10_000
  static let longestPauseMilliseconds: UInt64 = 600_000

  private(set) var failures = 0
  private var openUntil: UInt64 = 0

  /// Whether it has failed often enough to be left alone.
  var isOpen: Bool { failures >= Self.failuresToOpen }

  /// Whether anything may be claimed for the partner now.
  func allows(now: UInt64) -> Bool { now >= openUntil }

  mutating func failed(now: UInt64) {
    failures += 1
    guard isOpen else { return }
    let doublings = UInt64(min(failures - Self.failuresToOpen, 16))
    openUntil = now + min(Self.firstPauseMilliseconds << doublings, Self.longestPauseMilliseconds) * 1_000_000
  }
}
