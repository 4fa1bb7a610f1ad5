package import ClinicModel

/// How a date of the query compares with the date of a resource (FHIR R4 search.html §3.1.1.4.5).
package enum SearchPrefix: String, Sendable, CaseIterable { case eq, ne, gt, lt, ge, le, sa, eb, ap }

/// A date of the query: the stretch of time that it means, and how to compare with it.
///
/// `2024-03` is the whole of March where the clinic is. Half-open: `lower <= t < upper`, microseconds since 1970 UTC.
/// `ap` has its tenth of the distance from now already added on both sides.
package struct SearchDate: Sendable, Equatable {
  package let prefix: SearchPrefix
  package let lower: Int64
  package let upper: Int64
  /// The same stretch in calendar days, for elements that are days: `firstDay <= d < endDay`, days since 1970-01-01.
  package let firstDay: Int
  package let endDay: Int
  /// Whether a time of day was given.
  package let hasTime: Bool

  package struct Failure: Error, Sendable, Equatable { package let message: String }

  /// What a date means depends on where and when.
  package struct Context: Sendable {
    /// Microseconds since 1970 UTC.
    package var now: Int64
    /// Seconds east of Greenwich that the clinic's clocks are at a local time, which is given in seconds since
    /// 1970-01-01 00:00 of the same clocks.
    package var offsetSeconds: @Sendable (_ localSeconds: Int64) -> Int

    package init(now: Int64, offsetSeconds: @escaping @Sendable (Int64) -> Int) {
      self.now = now
      self.offsetSeconds = offsetSeconds
    }

    /// The clocks of a clinic's zone; a reading that they skip or show twice is settled as `ZoneOffsets` settles it.
    package init(now: Instant, zone: ZoneOffsets) {
      self.init(now: now.microseconds) { localSeconds in
        let reading = Instant(microseconds: localSeconds * 1_000_000).localTime()
        return Int(localSeconds - zone.instant(of: reading).microseconds / 1_000_000)
      }
    }
  }

  package init(_ text: String, in context: Context) throws(Failure) {
    var scanner = DateScanner(text)
    prefix = try scanner.prefix()
    let parts = try scanner.parts()
    hasTime = parts.timeMicroseconds != nil
    let first = CalendarDate.days(year: parts.year, month: parts.month ?? 1, day: parts.day ?? 1)
    let next: Int
    if parts.day != nil {
      next = first + 1
    } else if let month = parts.month {
      next = CalendarDate.days(year: month == 12 ? parts.year + 1 : parts.year, month: month % 12 + 1, day: 1)
    } else {
      next = CalendarDate.days(year: parts.year + 1, month: 1, day: 1)
    }
    let start = Int64(first) * 86_400_000_000 + (parts.timeMicroseconds ?? 0)
    let end = parts.timeMicroseconds == nil ? Int64(next) * 86_400_000_000 : start + parts.stepMicroseconds
    func universal(_ local: Int64) -> Int64 {
      let seconds = local >= 0 ? local / 1_000_000 : (local - 999_999) / 1_000_000
      return local - Int64(parts.offsetSeconds ?? context.offsetSeconds(seconds)) * 1_000_000
    }
    var range = (lower: universal(start), upper: universal(end))
    // Clocks that jump forward can make a local minute empty; it then means the instant of the jump.
    if range.upper <= range.lower { range.upper = range.lower + 1 }
    var days = (first: first, end: next)
    if prefix == .ap {
      let middle = range.lower + (range.upper - range.lower) / 2
      let margin = abs(context.now - middle) / 10
      range = (range.lower - margin, range.upper + margin)
      // A day that the margin reaches into counts whole.
      let marginDays = Int((margin + 86_399_999_999) / 86_400_000_000)
      days = (days.first - marginDays, days.end + marginDays)
    }
    (lower, upper, firstDay, endDay) = (range.lower, range.upper, days.first, days.end)
  }
}

/// Reads `[prefix]YYYY[-MM[-DD[Thh:mm[:ss[.f…]][Z|±hh:mm]]]]`.
private struct DateScanner {
  struct Parts {
    var year = 0
    var month: Int?
    var day: Int?
    var timeMicroseconds: Int64?
    var stepMicroseconds: Int64 = 0
    var offsetSeconds: Int?
  }

