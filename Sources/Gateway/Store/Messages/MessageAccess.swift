package import ClinicModel
internal import HL7Parser

/// A known partner's call with a message. Its audit row commits with the message, so that there is one for each answer
/// and none for a message that was not kept.
package struct MessageAccess: Sendable {
  package var clinicID: String
  package var partnerID: String
  package var keyID: String?
  /// SHA-256 of the client certificate's public key, in hex.
  package var certificate: String?
  package var remoteAddress: String?
  /// The HTTP request's id; MSH-10 of our acknowledgement where there is no request.
  package var requestID: String
  /// Whether an HTTP status is answered too.
  package var isHTTP: Bool
  package var at: Instant
  /// `ADT^A01`.
  package var event: String?

  /// The row of a message that was kept. Holds codes, places and our own words; nothing of the message.
  func entry(
    _ id: StoredMessageID, _ outcome: MessageOutcome, _ answer: MessageAnswer, patientID: String?
  ) -> AuditEntry {
    var entry = entry(answer.code.rawValue, "message=\(id.id)", answer)
    entry.patientID = patientID
    switch outcome.acknowledged {
    case .success: entry.outcome = .success
    case .error, .rejected: entry.outcome = .minorFailure
    }
    entry.reason = outcome.error
    return entry
  }

  /// The row of a message that had been there before.
  func entry(ofRepeat answer: MessageAnswer) -> AuditEntry {
    var entry = entry(answer.code.rawValue, "repeat=1", answer)
    entry.outcome = answer.code == .AA || answer.code == .CA ? .success : .minorFailure
    return entry
  }

  private func entry(_ code: String, _ detail: String, _ answer: MessageAnswer) -> AuditEntry {
    var entry = AuditEntry(at: at, action: .create, interaction: "hl7v2", requestID: requestID)
    entry.clinicID = clinicID
    entry.partnerID = partnerID
    entry.keyID = keyID
    entry.certificate = certificate
    entry.query = [detail, event.map { "event=\($0)" }, "ack=\(code)"].compactMap(\.self).joined(separator: "&")
    if isHTTP { entry.status = answer.messages.isEmpty ? 202 : 200 }
    entry.remoteAddress = remoteAddress
    return entry
  }
}
