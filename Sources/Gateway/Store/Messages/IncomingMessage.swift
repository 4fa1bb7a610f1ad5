package import HL7Parser
package import Mappers

/// What became of a message; `gateway.hl7_message.state`.
package enum MessageState: String, Sendable, CaseIterable {
  case received, applied, stored, ignored, failed, superseded

  /// What the acknowledgements say of it, as a rule. What a partner's rules ignore is right, so its sender goes on.
  package var outcome: HL7Control.Outcome {
    switch self {
    case .applied, .stored, .superseded, .ignored: .success
    case .failed: .error
    case .received: .rejected
    }
  }
}

/// How a message ended, for its acknowledgement and its row.
package struct MessageOutcome: Sendable {
  package var state: MessageState
  /// Errors, or warnings beside a success.
  package var findings: [HL7Finding]
  /// It was not its content that was judged but whether it is a message to be taken at all.
  package var isOfHeader: Bool
  /// Failed because messages of its kind are not taken: AR rather than AE.
  package var isRejected: Bool

  /// What the acknowledgements say.
  package var acknowledged: HL7Control.Outcome { isRejected ? .rejected : state.outcome }

  package init(
    _ state: MessageState, _ findings: [HL7Finding] = [], isOfHeader: Bool = false, isRejected: Bool = false
  ) {
    self.state = state
    self.findings = findings
    self.isOfHeader = isOfHeader
    self.isRejected = isRejected
  }

  /// Whether the row says why the message came to nothing.
  private var isExplained: Bool { [.ignored, .failed].contains(state) }

  /// What the row says: codes, places and our own words; nothing of the message.
  var error: String? {
    !isExplained || findings.isEmpty
      ? nil : findings.prefix(20).map { "\($0.condition.code) \($0.text)" }.joined(separator: "; ")
  }
  var errorLocation: String? { isExplained ? findings.first?.location?.description : nil }
}

/// The acknowledgements of one message, in order.
package struct MessageAnswer: Sendable, Equatable {
  /// The last code sent; what the message came to where none is sent.
  package var code: HL7Acknowledgement.Code
  package var messages: [[UInt8]]

  package init(code: HL7Acknowledgement.Code, messages: [[UInt8]]) {
    self.code = code
    self.messages = messages
  }

  /// All of them in one column: each begins with `MSH`, and no segment of an acknowledgement holds another CR.
  var stored: [UInt8] { Array(messages.joined()) }

  /// Takes them apart again.
  init(code: HL7Acknowledgement.Code, stored: [UInt8]) {
    self.code = code
    messages = []
    for line in stored.split(separator: UInt8(ascii: "\r")) {
      if line.starts(with: Array("MSH".utf8)) || messages.isEmpty { messages.append([]) }
      messages[messages.count - 1] += line + [UInt8(ascii: "\r")]
    }
  }
}

/// A message of a known partner and clinic on its way into the store.
package struct IncomingMessage: Sendable {
  /// What is to be done with it.
  package enum Content: Sendable {
    /// - fingerprint: a UUID's text, the same for messages that say the same and are understood alike.
    case changes(ClinicChanges, fingerprint: String)
    /// It is kept and answered, nothing more.
    case refused(MessageOutcome)
  }

  package var clinicID: String
  package var partnerID: String
  package var raw: [UInt8]
  package var sha256: [UInt8]
  /// Nil where there is none that could be used: such a message is not recognised when it comes again.
  package var controlID: String?
  package var sendingApplication: String
  package var sendingFacility: String
  /// `ADT^A01`.
  package var event: String?
  package var transport: String
  package var remoteAddress: String?
  package var content: Content
  /// Who called, for the audit; nil where no partner did.
  package var access: MessageAccess?
  /// Makes the acknowledgements.
  package var acknowledge: @Sendable (MessageOutcome) -> MessageAnswer
  /// Messages of one lane are applied in their order: a connection.
  package var lane: UInt64
  /// When its last byte came, in microseconds since 1970.
  package var receivedMicroseconds: Int64
  /// Its row, where it is kept already and is taken once more.
  package var stored: StoredMessageID?
  /// It was applied before: it stays so, whatever comes of it now.
  package var wasApplied = false

  package init(
    clinicID: String, partnerID: String, raw: [UInt8], sha256: [UInt8], controlID: String?,
    sendingApplication: String, sendingFacility: String, event: String?, transport: String, remoteAddress: String?,
    content: Content, lane: UInt64, receivedMicroseconds: Int64,
    acknowledge: @escaping @Sendable (MessageOutcome) -> MessageAnswer
  ) {
    self.clinicID = clinicID
    self.partnerID = partnerID
    self.raw = raw
    self.sha256 = sha256
    self.controlID = controlID
    self.sendingApplication = sendingApplication
    self.sendingFacility = sendingFacility
    self.event = event
    self.transport = transport
    self.remoteAddress = remoteAddress
    self.content = content
    self.lane = lane
    self.receivedMicroseconds = receivedMicroseconds
    self.acknowledge = acknowledge
  }

  /// What makes a repeat of it, its bytes aside.
  var ledgerKey: LedgerKey? {
    stored != nil
      ? nil
      : controlID.map {
        LedgerKey(
          partnerID: partnerID, application: sendingApplication, facility: sendingFacility, controlID: $0)
      }
  }
}

/// Partner, MSH-3, MSH-4 and MSH-10.
struct LedgerKey: Hashable, Sendable {
  let partnerID: String
  let application: String
  let facility: String
  let controlID: String
}