  private let bytes: [UInt8]
  private var index = 0

  init(_ text: String) { bytes = Array(text.utf8.prefix(64)) }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }
  private var isAtEnd: Bool { index == bytes.count }

  private func failure(_ message: String) -> SearchDate.Failure { SearchDate.Failure(message: message) }
  private static let form = "expected YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss][Z or +hh:mm]"

  mutating func prefix() throws(SearchDate.Failure) -> SearchPrefix {
    guard let first = byte, (97...122).contains(first) else { return .eq }
    let letters = bytes.prefix { (97...122).contains($0) }
    index = letters.count
    guard let prefix = SearchPrefix(rawValue: String(decoding: letters, as: UTF8.self)) else {
      throw failure("unknown prefix; known are \(SearchPrefix.allCases.map(\.rawValue).joined(separator: " "))")
    }
    return prefix
  }

  private mutating func number(_ digits: Int, _ range: ClosedRange<Int>, _ what: String) throws(SearchDate.Failure)
    -> Int
  {
    guard index + digits <= bytes.count else { throw failure(Self.form) }
    var value = 0
    for byte in bytes[index..<(index + digits)] {
      guard (48...57).contains(byte) else { throw failure(Self.form) }
      value = value * 10 + Int(byte - 48)
    }
    index += digits
    guard range.contains(value) else { throw failure("there is no \(what) \(value)") }
    return value
  }

  private mutating func take(_ expected: Character) -> Bool {
    guard byte == expected.asciiValue else { return false }
    index += 1
    return true
  }

  mutating func parts() throws(SearchDate.Failure) -> Parts {
    var parts = Parts()
    parts.year = try number(4, 1...9_998, "year")
    if isAtEnd { return parts }
    guard take("-") else { throw failure(Self.form) }
    let month = try number(2, 1...12, "month")
    parts.month = month
    if isAtEnd { return parts }
    guard take("-") else { throw failure(Self.form) }
    let day = try number(2, 0...99, "day")
    guard (1...CalendarDate.days(inMonth: month, of: parts.year)).contains(day) else {
      throw failure("there is no day \(day) in month \(month) of \(parts.year)")
    }
    parts.day = day
    if isAtEnd { return parts }
    guard take("T") else { throw failure(Self.form) }
    try time(into: &parts)
    try zone(into: &parts)
    guard isAtEnd else { throw failure(Self.form) }
    return parts
  }

  private mutating func time(into parts: inout Parts) throws(SearchDate.Failure) {
    let hour = try number(2, 0...23, "hour")
    guard take(":") else { throw failure("a time needs hours and minutes: hh:mm") }
    let minute = try number(2, 0...59, "minute")
    var microseconds = Int64(hour * 3_600 + minute * 60) * 1_000_000
    parts.stepMicroseconds = 60_000_000
    if take(":") {
      microseconds += Int64(try number(2, 0...59, "second")) * 1_000_000
      parts.stepMicroseconds = 1_000_000
      if take(".") {
        let digits = bytes[index...].prefix { (48...57).contains($0) }
        guard (1...9).contains(digits.count) else { throw failure("a fraction of a second has 1 to 9 digits") }
        index += digits.count
        for digit in digits.prefix(6) {
          parts.stepMicroseconds /= 10
          microseconds += Int64(digit - 48) * parts.stepMicroseconds
        }
      }
    }
    parts.timeMicroseconds = microseconds
  }

  private mutating func zone(into parts: inout Parts) throws(SearchDate.Failure) {
    if isAtEnd { return }
    if take("Z") {
      parts.offsetSeconds = 0
      return
    }
    let sign: Int
    // A + that was not percent-encoded arrives as a space; nothing else can stand here, so it is taken for what it was.
    if take("+") || take(" ") { sign = 1 } else if take("-") { sign = -1 } else { throw failure(Self.form) }
    let hours = try number(2, 0...14, "zone offset of hours")
    guard take(":") else { throw failure("a zone is Z, +hh:mm or -hh:mm") }
    let minutes = try number(2, 0...59, "zone offset of minutes")
    guard hours * 60 + minutes <= 14 * 60 else { throw failure("there is no zone offset over 14:00") }
    parts.offsetSeconds = sign * (hours * 3_600 + minutes * 60)
  }
}
