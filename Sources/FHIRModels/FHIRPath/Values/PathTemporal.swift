/// A date, dateTime or time as FHIRPath knows it: with any of its parts left away from the right.
struct PathTemporal: Sendable {
  enum Kind: UInt8, Sendable { case date, dateTime, time }

  /// The last part that is given. Seconds and their fraction are one.
  enum Precision: Int, Sendable, Comparable {
    case year, month, day, hour, minute, second
    static func < (left: Precision, right: Precision) -> Bool { left.rawValue < right.rawValue }
  }

  var kind: Kind
  var precision: Precision
  var year = 0
  var month = 1
  var day = 1
  var hour = 0
  var minute = 0
  var second = 0
  /// What is finer is cut.
  var nanosecond = 0
  /// Digits of the fraction as written.
  var fractionDigits = 0
  /// Minutes east of UTC.
  var offsetMinutes: Int?
  /// Whether the zone was written as `Z`.
  var isZulu = false

  init(kind: Kind, precision: Precision) {
    self.kind = kind
    self.precision = precision
  }

  /// Days from 1970-01-01, parts that are not given taken as their first.
  var daysSinceEpoch: Int {
    var civil = CivilTime()
    civil.year = year
    civil.month = month
    civil.day = day
    return civil.daysSinceEpoch
  }

  /// Nanoseconds since midnight.
  var nanosecondOfDay: Int { ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanosecond }

  /// Sets the parts to a moment of a day, or of another one when it lies outside.
  mutating func set(days: Int, nanosecondOfDay: Int) {
    let dayLength = 86_400_000_000_000
    let over = nanosecondOfDay >= 0 ? nanosecondOfDay / dayLength : (nanosecondOfDay - dayLength + 1) / dayLength
    let rest = nanosecondOfDay - over * dayLength
    if kind != .time {
      let civil = CivilTime(epochMicroseconds: Int64(days + over) * 86_400_000_000, offsetMinutes: 0)
      year = civil.year
      month = civil.month
      day = civil.day
    }
    hour = rest / 3_600_000_000_000
    minute = rest / 60_000_000_000 % 60
    second = rest / 1_000_000_000 % 60
    nanosecond = rest % 1_000_000_000
  }

  /// The same moment in UTC; what has no zone stays.
  var inUTC: PathTemporal {
    guard let offset = offsetMinutes, offset != 0, precision >= .hour else { return self }
    var moved = self
    moved.set(days: daysSinceEpoch, nanosecondOfDay: nanosecondOfDay - offset * 60_000_000_000)
    moved.offsetMinutes = 0
    return moved
  }

  /// The text without the `@` of a literal; a time has no `T` before it.
  var text: String {
    var text = ""
    if kind != .time {
      text = CivilTime.padded(year, 4)
      if precision >= .month { text += "-" + CivilTime.padded(month, 2) }
      if precision >= .day { text += "-" + CivilTime.padded(day, 2) }
      if precision >= .hour { text += "T" }
    }
    if precision >= .hour { text += CivilTime.padded(hour, 2) }
    if precision >= .minute { text += ":" + CivilTime.padded(minute, 2) }
    if precision >= .second {
      text += ":" + CivilTime.padded(second, 2)
      if fractionDigits > 0 { text += "." + CivilTime.padded(nanosecond, 9).prefix(fractionDigits) }
    }
    if let offset = offsetMinutes {
      let clock = "\(CivilTime.padded(abs(offset) / 60, 2)):\(CivilTime.padded(abs(offset) % 60, 2))"
      text += isZulu ? "Z" : (offset < 0 ? "-" : "+") + clock
    }
    return text
  }

  /// Digits that are given, as `precision()` counts them.
  var digits: Int {
    let clock = precision >= .second ? 6 + fractionDigits : (precision.rawValue - 2) * 2
    if kind == .time { return clock }
    switch precision {
    case .year: return 4
    case .month: return 6
    case .day: return 8
    default: return 8 + clock
    }
  }
}

extension PathTemporal {
  /// Reads a date (`2014`, `2014-01`, `2014-01-05`) or a dateTime (one of them, then `T`, then as much of a time as
  /// there is, then perhaps a zone).
  init?(dateTime text: some StringProtocol) {
    var reader = PathTemporalReader(text)
    guard let year = reader.digits(4), year > 0 else { return nil }
    self.init(kind: .date, precision: .year)
    self.year = year
    if reader.take("-") {
      guard let month = reader.digits(2), (1...12).contains(month) else { return nil }
      self.month = month
      precision = .month
      if reader.take("-") {
        guard let day = reader.digits(2), day >= 1, day <= CivilTime.days(in: month, of: year) else { return nil }
        self.day = day
        precision = .day
      }
    }
    if reader.take("T") {
      kind = .dateTime
      if !reader.isAtEnd {
        guard precision == .day, reader.clock(into: &self), reader.zone(into: &self) else { return nil }
      }
    }
    guard reader.isAtEnd else { return nil }
  }

  /// Reads `hh[:mm[:ss[.f]]]`.
  init?(time text: some StringProtocol) {
    var reader = PathTemporalReader(text)
    self.init(kind: .time, precision: .hour)
    guard reader.clock(into: &self), reader.isAtEnd else { return nil }
  }
}

/// Reads the parts of dates and times from text.
private struct PathTemporalReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: some StringProtocol) { bytes = Array(text.utf8.prefix(64)) }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func digits(_ count: Int) -> Int? {
    guard position + count <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[position..<position + count] {
      let digit = byte &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    position += count
    return value
  }

  mutating func clock(into value: inout PathTemporal) -> Bool {
    guard let hour = digits(2), hour < 24 else { return false }
    value.hour = hour
    value.precision = .hour
    guard take(":") else { return true }
    guard let minute = digits(2), minute < 60 else { return false }
    value.minute = minute
    value.precision = .minute
    guard take(":") else { return true }
    // 60 is the leap second that FHIR's instants may hold.
    guard let second = digits(2), second <= 60 else { return false }
    value.second = second
    value.precision = .second
    guard take(".") else { return true }
    var weight = 100_000_000
    while position < bytes.count, bytes[position] &- 0x30 < 10 {
      value.nanosecond += Int(bytes[position] - 0x30) * weight
      weight /= 10
      value.fractionDigits = min(value.fractionDigits + 1, 9)
      position += 1
    }
    return value.fractionDigits > 0
  }

  mutating func zone(into value: inout PathTemporal) -> Bool {
    if take("Z") {
      value.offsetMinutes = 0
      value.isZulu = true
      return true
    }
    let isWest = position < bytes.count && bytes[position] == UInt8(ascii: "-")
    guard isWest || position < bytes.count && bytes[position] == UInt8(ascii: "+") else { return true }
    position += 1
    guard let hours = digits(2), take(":"), let minutes = digits(2), hours <= 14, minutes < 60 else { return false }
    value.offsetMinutes = (isWest ? -1 : 1) * (hours * 60 + minutes)
    return true
  }
}
