/// The offsets from UTC of one time zone through time: what a TZif file says, and its rule for the years after.
///
/// A pure value. The file is read by whoever may do I/O; see ``init(tzif:)``.
public struct ZoneOffsets: Sendable, Equatable {
  struct Transition: Sendable, Equatable {
    /// Seconds since the epoch at which `offset` begins.
    var at: Int64
    /// Seconds east of UTC.
    var offset: Int
  }

  let initialOffset: Int
  let transitions: [Transition]
  /// Holds after the last transition.
  let rule: PosixZone?

  public static let utc = ZoneOffsets(fixedSeconds: 0)

  /// A zone that never changes.
  public init(fixedSeconds: Int) { self.init(initialOffset: fixedSeconds, transitions: [], rule: nil) }

  init(initialOffset: Int, transitions: [Transition], rule: PosixZone?) {
    self.initialOffset = initialOffset
    self.transitions = transitions
    self.rule = rule
  }

  /// Seconds east of UTC at that moment. O(log n) in the transitions.
  public func offsetSeconds(at instant: Instant) -> Int {
    let micros = instant.microseconds
    return offset(atSecond: micros >= 0 ? micros / 1_000_000 : (micros - 999_999) / 1_000_000)
  }

  func offset(atSecond second: Int64) -> Int {
    guard let last = transitions.last else { return rule?.offset(atSecond: second) ?? initialOffset }
    if second >= last.at { return rule?.offset(atSecond: second) ?? last.offset }
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].at <= second { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? initialOffset : transitions[low - 1].offset
  }

  /// The moment at which a clock on the wall of this zone shows `wall`.
  ///
  /// A reading that comes twice means the first time; one that is skipped is moved on by the length of the gap.
  public func instant(of wall: LocalTime) -> Instant {
    let local =
      wall.date.daysSinceEpoch * 86400 + wall.hour * 3600 + wall.minute * 60 + wall.second
    let before = offset(atSecond: Int64(local - 86400))
    let after = offset(atSecond: Int64(local + 86400))
    // Two offsets a day apart bracket at most one change: try the earlier one first.
    let first = local - before
    let seconds = offset(atSecond: Int64(first)) == before ? first : local - after
    let settled = offset(atSecond: Int64(seconds)) == local - seconds ? seconds : first
    return Instant(microseconds: Int64(settled) * 1_000_000 + Int64(wall.microsecond))
  }
}
