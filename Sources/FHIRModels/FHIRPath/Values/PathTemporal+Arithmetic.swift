/// The units in which dates and times are reckoned.
enum CalendarUnit: String, Sendable, CaseIterable {
  case year, month, week, day, hour, minute, second, millisecond

  /// From a keyword of the language, singular or plural.
  init?(keyword: some StringProtocol) {
    let name = keyword.hasSuffix("s") ? String(keyword.dropLast()) : String(keyword)
    self.init(rawValue: name)
  }

  /// The UCUM unit that is the same span of time. Years and months have none: UCUM's are averages.
  var ucum: String? {
    switch self {
    case .year, .month: nil
    case .week: "wk"
    case .day: "d"
    case .hour: "h"
    case .minute: "min"
    case .second: "s"
    case .millisecond: "ms"
    }
  }

  init?(ucum: String) {
    guard let unit = CalendarUnit.allCases.first(where: { $0.ucum == ucum }) else { return nil }
    self = unit
  }

  fileprivate var nanoseconds: Int {
    switch self {
    case .year: 365 * 86_400_000_000_000
    case .month: 30 * 86_400_000_000_000
    case .week: 7 * 86_400_000_000_000
    case .day: 86_400_000_000_000
    case .hour: 3_600_000_000_000
    case .minute: 60_000_000_000
    case .second: 1_000_000_000
    case .millisecond: 1_000_000
    }
  }
}

extension PathTemporal {
  /// This moved by `amount` of `unit`; nil where the result is no year from 1 to 9999.
  ///
  /// What is finer than this is given is turned into its last part and cut (FHIRPath 2.0, 6.8). Of an amount of anything
  /// longer than a second only the whole part counts.
  func moved(by amount: PathDecimal, _ unit: CalendarUnit) -> PathTemporal? {
    let isFine = unit == .second || unit == .millisecond
    guard let nanoseconds = PathDecimal.product(isFine ? amount : amount.truncated, PathDecimal(unit.nanoseconds)),
      let span = nanoseconds.truncated.integer, let whole = amount.truncated.integer, abs(span) < 1 << 62
    else { return nil }
    var moved = self
    if kind == .time {
      guard unit.nanoseconds <= CalendarUnit.hour.nanoseconds else { return nil }
      moved.set(days: 0, nanosecondOfDay: nanosecondOfDay + cut(span))
      moved.widenFraction(span)
      return moved
    }
    switch unit {
    case .year: return moved.addMonths(whole * 12)
    case .month: return precision == .year ? moved.addMonths(whole / 12 * 12) : moved.addMonths(whole)
    default: break
    }
    switch precision {
    case .year: return moved.addMonths(span / CalendarUnit.year.nanoseconds * 12)
    case .month: return moved.addMonths(span / CalendarUnit.month.nanoseconds)
    default: break
    }
    let days = CalendarUnit.day.nanoseconds
    let (total, overflows) = nanosecondOfDay.addingReportingOverflow(cut(span))
    if overflows { return nil }
    guard abs(daysSinceEpoch + total / days) < 3_000_000 else { return nil }
    moved.set(days: daysSinceEpoch, nanosecondOfDay: total)
    moved.widenFraction(span)
    return (1...9_999).contains(moved.year) ? moved : nil
  }

  /// Whole units of the last part that is given.
  private func cut(_ span: Int) -> Int {
    let unit: CalendarUnit =
      switch precision {
      case .day: .day
      case .hour: .hour
      case .minute: .minute
      default: .millisecond
      }
    return precision >= .second ? span : span / unit.nanoseconds * unit.nanoseconds
  }

  /// Shows the fraction that came in.
  private mutating func widenFraction(_ span: Int) {
    guard precision >= .second, nanosecond != 0 else { return }
    var digits = 9
    var rest = nanosecond
    while rest % 10 == 0 {
      rest /= 10
      digits -= 1
    }
    if digits > fractionDigits { fractionDigits = max(3, digits) }
  }

  private func addMonths(_ months: Int) -> PathTemporal? {
    guard abs(months) < 200_000 else { return nil }
    let total = year * 12 + month - 1 + months
    guard total >= 12, total < 120_000 else { return nil }
    var moved = self
    moved.year = total / 12
    moved.month = total % 12 + 1
    moved.day = min(day, CivilTime.days(in: moved.month, of: moved.year))
    return moved
  }
}
