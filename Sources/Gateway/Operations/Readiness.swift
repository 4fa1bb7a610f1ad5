package import JSON

/// Whether the process should get requests: what the last run of each check found, and how old that is.
///
/// A value with no I/O: whoever runs the checks tells it the outcome, and a check that has not answered within its time
/// is failing, so that a check that hangs cannot keep an old "ready" alive. Time is monotonic, in nanoseconds.
package struct Readiness: Sendable {
  package struct Check: Sendable, Equatable {
    package let name: String
    /// How often it runs and how long it may take; after both it is overdue.
    package let intervalNanoseconds: UInt64
    package let deadlineNanoseconds: UInt64

    package init(_ name: String, intervalMilliseconds: Int, deadlineMilliseconds: Int) {
      self.name = name
      intervalNanoseconds = UInt64(max(0, intervalMilliseconds)) * 1_000_000
      deadlineNanoseconds = UInt64(max(0, deadlineMilliseconds)) * 1_000_000
    }
  }

  package enum Outcome: Sendable, Equatable {
    case passed
    /// Works, but somebody should look: a certificate that ends soon.
    case warned(String)
    case failed(String)
  }

  package private(set) var isDraining = false
  private let checks: [Check]
  private var last: [String: (outcome: Outcome, at: UInt64)] = [:]

  package init(_ checks: [Check]) { self.checks = checks }

  package mutating func record(_ name: String, _ outcome: Outcome, now: UInt64) {
    guard checks.contains(where: { $0.name == name }) else { return }
    last[name] = (outcome, now)
  }

  /// From now on not ready: the process is stopping.
  package mutating func drain() { isDraining = true }

  package func outcome(of check: Check, now: UInt64) -> Outcome {
    guard let (outcome, at) = last[check.name] else { return .failed("has not run yet") }
    let age = now >= at ? now - at : 0
    guard age <= check.intervalNanoseconds + check.deadlineNanoseconds else {
      return .failed("has not answered for \(age / 1_000_000_000) s")
    }
    return outcome
  }

  package func isReady(now: UInt64) -> Bool {
    !isDraining
      && checks.allSatisfy {
        if case .failed = outcome(of: $0, now: now) { false } else { true }
      }
  }

  /// The checks whose turn it is: never run, or run an interval ago.
  package func due(now: UInt64) -> [Check] {
    checks.filter { check in last[check.name].map { now >= $0.at + check.intervalNanoseconds } ?? true }
  }

  /// The body of `/readyz` and whether its status is 200 or 503.
  package func report(now: UInt64) -> (status: Int, body: JSONValue) {
    let results = checks.map { check -> JSONValue in
      let state: (status: String, detail: String?)
      switch outcome(of: check, now: now) {
      case .passed: state = ("pass", nil)
      case .warned(let detail): state = ("warn", detail)
      case .failed(let detail): state = ("fail", detail)
      }
      var members = JSONObject()
      members["name"] = .string(check.name)
      members["status"] = .string(state.status)
      members["detail"] = state.detail.map { .string($0) }
      return JSONValue.object(members)
    }
    let isReady = isReady(now: now)
    let status = isDraining ? "draining" : isReady ? "ready" : "not ready"
    return (isReady ? 200 : 503, ["status": .string(status), "checks": .array(results)])
  }
}
