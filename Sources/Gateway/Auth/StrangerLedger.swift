/// Counts the refusals of callers that nobody knows, and picks the few that get an audit row of their own, so that a
/// flood of them neither fills the disk nor goes unseen.
///
/// Belongs to one event loop. Time is passed in, monotonic, in nanoseconds.
package struct StrangerLedger: Sendable {
  package struct Key: Sendable, Hashable {
    /// The caller's IPv4 address, or the /64 of its IPv6 address; nil gathers those beyond the table's size.
    package let address: IPAddress?
    package let reason: AccessRefusal.Reason
  }

  package let samplesPerMinute: Int
  package let maximumAddresses: Int
  private var counts: [Key: UInt64] = [:]
  private var windowStart: UInt64?
  private var samplesInWindow = 0

  package init(samplesPerMinute: Int, maximumAddresses: Int) {
    self.samplesPerMinute = samplesPerMinute
    self.maximumAddresses = maximumAddresses
  }

  /// Counts one refusal. True when it shall also be written as a row.
  package mutating func record(_ reason: AccessRefusal.Reason, from address: IPAddress, now: UInt64) -> Bool {
    let key = Key(address: Self.group(address), reason: reason)
    if counts[key] != nil || counts.count < maximumAddresses {
      counts[key, default: 0] += 1
    } else {
      counts[Key(address: nil, reason: reason), default: 0] += 1
    }
    if windowStart.map({ now &- $0 >= 60_000_000_000 }) ?? true {
      windowStart = now
      samplesInWindow = 0
    }
    guard samplesInWindow < samplesPerMinute else { return false }
    samplesInWindow += 1
    return true
  }

  /// Gives the counts since the last call, the highest first, and starts again from nothing.
  package mutating func drain() -> [(key: Key, count: UInt64)] {
    defer { counts.removeAll(keepingCapacity: true) }
    return counts.map { (key: $0.key, count: $0.value) }.sorted { $0.count > $1.count }
  }

  private static func group(_ address: IPAddress) -> IPAddress {
    address.isIPv4 ? address : IPAddress(high: address.high, low: 0)
  }
}
