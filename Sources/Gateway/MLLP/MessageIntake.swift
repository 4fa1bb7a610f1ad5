internal import PostgresClient
internal import Reactor

/// Gathers messages of concurrent connections of one loop into transactions.
///
/// While one transaction is on its way the next fills up, so the more senders there are, the more messages share a
/// commit. Messages of one lane stay in their order.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
final class MessageIntake: @unchecked Sendable {
  private struct Pending {
    let message: IncomingMessage
    let continuation: UnsafeContinuation<MessageTaker.Settlement, Never>
  }

  /// Messages of one transaction.
  private static let batchLimit = 32
  /// Transactions on their way.
  private static let batchesAtOnce = 2
  /// Messages that may wait; one more is answered as if the database were away.
  private static let waitingLimit = 4_096

  private let pool: PostgresPool
  private let taker: MessageTaker
  private var pending: [Pending] = []
  private var busyLanes: Set<UInt64> = []
  private var batches = 0
  private var isScheduled = false

  init(pool: PostgresPool, audit: AuditChains) {
    self.pool = pool
    taker = MessageTaker(pool: pool, audit: audit)
  }

  /// Takes a message; returns after the commit that it was part of.
  func take(_ message: IncomingMessage) async -> MessageTaker.Settlement {
    guard pending.count < Self.waitingLimit else { return .unavailable(nil) }
    return await withUnsafeContinuation { continuation in
      pending.append(Pending(message: message, continuation: continuation))
      schedule()
    }
  }

  private func schedule() {
    guard !isScheduled, batches < Self.batchesAtOnce else { return }
    isScheduled = true
    pool.loop.atEndOfTurn {
      self.isScheduled = false
      while self.batches < Self.batchesAtOnce, let batch = self.nextBatch() { self.start(batch) }
    }
  }

  /// The oldest message that may go, and what may go with it.
  private func nextBatch() -> [Pending]? {
    var skipped = busyLanes
    var batch: [Pending] = []
    var rest: [Pending] = []
    for candidate in pending {
      let message = candidate.message
      if batch.count < Self.batchLimit, !skipped.contains(message.lane),
        batch.isEmpty || batch[0].message.clinicID == message.clinicID
      {
        batch.append(candidate)
      } else {
        skipped.insert(message.lane)
        rest.append(candidate)
      }
    }
    guard !batch.isEmpty else { return nil }
    pending = rest
    return batch
  }

  private func start(_ batch: [Pending]) {
    batches += 1
    busyLanes.formUnion(batch.map(\.message.lane))
    Task(executorPreference: pool.loop) {
      let settlements = await self.taker.take(batch.map(\.message))
      self.batches -= 1
      self.busyLanes.subtract(batch.map(\.message.lane))
      var again: [Pending] = []
      for (member, settlement) in zip(batch, settlements) {
        if case .later = settlement { again.append(member) } else { member.continuation.resume(returning: settlement) }
      }
      self.pending.insert(contentsOf: again, at: 0)
      if !self.pending.isEmpty { self.schedule() }
    }
  }
}
