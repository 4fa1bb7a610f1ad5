internal import HL7Parser
internal import PostgresClient
internal import Reactor

/// Taking a kept message again, after what kept it from being applied has been put right.
extension HL7Service {
  /// What came of it.
  package enum Reprocessing: Sendable, Equatable {
    case done(MessageState, code: String)
    /// The clinic has no message of this number.
    case unknown
    /// It has been applied: once is enough.
    case alreadyApplied
    /// Its partner may not send to this clinic any more.
    case partnerGone
    case unavailable
  }

  /// Reads, maps and applies a kept message anew, in one transaction with its new state and answer. A sender that sends
  /// it again is answered as it stands then.
  package func reprocess(clinicID: String, id: Int) async -> Reprocessing {
    do throws(PostgresError) {
      guard let kept = try await MessageArchive.load(pool, clinicID: clinicID, id: id) else { return .unknown }
      guard kept.state != .applied else { return .alreadyApplied }
      // The address was checked when the message came.
      guard let nowhere = SocketAddress(unixPath: "/") else { return .unavailable }
      let sender = HL7Sender(
        transport: .http, peer: nowhere, partnerID: kept.partnerID, clinic: kept.clinicSlug, lane: newLane())
      guard case .message(var message, _) = await prepare(kept.raw, from: sender) else { return .partnerGone }
      message.stored = kept.id
      message.access = nil  // the operator's doing, not the partner's
      message.receivedMicroseconds = kept.receivedMicroseconds
      guard case .answered(let answer, let state) = await take(message) else { return .unavailable }
      return .done(state, code: answer.code.rawValue)
    } catch {
      return .unavailable
    }
  }
}
