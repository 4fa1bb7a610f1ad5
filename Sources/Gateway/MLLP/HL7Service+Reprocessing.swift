internal import HL7Parser
internal import PostgresClient
internal import Reactor

/// Taking a kept message again, after what kept it from being applied, or misread it, has been put right.
extension HL7Service {
  /// What came of it.
  package enum Reprocessing: Sendable, Equatable {
    case done(MessageState, code: String)
    /// What would come of it: the error, if any, and what would change.
    case rehearsed(MessageState, error: String?, [RecordDifference])
    /// The clinic has no message of this number.
    case unknown
    /// Its partner may not send to this clinic any more.
    case partnerGone
    case unavailable
  }

  /// Reads, maps and applies a kept message anew, in one transaction with its new state and answer. A sender that sends
  /// it again is answered as it stands then. What a later event has written stays; a message that was applied before
  /// stays applied, whatever comes of it now.
  package func reprocess(clinicID: String, id: Int) async -> Reprocessing {
    switch await kept(clinicID: clinicID, id: id) {
    case .failure(let reason): return reason.outcome
    case .success(let message):
      guard case .answered(let answer, let state) = await take(message) else { return .unavailable }
      return .done(state, code: answer.code.rawValue)
    }
  }

  /// Tries what `reprocess` would do, and keeps nothing of it.
  package func rehearse(clinicID: String, id: Int) async -> Reprocessing {
    switch await kept(clinicID: clinicID, id: id) {
    case .failure(let reason): return reason.outcome
    case .success(let message):
      guard let (outcome, changes) = try? await taker.rehearse(message) else { return .unavailable }
      return .rehearsed(outcome.state, error: outcome.error, changes)
    }
  }

  private struct NotTaken: Error {
    let outcome: Reprocessing
  }

  /// A kept message, read and mapped as it would be if it came now.
  private func kept(clinicID: String, id: Int) async -> Result<IncomingMessage, NotTaken> {
    do throws(PostgresError) {
      guard let kept = try await MessageArchive.load(pool, clinicID: clinicID, id: id) else {
        return .failure(NotTaken(outcome: .unknown))
      }
      // The address was checked when the message came.
      guard let nowhere = SocketAddress(unixPath: "/") else { return .failure(NotTaken(outcome: .unavailable)) }
      let sender = HL7Sender(
        transport: .http, peer: nowhere, partnerID: kept.partnerID, clinic: kept.clinicSlug, lane: newLane())
      guard case .message(var message, _) = await prepare(kept.raw, from: sender) else {
        return .failure(NotTaken(outcome: .partnerGone))
      }
      message.stored = kept.id
      message.wasApplied = kept.state == .applied
      message.access = nil  // the operator's doing, not the partner's
      message.receivedMicroseconds = kept.receivedMicroseconds
      return .success(message)
    } catch {
      return .failure(NotTaken(outcome: .unavailable))
    }
  }
}
