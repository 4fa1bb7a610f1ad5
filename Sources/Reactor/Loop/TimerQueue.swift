/// A binary heap of deadlines. Owned by one loop; does no I/O itself. Push and pop are O(log n).
struct TimerQueue {
  enum Key {
    case sleeper(UInt64)
    case descriptor(Int32)
  }

  struct Timer {
    /// Monotonic nanoseconds.
    var deadline: UInt64
    var key: Key
  }

  private var heap: [Timer] = []

  var count: Int { heap.count }

  mutating func push(deadline: UInt64, key: Key) {
    guard deadline != .max else { return }
    heap.append(Timer(deadline: deadline, key: key))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent].deadline <= heap[child].deadline { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  /// Removes and returns the earliest timer if its deadline has passed.
  mutating func popDue(at now: UInt64) -> Timer? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return first
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].deadline < heap[least].deadline { least = child }
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  /// Milliseconds until the earliest deadline, rounded up, for `epoll_wait`: -1 when there is none, 0 when it passed.
  func millisecondsToNext(from now: UInt64) -> Int32 {
    guard let first = heap.first else { return -1 }
    if first.deadline <= now { return 0 }
    return Int32(clamping: (first.deadline - now + 999_999) / 1_000_000)
  }
}
