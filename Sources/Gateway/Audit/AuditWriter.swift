import ClinicModel
package import Crypto
package import PostgresClient
import Reactor

/// The audit row could not be made durable: the answer must not leave.
package struct AuditError: Error, Sendable, CustomStringConvertible {
  package struct Code: Sendable, Hashable {
    let name: String
    package static let databaseAway = Code(name: "databaseAway")
    package static let overloaded = Code(name: "overloaded")
    package static let stopped = Code(name: "stopped")
  }

  package let code: Code
  package let cause: PostgresError?
  package var description: String { cause.map { "audit \(code.name): \($0)" } ?? "audit \(code.name)" }
}

/// Makes audit rows durable, those of concurrent requests in one INSERT and one commit.
///
/// One batch is under way at a time: while it commits the next one gathers, and the hash chain stays in order. When it
/// is unknown whether a batch was committed, the chain ends there and a new one begins, which its first head records.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
package final class AuditWriter: @unchecked Sendable {
  package struct Limits: Sendable {
    /// Rows of one batch.
    package var batchRows = 512
    /// Rows that may wait.
    package var waitingRows = 20_000
    package var chainHeadMilliseconds = 60_000

    package init() {}
  }

  private struct Waiting {
    let entries: [AuditEntry]
    let continuation: UnsafeContinuation<AuditError?, Never>
  }

  private let pool: PostgresPool
  private let limits: Limits
  private let process: String
  /// Chains for rows that commit with other work of this loop.
  package let chains: AuditChains
  private let bell: LoopSignal
  private var chain: AuditChain
  private var isNewChain = true
  private var waiting: [Waiting] = []
  /// Rows of `waiting`.
  private var waitingRows = 0
  private var samples: [StrangerSample] = []
  private var headDue: Deadline
  private var isRinging = false
  private var isStopping = false
  private var writer: Task<Void, Never>?

  /// Batches and rows written; for metrics.
  package private(set) var batches = 0
  package private(set) var rows = 0
  package private(set) var failures = 0

  /// - Parameter process: names this process in the chain's heads, such as `host:pid`.
  package init(pool: PostgresPool, limits: Limits = Limits(), process: String) throws(CryptoError) {
    self.pool = pool
    self.limits = limits
    self.process = process
    chains = AuditChains(process: process, headMilliseconds: limits.chainHeadMilliseconds)
    bell = LoopSignal(loop: pool.loop)
    chain = AuditChain(id: try UUIDText.v4())
    headDue = .after(milliseconds: limits.chainHeadMilliseconds)
  }

  /// Starts the one task that writes.
  package func start() {
    writer = Task(executorPreference: pool.loop) { await self.write() }
  }

  /// Records where the chain ends, after what waits has been written.
  package func stop() async {
    isStopping = true
    bell.ring()
    await writer?.value
  }

  /// Returns when the row is durable.
  /// - Throws: when it is not, or when that is unknown; nothing that depends on it may leave then.
  package func record(_ entry: AuditEntry) async throws(AuditError) { try await record([entry]) }

  /// The same for rows that are made durable together, fewer than those of a batch.
  package func record(_ entries: [AuditEntry]) async throws(AuditError) {
    guard !entries.isEmpty else { return }
    guard !isStopping else { throw AuditError(code: .stopped, cause: nil) }
    guard waitingRows + entries.count <= limits.waitingRows else { throw AuditError(code: .overloaded, cause: nil) }
    waitingRows += entries.count
    let error: AuditError? = await withUnsafeContinuation { continuation in
      waiting.append(Waiting(entries: entries, continuation: continuation))
      ringAtEndOfTurn()
    }
    if let error { throw error }
  }

  /// Keeps a stranger's refusal with the next batch; nobody waits for it.
  package func sample(_ sample: StrangerSample) {
    guard samples.count < limits.batchRows else { return }
    samples.append(sample)
    ringAtEndOfTurn()
  }

  private func ringAtEndOfTurn() {
    guard !isRinging else { return }
    isRinging = true
    pool.loop.atEndOfTurn {
      self.isRinging = false
      self.bell.ring()
    }
  }

  private func write() async {
    while true {
      if waiting.isEmpty, samples.isEmpty {
        if isStopping { break }
        let inTime = await bell.wait(until: headDue)
        if !inTime { await writeHead(reason: "interval") }
        continue
      }
      await writeBatch()
    }
    await writeHead(reason: "stop")
    let heads = chains.lastHeads()
    if !heads.isEmpty { _ = try? await pool.run(heads) }
  }

  private func writeBatch() async {
    var batch: [Waiting] = []
    swap(&batch, &waiting)
    // One at least, whatever the limit: what goes together stays together.
    var (count, rowCount) = (0, 0)
    while count < batch.count, count == 0 || rowCount + batch[count].entries.count <= limits.batchRows {
      rowCount += batch[count].entries.count
      count += 1
    }
    waiting = Array(batch[count...])
    batch.removeSubrange(count...)
    waitingRows -= rowCount
    let strangers = samples
    samples.removeAll(keepingCapacity: true)
    var next = chain
    var queries: [PostgresQuery] = []
    if isNewChain { queries.append(AuditStatements.head(chain, reason: "start", process: process)) }
    if !batch.isEmpty {
      queries.append(AuditStatements.insert(batch.flatMap(\.entries).map { next.append($0) }, chain: chain.id))
    }
    if !strangers.isEmpty { queries.append(AuditStatements.strangers(strangers)) }
    do throws(PostgresError) {
      _ = try await pool.run(queries)
      chain = next
      isNewChain = false
      batches += 1
      rows += rowCount
      for row in batch { row.continuation.resume(returning: nil) }
    } catch {
      failures += 1
      if error.mayHaveCommitted { beginNewChain() }
      for row in batch { row.continuation.resume(returning: AuditError(code: .databaseAway, cause: error)) }
    }
  }

  private func writeHead(reason: String) async {
    headDue = .after(milliseconds: limits.chainHeadMilliseconds)
    guard !isNewChain else { return }
    _ = try? await pool.run(AuditStatements.head(chain, reason: reason, process: process))
  }

  private func beginNewChain() {
    guard let id = try? UUIDText.v4() else { return }
    chain = AuditChain(id: id)
    isNewChain = true
  }
}
