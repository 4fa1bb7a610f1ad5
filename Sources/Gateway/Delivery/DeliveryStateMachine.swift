/// One try at one delivery, without I/O: events in, one action out.
///
/// The bytes are rendered once and kept before they are sent, the audit row is durable before anything leaves, and
/// what the partner said is recorded under the fencing token of this try. Whatever interrupts us gives the delivery
/// back without counting the try.
package struct DeliveryStateMachine: Sendable {
  package enum Event: Sendable, Equatable {
    /// The document's bytes are made.
    case rendered
    /// The records or the format do not allow a document.
    case unrenderable(String)
    /// The bytes are kept, or the lease was lost in the meantime.
    case kept(Bool)
    case audited
    /// The partner's answer.
    case answered(status: Int, retryAfterSeconds: Int?)
    /// The partner's HL7 acknowledgement: MSA-1, and the codes of ERR-3 (table 0357).
    case acknowledged(code: String, conditions: [Int])
    case failed(DeliveryFailure)
    /// Something of our own is away (database, audit) or the process is stopping: not the partner's fault.
    case interrupted
    /// The outcome is recorded, or somebody else holds the delivery now.
    case recorded(Bool)
    case released
  }

  package enum Action: Sendable, Equatable {
    case render
    case keep
    case audit
    case send
    case record(DeliveryVerdict)
    case release
    /// Nothing more to do; what was recorded, if anything.
    case end(DeliveryVerdict?)
  }

  private enum State: Equatable {
    case rendering, keeping, auditing, sending, releasing, over
    case recording(DeliveryVerdict)
  }

  private let policy: DeliveryPolicy
  private let attempt: Int
  private let hasBody: Bool
  private let random: Double
  private var state: State = .over

  /// - Parameters:
  ///   - attempt: the number of this try, from 1.
  ///   - hasBody: whether an earlier try has kept the bytes.
  ///   - random: from 0 up to 1, for the jitter.
  package init(policy: DeliveryPolicy, attempt: Int, hasBody: Bool, random: Double) {
    self.policy = policy
    self.attempt = attempt
    self.hasBody = hasBody
    self.random = random
  }

  /// The first action. A delivery whose every try ended without a word (a process that died each time) is given up.
  package mutating func begin() -> Action {
    guard attempt <= policy.tries else {
      return record(
        .dead(
          reason: "given up: \(policy.tries) tries ended without an outcome, so trying may be what breaks",
          status: nil, pausesPartner: false))
    }
    state = hasBody ? .auditing : .rendering
    return hasBody ? .audit : .render
  }

  /// What to do after an event. An event that does not belong to the state changes nothing and ends the try, so that a
  /// mistake of the caller can never send twice.
  package mutating func handle(_ event: Event) -> Action {
    switch (state, event) {
    case (.rendering, .rendered):
      state = .keeping
      return .keep
    case (.rendering, .unrenderable(let reason)):
      return record(.dead(reason: "cannot be rendered: \(reason)", status: nil, pausesPartner: false))
    case (.keeping, .kept(true)):
      state = .auditing
      return .audit
    case (.auditing, .audited):
      state = .sending
      return .send
    case (.sending, .answered(let status, let retryAfter)):
      return record(verdict(status: status, retryAfterSeconds: retryAfter))
    case (.sending, .acknowledged(let code, let conditions)):
      return record(verdict(acknowledgement: code, conditions))
    case (.rendering, .failed(let failure)), (.auditing, .failed(let failure)), (.sending, .failed(let failure)):
      return record(verdict(failure))
    case (.rendering, .interrupted), (.keeping, .interrupted), (.auditing, .interrupted), (.sending, .interrupted):
      state = .releasing
      return .release
    case (.recording(let verdict), .recorded(let isOurs)):
      state = .over
      return .end(isOurs ? verdict : nil)
    default:
      state = .over
      return .end(nil)
    }
  }

  private mutating func record(_ verdict: DeliveryVerdict) -> Action {
    state = .recording(verdict)
    return .record(verdict)
  }

  // MARK: Verdicts

  private func verdict(_ failure: DeliveryFailure) -> DeliveryVerdict {
    switch failure {
    case .noAnswer(let reason), .setup(let reason): later(reason, status: nil, retryAfterSeconds: nil)
    case .status(let status, let retryAfter): verdict(status: status, retryAfterSeconds: retryAfter)
    }
  }

  /// 2xx is success. 410 ends the partner's deliveries. What says that these very bytes are wrong (400, 413, 415, 422)
  /// is a dead letter at once, because every try sends the same. All else may be mended on either side and is tried
  /// again: redirects too, which are never followed.
  private func verdict(status: Int, retryAfterSeconds: Int?) -> DeliveryVerdict {
    switch status {
    case 200..<300: return .delivered(status: status)
    case 410:
      return .dead(
        reason: "the partner wants no more deliveries (410); they are paused until it is resumed", status: status,
        pausesPartner: true)
    case 400, 413, 415, 422:
      return .dead(
        reason: "the partner refuses this document (\(status)); its answer says why", status: status,
        pausesPartner: false)
    case 300..<400:
      return later(
        "the partner redirects (\(status)) and redirects are not followed; set the address that it really has",
        status: status, retryAfterSeconds: nil)
    default: return later("the partner answered \(status)", status: status, retryAfterSeconds: retryAfterSeconds)
    }
  }

  /// How many tries a message has that is answered AE or CE without a condition that settles it: an error that mends
  /// itself has time to, and one that does not holds up the partner's other messages for minutes, not for days.
  package static let refusedTries = 3

  /// AA and CA are success. A condition that says that these very bytes are wrong (100 to 105, 200 to 205) is a dead
  /// letter at once, because every try sends the same. AE and CE without one have `refusedTries`; AR and CR say that
  /// the receiver takes nothing now, and have the whole schedule.
  private func verdict(acknowledgement code: String, _ conditions: [Int]) -> DeliveryVerdict {
    if code == "AA" || code == "CA" { return .delivered(status: nil) }
    let condition = conditions.first { $0 > 0 }
    let answer = "the partner answered \(code)" + (condition.map { " with condition \($0)" } ?? "")
    if let condition, (100...105).contains(condition) || (200...205).contains(condition) {
      return .dead(reason: "\(answer): it refuses this message; its answer says why", status: nil, pausesPartner: false)
    }
    if code.hasSuffix("E"), attempt >= Self.refusedTries {
      return .dead(reason: "given up after \(attempt) tries: \(answer)", status: nil, pausesPartner: false)
    }
    return later(answer, status: nil, retryAfterSeconds: nil)
  }

  private func later(_ reason: String, status: Int?, retryAfterSeconds: Int?) -> DeliveryVerdict {
    let wait = policy.wait(afterAttempt: attempt, retryAfterSeconds: retryAfterSeconds, random: random)
    guard let wait else {
      return .dead(reason: "given up after \(attempt) tries: \(reason)", status: status, pausesPartner: false)
    }
    return .failed(reason: reason, status: status, waitSeconds: wait)
  }
}
