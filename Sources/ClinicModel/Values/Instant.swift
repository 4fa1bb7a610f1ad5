/// A moment in microseconds since 1970-01-01T00:00:00Z, the resolution of `timestamptz`.
public struct Instant: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// A wall-clock reading at `offsetSeconds` east of UTC; nil when the day or time does not exist.
  /// Second 60 is read as 59, as HL7 and FHIR allow leap seconds and `timestamptz` does not.
  public init?(
    date: CalendarDate, hour: Int, minute: Int, second: Int = 0, microsecond: Int = 0, offsetSeconds: Int = 0
  ) {
    guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second),
      (0...999_999).contains(microsecond), abs(offsetSeconds) <= 14 * 3600
    else { return nil }
    let seconds = date.daysSinceEpoch * 86400 + hour * 3600 + minute * 60 + min(second, 59) - offsetSeconds
    microseconds = Int64(seconds) * 1_000_000 + Int64(microsecond)
  }

  /// Reads RFC 3339 and Postgres's ISO style: `2026-03-01T09:30:00.5+01:00`, `2026-03-01 09:30:00+01`, `…Z`.
  /// The offset is required; decimals past the microsecond are cut.
  public init(_ text: some StringProtocol) throws(ClinicValueError) {
    guard let value = Self.parse(Array(text.utf8.prefix(48))) else {
      throw ClinicValueError(.notAnInstant, String(text))
    }
    self = value
  }

  private static func parse(_ bytes: [UInt8]) -> Instant? {
    guard bytes.count >= 17, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
      bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[13] == UInt8(ascii: ":"),
      let year = digits(bytes, 0, 4), let month = digits(bytes, 5, 7), let day = digits(bytes, 8, 10),
      let hour = digits(bytes, 11, 13), let minute = digits(bytes, 14, 16),
      let date = CalendarDate(year: year, month: month, day: day)
    else { return nil }
    var index = 16
    var second = 0
    var microsecond = 0
    if bytes[index] == UInt8(ascii: ":") {
      guard let value = digits(bytes, index + 1, index + 3) else { return nil }
      second = value
      index += 3
      if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
        let start = index + 1
        index = start
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
        guard index > start else { return nil }
        let kept = bytes[start..<min(index, start + 6)]
        microsecond = kept.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        for _ in kept.count..<6 { microsecond *= 10 }
      }
    }
    guard let offset = parseOffset(bytes, index) else { return nil }
    return Instant(
      date: date, hour: hour, minute: minute, second: second, microsecond: microsecond, offsetSeconds: offset)
  }

  private static func parseOffset(_ bytes: [UInt8], _ index: Int) -> Int? {
    guard index < bytes.count else { return nil }
    let sign: Int
    switch bytes[index] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): return index + 1 == bytes.count ? 0 : nil
    case UInt8(ascii: "+"): sign = 1
    case UInt8(ascii: "-"): sign = -1
    default: return nil
    }
    guard let hours = digits(bytes, index + 1, index + 3), hours <= 14 else { return nil }
    var rest = index + 3
    if rest == bytes.count { return sign * hours * 3600 }
    if bytes[rest] == UInt8(ascii: ":") { rest += 1 }
    guard let minutes = digits(bytes, rest, rest + 2), rest + 2 == bytes.count, minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  public var description: String { rfc3339() }

  /// RFC 3339 at `offsetSeconds` east of UTC (`Z` for 0): seconds always, then 3 or 6 decimals if there are any.
  public func rfc3339(offsetSeconds: Int = 0) -> String {
    let wall = localTime(offsetSeconds: offsetSeconds)
    return String(unsafeUninitializedCapacity: 40) { output in
      var end = 0
      func put(_ mark: Unicode.Scalar) {
        output[end] = UInt8(ascii: mark)
        end += 1
      }
      func put(_ number: Int, _ width: Int) {
        var rest = number
        for place in stride(from: end + width - 1, through: end, by: -1) {
          output[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
          rest /= 10
        }
        end += width
      }
      put(wall.date.year, 4)
      put("-")
      put(wall.date.month, 2)
      put("-")
      put(wall.date.day, 2)
      put("T")
      put(wall.hour, 2)
      put(":")
      put(wall.minute, 2)
      put(":")
      put(wall.second, 2)
      if wall.microsecond != 0 {
        put(".")
        let isMillisecond = wall.microsecond % 1000 == 0
        put(isMillisecond ? wall.microsecond / 1000 : wall.microsecond, isMillisecond ? 3 : 6)
      }
      guard offsetSeconds != 0 else {
        put("Z")
        return end
      }
      let minutes = abs(offsetSeconds) / 60
      put(offsetSeconds < 0 ? "-" : "+")
      put(minutes / 60, 2)
      put(":")
      put(minutes % 60, 2)
      return end
    }
  }

  /// RFC 3339 as a clock on the clinic's wall shows it.
  public func rfc3339(in zone: ZoneOffsets) -> String { rfc3339(offsetSeconds: zone.offsetSeconds(at: self)) }

  /// What a clock at `offsetSeconds` east of UTC shows. Years outside 1–9999 are held at the nearest day.
  public func localTime(offsetSeconds: Int = 0) -> LocalTime {
    let shifted = Int128(microseconds) + Int128(offsetSeconds) * 1_000_000
    let dayLength: Int128 = 86_400_000_000
    let days = Int((shifted >= 0 ? shifted : shifted - dayLength + 1) / dayLength)
    let rest = Int(shifted - Int128(days) * dayLength)
    let held = min(max(days, -719_162), 2_932_896)
    let second = rest / 1_000_000
    return LocalTime(
      date: CalendarDate(daysSinceEpoch: held) ?? LocalTime.epochDay, hour: second / 3600,
      minute: second / 60 % 60, second: second % 60, microsecond: rest % 1_000_000)
  }

  public func adding(seconds: Int) -> Instant { Instant(microseconds: microseconds &+ Int64(seconds) &* 1_000_000) }

  public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
}

/// A reading of a clock on a wall: a day and a time of that day, no zone.
public struct LocalTime: Sendable, Hashable {
  public let date: CalendarDate
  public let hour: Int
  public let minute: Int
  public let second: Int
  public let microsecond: Int

  public init(date: CalendarDate, hour: Int, minute: Int, second: Int = 0, microsecond: Int = 0) {
    self.date = date
    self.hour = hour
    self.minute = minute
    self.second = second
    self.microsecond = microsecond
  }

  static let epochDay = CalendarDate(alwaysValidYear: 1970)

  /// `YYYYMMDDHHMMSS`, HL7's TS and QĐ 4750's dates.
  public var compact: String {
    padded(date.year, 4) + padded(date.month, 2) + padded(date.day, 2) + padded(hour, 2) + padded(minute, 2)
      + padded(second, 2)
  }
}

extension CalendarDate {
  /// The 1st of January of a year known to be within 1–9999.
  init(alwaysValidYear year: Int) {
    self.year = year
    month = 1
    day = 1
    precision = .day
  }
}
