internal import CPostgres
internal import Glibc
internal import Reactor

/// Who owns a connection and wants to know how it fares. Called on the loop's thread.
protocol PostgresConnectionOwner: AnyObject {
  /// A pipeline is over; its caller is told by `finish`.
  func connection(_ connection: PostgresConnection, settled request: PipelineRequest, _ result: PipelineEnd)
  /// It takes no more work, and closes by itself once drained.
  func connectionRetired(_ connection: PostgresConnection)
  func connectionClosed(_ connection: PostgresConnection)
  /// A NOTIFY arrived.
  func connection(_ connection: PostgresConnection, notified channel: String, payload: String)
}

/// How a pipeline ended, for its owner.
enum PipelineEnd {
  case succeeded
  case failed(PostgresError)
  /// Nothing has happened and it is not its own fault: it may be sent again.
  case again(PostgresError)
}

/// The driver of one libpq connection in pipeline mode: carries bytes between libpq and `ConnectionStateMachine`.
// @unchecked: every stored variable belongs to `loop`'s thread.
final class PostgresConnection: @unchecked Sendable {
  let loop: EventLoop
  let slot: Int
  weak var owner: (any PostgresConnectionOwner)?

  let configuration: PostgresConfiguration
  let handle: OpaquePointer
  let fd: Int32
  private let usesTLS: Bool
  private var machine = ConnectionStateMachine<PipelineRequest>()
  private var statements: StatementCache
  private var parameters = ParameterBuffer()
  private var pipelineNumber = 0
  private var isFlushing = false
  private var closingError: PostgresError?
  /// It was closed because the server answered neither a statement nor its cancel.
  private(set) var wasAbandoned = false
  /// While a COPY owns the descriptor, the reader stands aside.
  var isCopying = false
  let copyEnded: LoopSignal

  private init(handle: OpaquePointer, loop: EventLoop, slot: Int, configuration: PostgresConfiguration) {
    self.handle = handle
    self.loop = loop
    self.slot = slot
    self.configuration = configuration
    fd = PQsocket(handle)
    usesTLS = PQsslInUse(handle) != 0
    statements = StatementCache(limit: configuration.preparedStatements)
    copyEnded = LoopSignal(loop: loop)
  }

