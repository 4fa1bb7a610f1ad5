/// A bounded map whose entries are forgotten after a time. Belongs to one loop; time is passed in, monotonic nanoseconds.
struct ExpiringCache<Key: Hashable, Value> {
  private struct Entry {
    let value: Value
    let expires: UInt64
  }

  let lifetime: UInt64
  let capacity: Int
  private var entries: [Key: Entry] = [:]

  init(lifetimeMilliseconds: Int, capacity: Int) {
    lifetime = UInt64(max(0, lifetimeMilliseconds)) * 1_000_000
    self.capacity = max(1, capacity)
  }

  var count: Int { entries.count }

  func value(_ key: Key, now: UInt64) -> Value? {
    guard let entry = entries[key], entry.expires > now else { return nil }
    return entry.value
  }

  /// When a value that is there is forgotten; 0 when none is.
  func expiry(_ key: Key) -> UInt64 { entries[key]?.expires ?? 0 }

  /// Keeps a value; when the map is full, what has expired goes first, and everything if nothing has.
  mutating func keep(_ value: Value, for key: Key, now: UInt64) {
    if entries.count >= capacity, entries[key] == nil {
      entries = entries.filter { $0.value.expires > now }
      if entries.count >= capacity { entries.removeAll(keepingCapacity: true) }
    }
    entries[key] = Entry(value: value, expires: now + lifetime)
  }

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }
}
