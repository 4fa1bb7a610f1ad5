import Reactor

/// Writes the head of an answer.
enum HTTPHeadWriter {
  /// - Parameter length: of the body, nil for a chunked or unbounded one.
  static func write(
    _ response: HTTPResponse, length: Int?, isChunked: Bool, connection: StaticString?, date: [UInt8],
    into output: inout [UInt8]
  ) {
    output.append(contentsOf: response.status.line)
    response.fields.serialize(into: &output)
    output.append(contentsOf: date)
    if let length {
      append("Content-Length: ", &output)
      appendDecimal(length, &output)
      append("\r\n", &output)
    } else if isChunked {
      append("Transfer-Encoding: chunked\r\n", &output)
    }
    if let connection { append(connection, &output) }
    append("\r\n", &output)
  }

  private static func append(_ text: StaticString, _ output: inout [UInt8]) {
    output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  static func appendDecimal(_ number: Int, _ output: inout [UInt8]) {
    if number >= 10 { appendDecimal(number / 10, &output) }
    output.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
  }
}

/// The Date line of answers, written once a second.
// @unchecked: belongs to the thread of the loop whose server holds it.
final class HTTPDateLine: @unchecked Sendable {
  private var second: UInt64 = .max
  private(set) var line: [UInt8] = []

  /// - Parameter now: monotonic nanoseconds.
  func current(now: UInt64) -> [UInt8] {
    let second = now / 1_000_000_000
    if second != self.second {
      self.second = second
      line = Array("Date: \(HTTPDate.text(unixSeconds: WallClock.unixSeconds))\r\n".utf8)
    }
    return line
  }
}
