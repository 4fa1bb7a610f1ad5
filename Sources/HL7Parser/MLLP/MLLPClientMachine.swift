/// The sending side of one MLLP connection, without I/O: what is begun and what comes in, out come acknowledgements in
/// the order of the messages, or the one reason to close.
///
/// An acknowledgement counts only if its MSA-2 is the MSH-10 of the message that waits for it (HL7 chapter 2.9.2).
/// After anything else, a time-out, an answer to another message, bytes that are none, the connection is to be closed:
/// an answer that came later could be taken for that of the next message, which would then be lost.
///
/// What a message waits for is said by itself: with MSH-15 and MSH-16 both AL the accept acknowledgement and then the
/// application acknowledgement (enhanced mode, chapter 2.9.3), a negative accept acknowledgement being the end; in
/// every other case the first answer.
public struct MLLPClientMachine: Sendable {
  /// The answer that settles a message.
  public struct Acknowledgement: Sendable, Hashable {
    /// MSA-1: `AA`, `AE`, `AR`, `CA`, `CE` or `CR`.
    public let code: String
    /// MSA-2.
    public let controlID: String
    /// The codes of table 0357 in ERR-3, or ERR-1 before version 2.5; in order, at most 20.
    public let conditions: [Int]
    public let message: [UInt8]
    public var isPositive: Bool { code == "AA" || code == "CA" }
  }

  /// Why the connection is to be closed; `description` is in words for an operator and holds nothing of a message.
  public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
      /// The message itself cannot be sent; nothing has been.
      case unsendable
      case timedOut
      /// The peer closed before it answered.
      case closed
      /// Bytes that are no frame, or a frame that is no acknowledgement.
      case unreadable
      /// MSA-2 names another message, or nothing waits for an answer.
      case otherMessage
    }

    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) {
      self.kind = kind
      self.description = description
    }
  }

  public enum Action: Sendable, Hashable {
    /// The first message that was begun and not settled is settled.
    case settle(Acknowledgement)
    /// Close; no message still begun will be settled. Nothing comes after.
    case close(Failure)
  }

  private struct Flight: Sendable {
    let controlID: String
    /// The application acknowledgement is waited for.
    let awaitsApplication: Bool
    var isAccepted = false
  }

  private static let conditionLimit = 20

  private var framer: MLLPFramer
  private var flights: [Flight] = []
  /// Whose answer came last: it may come twice, as when a peer sends CA and AA where one was asked for.
  private var settled: String?
  private var isOver = false

  /// - Parameter answerBytes: the longest acknowledgement that is read.
  public init(answerBytes: Int = 1 << 20) {
    var limits = MLLPFramer.Limits()
    limits.frameBytes = answerBytes
    framer = MLLPFramer(limits: limits)
  }

  /// How many messages wait for their answer.
  public var waiting: Int { flights.count }

  /// The peer has begun an answer: when it falls silent for a moment, call `quiet`.
  public var isMidAnswer: Bool { framer.isMidFrame }

  // MARK: Events

  /// Begins a message: the bytes to write.
  public mutating func begin(_ message: [UInt8]) throws(Failure) -> (controlID: String, frame: [UInt8]) {
    guard !isOver else { throw Failure(.closed, "the connection is closed") }
    let header = HL7Header(recoveringFrom: message)
    guard let controlID = header.controlID else {
      throw Failure(.unsendable, "the message has no MSH-10; an answer to it could not be recognised")
    }
    guard let frame = MLLPWriter.frame(message) else {
      throw Failure(.unsendable, "the message holds VT (0x0B) or FS (0x1C), which would end its frame")
    }
    flights.append(
      Flight(
        controlID: controlID,
        awaitsApplication: header.acceptAcknowledgmentType == "AL" && header.applicationAcknowledgmentType == "AL"))
    return (controlID, frame)
  }

  /// Bytes came.
  public mutating func received(_ bytes: [UInt8]) -> [Action] { take(framer.receive(bytes)) }

  /// Nothing came for some 100 ms: an answer whose last CR is missing is complete.
  public mutating func quiet() -> [Action] { take(framer.quiet()) }

  /// The peer has ended its side.
  public mutating func ended() -> [Action] {
    guard !isOver else { return [] }
    let actions = take(framer.end())
    return isOver ? actions : actions + close(.closed, "the peer closed the connection without an answer")
  }

  /// The answer has not come in time.
  public mutating func timedOut() -> [Action] {
    isOver ? [] : close(.timedOut, "the answer did not come in time; the connection is closed")
  }

  // MARK: Answers

  private mutating func take(_ events: [MLLPFramer.Event]) -> [Action] {
    var actions: [Action] = []
    for event in events where !isOver {
      switch event {
      case .frame(let bytes, _): actions += answer(bytes)
      case .rejected(let bytes, .outsideFrame) where bytes.allSatisfy({ $0 == 0x0D || $0 == 0x0A }): break
      case .rejected, .close: actions += close(.unreadable, "the peer answered with bytes that are no MLLP frame")
      }
    }
    return actions
  }

  private mutating func answer(_ bytes: [UInt8]) -> [Action] {
    guard let message = try? HL7Message(parsing: bytes), let code = message["MSA-1"].string,
      HL7Acknowledgement.Code(rawValue: code) != nil
    else {
      return close(.unreadable, "the peer answered with something that is no acknowledgement")
    }
    let controlID = message["MSA-2"].string ?? ""
    let isAccept = code.hasPrefix("C")
    // The first that this kind of answer can be for.
    guard let place = flights.firstIndex(where: { !($0.awaitsApplication && isAccept && $0.isAccepted) }),
      flights[place].controlID == controlID, place == 0 || (isAccept && flights[place].awaitsApplication)
    else {
      if controlID == settled { return [] }
      return close(.otherMessage, "the answer belongs to another message; the connection is closed")
    }
    if flights[place].awaitsApplication, code == "CA" {
      flights[place].isAccepted = true
      return []
    }
    guard place == 0 else {
      return close(.otherMessage, "a message was refused before the one sent before it was answered")
    }
    flights.removeFirst()
    settled = controlID
    let answer = Acknowledgement(
      code: code, controlID: controlID, conditions: Self.conditions(of: message), message: bytes)
    return [.settle(answer)]
  }

  private mutating func close(_ kind: Failure.Kind, _ why: String) -> [Action] {
    isOver = true
    flights = []
    return [.close(Failure(kind, why))]
  }

  private static func conditions(of message: HL7Message) -> [Int] {
    message.segments.filter { $0.name == "ERR" }.prefix(conditionLimit).compactMap { segment in
      let word = segment[3].component(1).string ?? segment[1].component(4).subcomponent(1).string
      return word.flatMap { Int($0) }
    }
  }
}