  /// Connects, with the name lookup and the handshakes off the loop, and puts the connection under the loop's watch.
  static func open(
    _ configuration: PostgresConfiguration, loop: EventLoop, slot: Int
  ) async throws(PostgresError) -> PostgresConnection {
    let keywords = configuration.keywords
    let address = await BlockingCall.value { UInt(bitPattern: connectBlocking(keywords)) }
    guard let address, let handle = OpaquePointer(bitPattern: address) else {
      throw PostgresError(.connectionFailed, "no thread or memory left to connect with")
    }
    guard PQstatus(handle) == CONNECTION_OK else {
      let message = String(cString: PQerrorMessage(handle))
      PQfinish(handle)
      throw PostgresError(.connectionFailed, message)
    }
    PQsetNoticeProcessor(handle, { _, _ in }, nil)  // libpq would print them on standard error
    guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
      PQfinish(handle)
      throw PostgresError(.connectionFailed, "libpq refuses pipeline mode")
    }
    let connection = PostgresConnection(handle: handle, loop: loop, slot: slot, configuration: configuration)
    do throws(SystemError) {
      try loop.register(fd: connection.fd)
    } catch {
      PQfinish(handle)
      throw PostgresError(.connectionFailed, "\(error)")
    }
    Task(executorPreference: loop) { await connection.readUntilClosed() }
    return connection
  }

  private static func connectBlocking(_ keywords: [(String, String)]) -> OpaquePointer? {
    var names: [UnsafePointer<CChar>?] = keywords.map { UnsafePointer(strdup($0.0)) }
    var values: [UnsafePointer<CChar>?] = keywords.map { UnsafePointer(strdup($0.1)) }
    defer { for text in names + values { free(UnsafeMutablePointer(mutating: text)) } }
    names.append(nil)
    values.append(nil)
    return PQconnectdbParams(names, values, 1)
  }

  deinit { PQfinish(handle) }

  var inFlight: Int { machine.inFlight }
  var isClosed: Bool { machine.isClosed }
  var acceptsWork: Bool { !machine.isRetiring }
  /// Whether the server is in no transaction, as far as it has said.
  var isIdle: Bool { machine.inFlight == 0 && PQtransactionStatus(handle) == PQTRANS_IDLE }

  // MARK: Sending

  /// Sends a pipeline: every step, then the sync. What comes of it reaches the owner.
  func send(_ request: PipelineRequest) {
    assert(loop.isCurrent)
    request.reset()
    guard acceptsWork else {
      end(request, .again(PostgresError(.connectionLost, "the connection closed before the statement was sent")))
      return
    }
    dropEvictedStatements()
    guard let steps = sendSteps(of: request), PQpipelineSync(handle) == 1 else {
      let error = PostgresError(.connectionLost, "the connection broke while statements were sent: \(libpqMessage)")
      closingError = error
      end(request, .failed(error))
      close()
      return
    }
    machine.sent(request, steps: steps, deadline: request.deadline)
    flush()
  }

  /// Returns the number of steps sent; nil when the connection is broken.
  private func sendSteps(of request: PipelineRequest) -> Int? {
    pipelineNumber += 1
    var steps = 0
    if let scope = request.scope, !send(scope, of: request, &steps) { return nil }
    for query in request.queries where !send(query, of: request, &steps) { return nil }
    return steps
  }

  /// Sends one query, prepared first where it is to be kept; false when the connection is broken.
  private func send(_ query: PostgresQuery, of request: PipelineRequest, _ steps: inout Int) -> Bool {
    parameters.load(query.values)
    let use = query.isPrepared ? statements.use(query.key, in: pipelineNumber) : .unnamed
    let sent: Int32
    switch use {
    case .unnamed:
      sent = query.withCText {
        PQsendQueryParams(
          handle, $0, Int32(parameters.count), nil, parameters.pointers, parameters.lengths, parameters.formats,
          query.binaryResults ? 1 : 0)
      }
    case .prepare(let statement):
      guard query.withCText({ PQsendPrepare(handle, statement.name, $0, 0, nil) }) == 1 else { return false }
      request.preparations.append((steps, statement))
      steps += 1
      sent = execute(statement, query)
    case .prepared(let statement):
      sent = execute(statement, query)
    }
    steps += 1
    return sent == 1
  }

  private func execute(_ statement: PreparedStatement, _ query: PostgresQuery) -> Int32 {
    PQsendQueryPrepared(
      handle, statement.name, Int32(parameters.count), parameters.pointers, parameters.lengths, parameters.formats,
      query.binaryResults ? 1 : 0)
  }

  /// Frees the server's copies of statements that fell out of the cache, in a pipeline of its own.
  private func dropEvictedStatements() {
    let evicted = statements.takeEvicted()
    guard !evicted.isEmpty else { return }
    let queries = evicted.map { statement in
      var query = PostgresQuery(dynamic: "DEALLOCATE p\(statement.number)")
      query.isPrepared = false
      return query
    }
    let deadline = Deadline.after(milliseconds: configuration.queryTimeoutMilliseconds).nanoseconds
    let request = PipelineRequest(queries: queries, deadline: deadline, isWholeTransaction: true)
    request.isInternal = true
    request.reset()
    guard let steps = sendSteps(of: request), PQpipelineSync(handle) == 1 else { return close() }
    machine.sent(request, steps: steps, deadline: deadline)
  }

  private func flush() {
    guard !isFlushing else { return }
    let rest = PQflush(handle)
    if rest == 0 { return }
    guard rest > 0 else { return receive() }  // a dead peer: reading tells why
    isFlushing = true
    loop.clearWritable(fd: fd)
    // Rare: the socket is full. libpq may have read while it tried to write.
    receive()
    Task(executorPreference: loop) { await self.flushRest() }
  }

  private func flushRest() async {
    defer { isFlushing = false }
    while !isClosed {
      guard await loop.waitWritable(fd: fd) == .ready, !isClosed else { return }
      loop.clearWritable(fd: fd)
      let rest = PQflush(handle)
      receive()
      if rest <= 0 { return }
    }
  }

  // MARK: Receiving

  private func readUntilClosed() async {
    while !isClosed {
      if isCopying {
        _ = await copyEnded.wait()
        continue
      }
      if await loop.waitReadable(fd: fd) == .ready, !isCopying, !isClosed { receive() }
    }
  }

  /// Takes in what the server sent. Edge-triggered: nothing may stay unread in the kernel when it returns.
  func receive() {
    guard !isClosed else { return }
    loop.clearReadable(fd: fd)
    repeat {
      let isAlive = PQconsumeInput(handle) == 1
      process()
      if isClosed { return }
      guard isAlive else { return close() }
    } while hasUnread
    if usesTLS, PQconsumeInput(handle) == 1 { process() }  // what was left of the last TLS record, under 8 KiB
    takeNotifications()
    closeIfDrained()
  }

  private static let peek = Int32(MSG_PEEK | MSG_DONTWAIT)

  var hasUnread: Bool {
    var byte: UInt8 = 0
    return recv(fd, &byte, 1, Self.peek) >= 0
  }

  private func process() {
    var isEmptyHanded = false
    while !isClosed, machine.inFlight > 0, PQisBusy(handle) == 0 {
      guard let result = PQgetResult(handle) else {
        if isEmptyHanded { return }
        isEmptyHanded = true
        perform(machine.received(.endOfStep), nil)
        continue
      }
      isEmptyHanded = false
      switch PQresultStatus(result) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        perform(machine.received(.rows), result)
      case PGRES_PIPELINE_SYNC:
        PQclear(result)
        perform(machine.received(.sync), nil)
      case PGRES_PIPELINE_ABORTED:
        PQclear(result)
        perform(machine.received(.skipped), nil)
      default:
        if PQstatus(handle) == CONNECTION_BAD {
          noteLoss(result)
          return
        }
        let state = PQresultErrorField(result, 67).map { String(cString: $0) }
        perform(machine.received(.error(state)), result)
      }
    }
  }

  private func perform(_ action: ConnectionStateMachine<PipelineRequest>.Action, _ result: OpaquePointer?) {
    switch action {
    case .none: PQclear(result)
    case .deliver(let request, let step):
      if let statement = request.preparation(at: step) {
        statements.confirm(statement)
        PQclear(result)
      } else if let result {
        collect(PostgresResult(owning: result), request)
      }
    case .fail(let request, let step):
      if let statement = request.preparation(at: step) { statements.forget(statement) }
      if let result {
        if request.error == nil || request.error?.code != .server { request.error = PostgresError(server: result) }
        PQclear(result)
      }
    case .skip(let request, let step):
      if let statement = request.preparation(at: step) { statements.forget(statement) }
    case .complete(let request, let outcome): complete(request, outcome)
    case .protocolViolation:
      PQclear(result)
      closingError = PostgresError(.protocolViolation, "an answer came that nobody asked for")
      close()
    }
  }

  private func collect(_ result: PostgresResult, _ request: PipelineRequest) {
    if result.rowCount > configuration.resultRows || result.byteCount > configuration.resultBytes {
      // The transaction commits all the same; the caller is told that its answer does not fit.
      request.tooLarge = PostgresError(
        .resultTooLarge,
        "\(result.rowCount) rows, \(result.byteCount) bytes; at most \(configuration.resultRows) rows, "
          + "\(configuration.resultBytes) bytes", mayHaveCommitted: true)
      return
    }
    request.results.append(result)
  }

  private func complete(_ request: PipelineRequest, _ outcome: ConnectionStateMachine<PipelineRequest>.Outcome) {
    let error = request.error ?? PostgresError(.protocolViolation, "failed without an error")
    switch outcome {
    case .committed:
      if let tooLarge = request.tooLarge { end(request, .failed(tooLarge)) } else { end(request, .succeeded) }
    case .bystander: end(request, .again(error))
    case .timedOut: end(request, .failed(error.asTimeOut()))
    case .rolledBack:
      // A plan that no longer fits its table, or a statement that the server no longer has.
      if error.sqlState == "0A000" || error.sqlState == "26000" {
        statements.forgetAll()
        end(request, .again(error))
      } else {
        end(request, .failed(error))
      }
    case .lost: end(request, .failed(closingError.map(lost) ?? error))
    case .unknown:
      let why = closingError?.message ?? "the server closed the connection"
      end(
        request,
        .failed(
          request.mayCommit
            ? PostgresError(.commitUnknown, why, mayHaveCommitted: true) : PostgresError(.connectionLost, why)))
    case .abandoned:
      let message = "the server did not answer in time, nor to a cancel"
      end(request, .failed(PostgresError(.timedOut, message, mayHaveCommitted: request.mayCommit)))
    }
  }

  private func lost(_ error: PostgresError) -> PostgresError { PostgresError(.connectionLost, error.message) }

  private func end(_ request: PipelineRequest, _ end: PipelineEnd) {
    if request.isInternal {
      if case .succeeded = end { return }
      retire()
      return
    }
    owner?.connection(self, settled: request, end)
  }

  private func takeNotifications() {
    while !isClosed, let notify = PQnotifies(handle) {
      let channel = String(cString: notify.pointee.relname)
      let payload = String(cString: notify.pointee.extra)
      PQfreemem(notify)
      owner?.connection(self, notified: channel, payload: payload)
    }
  }

  // MARK: Time and end

  /// Looks at the deadlines. Cancels and gives up as the state machine says.
  func tick(now: UInt64) {
    guard !isClosed else { return }
    let grace = UInt64(configuration.cancelGraceMilliseconds) * 1_000_000
    while let action = machine.tick(now: now, grace: grace) {
      switch action {
      case .cancel:
        cancel()
        owner?.connectionRetired(self)
      case .abandon(let request):
        let message = "the statements before it on its connection took too long"
        end(request, .failed(PostgresError(.timedOut, message, mayHaveCommitted: true)))
      case .drop:
        close(abandoned: true)
        return
      }
    }
  }

  private func cancel() {
    guard let cancel = PQgetCancel(handle) else { return }
    let address = UInt(bitPattern: cancel)
    let isRunning = BlockingCall.start {
      var message = [CChar](repeating: 0, count: 256)
      let cancel = OpaquePointer(bitPattern: address)
      _ = PQcancel(cancel, &message, Int32(message.count))
      PQfreeCancel(cancel)
    }
    if !isRunning { PQfreeCancel(cancel) }
  }

  /// Takes no more work and closes once drained.
  func retire() {
    guard !machine.isRetiring else { return }
    machine.retire()
    owner?.connectionRetired(self)
    closeIfDrained()
  }

  private func closeIfDrained() {
    if machine.isRetiring, machine.inFlight == 0, !isCopying { close() }
  }

  private func noteLoss(_ result: OpaquePointer) {
    let error = PostgresError(server: result)
    PQclear(result)
    closingError = PostgresError(.connectionLost, error.message)
    close()
  }

  /// Closes at once. Whatever is on its way ends as lost or unknown.
  func close(abandoned: Bool = false) {
    guard !machine.isClosed else { return }
    if closingError == nil, PQstatus(handle) == CONNECTION_BAD {
      closingError = PostgresError(.connectionLost, libpqMessage)
    }
    wasAbandoned = abandoned
    let ended = machine.closed(wasAbandoned: abandoned)
    loop.deregister(fd: fd)
    // libpq may have closed the descriptor itself, and another thread may own its number by now.
    if PQsocket(handle) == fd { shutdown(fd, Int32(SHUT_RDWR)) }
    copyEnded.ring()
    for (request, outcome) in ended { complete(request, outcome) }
    owner?.connectionClosed(self)
  }

  var libpqMessage: String { String(cString: PQerrorMessage(handle)) }
}
