public import Reactor

/// The connections of one loop, shared by all its tasks.
///
/// Isolation: create it anywhere; call everything else from tasks of `loop` alone.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class PostgresPool: @unchecked Sendable {
  public let loop: EventLoop
  public let configuration: PostgresConfiguration

  enum Ticket {
    case pipeline(PipelineRequest)
    case lease(LeaseRequest)
  }

  var machine: PoolStateMachine<Ticket>
  var connections: [PostgresConnection?]
  private var lastConnectError: PostgresError?
  private var isTicking = false
  private let tickerBell: LoopSignal
  private var tickerDozes = false
  var gathering: [PipelineRequest] = []
  /// What happened so far.
  public internal(set) var statistics = PostgresPoolStatistics()

  public init(_ configuration: PostgresConfiguration, loop: EventLoop) {
    self.configuration = configuration
    self.loop = loop
    var limits = PoolStateMachine<Ticket>.Limits()
    limits.connections = max(1, configuration.connections)
    limits.pipelinesPerConnection = max(1, configuration.pipelinesPerConnection)
    limits.waiters = configuration.waiters
    limits.stall = UInt64(configuration.stallMilliseconds) * 1_000_000
    limits.firstBackoff = UInt64(configuration.firstBackoffMilliseconds) * 1_000_000
    limits.longestBackoff = UInt64(configuration.longestBackoffMilliseconds) * 1_000_000
    machine = PoolStateMachine(limits: limits)
    connections = Array(repeating: nil, count: limits.connections)
    tickerBell = LoopSignal(loop: loop)
  }

  // MARK: Running

  /// Runs statements as one pipeline with one sync: one round trip, one implicit transaction.
  ///
  /// Returns one result a query, and only after the commit. An error rolls all of it back. A pipeline that was rolled
  /// back through no fault of its own (a neighbour's cancel, a stale plan) is sent once more.
  /// - Parameter timeoutMilliseconds: for all of it, waiting included; the configuration's when nil. A statement under
  ///   way at the deadline is cancelled; the answer comes within `cancelGraceMilliseconds` of it.
  public func run(
    _ queries: [PostgresQuery], timeoutMilliseconds: Int? = nil
  ) async throws(PostgresError) -> [PostgresResult] {
    let request = try request(queries, timeoutMilliseconds)
    let outcome = await withUnsafeContinuation { continuation in
      request.continuation = continuation
      submit(request)
    }
    return try outcome.get()
  }

  /// Runs one statement in a transaction of its own.
  public func run(_ query: PostgresQuery, timeoutMilliseconds: Int? = nil) async throws(PostgresError)
    -> PostgresResult
  {
    try await run([query], timeoutMilliseconds: timeoutMilliseconds)[0]
  }

  func request(
    _ queries: [PostgresQuery], in scope: PostgresQuery? = nil, _ timeout: Int?
  ) throws(PostgresError) -> PipelineRequest {
    assert(loop.isCurrent)
    guard !queries.isEmpty else { throw PostgresError(.invalidParameter, "a pipeline of no statements") }
    try ParameterBuffer.check(queries, byteLimit: configuration.parameterBytes)
    if let scope { try ParameterBuffer.check([scope], byteLimit: configuration.parameterBytes) }
    let milliseconds = UInt64(max(0, timeout ?? configuration.queryTimeoutMilliseconds))
    return PipelineRequest(
      scope: scope, queries: queries, deadline: loop.now + milliseconds * 1_000_000, isWholeTransaction: true)
  }

  func submit(_ request: PipelineRequest) {
    let until = min(request.deadline, acquireDeadline)
    if let slot = machine.submit(.pipeline(request), .pipeline, until: until, now: loop.now) {
      start(request, slot)
    }
    settle()
  }

  var acquireDeadline: UInt64 { loop.now + UInt64(configuration.acquireTimeoutMilliseconds) * 1_000_000 }

  private func start(_ request: PipelineRequest, _ slot: Int) {
    statistics.pipelines += 1
    if let connection = connections[slot] { connection.send(request) }
  }

  // MARK: What the state machine asks for

  /// Does what follows from the last event.
  func settle() {
    while let action = machine.next(now: loop.now) {
      switch action {
      case .start(.pipeline(let request), let slot): start(request, slot)
      case .start(.lease(let lease), let slot): lease.finish(connections[slot])
      case .connect(let slot): Task(executorPreference: loop) { await self.connect(slot) }
      case .refuse(let ticket, let reason): refuse(ticket, error(for: reason))
      }
    }
    startTicker()
  }

  private func error(for reason: PoolStateMachine<Ticket>.Refusal) -> PostgresError {
    switch reason {
    case .exhausted:
      statistics.refusals += 1
      return PostgresError(.poolExhausted, "all \(machine.slots.count) connections busy, \(machine.waiting) waiting")
    case .unreachable: return lastConnectError ?? PostgresError(.connectionFailed, "no connection in time")
    case .closed: return PostgresError(.closed, "the pool is shut down")
    }
  }

  private func refuse(_ ticket: Ticket, _ error: PostgresError) {
    switch ticket {
    case .pipeline(let request): finish(request, .failed(error))
    case .lease(let lease): lease.refuse(error)
    }
  }

  private func connect(_ slot: Int) async {
    do throws(PostgresError) {
      let connection = try await PostgresConnection.open(configuration, loop: loop, slot: slot)
      connection.owner = self
      connections[slot] = connection
      statistics.connects += 1
      try await prepareSession(connection)
      lastConnectError = nil
      machine.opened(slot)
      if machine.isClosed { connection.retire() }
    } catch {
      lastConnectError = PostgresError(.connectionFailed, error.message)
      statistics.connectFailures += 1
      connections[slot]?.owner = nil
      connections[slot]?.close()
      connections[slot] = nil
      machine.connectFailed(slot, now: loop.now, random: UInt64.random(in: 0 ... .max))
    }
    settle()
  }

  private func prepareSession(_ connection: PostgresConnection) async throws(PostgresError) {
    guard !configuration.settings.isEmpty else { return }
    let queries = configuration.settings.sorted { $0.key < $1.key }.map { name, value in
      PostgresQuery("select set_config($1, $2, false)", [.text(name), .text(value)])
    }
    let deadline = loop.now + UInt64(configuration.connectTimeoutMilliseconds) * 1_000_000
    let request = PipelineRequest(queries: queries, deadline: deadline, isWholeTransaction: false)
    _ = try await connection.run(request)
  }

  // MARK: Time

  private static let tickMilliseconds = 20

  /// One task looks at every deadline, fifty times a second while anything is under way: a timer for each query would
  /// cost more than the query.
  private func startTicker() {
    if tickerDozes {
      if !machine.isQuiet { tickerBell.ring() }
      return
    }
    guard !isTicking, !machine.isQuiet else { return }
    isTicking = true
    Task(executorPreference: loop) { await self.keepTime() }
  }

  private func keepTime() async {
    while !(machine.isClosed && connections.allSatisfy { $0 == nil }) {
      if machine.isQuiet {
        tickerDozes = true
        _ = await tickerBell.wait()
        tickerDozes = false
      }
      await loop.sleep(milliseconds: Self.tickMilliseconds)
      tick()
    }
    isTicking = false
  }

  private func tick() {
    for connection in connections { connection?.tick(now: loop.now) }
    if machine.waiting > 0 { machine.tick(now: loop.now) }
    settle()
  }

  // MARK: End

  /// Refuses new work, lets what is under way end (up to a time), and closes every connection.
  public func shutdown(graceMilliseconds: Int = 5_000) async {
    assert(loop.isCurrent)
    machine.close()
    for connection in connections { connection?.retire() }
    settle()
    let deadline = Deadline.after(milliseconds: graceMilliseconds)
    while connections.contains(where: { $0 != nil }), !deadline.hasPassed { await loop.sleep(milliseconds: 5) }
    for connection in connections { connection?.close() }
    tickerBell.ring()
  }
}

