/// Which work goes to which connection of a pool, and when a connection is made. No I/O, no clock, no randomness.
///
/// Pipelines share connections: an idle one first, else the least loaded one that does not stall. A lease (a
/// transaction, a COPY) takes a connection for itself: the least loaded one is kept free of new pipelines until it is
/// drained. Whoever finds no place waits in order, up to a limit and a time.
struct PoolStateMachine<Ticket> {
  struct Limits {
    var connections = 8
    var pipelinesPerConnection = 16
    var waiters = 1_024
    /// Nanoseconds.
    var stall: UInt64 = 20_000_000
    var firstBackoff: UInt64 = 50_000_000
    var longestBackoff: UInt64 = 5_000_000_000
  }

  enum Work { case pipeline, lease }

  enum Refusal: Equatable {
    /// Every connection is busy, and so is the queue, or the wait took too long.
    case exhausted
    /// There is no connection.
    case unreachable
    case closed
  }

  enum Action {
    /// Send the pipeline on, or hand over, this connection.
    case start(Ticket, slot: Int)
    case connect(slot: Int)
    case refuse(Ticket, Refusal)
  }

  enum Slot: Equatable {
    case empty
    case connecting
    /// `since`: when the pipeline at its head began. `isReserved`: drains for a lease.
    case open(inFlight: Int, since: UInt64, isReserved: Bool)
    case leased
    /// Takes no more; closes by itself.
    case retiring
  }

  private struct Waiter {
    var ticket: Ticket
    var until: UInt64
  }

  let limits: Limits
  private(set) var slots: [Slot]
  private var pipelines = FIFO<Waiter>()
  private var leases = FIFO<Waiter>()
  private var refusals: [Action] = []
  private var failures = 0
  private var connectNotBefore: UInt64 = 0
  /// Somebody had to share a connection, so one more would help the next.
  private var wantsMore = false
  private(set) var isClosed = false

  init(limits: Limits) {
    self.limits = limits
    slots = Array(repeating: .empty, count: max(1, limits.connections))
  }

  var waiting: Int { pipelines.count + leases.count }
  var openConnections: Int {
    slots.count {
      switch $0 {
      case .open, .leased: true
      default: false
      }
    }
  }
  var isQuiet: Bool { waiting == 0 && slots.allSatisfy { $0 == .empty || isIdle($0) } }

  // MARK: Events

  /// New work, to be started before `until` or refused. The fast path returns the slot at once; nil means it waits.
  mutating func submit(_ ticket: Ticket, _ work: Work, until: UInt64, now: UInt64) -> Int? {
    if isClosed {
      refusals.append(.refuse(ticket, .closed))
      return nil
    }
    switch work {
    case .pipeline:
      if pipelines.isEmpty, let slot = slotForPipeline(now: now) {
        if !isIdle(slots[slot]) { wantsMore = true }
        begin(slot, now: now)
        return slot
      }
    case .lease:
      if leases.isEmpty, let slot = slots.firstIndex(where: isIdle) {
        slots[slot] = .leased
        return slot
      }
    }
    guard waiting < limits.waiters else {
      refusals.append(.refuse(ticket, .exhausted))
      return nil
    }
    switch work {
    case .pipeline: pipelines.append(Waiter(ticket: ticket, until: until))
    case .lease:
      leases.append(Waiter(ticket: ticket, until: until))
      reserve()
    }
    return nil
  }

  /// A connection attempt succeeded.
  mutating func opened(_ slot: Int) {
    failures = 0
    connectNotBefore = 0
    slots[slot] = isClosed ? .retiring : .open(inFlight: 0, since: 0, isReserved: false)
  }

  /// A connection attempt failed. `random` (any value) spreads the next attempts of many pools.
  mutating func connectFailed(_ slot: Int, now: UInt64, random: UInt64) {
    slots[slot] = .empty
    let backoff = min(limits.longestBackoff, limits.firstBackoff << UInt64(min(failures, 16)))
    failures += 1
    connectNotBefore = now &+ backoff / 2 &+ random % max(1, backoff / 2)
  }

  /// A pipeline of this connection is over.
  mutating func finished(_ slot: Int, now: UInt64) {
    guard case .open(let inFlight, _, let isReserved) = slots[slot] else { return }
    slots[slot] = .open(inFlight: max(0, inFlight - 1), since: now, isReserved: isReserved)
  }

