import Glibc

/// The lines of a file in which each is a document, read in pieces: the file may be longer than memory, a line may not.
struct FHIRLines: ~Copyable {
  struct Line {
    /// From 1.
    let number: Int
    /// Where the line begins in the file.
    let offset: Int
    /// Nothing of a line that is too long.
    let bytes: [UInt8]
    let isTooLong: Bool
  }

  private let descriptor: Int32
  private let maximumLineBytes: Int
  private let pieceBytes: Int
  private var buffer: [UInt8] = []
  /// Where the line begins in the buffer, and up to where no line feed is.
  private var (start, searched) = (0, 0)
  /// What was dropped of a line that is too long.
  private var dropped = 0
  private var (number, offset) = (1, 0)
  private var isAtEnd = false

  init(_ path: String, maximumLineBytes: Int, pieceBytes: Int = 1 << 20) throws(SystemFailure) {
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw SystemFailure.last }
    descriptor = opened
    self.maximumLineBytes = maximumLineBytes
    self.pieceBytes = pieceBytes
  }

  deinit { close(descriptor) }

  /// The next line that holds anything but white space; nil at the end of the file.
  mutating func next() throws(SystemFailure) -> Line? {
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        if let line = take(upTo: end, next: end + 1) { return line }
        continue
      }
      searched = buffer.count
      if buffer.count - start > maximumLineBytes {
        dropped += buffer.count - start
        start = buffer.count
      }
      if isAtEnd { return start < buffer.count || dropped > 0 ? take(upTo: buffer.count, next: buffer.count) : nil }
      try fill()
    }
  }

  private mutating func take(upTo end: Int, next: Int) -> Line? {
    let bytes = dropped > 0 ? [] : Array(buffer[start..<end])
    let isTooLong = dropped > 0 || bytes.count > maximumLineBytes
    let line = Line(number: number, offset: offset, bytes: isTooLong ? [] : bytes, isTooLong: isTooLong)
    offset += dropped + next - start
    number += 1
    (start, searched, dropped) = (next, next, 0)
    return isTooLong || bytes.contains { $0 > 0x20 } ? line : nil
  }

  private mutating func fill() throws(SystemFailure) {
    if start > 0 {
      buffer.removeSubrange(..<start)
      searched -= start
      start = 0
    }
    let held = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: pieceBytes))
    let (descriptor, most) = (descriptor, pieceBytes)
    let count = buffer.withUnsafeMutableBytes { bytes -> Int in
      while true {
        let count = read(descriptor, bytes.baseAddress.map { $0 + held }, most)
        if count >= 0 || errno != EINTR { return count }
      }
    }
    let failure = SystemFailure.last
    buffer.removeSubrange((held + max(count, 0))...)
    guard count >= 0 else { throw failure }
    isAtEnd = count == 0
  }
}
