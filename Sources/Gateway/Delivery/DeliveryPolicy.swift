/// When a delivery is tried again, and when it is given up.
package struct DeliveryPolicy: Sendable, Equatable {
  /// The longest wait that a partner may ask for with `Retry-After`.
  package static let longestRetryAfterSeconds = 86_400

  /// The wait before each try; the first counts from the moment the delivery arose.
  package var waitsSeconds: [Int]
  /// The random part that is added to each wait, so that partners that come back are not met by everything at once.
  package var jitterPercent: Int

  package init(waitsSeconds: [Int], jitterPercent: Int) {
    self.waitsSeconds = waitsSeconds
    self.jitterPercent = jitterPercent
  }

  package init(_ configuration: Configuration.Deliveries) {
    self.init(waitsSeconds: configuration.retryScheduleSeconds, jitterPercent: configuration.jitterPercent)
  }

  package var tries: Int { max(1, waitsSeconds.count) }

  /// The wait after try number `attempt` (from 1); nil when that was the last.
  /// - Parameters:
  ///   - retryAfterSeconds: what the partner asked for: lengthens the wait, never shortens it.
  ///   - random: from 0 up to 1.
  package func wait(afterAttempt attempt: Int, retryAfterSeconds: Int?, random: Double) -> Double? {
    guard attempt < tries else { return nil }
    let planned = Double(waitsSeconds[attempt])
    let jittered = planned * (1 + Double(jitterPercent) / 100 * min(max(random, 0), 1))
    return max(jittered, Double(min(max(retryAfterSeconds ?? 0, 0), Self.longestRetryAfterSeconds)))
  }
}

/// How a try failed without an answer that settles it.
package enum DeliveryFailure: Sendable, Equatable {
  /// No connection, no TLS, no complete answer, in words of ours.
  case noAnswer(String)
  /// The answer's status and what `Retry-After` asked for.
  case status(Int, retryAfterSeconds: Int?)
  /// The partner's entry cannot be used as it stands: a URL, a file, a secret, an address that is refused.
  case setup(String)
}

/// How a try ended.
package enum DeliveryVerdict: Sendable, Equatable {
  /// Nil where the protocol has no status: an HL7 acknowledgement.
  case delivered(status: Int?)
  case failed(reason: String, status: Int?, waitSeconds: Double)
  /// A dead letter. `pausesPartner` says that the partner wants no more at all.
  case dead(reason: String, status: Int?, pausesPartner: Bool)
}
