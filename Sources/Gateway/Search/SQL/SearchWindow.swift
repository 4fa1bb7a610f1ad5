import ClinicModel

/// When a stretch of time must begin to match date criteria (FHIR R4 search.html §3.1.1.4.5): what lets the index on
/// beginnings find it. The criteria themselves still decide.
///
/// A stretch that began long ago may still reach into what is asked for. Most end within a day, so that their beginnings
/// are bounded nearly as their ends are; longer ones and those that are still open are found by indexes of their own.
struct SearchWindow: Sendable, Equatable {
  /// How long a stretch may last and still be found by its beginning alone, in microseconds; `longer` says the same in
  /// the words of the index `encounter_long`.
  static let ordinaryLength: Int64 = 86_400_000_000
  static let longer = "interval '24 hours'"

  /// Where the beginnings of matches lie.
  struct Lower: Sendable, Equatable {
    /// Stretches of ordinary length begin at this moment or later.
    var start: Int64
    /// Others that begin before `start` end at this moment or later, or are open; nil: none begins before.
    var end: Int64?
  }

  private(set) var lower: Lower?
  /// Matches that have a beginning begin before this moment.
  private(set) var upper: Int64?
  /// Whether what has no beginning cannot match.
  private(set) var needsStart = false

  var isBounded: Bool { lower != nil || upper != nil }

  /// Adds a criterion: one of `dates` holds.
  mutating func narrow(to dates: [SearchDate]) {
    let windows = dates.map(Self.window)
    guard let first = windows.first else { return }
    let either = windows.dropFirst().reduce(first) { $0.or($1) }
    if let added = either.lower, added.start > (lower?.start ?? .min) { lower = added }
    upper = [upper, either.upper].compactMap { $0 }.min()
    needsStart = needsStart || either.needsStart
  }

  private func or(_ other: SearchWindow) -> SearchWindow {
    var either = SearchWindow()
    if let lower, let second = other.lower {
      either.lower = Lower(
        start: min(lower.start, second.start), end: [lower.end, second.end].compactMap { $0 }.min())
    }
    if let upper, let second = other.upper { either.upper = max(upper, second) }
    either.needsStart = needsStart && other.needsStart
    return either
  }

  private static func window(_ date: SearchDate) -> SearchWindow {
    var window = SearchWindow()
    switch date.prefix {
    case .eq:
      window.lower = Lower(start: date.lower)
      window.upper = date.upper
      window.needsStart = true
    case .ne: break
    case .gt: window.lower = Lower(start: before(date.upper), end: date.upper)
    case .ge: window.lower = Lower(start: min(date.lower, before(date.upper)), end: date.upper)
    case .lt, .eb: window.upper = date.lower
    case .le: window.upper = date.upper
    case .sa:
      window.lower = Lower(start: date.upper)
      window.needsStart = true
    case .ap:
      window.lower = Lower(start: before(date.lower), end: date.lower)
      window.upper = date.upper
    }
    return window
  }

  /// 0001-01-01, the first moment that is stored.
  private static let earliest: Int64 = -62_135_596_800_000_000

  private static func before(_ moment: Int64) -> Int64 { max(moment, earliest + ordinaryLength) - ordinaryLength }
}

extension SearchConditions {
  /// The ways to the stretches of a window, no row by two of them.
  mutating func ways(_ window: SearchWindow, start: String, end: String) -> [String] {
    func before(_ conditions: inout SearchConditions) -> String {
      window.upper.map { " and \(start) < \(conditions.moment($0))" } ?? ""
    }
    var ways: [String] = []
    if let lower = window.lower {
      ways.append("\(start) >= \(moment(lower.start))\(before(&self))")
      if let reached = lower.end {
        let earlier = "\(start) < \(moment(lower.start))\(before(&self))"
        ways.append("\(end) - \(start) > \(SearchWindow.longer) and \(end) >= \(moment(reached)) and \(earlier)")
        ways.append("\(end) is null and \(earlier)")
      }
    } else if let upper = window.upper {
      ways.append("\(start) < \(moment(upper))")
    }
    if !window.needsStart { ways.append("\(start) is null and \(end) is not null") }
    return ways
  }
}
