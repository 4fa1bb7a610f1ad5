/// One connection in pipeline mode: what was sent, what has come back, and what follows from it. No I/O, no clock.
///
/// A pipeline is some steps and one sync. Its answers arrive in order; it is over only when its sync has come back,
/// because the server commits after the last answer and the commit can still fail. An answer that arrives is
/// therefore collected by the driver, and handed on at `.complete` alone.
struct ConnectionStateMachine<Ticket> {
  /// What libpq read from the server.
  enum Answer: Equatable {
    case rows
    /// An error; its SQLSTATE.
    case error(String?)
    /// Not run, because a step before it failed.
    case skipped
    /// The mark that a step has no more answers.
    case endOfStep
    case sync
  }

  /// How a pipeline ended.
  enum Outcome: Equatable {
    case committed
    /// Rolled back by an error of its own.
    case rolledBack
    /// Rolled back by a cancel that was meant for another pipeline: nothing has happened, it may be sent again.
    case bystander
    /// Rolled back by the cancel that its own deadline caused.
    case timedOut
    /// The connection went before it was sent whole, or after an error: nothing has happened.
    case lost
    /// The connection went after the sync was sent: nobody knows.
    case unknown
    /// The deadline passed and the server did not settle it in the time of grace.
    case abandoned
  }

  enum Action {
    case none
    /// A result for step `step` of the ticket.
    case deliver(Ticket, step: Int)
    /// Step `step` failed.
    case fail(Ticket, step: Int)
    case skip(Ticket, step: Int)
    case complete(Ticket, Outcome)
    /// The server broke the protocol: close the connection.
    case protocolViolation
  }

  enum TickAction {
    /// Ask the server to cancel what it is doing; the connection takes no more work.
    case cancel
    /// Tell the caller; its answers will be thrown away when they come.
    case abandon(Ticket)
    /// Close the connection: it does not answer.
    case drop
  }

  private struct Pipeline {
    var ticket: Ticket?
    var steps: Int
    var step = 0
    var hasFailed = false
    var wasCancelled = false
    /// The server ended the session at the last step or at the sync: the commit may have been made just before.
    var isOpenEnded = false
    var deadline: UInt64
    var isExpired = false
  }

  private var pipelines = FIFO<Pipeline>()
  private var cancelSentAt: UInt64?
  /// Whether it takes no more work and is to be closed once nothing is on its way.
  private(set) var isRetiring = false
  private(set) var isClosed = false

  var inFlight: Int { pipelines.count }

  /// A pipeline of `steps` steps and its sync went out.
  mutating func sent(_ ticket: Ticket, steps: Int, deadline: UInt64) {
    pipelines.append(Pipeline(ticket: ticket, steps: steps, deadline: deadline))
  }

  /// Takes no more work from now on.
  mutating func retire() { isRetiring = true }

  mutating func received(_ answer: Answer) -> Action {
    guard let head = pipelines.first else { return answer == .endOfStep ? .none : .protocolViolation }
    switch answer {
    case .rows:
      guard head.step < head.steps, !head.hasFailed else { return .protocolViolation }
      return head.ticket.map { .deliver($0, step: head.step) } ?? .none
    case .error(let state):
      // An error in the sync's place is a commit that failed (a deferred constraint).
      let cancelled = state == "57014" && cancelSentAt != nil
      pipelines.update(0) { pipeline in
        pipeline.hasFailed = true
        pipeline.wasCancelled = cancelled
        pipeline.isOpenEnded = pipeline.step >= pipeline.steps - 1 && state?.hasPrefix("57P") == true
      }
      return head.ticket.map { .fail($0, step: head.step) } ?? .none
    case .skipped:
      guard head.step < head.steps, head.hasFailed else { return .protocolViolation }
      return head.ticket.map { .skip($0, step: head.step) } ?? .none
    case .endOfStep:
      if head.step < head.steps { pipelines.update(0) { $0.step += 1 } }
      return .none
    case .sync:
      guard head.step == head.steps else { return .protocolViolation }
      _ = pipelines.removeFirst()
      guard let ticket = head.ticket else { return .none }
      return .complete(ticket, outcome(of: head))
    }
  }

  private func outcome(of pipeline: Pipeline) -> Outcome {
    guard pipeline.hasFailed else { return .committed }
    guard pipeline.wasCancelled else { return .rolledBack }
    return pipeline.isExpired ? .timedOut : .bystander
  }

  /// Time has passed. At a pipeline's deadline the statement under way is cancelled; what is not settled a while
  /// later is given up. At most one action a call; call until nil.
  mutating func tick(now: UInt64, grace: UInt64) -> TickAction? {
    guard let head = pipelines.first else { return nil }
    if head.deadline <= now {
      pipelines.update(0) { $0.isExpired = true }
      guard let cancelSentAt else {
        cancelSentAt = now
        isRetiring = true
        return .cancel
      }
      if max(cancelSentAt, head.deadline) &+ grace <= now { return .drop }
    }
    for position in 1..<max(1, pipelines.count) {
      guard let pipeline = pipelines[position], let ticket = pipeline.ticket else { continue }
      if pipeline.deadline <= now, now - pipeline.deadline >= grace {
        pipelines.update(position) { $0.ticket = nil }
        return .abandon(ticket)
      }
    }
    return nil
  }

  /// The connection is gone. Gives back everything that was on its way, in order.
  ///
  /// - Parameter wasAbandoned: we closed it because it did not answer, rather than it broke.
  mutating func closed(wasAbandoned: Bool = false) -> [(Ticket, Outcome)] {
    isClosed = true
    isRetiring = true
    var ended: [(Ticket, Outcome)] = []
    while let pipeline = pipelines.removeFirst() {
      guard let ticket = pipeline.ticket else { continue }
      if pipeline.hasFailed, !pipeline.isOpenEnded {
        ended.append((ticket, .lost))
      } else {
        ended.append((ticket, wasAbandoned && pipeline.isExpired ? .abandoned : .unknown))
      }
    }
    return ended
  }
}
