/// How often a partner may call.
package struct RateLimit: Sendable, Hashable {
  /// Calls a minute in the long run.
  package let perMinute: Int
  /// Calls that may come at once.
  package let burst: Int

  /// - Parameter burst: a sixth of a minute's calls unless given.
  package init?(perMinute: Int, burst: Int? = nil) {
    let burst = burst ?? max(1, perMinute / 6)
    guard (1...60_000_000).contains(perMinute), (1...10_000_000).contains(burst) else { return nil }
    self.perMinute = perMinute
    self.burst = burst
  }
}

/// Token buckets by key, kept as one number each: the time at which the bucket will be full again (the generic cell rate
/// algorithm). A full bucket is the same as none, so it is forgotten, and entries stay bounded.
///
/// Belongs to one event loop. Time is passed in, monotonic, in nanoseconds. O(1) a call, O(n) when the table is full.
package struct RateLimiter: Sendable {
  package let maximumEntries: Int
  private var fullAt: [String: UInt64] = [:]

  package init(maximumEntries: Int = 10_000) { self.maximumEntries = max(1, maximumEntries) }

  package enum Verdict: Sendable, Equatable {
    case allowed
    /// Whole seconds, rounded up, for `Retry-After` (RFC 9110 §10.2.3).
    case refused(retryAfterSeconds: Int)
  }

  package var count: Int { fullAt.count }

  /// Takes one call of `key` from its bucket.
  package mutating func take(_ key: String, limit: RateLimit, now: UInt64) -> Verdict {
    let interval = 60_000_000_000 / UInt64(limit.perMinute)
    let capacity = interval * UInt64(limit.burst)
    // A bucket never owes more than its capacity, whatever limit it was filled under.
    let held = min(max(fullAt[key] ?? now, now), now + capacity)
    let next = held + interval
    guard next - now <= capacity else {
      let wait = next - now - capacity
      return .refused(retryAfterSeconds: Int((wait + 999_999_999) / 1_000_000_000))
    }
    if fullAt[key] == nil, fullAt.count >= maximumEntries { makeRoom(now: now) }
    fullAt[key] = next
    return .allowed
  }

  /// Forgets the full buckets; when there is none, the one nearest to full, whose owner gains least by it.
  private mutating func makeRoom(now: UInt64) {
    fullAt = fullAt.filter { $0.value > now }
    guard fullAt.count >= maximumEntries else { return }
    if let nearest = fullAt.min(by: { $0.value < $1.value }) { fullAt[nearest.key] = nil }
  }
}
