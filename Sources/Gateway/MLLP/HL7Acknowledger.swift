internal import HL7Parser

/// Makes the acknowledgements of one message.
struct HL7Acknowledger: Sendable {
  let header: HL7Header
  let control: HL7Control.Profile
  /// MSH-10 of its acknowledgements, 19 characters at most; a second one adds a letter.
  let controlID: String
  /// MSH-7.
  let time: String
  /// Whether nothing is said: bytes that are no message are owed no answer, which would be taken for the next one's.
  var isSilent = false

  /// What is owed for an outcome, in order.
  func answer(_ outcome: MessageOutcome) -> MessageAnswer {
    let result = outcome.acknowledged
    if isSilent { return MessageAnswer(code: Self.code(result), messages: []) }
    let isTaken = !outcome.isOfHeader && result != .rejected
    let codes = HL7Control.acknowledgements(
      for: header, profile: control, stored: isTaken ? .success : result, applied: isTaken ? result : nil)
    var messages: [[UInt8]] = []
    for code in codes {
      let isSilent = code == .CA || outcome.state == .ignored
      let acknowledgement = HL7Acknowledgement(code, findings: isSilent ? [] : outcome.findings)
      messages.append(
        acknowledgement.bytes(
          answering: header, controlID: messages.isEmpty ? controlID : controlID + "B", time: time))
    }
    return MessageAnswer(code: codes.last ?? Self.code(result), messages: messages)
  }

  /// What is said while a message cannot be kept. Never positive; nothing where the mode leaves only silence.
  func unavailable(_ how: HL7PartnerProfile.WhenUnavailable) -> [[UInt8]] {
    guard how != .close, !isSilent else { return [] }
    let outcome: HL7Control.Outcome = how == .error ? .error : .rejected
    let finding = HL7Finding(
      .applicationInternalError, "the message could not be stored now and is not known here; send it again later")
    return HL7Control.acknowledgements(for: header, profile: control, stored: outcome, applied: nil).map {
      HL7Acknowledgement($0, findings: [finding]).bytes(answering: header, controlID: controlID, time: time)
    }
  }

  private static func code(_ outcome: HL7Control.Outcome) -> HL7Acknowledgement.Code {
    switch outcome {
    case .success: .AA
    case .error: .AE
    case .rejected: .AR
    }
  }
}
