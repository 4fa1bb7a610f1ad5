/// Which acknowledgements a message is owed: original mode, enhanced mode, and how peers stray from both.
///
/// HL7 chapter 2, "Message processing rules". In original mode (MSH-15 and MSH-16 both empty) the one answer says what
/// became of the content. In enhanced mode MSH-15 asks for the accept acknowledgement ("stored") and MSH-16 for the
/// application acknowledgement ("applied"), each AL always, NE never, ER on error, SU on success. An empty one beside
/// a filled one means never; a word that the table does not have is taken for AL, so that somebody is answered. A message
/// that is refused before it is applied, to whom MSH-15 grants no word, is refused by the application acknowledgement
/// (AE, AR) where MSH-16 asks for one: its sender would wait for it.
public enum HL7Control {
  /// How strictly the partner keeps to the modes.
  public enum Profile: Sendable {
    case standard
    /// One answer at once, by MSH-15 alone: empty, NE or unknown AA/AE/AR; AL CA/CE/CR; ER AA/CE/CR; SU CA/AE/AR.
    case loosePeers
    /// One answer in original mode, AA/AE/AR, whatever MSH-15 and MSH-16 ask for: many senders know no other.
    case original
  }

  /// How a stage ended.
  public enum Outcome: Sendable {
    case success
    /// The message, or its content, has an error: AE or CE.
    case error
    /// The message is refused for what it is (version, processing id, unsupported event), or the receiver is not
    /// able to take any: AR or CR.
    case rejected
  }

  /// The acknowledgements to send, in order: the accept one before the application one.
  ///
  /// `stored` is the outcome of taking the message into safe storage and of judging its header; `applied` that of
  /// its content, `nil` while that is not known. When an application acknowledgement comes later, ask again with
  /// both and send the last. An acknowledgement is never acknowledged.
  public static func acknowledgements(
    for header: HL7Header, profile: Profile = .standard, stored: Outcome, applied: Outcome?
  ) -> [HL7Acknowledgement.Code] {
    guard !header.isAcknowledgement else { return [] }
    let accept = header.acceptAcknowledgmentType
    let application = header.applicationAcknowledgmentType
    let whole = stored == .success ? applied : stored
    if profile == .loosePeers {
      return loose(accept, whole ?? stored).map { [$0] } ?? []
    }
    guard profile != .original, accept != nil || application != nil else {
      return whole.map { [.application($0)] } ?? []
    }
    var codes: [HL7Acknowledgement.Code] = []
    if isOwed(accept, stored) { codes.append(.accept(stored)) }
    let judged = stored == .success ? applied : codes.isEmpty ? stored : nil
    if let judged, isOwed(application, judged) { codes.append(.application(judged)) }
    return codes
  }

  private static func isOwed(_ condition: String?, _ outcome: Outcome) -> Bool {
    switch condition {
    case nil, "NE": false
    case "ER": outcome != .success
    case "SU": outcome == .success
    default: true
    }
  }

  private static func loose(_ condition: String?, _ outcome: Outcome) -> HL7Acknowledgement.Code? {
    switch condition {
    case "AL": .accept(outcome)
    case "ER": outcome == .success ? .AA : .accept(outcome)
    case "SU": outcome == .success ? .CA : .application(outcome)
    default: .application(outcome)
    }
  }
}
