/// A point in time as HL7 writes it: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
///
/// Keeps how precise it is and in which zone it was written. Dates that the calendar does not have are refused.
public struct HL7DateTime: Sendable, Hashable {
  /// The smallest part that was written.
  public enum Precision: Int, Sendable, Comparable {
    case year, month, day, hour, minute, second, fraction

    public static func < (a: Precision, b: Precision) -> Bool { a.rawValue < b.rawValue }
  }

  public let precision: Precision
  public let year: Int
  public let month: Int?
  public let day: Int?
  public let hour: Int?
  public let minute: Int?
  public let second: Int?
  /// The digits after the decimal point, 1 to 4.
  public let fraction: String?
  /// Minutes east of UTC, `nil` where no zone was written.
  public let offsetMinutes: Int?

  /// Reads the text of a DTM, DT or TS.1.
  public init(_ text: String) throws(HL7Error) {
    var reader = Reader(Array(text.utf8))
    year = try reader.number(4, 0...9999, "a year of four digits")
    month = try reader.optional(2, 1...12, "a month from 01 to 12")
    let lastDay = Self.days(inMonth: month ?? 1, of: year)
    day = month == nil ? nil : try reader.optional(2, 1...lastDay, "a day that the month has")
    hour = day == nil ? nil : try reader.optional(2, 0...23, "an hour from 00 to 23")
    minute = hour == nil ? nil : try reader.optional(2, 0...59, "a minute from 00 to 59")
    second = minute == nil ? nil : try reader.optional(2, 0...59, "a second from 00 to 59")
    fraction = second == nil ? nil : try reader.fraction()
    offsetMinutes = try reader.offset()
    guard reader.isAtEnd else { throw reader.error("nothing more after YYYYMMDDHHMMSS.SSSS+ZZZZ") }
    precision =
      fraction != nil
      ? .fraction
      : second != nil
        ? .second
        : minute != nil ? .minute : hour != nil ? .hour : day != nil ? .day : month != nil ? .month : .year
  }

  /// As HL7 writes it, as precise as it is.
  public var text: String {
    var text = Self.padded(year, 4)
    for part in [month, day, hour, minute, second] {
      guard let part else { break }
      text += Self.padded(part, 2)
    }
    if let fraction { text += "." + fraction }
    guard let offset = offsetMinutes else { return text }
    return text + (offset < 0 ? "-" : "+") + Self.padded(abs(offset) / 60, 2) + Self.padded(abs(offset) % 60, 2)
  }

  /// The date alone in ISO 8601, as precise as it was written: `1961`, `1961-06`, `1961-06-15`.
  public var isoDate: String {
    var text = Self.padded(year, 4)
    if let month { text += "-" + Self.padded(month, 2) }
    if let day { text += "-" + Self.padded(day, 2) }
    return text
  }

  /// Date and time in ISO 8601 with seconds and zone; a date alone where no hour was written, and `nil` where an hour
  /// was written without a zone and none is assumed.
  public func isoDateTime(assumingOffsetMinutes assumed: Int? = nil) -> String? {
    guard let hour else { return isoDate }
    guard let offset = offsetMinutes ?? assumed else { return nil }
    var text = "\(isoDate)T\(Self.padded(hour, 2)):\(Self.padded(minute ?? 0, 2)):\(Self.padded(second ?? 0, 2))"
    if let fraction { text += "." + fraction }
    let size = abs(offset)
    text += (offset < 0 ? "-" : "+") + Self.padded(size / 60, 2) + ":" + Self.padded(size % 60, 2)
    return text
  }

  /// Days of a month in the Gregorian calendar.
  static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    default: 31
    }
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
    }

    var isAtEnd: Bool { at == bytes.count }
    private var isAtDigit: Bool { at < bytes.count && bytes[at].isASCIIDigit }

    mutating func number(_ width: Int, _ range: ClosedRange<Int>, _ expected: String) throws(HL7Error) -> Int {
      var value = 0
      for _ in 0..<width {
        guard isAtDigit else { throw error(expected) }
        value = value * 10 + Int(bytes[at] - 0x30)
        at += 1
      }
      guard range.contains(value) else { throw error(expected) }
      return value
    }

    mutating func optional(_ width: Int, _ range: ClosedRange<Int>, _ expected: String) throws(HL7Error) -> Int? {
      isAtDigit ? try number(width, range, expected) : nil
    }

    mutating func fraction() throws(HL7Error) -> String? {
      guard at < bytes.count, bytes[at] == UInt8(ascii: ".") else { return nil }
      at += 1
      let start = at
      while isAtDigit { at += 1 }
      guard (1...4).contains(at - start) else { throw error("one to four digits after the point") }
      return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    mutating func offset() throws(HL7Error) -> Int? {
      guard at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") else { return nil }
      let sign = bytes[at] == UInt8(ascii: "-") ? -1 : 1
      at += 1
      let hours = try number(2, 0...14, "a zone such as +0100")
      let minutes = try number(2, 0...59, "a zone such as +0100")
      return sign * (hours * 60 + minutes)
    }

    func error(_ expected: String) -> HL7Error {
      HL7Error(
        .invalidDateTime, "expected \(expected) at character \(at + 1) of a date", condition: .dataTypeError,
        offset: at)
    }
  }
}

extension HL7DateTime {
  /// A moment as MSH-7 takes it, in UTC: `20260815080000.123+0000`. Milliseconds since 1970, from year 0 on.
  public static func text(unixMilliseconds: Int64) -> String {
    let (days, inDay) = unixMilliseconds.quotientAndFloorRemainder(dividingBy: 86_400_000)
    let (year, month, day) = civil(fromDays: days)
    let seconds = inDay / 1000
    return padded(year, 4) + padded(month, 2) + padded(day, 2) + padded(Int(seconds / 3600), 2)
      + padded(Int(seconds / 60 % 60), 2) + padded(Int(seconds % 60), 2) + "." + padded(Int(inDay % 1000), 3) + "+0000"
  }

  /// Howard Hinnant's days-to-civil: the year is counted from March, so that the leap day comes last.
  private static func civil(fromDays days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let (era, dayOfEra) = shifted.quotientAndFloorRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (Int(year), Int(month), Int(day))
  }
}

extension Int64 {
  fileprivate func quotientAndFloorRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