extension PostgresPool: PostgresConnectionOwner {
  func connection(_ connection: PostgresConnection, settled request: PipelineRequest, _ result: PipelineEnd) {
    machine.finished(connection.slot, now: loop.now)
    if case .again(let error) = result, request.isWholeTransaction, request.attempts < 2 {
      if error.code == .connectionLost || request.deadline > loop.now {
        statistics.retries += 1
        return submit(request)
      }
    }
    finish(request, result)
    if machine.waiting > 0 { settle() }
  }

  func connectionRetired(_ connection: PostgresConnection) {
    if connections[connection.slot] === connection { machine.retired(connection.slot) }
  }

  func connectionClosed(_ connection: PostgresConnection) {
    guard connections[connection.slot] === connection else { return }
    connections[connection.slot] = nil
    machine.closed(connection.slot)
    if connection.wasAbandoned { retireIdle() }
    settle()
  }

  /// A server that fell silent on one connection has most likely lost the idle ones too: each would cost a caller its
  /// time-out.
  private func retireIdle() {
    for connection in connections {
      guard let connection, case .open(0, _, _) = machine.slots[connection.slot] else { continue }
      connection.retire()
    }
  }

  func connection(_ connection: PostgresConnection, notified channel: String, payload: String) {}

  /// Tells the caller, or every member of a group.
  func finish(_ request: PipelineRequest, _ result: PipelineEnd) {
    guard request.members.isEmpty else { return finishGroup(request, result) }
    switch result {
    case .succeeded:
      request.finish(.success(request.scope == nil ? request.results : Array(request.results.dropFirst())))
    case .failed(let error), .again(let error):
      statistics.failures += 1
      request.finish(.failure(error))
    }
  }
}

/// Counters of a pool since it was made, and how it stands now.
public struct PostgresPoolStatistics: Sendable, Equatable {
  /// Pipelines sent, groups counted once.
  public var pipelines = 0
  public var groups = 0
  public var failures = 0
  public var retries = 0
  public var refusals = 0
  public var connects = 0
  public var connectFailures = 0
}

extension PostgresPool {
  /// Connections that are open now.
  public var openConnections: Int { machine.openConnections }
  /// Callers that wait for a connection now.
  public var waiting: Int { machine.waiting }
}
