/// Dates of header fields (RFC 9110, section 5.6.7) to and from seconds since 1970. No time zone but GMT.
public enum HTTPDate {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Sun, 06 Nov 1994 08:49:37 GMT`
  public static func text(unixSeconds: Int64) -> String {
    let day = Int(unixSeconds.floored(by: 86_400))
    let second = Int(unixSeconds) - day * 86_400
    let (year, month, dayOfMonth) = civil(fromDays: day)
    let weekday = days[((day + 4) % 7 + 7) % 7]
    let clock = "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
    let years = String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
    return "\(weekday), \(two(dayOfMonth)) \(months[month - 1]) \(years) \(clock) GMT"
  }

  /// The seconds of a date in the form that `text` writes; nil for any other text, a day that does not exist included.
  public static func unixSeconds(_ text: String) -> Int64? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[5] == "GMT", text.utf8.count == 29, let day = Int(parts[1]), day > 0,
      let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3]), year >= 0
    else { return nil }
    let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false).map {
      $0.utf8.count == 2 ? UInt($0) : nil
    }
    guard clock.count == 3, let hour = clock[0], hour < 24, let minute = clock[1], minute < 60, let second = clock[2],
      second < 61
    else { return nil }
    let days = days(fromCivil: year, month + 1, day)
    let seconds = Int64(days) * 86_400 + Int64(hour * 3_600 + minute * 60 + min(second, 59))
    return self.text(unixSeconds: seconds).prefix(16) == text.prefix(16) ? seconds : nil
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// The proleptic Gregorian calendar, eras of 400 years that begin in March.
  private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
  }

  private static func days(fromCivil year: Int, _ month: Int, _ day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int64 {
  fileprivate func floored(by divisor: Int64) -> Int64 { self >= 0 ? self / divisor : (self - divisor + 1) / divisor }
}
