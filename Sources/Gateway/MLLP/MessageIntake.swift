internal import PostgresClient
internal import Reactor

/// Gathers messages of concurrent connections of one loop into transactions.
///
/// While a clinic's transaction is on its way its next one fills up, so the more senders there are, the more messages
/// share statements and a commit. Messages of one lane stay in their order.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
final class MessageIntake: @unchecked Sendable {
  private struct Pending {
    let message: IncomingMessage
    let continuation: UnsafeContinuation<MessageTaker.Settlement, Never>
  }

  /// Messages of one transaction.
  private static let batchLimit = 128
  /// Bytes of the messages of one transaction, unless it has but one.
  private static let batchBytes = 4 << 20
  /// Transactions on their way, each of another clinic: two of one clinic would wait for each other's records, and each
  /// statement would serve half as many messages.
  private static let batchesAtOnce = 4
  /// How long a transaction waits for senders that were answered together, and most likely send again together: their
  /// next messages then share statements as the last ones did.
  private static let lingerMilliseconds = 1
  /// Fewer senders are not waited for.
  private static let lingerFrom = 4
  /// Messages that may wait; one more is answered as if the database were away.
  private static let waitingLimit = 4_096

  private let pool: PostgresPool
  let taker: MessageTaker
  private var pending: [Pending] = []
  private var busyLanes: Set<UInt64> = []
  private var busyClinics: Set<String> = []
  private var isScheduled = false
  /// How many messages the next transaction may have, by the last one.
  private var expected = 0
  /// Which wait for them is on; those before it have ended.
  private var linger = 0
  private var isLingering = false

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
    guard !isScheduled, busyClinics.count < Self.batchesAtOnce else { return }
    if busyClinics.isEmpty, pending.count < expected, expected >= Self.lingerFrom {
      waitForMore()
    } else {
      startSoon()
    }
  }

  /// Starts what has come by the end of the wait, unless all who are expected come before.
  private func waitForMore() {
    guard !isLingering else { return }
    isLingering = true
    linger += 1
    let mine = linger
    Task(executorPreference: pool.loop) {
      await self.pool.loop.sleep(milliseconds: Self.lingerMilliseconds)
      guard self.isLingering, self.linger == mine else { return }
      self.expected = 0
      self.startSoon()
    }
  }

  private func startSoon() {
    isLingering = false
    guard !isScheduled else { return }
    isScheduled = true
    pool.loop.atEndOfTurn {
      self.isScheduled = false
      while self.busyClinics.count < Self.batchesAtOnce, let batch = self.nextBatch() { self.start(batch) }
    }
  }

  /// The oldest message that may go, and what may go with it.
  private func nextBatch() -> [Pending]? {
    var skipped = busyLanes
    var batch: [Pending] = []
    var rest: [Pending] = []
    var bytes = 0
    for candidate in pending {
      let message = candidate.message
      let fits =
        batch.isEmpty
        ? !busyClinics.contains(message.clinicID)
        : batch[0].message.clinicID == message.clinicID && batch.count < Self.batchLimit
          && bytes + message.raw.count <= Self.batchBytes
      if fits, !skipped.contains(message.lane) {
        batch.append(candidate)
        bytes += message.raw.count
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
    let clinicID = batch[0].message.clinicID
    busyClinics.insert(clinicID)
    busyLanes.formUnion(batch.map(\.message.lane))
    Task(executorPreference: pool.loop) {
      let settlements = await self.taker.take(batch.map(\.message))
      self.busyClinics.remove(clinicID)
      self.busyLanes.subtract(batch.map(\.message.lane))
      var again: [Pending] = []
      for (member, settlement) in zip(batch, settlements) {
        if case .later = settlement { again.append(member) } else { member.continuation.resume(returning: settlement) }
      }
      self.pending.insert(contentsOf: again, at: 0)
      self.expected = min(self.pending.count + batch.count - again.count, Self.batchLimit)
      if !self.pending.isEmpty { self.schedule() }
    }
  }
}
