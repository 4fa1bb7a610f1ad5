import ClinicModel
import PostgresClient

/// Dates (FHIR R4 search.html §3.1.1.4.5): how the stretch of the query lies to the stretch of the element.
extension SearchConditions {
  mutating func date(_ date: SearchDate, _ source: SearchSource) -> String {
    switch source {
    case .instant(let column, _): return instant(date, column)
    case .period(let start, let end): return period(date, start, end)
    case .day(let column, let precision): return day(date, column, precision)
    default: return "false"
    }
  }

  mutating func moment(_ microseconds: Int64) -> String {
    sql.bind(.text(Instant(microseconds: microseconds).rfc3339()), as: "timestamptz")
  }

  /// A point in time: before, inside or after.
  private mutating func instant(_ date: SearchDate, _ column: String) -> String {
    switch date.prefix {
    case .eq, .ap: "(\(column) >= \(moment(date.lower)) and \(column) < \(moment(date.upper)))"
    case .ne: "(\(column) < \(moment(date.lower)) or \(column) >= \(moment(date.upper)))"
    case .gt, .sa: "\(column) >= \(moment(date.upper))"
    case .ge: "\(column) >= \(moment(date.lower))"
    case .lt, .eb: "\(column) < \(moment(date.lower))"
    case .le: "\(column) < \(moment(date.upper))"
    }
  }

  /// A stretch whose missing ends are before and after everything.
  private mutating func period(_ date: SearchDate, _ start: String, _ end: String) -> String {
    let some = "(\(start) is not null or \(end) is not null)"
    switch date.prefix {
    case .eq:
      let (lower, upper) = (moment(date.lower), moment(date.upper))
      return "(\(start) >= \(lower) and \(start) < \(upper) and \(end) < \(upper))"
    case .ne:
      let (lower, upper) = (moment(date.lower), moment(date.upper))
      return "(\(some) and (\(start) >= \(lower) and \(end) < \(upper)) is not true)"
    case .gt:
      return "(\(some) and (\(end) is null or \(end) >= \(moment(date.upper))))"
    case .ge:
      let (lower, upper) = (moment(date.lower), moment(date.upper))
      return "(\(some) and (\(end) is null or \(end) >= \(upper) or \(start) >= \(lower)))"
    case .lt:
      return "(\(some) and (\(start) is null or \(start) < \(moment(date.lower))))"
    case .le:
      let (lower, upper) = (moment(date.lower), moment(date.upper))
      return "(\(some) and (\(start) is null or \(start) < \(lower) or \(end) < \(upper)))"
    case .sa: return "\(start) >= \(moment(date.upper))"
    case .eb: return "\(end) < \(moment(date.lower))"
    case .ap:
      let (lower, upper) = (moment(date.lower), moment(date.upper))
      return "(\(some) and (\(start) is null or \(start) < \(upper)) and (\(end) is null or \(end) >= \(lower)))"
    }
  }

  private mutating func bound(_ days: Int) -> String {
    let held = min(max(days, -719_162), 2_932_896)
    return sql.bind(.text(CalendarDate(daysSinceEpoch: held)?.dayText ?? "1970-01-01"), as: "date")
  }

  /// A day, month or year that begins at `column`. A condition on the column itself stands first, for the index.
  private mutating func day(_ date: SearchDate, _ column: String, _ precision: String) -> String {
    let end = """
      (case \(precision) when 'day' then \(column) + 1 when 'month' then (\(column) + interval '1 month')::date \
      else (\(column) + interval '1 year')::date end)
      """
    switch date.prefix {
    case .eq:
      let upper = bound(date.endDay)
      return
        "(\(column) >= \(bound(date.firstDay)) and \(column) < \(upper) and (\(precision) = 'day' or \(end) <= \(upper)))"
    case .ne: return "(\(column) < \(bound(date.firstDay)) or \(end) > \(bound(date.endDay)))"
    case .gt: return "(\(column) > \(bound(date.endDay - 367)) and \(end) > \(bound(date.endDay)))"
    case .ge:
      return
        "(\(column) > \(bound(date.firstDay - 367)) and (\(end) > \(bound(date.endDay)) or \(column) >= \(bound(date.firstDay))))"
    case .lt: return "\(column) < \(bound(date.firstDay))"
    case .le:
      let upper = bound(date.endDay)
      return "(\(column) < \(upper) and (\(column) < \(bound(date.firstDay)) or \(end) <= \(upper)))"
    case .sa: return "\(column) >= \(bound(date.endDay))"
    case .eb:
      let lower = bound(date.firstDay)
      return "(\(column) < \(lower) and \(end) <= \(lower))"
    case .ap:
      return
        "(\(column) > \(bound(date.firstDay - 367)) and \(column) < \(bound(date.endDay)) and \(end) > \(bound(date.firstDay)))"
    }
  }
}
