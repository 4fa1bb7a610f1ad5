internal import ClinicModel
internal import Crypto
internal import HL7Parser
internal import Mappers
package import PostgresClient
internal import Reactor

/// Takes messages of one clinic into the store and applies them, in one transaction of two round trips: BEGIN, locks,
/// look-ups; then the rows of the messages, a savepoint, their changes, COMMIT. Where something is to be changed there is
/// one more between them, for what stands.
///
/// Messages that concurrent senders brought share a transaction, as long as they write different records. If a
/// statement fails the transaction is undone and each message is taken by itself: then what fails is rolled back to the
/// savepoint and the message stays, with its reason.
///
/// Isolation: the loop's own thread.
package final class MessageTaker {
  /// What became of one message of a batch.
  package enum Settlement: Sendable {
    case answered(MessageAnswer, MessageState)
    /// The same message was there before: the same answer, nothing changed.
    case repeated(MessageAnswer)
    /// Another message of the batch writes the same record: to be taken again after it.
    case later
    /// Nothing was kept; it may work another time.
    case unavailable(PostgresError?)
  }

  private let pool: PostgresPool
  private let audit: AuditChains
  private var references = ReferenceCache()
  /// What was said lately, and most likely still stands when it is said again: then records are locked for looking only,
  /// and senders that repeat themselves do not wait for each other.
  private var recent: Set<String> = []
  private static let recentLimit = 8_192
  /// Times that a message alone is tried again when Postgres chose it as the loser of a conflict.
  private static let conflictRetries = 3

  package init(pool: PostgresPool, audit: AuditChains) { (self.pool, self.audit) = (pool, audit) }

  /// Takes messages of one clinic; one settlement a message, in their order.
  package func take(_ messages: [IncomingMessage]) async -> [Settlement] {
    guard messages.count > 1 else { return [await takeAlone(messages[0])] }
    do { return try await attempt(messages) } catch {
      if Self.isUnavailable(error) { return messages.map { _ in .unavailable(Self.postgres(error)) } }
    }
    // One that cannot be applied is found by halves, so that the others go on sharing transactions.
    let half = messages.count / 2
    let first = await take(Array(messages[..<half]))
    return first + (await take(Array(messages[half...])))
  }

  private func takeAlone(_ message: IncomingMessage) async -> Settlement {
    var message = message
    var tries = 0
    while true {
      do {
        return try await attempt([message])[0]
      } catch {
        tries += 1
        if Self.isConflict(error), tries <= Self.conflictRetries { continue }
        // Not even the look-ups could be asked with what it says: it is kept, with that reason.
        if !Self.isUnavailable(error), !Self.isConflict(error), case .changes = message.content {
          message.content = .refused(MessageOutcome(.failed, [Self.finding(error)]))
          continue
        }
        return .unavailable(Self.postgres(error))
      }
    }
  }

  // MARK: One transaction

  /// A message with all that is known of it.
  private struct Work {
    var message: IncomingMessage
    var id: StoredMessageID
    var isReused = false
    var outcome: MessageOutcome
    var plan: ChangePlanner.Plan?
    var fingerprint = ""
    var moment: Instant
  }

  private func attempt(_ messages: [IncomingMessage]) async throws -> [Settlement] {
    var committing: [StoredMessageID] = []
    var settlements: [Settlement] = []
    var found: [ReferenceCache.Reference: String] = [:]
    let clinicID = messages[0].clinicID
    var loan = try audit.borrow()
    let outcome: Result<Void, any Error>
    do {
      try await pool.transaction { transaction in
        let (looked, planner) = try await self.look(messages, transaction)
        let state = try self.decide(messages, looked, consume planner)
        settlements = state.settlements
        found = state.planner.foundReferences
        guard !state.works.isEmpty || !state.repeats.isEmpty else { return try await transaction.rollback() }
        committing = state.works.map(\.id)
        try await self.finish(state, alone: messages.count == 1, &settlements, &loan, transaction)
      }
      outcome = .success(())
    } catch { outcome = .failure(error) }
    if case .failure(let error) = outcome {
      let isOpen = (error as? PostgresError).map { $0.mayHaveCommitted || $0.code == .commitUnknown } ?? false
      guard isOpen, try await isCommitted(committing, messages) else {
        audit.giveBack(loan, isOpen ? .unknown : .undone)
        throw error
      }
    }
    audit.giveBack(loan, .committed)
    references.learn(found, clinicID: clinicID, now: pool.loop.now)
    remember(messages, settlements)
    return settlements
  }

  /// What taking a kept message again would come to, and what it would change. Everything is tried, and nothing kept.
  /// - Throws: `PostgresError` where the database is away.
  func rehearse(_ message: IncomingMessage) async throws -> (outcome: MessageOutcome, changes: [RecordDifference]) {
    try await pool.transaction { transaction in
      let (looked, planner) = try await self.look([message], transaction)
      let opening = try self.decide([message], looked, planner)
      guard let work = opening.works.first else { return (MessageOutcome(.received), []) }
      let writes = work.plan?.queries ?? []
      let result: Result<[RecordDifference], any Error>
      do {
        _ = try await transaction.run(RecordWrite.statements(writes, clinic: .text(opening.clinicID)))
        let planned = RecordDifference.all(writes, before: try looked.rows())
        result = .success(
          try await RecordConsequences.added(to: planned, clinic: opening.clinicID, transaction))
      } catch { result = .failure(error) }
      try await transaction.rollback()
      switch result {
      case .success(let changes): return (work.outcome, changes)
      case .failure(let error):
        if Self.isUnavailable(error) || Self.isConflict(error) { throw error }
        return (MessageOutcome(.failed, [Self.finding(error)]), [])
      }
    }
  }

  /// A repeat tells nothing of what stands: its words were said before, and perhaps are still the last ones.
  private func remember(_ messages: [IncomingMessage], _ settlements: [Settlement]) {
    if recent.count + messages.count > Self.recentLimit { recent.removeAll(keepingCapacity: true) }
    for (message, settlement) in zip(messages, settlements) {
      guard case .changes(_, let fingerprint) = message.content else { continue }
      switch settlement {
      case .answered(_, .applied): recent.insert(fingerprint)
      case .repeated: break
      case .answered, .later, .unavailable: recent.remove(fingerprint)
      }
    }
  }

  private struct Opening {
    let clinicID: String
    var settlements: [Settlement] = []
    var works: [Work] = []
    /// Positions of the works among the messages.
    var positions: [Int] = []
    var repeats: [MessageStatements.Repeat: Int] = [:]
    /// What the audit keeps of the repeats.
    var repeated: [AuditEntry] = []
    var planner: ChangePlanner
  }

  /// What the database told before anything was planned.
  private struct Looked {
    let clinicID: String
    let known: [ReferenceCache.Reference: String]
    var ledger: MessageLedger
    let numbers: PostgresResult
    let wanted: RecordLookup.Wanted
    let keys: [RecordKey]
    let lookup: ArraySlice<PostgresResult>
    var wantedRows = StandingRows.Wanted()
    var foundRows: [PostgresResult] = []

    /// The rows as they stood.
    func rows() throws -> StandingRows { try StandingRows(foundRows, wantedRows) }

    /// A planner that has planned nothing yet.
    func planner() throws -> ChangePlanner {
      var planner = ChangePlanner(
        clinicID: clinicID, lookup: try RecordLookup(lookup, wanted, keys: keys),
        references: ReferenceResolver(clinicID: clinicID, known: known),
        newID: { () throws(CryptoError) in try UUIDText.v7(unixMilliseconds: WallClock.unixMicroseconds / 1_000) })
      planner.learn(try rows())
      return planner
    }
  }

  /// The first round trip.
  private func look(
    _ messages: [IncomingMessage], _ transaction: PostgresTransaction
  ) async throws -> (Looked, ChangePlanner) {
    let clinicID = messages[0].clinicID
    let clinic = PostgresValue.text(clinicID)
    let now = pool.loop.now
    var lookups = LookupPlan(clinicID: clinicID)
    var known: [ReferenceCache.Reference: String] = [:]
    for case .changes(let changes, let fingerprint) in messages.map(\.content) {
      lookups.add(changes, isRepeat: recent.contains(fingerprint)) { [references] reference in
        guard let id = references.id(of: reference, clinicID: clinicID, now: now) else { return false }
        known[reference] = id
        return true
      }
    }
    let ledgerKeys = Array(Set(messages.compactMap(\.ledgerKey)))
    var locks = lookups.locks
    for key in ledgerKeys { locks.insert(Self.lock(key, clinicID)) }
    let (queries, keys) = RecordLookup.queries(lookups.wanted, clinic: clinic)
    let results = try await transaction.run(
      [
        MessageStatements.open(clinicID, locking: locks, shared: lookups.sharedLocks, numbers: messages.count),
        MessageStatements.ledger(ledgerKeys, clinic: clinic),
      ] + queries)
    var looked = Looked(
      clinicID: clinicID, known: known, ledger: try MessageLedger(results[1], ledgerKeys), numbers: results[0],
      wanted: lookups.wanted, keys: keys, lookup: results[2...])
    var planner = try looked.planner()
    try await read(messages, &planner, &looked, transaction)
    return (looked, planner)
  }

  /// A round trip between the two, where something is to be changed or was said before: the rows that stand of it,
  /// locked, and how it was answered.
  private func read(
    _ messages: [IncomingMessage], _ planner: inout ChangePlanner, _ looked: inout Looked,
    _ transaction: PostgresTransaction
  ) async throws {
    var wanted = StandingRows.Wanted()
    for message in messages {
      guard case .changes(let changes, let fingerprint) = message.content, !recent.contains(fingerprint),
        looked.ledger.entry(of: message) == nil
      else { continue }
      planner.addRows(
        of: changes, moment: Self.moment(changes, message), fingerprint: fingerprint,
        trustsFingerprint: message.stored == nil, to: &wanted)
    }
    let clinic = PostgresValue.text(looked.clinicID)
    let repeated = looked.ledger.repeated(by: messages)
    let answers = repeated.isEmpty ? [] : [MessageStatements.acknowledgements(repeated, clinic: clinic)]
    let results = try await transaction.run(answers + StandingRows.queries(wanted, clinic: clinic))
    if !repeated.isEmpty { try looked.ledger.learn(results[0]) }
    guard !wanted.isEmpty else { return }
    looked.foundRows = Array(results.dropFirst(answers.count))
    looked.wantedRows = wanted
    planner.learn(try looked.rows())
  }

  /// When it happened: as the sender says, else when it came.
  private static func moment(_ changes: ClinicChanges, _ message: IncomingMessage) -> Instant {
    changes.moment ?? Instant(microseconds: message.receivedMicroseconds)
  }

  /// Decides message after message. What a refused one had planned before is not taken back one by one, which would cost
  /// every message a copy of all that is known: the batch is decided on anew without it, from what was told.
  private func decide(
    _ messages: [IncomingMessage], _ looked: Looked, _ planner: consuming ChangePlanner
  ) throws -> Opening {
    var opening = Opening(clinicID: looked.clinicID, planner: planner)
    var refused: [Int: MessageOutcome] = [:]
    while let (index, outcome) = try decide(messages, refused, looked, &opening) {
      refused[index] = outcome
      opening = Opening(clinicID: looked.clinicID, planner: try looked.planner())
    }
    return opening
  }

  /// One pass; ends at the first message that is refused for the first time.
  private func decide(
    _ messages: [IncomingMessage], _ refused: [Int: MessageOutcome], _ looked: Looked, _ opening: inout Opening
  ) throws -> (index: Int, outcome: MessageOutcome)? {
    var ledger = looked.ledger
    var waitingLanes: Set<UInt64> = []
    for (index, message) in messages.enumerated() {
      if waitingLanes.contains(message.lane) {
        opening.settlements.append(.later)
        continue
      }
      if let key = message.ledgerKey, let before = ledger.entry(of: message) {
        guard let code = before.code else {  // it is in this very batch
          waitingLanes.insert(message.lane)
          opening.settlements.append(.later)
          continue
        }
        opening.repeats[MessageStatements.Repeat(key: key, sha256: message.sha256), default: 0] += 1
        let answer = Self.answer(code, ledger.acknowledgement(before), message)
        opening.settlements.append(.repeated(answer))
        if let entry = message.access?.entry(ofRepeat: answer) { opening.repeated.append(entry) }
        continue
      }
      let row = looked.numbers[index]
      var work = Work(
        message: message,
        id: try message.stored ?? StoredMessageID(id: row.int(0), receivedAt: row.string(1)),
        isReused: message.ledgerKey.map(ledger.isReused) ?? false, outcome: MessageOutcome(.applied),
        moment: Instant(microseconds: message.receivedMicroseconds))
      if let outcome = refused[index] {
        work.outcome = outcome
      } else {
        do {
          guard try plan(&work, &opening.planner) else {
            waitingLanes.insert(message.lane)
            opening.settlements.append(.later)
            continue
          }
        } catch let refusal as ChangePlanner.Refusal {
          return (index, MessageOutcome(.failed, [refusal.finding]))
        }
      }
      if let key = message.ledgerKey { ledger.add(key, message.sha256) }
      opening.positions.append(index)
      opening.works.append(work)
      opening.settlements.append(.later)  // until the commit
    }
    return nil
  }

  /// Decides what becomes of a message. False when it must wait for another of the batch.
  private func plan(_ work: inout Work, _ planner: inout ChangePlanner) throws -> Bool {
    switch work.message.content {
    case .refused(let outcome): work.outcome = outcome
    case .changes(let changes, let fingerprint):
      work.fingerprint = fingerprint
      work.moment = Self.moment(changes, work.message)
      switch try planner.decide(
        changes, moment: work.moment, fingerprint: fingerprint, mayWrite: !recent.contains(fingerprint),
        trustsFingerprint: work.message.stored == nil)
      {
      case .later: return false
      case .now(let plan):
        work.plan = plan
        work.outcome = MessageOutcome(plan.isSuperseded ? .superseded : .applied, changes.warnings)
      }
    }
    return true
  }

  /// The second round trip.
  private func finish(
    _ opening: Opening, alone: Bool, _ settlements: inout [Settlement], _ loan: inout AuditChains.Loan,
    _ transaction: PostgresTransaction
  ) async throws {
    let clinic = PostgresValue.text(opening.clinicID)
    var queries = opening.repeats.isEmpty ? [] : [MessageStatements.count(opening.repeats, clinic: clinic)]
    var answers: [MessageAnswer] = []
    var keeping: [MessageStatements.Keeping] = []
    for work in opening.works {
      let answer = work.message.acknowledge(work.outcome)
      answers.append(answer)
      if work.message.stored != nil {
        guard !work.message.wasApplied || work.outcome.state == .applied else { continue }
        queries += MessageStatements.settle(work.id, work.outcome, answer, clinic: clinic, isNewAttempt: true)
      } else {
        keeping.append(
          MessageStatements.Keeping(
            message: work.message, id: work.id, outcome: work.outcome, answer: answer, isReused: work.isReused))
      }
    }
    if !keeping.isEmpty { queries.append(MessageStatements.store(keeping, clinic: clinic)) }
    if alone { queries.append(PostgresQuery("SAVEPOINT apply")) }
    queries += RecordWrite.statements(opening.works.flatMap { $0.plan?.queries ?? [] }, clinic: clinic)
    let effects = opening.works.flatMap { work in
      work.plan?.effects.rows(work.id, eventAt: work.moment, fingerprint: work.fingerprint) ?? []
    }
    if !effects.isEmpty {
      let again = opening.works.contains { $0.message.stored != nil }
      queries.append(MessageEffects.query(effects, again: again, clinic: clinic))
    }
    let entries = zip(opening.works, answers).compactMap { work, answer in
      work.message.access?.entry(work.id, work.outcome, answer, patientID: work.plan?.effects.patientID)
    }
    queries += audit.statements(opening.repeated + entries, &loan)
    do {
      _ = try await transaction.finish(queries)
      for (position, (work, answer)) in zip(opening.positions, zip(opening.works, answers)) {
        settlements[position] = .answered(answer, work.outcome.state)
      }
    } catch {
      guard alone, let work = opening.works.first, !Self.isUnavailable(error), !Self.isConflict(error) else {
        throw error
      }
      // The server skipped everything after the failed statement; the message itself is kept with the reason.
      let outcome = MessageOutcome(.failed, [Self.finding(error)])
      let answer = work.message.acknowledge(outcome)
      let settling =
        work.message.wasApplied ? [] : MessageStatements.settle(work.id, outcome, answer, clinic: clinic)
      _ = try await transaction.finish(
        [PostgresQuery("ROLLBACK TO SAVEPOINT apply")] + settling
          + audit.statements(
            [work.message.access?.entry(work.id, outcome, answer, patientID: nil)].compactMap(\.self), &loan))
      settlements[opening.positions[0]] = .answered(answer, .failed)
    }
  }

  /// After a commit whose end was not seen: whether it happened. It may still be under way, so we wait for the locks
  /// that it holds before we look.
  private func isCommitted(_ ids: [StoredMessageID], _ messages: [IncomingMessage]) async throws -> Bool {
    guard !ids.isEmpty, let clinicID = messages.first?.clinicID else { return false }
    let locks = Set(messages.compactMap(\.ledgerKey).map { Self.lock($0, clinicID) })
    let results = try await pool.run([
      MessageStatements.open(clinicID, locking: locks, shared: [], numbers: 1),
      MessageStatements.present(ids, clinic: .text(clinicID)),
    ])
    return results[1].rowCount == ids.count
  }

  // MARK: Judging failures

  private static func isUnavailable(_ error: any Error) -> Bool {
    guard let error = error as? PostgresError else { return true }
    return (error.isTransient && !isConflict(error)) || error.code == .closed || error.code == .protocolViolation
  }

  private static func isConflict(_ error: any Error) -> Bool {
    guard let error = error as? PostgresError, let state = error.sqlState else { return false }
    return state == "40001" || state == "40P01"
  }

  private static func postgres(_ error: any Error) -> PostgresError? { error as? PostgresError }

  private static func finding(_ error: any Error) -> HL7Finding {
    guard let error = error as? PostgresError else {
      return HL7Finding(.applicationInternalError, "the message could not be applied")
    }
    let place = [error.tableName, error.columnName, error.constraintName].compactMap(\.self).joined(separator: ".")
    return HL7Finding(
      .dataTypeError,
      "the clinic's records do not take this (\(error.sqlState ?? error.code.description)\(place.isEmpty ? "" : " " + place))"
    )
  }

  private static func answer(
    _ code: HL7Acknowledgement.Code, _ stored: [UInt8]?, _ message: IncomingMessage
  ) -> MessageAnswer {
    if let stored { return MessageAnswer(code: code, stored: stored) }
    // The message itself has been pruned: the same code, in new words.
    return message.acknowledge(
      MessageOutcome(code.isPositive ? .applied : .failed, isRejected: code == .AR || code == .CR))
  }

  private static func lock(_ key: LedgerKey, _ clinicID: String) -> Int64 {
    SHA256.hash("ledger\n\(clinicID)\n\(key.partnerID)\n\(key.application)\n\(key.facility)\n\(key.controlID)")
      .prefix(8).reduce(0) { $0 << 8 | Int64($1) }
  }
}
