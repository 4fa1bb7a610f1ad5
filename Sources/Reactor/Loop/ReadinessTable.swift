import CLinux

/// How a wait for a descriptor ended.
public enum Readiness: Sendable, Equatable {
  /// The call that would have blocked is worth another try (it may also report an error or the end).
  case ready
  /// The deadline passed first.
  case timedOut
  /// The descriptor left the loop while somebody waited, or the wait was called off by `interrupt`.
  case interrupted
}

/// What each registered descriptor is ready for and who waits for it. Owned by one loop; does no I/O itself.
///
/// Descriptors are registered edge-triggered: a flag stays up from the kernel's event until a call says `EAGAIN`
/// (`clear…`). A registration's generation guards against events of a descriptor number that was closed and reused.
struct ReadinessTable {
  private struct Entry {
    var generation: UInt32 = 0
    var isOpen = false
    var readable = false
    var writable = false
    /// The peer has sent its last byte: reading never blocks again, and no further event would say so.
    var ended = false
    var reader: UnsafeContinuation<Readiness, Never>?
    var writer: UnsafeContinuation<Readiness, Never>?
    var readDeadline = UInt64.max
    var writeDeadline = UInt64.max
    /// The deadline of the one timer that is queued for this descriptor; `.max` when none is.
    var timerAt = UInt64.max
  }

  private var entries: [Entry] = []

  /// Opens an entry and returns the token to register with epoll.
  mutating func open(fd: Int32) -> UInt64 {
    let index = Int(fd)
    while entries.count <= index { entries.append(Entry()) }
    var entry = Entry()
    entry.generation = entries[index].generation &+ 1
    entry.timerAt = entries[index].timerAt
    entry.isOpen = true
    entries[index] = entry
    return UInt64(entry.generation) << 32 | UInt64(UInt32(bitPattern: fd))
  }

  /// Closes an entry; whoever waited is told `interrupted`.
  mutating func close(fd: Int32) {
    guard isOpen(fd) else { return }
    entries[Int(fd)].isOpen = false
    interrupt(fd: fd)
  }

  /// Ends the waits under way with `interrupted`; the descriptor stays registered.
  mutating func interrupt(fd: Int32) {
    let index = Int(fd)
    guard index < entries.count else { return }
    let (reader, writer) = (entries[index].reader, entries[index].writer)
    entries[index].reader = nil
    entries[index].writer = nil
    reader?.resume(returning: .interrupted)
    writer?.resume(returning: .interrupted)
  }

  func isOpen(_ fd: Int32) -> Bool { fd >= 0 && Int(fd) < entries.count && entries[Int(fd)].isOpen }

  func isReadable(_ fd: Int32) -> Bool { entries[Int(fd)].readable }
  func isWritable(_ fd: Int32) -> Bool { entries[Int(fd)].writable }
  mutating func clearReadable(_ fd: Int32) { entries[Int(fd)].readable = entries[Int(fd)].ended }
  mutating func clearWritable(_ fd: Int32) { entries[Int(fd)].writable = false }

  /// Parks a reader. Returns the deadline of a timer to queue, if an earlier one than the queued one is needed.
  mutating func park(reader: UnsafeContinuation<Readiness, Never>, fd: Int32, deadline: UInt64) -> UInt64? {
    precondition(entries[Int(fd)].reader == nil, "two readers wait for one descriptor")
    entries[Int(fd)].reader = reader
    entries[Int(fd)].readDeadline = deadline
    return arm(fd, deadline)
  }

  /// Parks a writer; see `park(reader:)`.
  mutating func park(writer: UnsafeContinuation<Readiness, Never>, fd: Int32, deadline: UInt64) -> UInt64? {
    precondition(entries[Int(fd)].writer == nil, "two writers wait for one descriptor")
    entries[Int(fd)].writer = writer
    entries[Int(fd)].writeDeadline = deadline
    return arm(fd, deadline)
  }

  private mutating func arm(_ fd: Int32, _ deadline: UInt64) -> UInt64? {
    guard deadline < entries[Int(fd)].timerAt else { return nil }
    entries[Int(fd)].timerAt = deadline
    return deadline
  }

  /// Raises the flags that an epoll event brings and resumes who waited for them.
  mutating func deliver(events: UInt32, token: UInt64) {
    let index = Int(UInt32(truncatingIfNeeded: token))
    guard index < entries.count, entries[index].isOpen, entries[index].generation == UInt32(token >> 32) else { return }
    let failed = events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
    if events & EPOLLRDHUP.rawValue != 0 { entries[index].ended = true }
    if failed || events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 {
      entries[index].readable = true
      if let reader = entries[index].reader {
        entries[index].reader = nil
        reader.resume(returning: .ready)
      }
    }
    if failed || events & EPOLLOUT.rawValue != 0 {
      entries[index].writable = true
      if let writer = entries[index].writer {
        entries[index].writer = nil
        writer.resume(returning: .ready)
      }
    }
  }

  /// A descriptor's timer fired: ends the waits whose deadline has passed. Returns the next deadline to queue, if any.
  mutating func expire(fd: Int32, now: UInt64) -> UInt64? {
    let index = Int(fd)
    entries[index].timerAt = .max
    var next = UInt64.max
    if let reader = entries[index].reader {
      if entries[index].readDeadline <= now {
        entries[index].reader = nil
        reader.resume(returning: .timedOut)
      } else {
        next = entries[index].readDeadline
      }
    }
    if let writer = entries[index].writer {
      if entries[index].writeDeadline <= now {
        entries[index].writer = nil
        writer.resume(returning: .timedOut)
      } else {
        next = min(next, entries[index].writeDeadline)
      }
    }
    guard next != .max else { return nil }
    entries[index].timerAt = next
    return next
  }
}
