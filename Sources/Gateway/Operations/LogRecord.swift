import Glibc
import Reactor

/// A value that may stand in a log line.
///
/// No case takes free text: what a patient, a message or a database error says cannot be logged, because there is no way
/// to write it. Keys and events are `StaticString`s of the source.
package enum LogValue: Sendable {
  case integer(Int)
  case boolean(Bool)
  /// Written in milliseconds with three decimals.
  case duration(nanoseconds: UInt64)
  /// A word of the source.
  case word(StaticString)
  case request(RequestID)
  case address(IPAddress)
  /// The slug of a clinic or partner, or the name of a listener.
  case slug(String)
  /// An id of our own making: a uuid, a key's id, a delivery's id.
  case id(String)
  /// A code of a table: SQLSTATE, HTTP method, resource type, HL7 event, refusal reason.
  case code(String)
  /// A path of the operator's configuration.
  case path(String)
  /// The system's words for an `errno`.
  case systemError(Int32)
}

/// One line of the log: a JSON object of one line, `time`, `level` and `event` first.
package struct LogRecord: Sendable {
  package static let maximumTextBytes = 256

  private(set) var bytes: [UInt8] = []

  /// - Parameter unixMicroseconds: when it happened.
  package init(
    _ level: LogLevel, _ event: StaticString, unixMicroseconds: Int64, fields: KeyValuePairs<StaticString, LogValue>
  ) {
    bytes.reserveCapacity(256)
    bytes += Array("{\"time\":\"".utf8)
    bytes += Array(Self.timestamp(unixMicroseconds).utf8)
    bytes += Array("\",\"level\":\"\(level.rawValue)\",\"event\":".utf8)
    appendText("\(event)")
    for (key, value) in fields {
      bytes.append(UInt8(ascii: ","))
      appendText("\(key)")
      bytes.append(UInt8(ascii: ":"))
      append(value)
    }
    bytes += [UInt8(ascii: "}"), 0x0A]
  }

  private mutating func append(_ value: LogValue) {
    switch value {
    case .integer(let number): bytes += Array(String(number).utf8)
    case .boolean(let flag): bytes += Array(String(flag).utf8)
    case .duration(let nanoseconds):
      let micro = nanoseconds / 1_000
      let fraction = String(micro % 1_000)
      bytes += Array("\(micro / 1_000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction)".utf8)
    case .word(let word): appendText("\(word)")
    case .request(let id): appendText(id.text)
    case .address(let address): appendText(address.description)
    // A value that is not of its form is not written at all: it could be anything.
    case .slug(let text): appendText(isSlug(text) ? text : "?")
    case .id(let text): appendText(Self.isPlain(text, "-._", 64) ? text : "?")
    case .code(let text): appendText(Self.isPlain(text, "-._^/", 40) ? text : "?")
    case .path(let text): appendText(text)
    case .systemError(let code): appendText(String(cString: strerror(code)))
    }
  }

  private static func isPlain(_ text: String, _ marks: String, _ maximum: Int) -> Bool {
    (1...maximum).contains(text.utf8.count) && text.utf8.allSatisfy { Base62.isDigit($0) || marks.utf8.contains($0) }
  }

  /// Appends a JSON string in ASCII: quotes, backslashes, controls and everything beyond ASCII escaped, so that neither a
  /// line end nor a terminal's control sequence can come out of a value.
  private mutating func appendText(_ text: String) {
    let hex = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for unit in text.utf16.prefix(Self.maximumTextBytes) {
      switch unit {
      case 0x22, 0x5C: bytes += [UInt8(ascii: "\\"), UInt8(unit)]
      case 0x20..<0x7F: bytes.append(UInt8(unit))
      default:
        bytes += Array("\\u".utf8)
        for shift in [12, 8, 4, 0] as [UInt16] { bytes.append(hex[Int(unit >> shift & 15)]) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// RFC 3339 in UTC with microseconds.
  static func timestamp(_ unixMicroseconds: Int64) -> String {
    var seconds = time_t(unixMicroseconds / 1_000_000)
    var micro = unixMicroseconds % 1_000_000
    if micro < 0 {
      micro += 1_000_000
      seconds -= 1
    }
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let date =
      "\(padded(Int(parts.tm_year) + 1_900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(date)T\(time).\(padded(Int(micro), 6))Z"
  }
}

/// Writes log lines to a descriptor, each with one `write`, from any thread.
///
/// A line is under `PIPE_BUF` bytes unless it holds many long paths, so lines of several threads and processes do not mix.
/// A descriptor that takes nothing loses the line: a log must not stop the work.
package struct Logger: Sendable {
  package let level: LogLevel
  private let descriptor: Int32

  package init(level: LogLevel, descriptor: Int32 = STDERR_FILENO) {
    self.level = level
    self.descriptor = descriptor
  }

  /// Whether a line of that level is written; ask before gathering fields at a cost.
  package func isWritten(_ level: LogLevel) -> Bool { level >= self.level }

  package func log(_ level: LogLevel, _ event: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    guard isWritten(level) else { return }
    let record = LogRecord(level, event, unixMicroseconds: WallClock.unixMicroseconds, fields: fields)
    record.bytes.withUnsafeBytes { bytes in
      while write(descriptor, bytes.baseAddress, bytes.count) < 0, errno == EINTR {}
    }
  }

  package func error(_ event: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    log(.error, event, fields)
  }

  package func warning(_ event: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    log(.warning, event, fields)
  }

  package func info(_ event: StaticString, _ fields: KeyValuePairs<StaticString, LogValue> = [:]) {
    log(.info, event, fields)
  }
}
