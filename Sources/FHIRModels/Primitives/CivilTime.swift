/// The parts of a FHIR date, dateTime, instant or time, read from its bytes. Days are checked against the calendar.
struct CivilTime: Equatable {
  /// How far a date or time is given.
  enum Precision: Int, Comparable {
    case year, month, day, second
    static func < (left: Precision, right: Precision) -> Bool { left.rawValue < right.rawValue }
  }

  var year = 0
  var month = 1
  var day = 1
  var hour = 0
  var minute = 0
  var second = 0
  /// Microseconds of the second; what is finer is cut.
  var microsecond = 0
  /// Minutes east of UTC; nil where no zone is given.
  var offsetMinutes: Int?
  var precision = Precision.year

  /// Reads `YYYY[-MM[-DD[Thh:mm:ss[.f](Z|±hh:mm)]]]`; nil for anything else, or for a day that does not exist.
  init?(dateTime text: UnsafeBufferPointer<UInt8>) {
    guard let year = CivilTime.digits(text, 0, 4), year > 0 else { return nil }
    self.year = year
    if text.count == 4 { return }
    guard text.count >= 7, text[4] == UInt8(ascii: "-"), let month = CivilTime.digits(text, 5, 2),
      (1...12).contains(month)
    else { return nil }
    self.month = month
    precision = .month
    if text.count == 7 { return }
    guard text.count >= 10, text[7] == UInt8(ascii: "-"), let day = CivilTime.digits(text, 8, 2), day >= 1,
      day <= CivilTime.days(in: month, of: year)
    else { return nil }
    self.day = day
    precision = .day
    if text.count == 10 { return }
    guard text[10] == UInt8(ascii: "T"), let end = readClock(text, from: 11), let zone = CivilTime.zone(text, end)
    else { return nil }
    offsetMinutes = zone
    precision = .second
  }

  /// Reads `hh:mm:ss[.f]`.
  init?(time text: UnsafeBufferPointer<UInt8>) {
    guard let end = readClock(text, from: 0), end == text.count else { return nil }
    precision = .second
  }

  init() {}

  /// Reads the clock and returns the place after it.
  private mutating func readClock(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard text.count >= start + 8, text[start + 2] == UInt8(ascii: ":"), text[start + 5] == UInt8(ascii: ":"),
      let hour = CivilTime.digits(text, start, 2), hour < 24,
      let minute = CivilTime.digits(text, start + 3, 2), minute < 60,
      let second = CivilTime.digits(text, start + 6, 2), second <= 60
    else { return nil }
    self.hour = hour
    self.minute = minute
    self.second = second
    var position = start + 8
    guard position < text.count, text[position] == UInt8(ascii: ".") else { return position }
    position += 1
    var weight = 100_000
    let first = position
    while position < text.count, text[position] &- 0x30 < 10 {
      microsecond += Int(text[position] - 0x30) * weight
      weight /= 10
      position += 1
    }
    return position > first ? position : nil
  }

  private static func zone(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
    guard start < text.count else { return nil }
    if text[start] == UInt8(ascii: "Z") { return start + 1 == text.count ? 0 : nil }
    guard text.count == start + 6, text[start] == UInt8(ascii: "+") || text[start] == UInt8(ascii: "-"),
      text[start + 3] == UInt8(ascii: ":"), let hours = digits(text, start + 1, 2),
      let minutes = digits(text, start + 4, 2), minutes < 60, hours < 14 || hours == 14 && minutes == 0
    else { return nil }
    return (text[start] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
  }

  private static func digits(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
    guard start + count <= text.count else { return nil }
    var value = 0
    for index in start..<start + count {
      let digit = text[index] &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }

  static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar.
  var daysSinceEpoch: Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Microseconds from 1970-01-01T00:00:00Z; parts that are not given count as their first, no zone as UTC.
  var epochMicroseconds: Int64 {
    let seconds = daysSinceEpoch * 86_400 + hour * 3_600 + minute * 60 + second - (offsetMinutes ?? 0) * 60
    return Int64(seconds) * 1_000_000 + Int64(microsecond)
  }

  /// The moment `epochMicroseconds` as a clock shows it `offsetMinutes` east of UTC.
  init(epochMicroseconds: Int64, offsetMinutes: Int) {
    let local = epochMicroseconds + Int64(offsetMinutes) * 60_000_000
    let dayLength: Int64 = 86_400_000_000
    let days = Int((local >= 0 ? local : local - dayLength + 1) / dayLength)
    let rest = Int(local - Int64(days) * dayLength)
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    hour = rest / 3_600_000_000
    minute = rest / 60_000_000 % 60
    second = rest / 1_000_000 % 60
    microsecond = rest % 1_000_000
    self.offsetMinutes = offsetMinutes
    precision = .second
  }

  /// The text of a moment; a fraction only where there is one.
  var dateTimeText: String { "\(dateText)T\(timeText)\(zoneText)" }

  var dateText: String {
    switch precision {
    case .year: CivilTime.padded(year, 4)
    case .month: "\(CivilTime.padded(year, 4))-\(CivilTime.padded(month, 2))"
    default: "\(CivilTime.padded(year, 4))-\(CivilTime.padded(month, 2))-\(CivilTime.padded(day, 2))"
    }
  }

  var timeText: String {
    let clock = "\(CivilTime.padded(hour, 2)):\(CivilTime.padded(minute, 2)):\(CivilTime.padded(second, 2))"
    if microsecond == 0 { return clock }
    let digits = microsecond % 1_000 == 0 ? CivilTime.padded(microsecond / 1_000, 3) : CivilTime.padded(microsecond, 6)
    return "\(clock).\(digits)"
  }

  private var zoneText: String {
    guard let offset = offsetMinutes, offset != 0 else { return "Z" }
    let sign = offset < 0 ? "-" : "+"
    return "\(sign)\(CivilTime.padded(abs(offset) / 60, 2)):\(CivilTime.padded(abs(offset) % 60, 2))"
  }

  static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension String {
  /// The text's bytes for one of the readers of this target.
  func read<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    var copy = self
    return copy.withUTF8(body)
  }
}