  /// A lease came back, in a state to be used again.
  mutating func released(_ slot: Int) {
    guard slots[slot] == .leased else { return }
    slots[slot] = isClosed ? .retiring : .open(inFlight: 0, since: 0, isReserved: false)
  }

  mutating func retired(_ slot: Int) {
    slots[slot] = .retiring
    if !leases.isEmpty { reserve() }
  }

  mutating func closed(_ slot: Int) {
    slots[slot] = .empty
    if !leases.isEmpty { reserve() }
  }

  /// Refuses whoever has waited too long. Call now and then while anybody waits.
  mutating func tick(now: UInt64) {
    let reason: Refusal = openConnections == 0 ? .unreachable : .exhausted
    let late = pipelines.removeAll { $0.until <= now } + leases.removeAll { $0.until <= now }
    for waiter in late { refusals.append(.refuse(waiter.ticket, reason)) }
    if leases.isEmpty { unreserve() }
  }

  /// Takes no more work and refuses who waits.
  mutating func close() {
    isClosed = true
    let all = pipelines.removeAll { _ in true } + leases.removeAll { _ in true }
    for waiter in all { refusals.append(.refuse(waiter.ticket, .closed)) }
    unreserve()
  }

  // MARK: What follows

  /// The next thing to do; call until nil after every event.
  mutating func next(now: UInt64) -> Action? {
    if let refusal = refusals.popLast() { return refusal }
    if !leases.isEmpty, let slot = slots.firstIndex(where: isIdle), let waiter = leases.removeFirst() {
      slots[slot] = .leased
      if leases.isEmpty { unreserve() }
      return .start(waiter.ticket, slot: slot)
    }
    if !pipelines.isEmpty, let slot = slotForPipeline(now: now), let waiter = pipelines.removeFirst() {
      begin(slot, now: now)
      return .start(waiter.ticket, slot: slot)
    }
    guard wantsMore || waiting > 0, !isClosed, now >= connectNotBefore else { return nil }
    guard let slot = slots.firstIndex(of: .empty) else {
      wantsMore = false
      return nil
    }
    let connecting = slots.count { $0 == .connecting }
    // After a failure one attempt at a time feels the way.
    guard connecting < (failures > 0 ? 1 : max(1, waiting)) else { return nil }
    wantsMore = false
    slots[slot] = .connecting
    return .connect(slot: slot)
  }

  private mutating func begin(_ slot: Int, now: UInt64) {
    guard case .open(let inFlight, let since, let isReserved) = slots[slot] else { return }
    slots[slot] = .open(inFlight: inFlight + 1, since: inFlight == 0 ? now : since, isReserved: isReserved)
  }

  private mutating func slotForPipeline(now: UInt64) -> Int? {
    var best: Int?
    var least = limits.pipelinesPerConnection
    for (index, slot) in slots.enumerated() {
      guard case .open(let inFlight, let since, false) = slot, inFlight < least else { continue }
      if inFlight == 0 { return index }
      if now > since, now - since > limits.stall { continue }
      (best, least) = (index, inFlight)
    }
    return best
  }

  private func isIdle(_ slot: Slot) -> Bool {
    if case .open(0, _, _) = slot { return true }
    return false
  }

  /// Keeps the least loaded connection free of new pipelines, one for each lease that waits.
  private mutating func reserve() {
    var reserved = 0
    var best: Int?
    var least = Int.max
    for (index, slot) in slots.enumerated() {
      guard case .open(let inFlight, _, let isReserved) = slot else { continue }
      if isReserved {
        reserved += 1
      } else if inFlight < least {
        (best, least) = (index, inFlight)
      }
    }
    guard reserved < leases.count, let best, case .open(let inFlight, let since, _) = slots[best] else { return }
    slots[best] = .open(inFlight: inFlight, since: since, isReserved: true)
  }

  private mutating func unreserve() {
    for (index, slot) in slots.enumerated() {
      if case .open(let inFlight, let since, true) = slot {
        slots[index] = .open(inFlight: inFlight, since: since, isReserved: false)
      }
    }
  }
}
