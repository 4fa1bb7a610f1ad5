/// How much a log line matters, the most first.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
  case error, warning, info, debug

  private var rank: Int {
    switch self {
    case .error: 0
    case .warning: 1
    case .info: 2
    case .debug: 3
    }
  }

  /// Smaller is more verbose: `debug < info < warning < error`.
  package static func < (left: Self, right: Self) -> Bool { left.rank > right.rank }
}
