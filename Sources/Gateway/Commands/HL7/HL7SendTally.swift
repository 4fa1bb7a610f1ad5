import JSON

/// What became of what was sent.
struct HL7SendTally: Sendable {
  /// Messages that were answered.
  private(set) var answered = 0
  private(set) var positive = 0
  /// Connections that were made after the first.
  var reconnections = 0
  /// Times that a message went out again because its connection had ended without an answer.
  var resent = 0
  var seconds = 0.0
  /// Of each answer, in microseconds.
  private var times: [UInt32] = []

  mutating func count(isPositive: Bool, microseconds: Double) {
    answered += 1
    if isPositive { positive += 1 }
    times.append(UInt32(clamping: Int(microseconds)))
  }

  var rate: Int { Int(Double(answered) / max(seconds, 0.001)) }

  /// The time within which this share of the answers came.
  func milliseconds(_ share: Double) -> Double {
    guard !times.isEmpty else { return 0 }
    let sorted = times.sorted()
    return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
  }

  /// - Parameter unanswered: messages that were sent and have no answer; it is not known whether they were taken.
  func json(unanswered: Int, unsent: Int) -> JSONValue {
    [
      "sent": .init(answered + unanswered), "passed": .init(positive),
      "failed": .init(answered - positive + unanswered + unsent), "unanswered": .init(unanswered),
      "unsent": .init(unsent), "reconnections": .init(reconnections), "resent": .init(resent),
      "seconds": .number(String(seconds)), "p50Milliseconds": .number(String(milliseconds(0.5))),
      "p99Milliseconds": .number(String(milliseconds(0.99))),
    ]
  }

  func text(unanswered: Int, unsent: Int) -> String {
    var text = "\(answered + unanswered) sent"
    if unanswered > 0 { text += ", \(unanswered) unanswered" }
    if unsent > 0 { text += ", \(unsent) not sent" }
    if reconnections > 0 { text += ", connected anew \(reconnections) times, \(resent) sent again" }
    return text + ", \(rate) a second, answered in \(milliseconds(0.5)) ms (p50), \(milliseconds(0.99)) ms (p99)\n"
      + "\(positive) passed, \(answered - positive + unanswered + unsent) failed"
  }
}
