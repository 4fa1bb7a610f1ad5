import Glibc

/// The clock on the wall, for what outsiders read; deadlines use the loop's.
enum WallTime {
  /// Microseconds since 1970.
  static func microseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
  }
}
