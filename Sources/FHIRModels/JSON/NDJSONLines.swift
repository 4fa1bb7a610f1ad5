/// The lines of newline-delimited JSON, from pieces as they arrive.
///
/// It holds what was handed on and not yet taken; of a line that is not complete no more than `lineBytes`. Lines of white
/// space only are passed over; `\r\n` ends a line too.
package struct NDJSONLines: Sendable {
  package struct Line: Sendable {
    /// From 1.
    package let number: Int
    /// The byte of the stream where the line begins.
    package let offset: Int
    /// Nothing of a line that is too long.
    package let bytes: [UInt8]
    package let isTooLong: Bool
  }

  private let lineBytes: Int
  private var buffer: [UInt8] = []
  /// Where the next line begins in the buffer.
  private var start = 0
  /// Up to where the buffer holds no line feed.
  private var searched = 0
  /// Bytes of the stream that lie before the buffer.
  private var passed = 0
  /// Whether the line at `start` was found too long and is being passed over.
  private var isSkipping = false
  /// The number of the next line, from 1.
  package private(set) var number = 1

  /// - Parameter lineBytes: the longest line in bytes that is accepted.
  package init(lineBytes: Int) { self.lineBytes = max(1, lineBytes) }

  /// Hands on the next bytes of the stream.
  package mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 0 {
      buffer.removeSubrange(..<start)
      passed += start
      searched -= start
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next line that is complete, or too long already; nil when more bytes are needed.
  package mutating func next() -> Line? {
    while let end = endOfLine() {
      if let line = take(upTo: end, next: end + 1) { return line }
    }
    var line: Line?
    if !isSkipping, buffer.count - start > lineBytes {
      line = tooLong()
      isSkipping = true
    }
    if isSkipping { (start, searched) = (buffer.count, buffer.count) }
    return line
  }

  /// A last line that no line feed ends; nil when nothing is left. Take all of `next()` before.
  package mutating func finish() -> Line? {
    start < buffer.count ? take(upTo: buffer.count, next: buffer.count) : nil
  }

  private mutating func endOfLine() -> Int? {
    guard let end = buffer[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = buffer.count
      return nil
    }
    searched = end + 1
    return end
  }

  /// The line from `start` to `end`; nil when it is white space or the rest of one that was too long.
  private mutating func take(upTo end: Int, next: Int) -> Line? {
    let begin = start
    defer {
      start = next
      number += 1
      isSkipping = false
    }
    if isSkipping || buffer[begin..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
    guard end - begin <= lineBytes else { return tooLong() }
    return Line(number: number, offset: passed + begin, bytes: Array(buffer[begin..<end]), isTooLong: false)
  }

  private func tooLong() -> Line { Line(number: number, offset: passed + start, bytes: [], isTooLong: true) }
}
