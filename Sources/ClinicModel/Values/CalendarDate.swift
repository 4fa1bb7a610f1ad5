/// A day of the proleptic Gregorian calendar, or only its month or year (FHIR `date`, HL7 `DT`).
public struct CalendarDate: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// How much of the date is known; the raw value is the contract's `birth_precision`.
  public enum Precision: String, Sendable, CaseIterable { case year, month, day }

  public let year: Int
  /// 1–12; 1 when only the year is known.
  public let month: Int
  /// 1–31; 1 when the day is unknown.
  public let day: Int
  public let precision: Precision

  /// Nil when no such day exists. Years run from 1 to 9999.
  public init?(year: Int, month: Int? = nil, day: Int? = nil) {
    guard (1...9999).contains(year), (1...12).contains(month ?? 1), !(month == nil && day != nil) else { return nil }
    guard (1...Self.days(inMonth: month ?? 1, of: year)).contains(day ?? 1) else { return nil }
    self.year = year
    self.month = month ?? 1
    self.day = day ?? 1
    precision = month == nil ? .year : day == nil ? .month : .day
  }

  /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
  public init(_ text: some StringProtocol) throws(ClinicValueError) {
    let bytes = Array(text.utf8.prefix(11))
    guard [4, 7, 10].contains(bytes.count), bytes.count < 5 || bytes[4] == UInt8(ascii: "-"),
      bytes.count < 8 || bytes[7] == UInt8(ascii: "-"), let year = digits(bytes, 0, 4)
    else { throw ClinicValueError(.notADate, String(text)) }
    let month = bytes.count < 7 ? nil : digits(bytes, 5, 7) ?? 0
    let day = bytes.count < 10 ? nil : digits(bytes, 8, 10) ?? 0
    guard let date = CalendarDate(year: year, month: month, day: day) else {
      throw ClinicValueError(.notADate, String(text))
    }
    self = date
  }

  /// Reads a `date` column beside its precision column.
  public init(_ text: some StringProtocol, precision: Precision) throws(ClinicValueError) {
    let length = precision == .year ? 4 : precision == .month ? 7 : 10
    guard text.utf8.count == 10 else { throw ClinicValueError(.notADate, String(text)) }
    try self.init(String(text.prefix(length)))
  }

  /// The date with its own precision: `1980`, `1980-05`, `1980-05-02`.
  public var description: String {
    switch precision {
    case .year: padded(year, 4)
    case .month: padded(year, 4) + "-" + padded(month, 2)
    case .day: dayText
    }
  }

  /// The first day meant, always `YYYY-MM-DD`: what the `date` column holds.
  public var dayText: String { padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) }

  /// Days since 1970-01-01 of the first day meant.
  public var daysSinceEpoch: Int { Self.days(year: year, month: month, day: day) }

  /// The last day meant: the 31st of December for a year.
  public var lastDay: CalendarDate {
    let month = precision == .year ? 12 : month
    let day = precision == .day ? day : Self.days(inMonth: month, of: year)
    return CalendarDate(year: year, month: month, day: day) ?? self
  }

  /// The day that many days after 1970-01-01; nil outside the years 1–9999.
  public init?(daysSinceEpoch: Int) {
    guard (-719_162...2_932_896).contains(daysSinceEpoch) else { return nil }
    // Civil-from-days over 400-year eras that begin on the 1st of March.
    let shifted = daysSinceEpoch + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    self.init(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// Orders by first day, then the more precise later.
  public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
    (left.daysSinceEpoch, left.precision.rawValue.utf8.count) < (
      right.daysSinceEpoch, right.precision.rawValue.utf8.count
    )
  }

  /// The length of a month of the proleptic Gregorian calendar.
  public static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar, for years from 0.
  public static func days(year: Int, month: Int, day: Int) -> Int {
    // Years begin in March, so that the leap day is the last of its year.
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

func padded(_ value: Int, _ width: Int) -> String {
  let text = String(value)
  return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

/// The number that `bytes[start..<end]` spell in digits; nil when any is not a digit.
func digits(_ bytes: [UInt8], _ start: Int, _ end: Int) -> Int? {
  guard end <= bytes.count else { return nil }
  var value = 0
  for byte in bytes[start..<end] {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
    value = value * 10 + Int(byte - UInt8(ascii: "0"))
  }
  return value
}
