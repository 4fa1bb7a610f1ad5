/// One pipeline on its way: its statements, what has come back, and who waits for it. Belongs to one loop's thread.
final class PipelineRequest {
  /// Sent before `queries`; its result is for nobody.
  let scope: PostgresQuery?
  let queries: [PostgresQuery]
  /// Monotonic nanoseconds.
  let deadline: UInt64
  /// Whether the pipeline is a transaction of its own, so that a rolled-back one may be sent again.
  let isWholeTransaction: Bool
  /// Whether its sync, or a COMMIT in it, can commit: not so inside an explicit transaction.
  var mayCommit = true
  /// Requests that share this one's transaction.
  var members: [PipelineRequest] = []
  /// Where the results of each of them begin.
  var memberStarts: [Int] = []
  var attempts = 0

  var results: [PostgresResult] = []
  var error: PostgresError?
  /// Set when a result went over the configured limit.
  var tooLarge: PostgresError?
  /// A connection's own housekeeping; nobody waits for it.
  var isInternal = false
  /// The steps that prepare statements, in order; every other step runs one query.
  var preparations: [(step: Int, statement: PreparedStatement)] = []
  var continuation: UnsafeContinuation<Result<[PostgresResult], PostgresError>, Never>?

  init(scope: PostgresQuery? = nil, queries: [PostgresQuery], deadline: UInt64, isWholeTransaction: Bool) {
    self.scope = scope
    self.queries = queries
    self.deadline = deadline
    self.isWholeTransaction = isWholeTransaction
  }

  /// Forgets what an earlier attempt brought.
  func reset() {
    results.removeAll(keepingCapacity: true)
    results.reserveCapacity(queries.count + 1)
    preparations.removeAll()
    error = nil
    tooLarge = nil
    attempts += 1
  }

  func preparation(at step: Int) -> PreparedStatement? {
    preparations.first { $0.step == step }?.statement
  }

  func finish(_ result: Result<[PostgresResult], PostgresError>) {
    let waiting = continuation
    continuation = nil
    waiting?.resume(returning: result)
  }
}
