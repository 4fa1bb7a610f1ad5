internal import ClinicModel
internal import Crypto
package import HL7Parser
internal import Mappers
package import PostgresClient
package import Reactor

/// Takes HL7 messages of one loop, however they came: finds whose they are, keeps them, applies them, answers.
///
/// The answer is made of what was committed. While that is not known it is never positive.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
package final class HL7Service: @unchecked Sendable {
  /// What the service tells the rest of the process.
  package struct Hooks: Sendable {
    /// Somebody unknown was refused.
    package var stranger: @Sendable (AccessRefusal.Reason, SocketAddress) -> Void = { _, _ in }
    /// A known partner was refused: makes the audit row durable. False when that failed, and nothing may be answered.
    package var refused: @Sendable (AuditEntry) async -> Bool = { _ in true }
    /// A message of a partner was answered: MSA-1, or `none`.
    package var answered: @Sendable (String) -> Void = { _ in }

    package init() {}
  }

  let pool: PostgresPool
  private let directory: HL7Directory
  private let intake: MessageIntake
  private let hooks: Hooks
  private var sequence: UInt64
  private var lanes: UInt64 = 0
  /// Longer control ids are refused: version 2.7 allows 199 characters.
  private static let controlIDBytes = 199

  /// - Parameter audit: of the same loop; each message's row commits with the message.
  package init(pool: PostgresPool, directory: PartnerDirectory, audit: AuditChains, hooks: Hooks = Hooks()) {
    self.pool = pool
    self.directory = HL7Directory(pool: pool, partners: directory)
    self.hooks = hooks
    intake = MessageIntake(pool: pool, audit: audit)
    sequence = UInt64(WallClock.unixMicroseconds) << 4 | UInt64(pool.loop.index & 15)
  }

  package var loop: EventLoop { pool.loop }

  /// A number for the lane of a new connection.
  package func newLane() -> UInt64 {
    lanes += 1
    return lanes
  }

  /// Takes one message and returns what is owed for it.
  package func receive(_ raw: [UInt8], from sender: HL7Sender) async -> HL7Answer {
    await settle(await prepare(raw, from: sender))
  }

  /// Keeps bytes of a connection that were no frame, where it is known whose they are.
  package func reject(
    _ raw: [UInt8], _ reason: MLLPFramer.Reason, from sender: HL7Sender
  ) async -> HL7Answer {
    let finding = HL7Finding(.segmentSequenceError, Self.text(of: reason))
    var outcome = MessageOutcome(.failed, [finding], isOfHeader: true)
    if case .oversized = reason { outcome.isRejected = true }
    // A message that lost its VT is answered; line ends and noise between frames are not.
    let isNoise = reason == .outsideFrame && !HL7Header(recoveringFrom: raw).isReadable
    return await settle(await prepare(raw, from: sender, refusal: outcome, isAnswered: !isNoise))
  }

  // MARK: In two steps, for a connection with several messages under way

  /// A message that is ready to be kept, or an answer that is known already.
  package enum Prepared: Sendable {
    case answer(HL7Answer)
    case message(IncomingMessage, Reply)
  }

  /// What is needed to answer.
  package struct Reply: Sendable {
    let acknowledger: HL7Acknowledger
    let whenUnavailable: HL7PartnerProfile.WhenUnavailable
  }

  package func prepare(_ raw: [UInt8], from sender: HL7Sender) async -> Prepared {
    await prepare(raw, from: sender, refusal: nil)
  }

  private func prepare(
    _ raw: [UInt8], from sender: HL7Sender, refusal: MessageOutcome?, isAnswered: Bool = true
  ) async -> Prepared {
    let received = WallClock.unixMicroseconds
    let header = HL7Header(recoveringFrom: raw)
    let route: HL7Route?
    do { route = try await directory.route(header, sender) } catch {
      let profile = directory.lastProfile(header, sender) ?? HL7PartnerProfile()
      return .answer(
        unavailable(
          Reply(acknowledger: acknowledger(header, profile.control), whenUnavailable: profile.whenUnavailable)))
    }
    guard let route else { return .answer(await refuse(header, sender)) }
    let judged = judge(raw, header, route, refusal)
    var acknowledger = acknowledger(judged.header, route.profile.control)
    acknowledger.isSilent = !isAnswered
    let reply = acknowledger
    let controlID = Self.controlID(judged.header)
    var message = IncomingMessage(
      clinicID: route.clinicID, partnerID: route.partnerID, raw: raw, sha256: SHA256.hash(raw),
      controlID: refusal == nil ? controlID : nil, sendingApplication: HL7Directory.name(judged.header, 3),
      sendingFacility: HL7Directory.name(judged.header, 4), event: Self.event(judged.header),
      transport: sender.transport.rawValue, remoteAddress: sender.peer.family == .unix ? nil : sender.peer.host,
      content: judged.content, lane: sender.lane, receivedMicroseconds: received,
      acknowledge: { reply.answer($0) })
    message.access = MessageAccess(
      clinicID: route.clinicID, partnerID: route.partnerID, keyID: sender.keyID,
      certificate: sender.certificate?.publicKeySHA256, remoteAddress: message.remoteAddress,
      requestID: sender.requestID ?? acknowledger.controlID, isHTTP: sender.transport == .http,
      at: Instant(microseconds: received), event: message.event)
    return .message(message, Reply(acknowledger: reply, whenUnavailable: route.profile.whenUnavailable))
  }

  package func settle(_ prepared: Prepared) async -> HL7Answer {
    switch prepared {
    case .answer(let answer): return answer
    case .message(let message, let reply):
      switch await intake.take(message) {
      case .answered(let answer, _), .repeated(let answer):
        hooks.answered(answer.messages.isEmpty ? "none" : answer.code.rawValue)
        var answered = HL7Answer(messages: answer.messages, code: answer.code.rawValue)
        answered.isAudited = true
        return answered
      case .later, .unavailable: return unavailable(reply)
      }
    }
  }

  /// Takes a message into the store.
  func take(_ message: IncomingMessage) async -> MessageTaker.Settlement { await intake.take(message) }
  var taker: MessageTaker { intake.taker }

  private func unavailable(_ reply: Reply) -> HL7Answer {
    let messages = reply.acknowledger.unavailable(reply.whenUnavailable)
    let code = messages.isEmpty ? nil : reply.whenUnavailable == .error ? "AE" : "AR"
    hooks.answered(code ?? "none")
    return HL7Answer(messages: messages, closes: messages.isEmpty, code: code, isUnavailable: true)
  }

  /// Refuses what has no route: a stranger, who is counted, or a partner that may not send here, which is audited.
  private func refuse(_ header: HL7Header, _ sender: HL7Sender) async -> HL7Answer {
    var refusal = HL7Answer(messages: [], closes: true)
    if let partner = (try? await directory.partner(of: sender)) ?? nil {
      var entry = AuditEntry(
        at: Instant(microseconds: WallClock.unixMicroseconds), action: .create, interaction: "hl7v2",
        outcome: .minorFailure, requestID: sender.requestID ?? acknowledger(header, .standard).controlID)
      entry.partnerID = partner
      entry.certificate = sender.certificate?.publicKeySHA256
      entry.reason = "no-clinic-for-sender"
      entry.remoteAddress = sender.peer.family == .unix ? nil : sender.peer.host
      guard await hooks.refused(entry) else { return HL7Answer(messages: [], closes: true, isUnavailable: true) }
      refusal.isAudited = true
    } else {
      hooks.stranger(sender.certificate == nil ? .noCredentials : .unknownCertificate, sender.peer)
    }
    guard header.controlID != nil else { return refusal }
    let finding = HL7Finding(
      .unknownKeyIdentifier, at: HL7Location("MSH", field: 3),
      "this sender is not registered for this connection; register its certificate, or MSH-3, MSH-4 and its address")
    let answer = acknowledger(header, .standard).answer(
      MessageOutcome(.failed, [finding], isOfHeader: true, isRejected: true))
    refusal.messages = answer.messages
    refusal.code = answer.code.rawValue
    return refusal
  }

  // MARK: Judging

  private func judge(
    _ raw: [UInt8], _ recovered: HL7Header, _ route: HL7Route, _ refusal: MessageOutcome?
  ) -> (header: HL7Header, content: IncomingMessage.Content) {
    if let refusal { return (recovered, .refused(refusal)) }
    if let fault = route.profile.fault {
      let finding = HL7Finding(
        .applicationInternalError,
        "this partner's profile is faulty, so its messages are kept and not applied: \(fault)")
      return (recovered, .refused(MessageOutcome(.failed, [finding])))
    }
    let message: HL7Message
    do throws(HL7Error) { message = try HL7Message(parsing: raw, options: route.profile.options) } catch {
      return (recovered, .refused(MessageOutcome(.failed, [HL7Finding(error)], isOfHeader: true)))
    }
    let header = HL7Header(message)
    if header.isAcknowledgement {
      let finding = HL7Finding(
        .unsupportedMessageType, at: HL7Location("MSH", field: 9), "an acknowledgement that nothing here waits for")
      return (header, .refused(MessageOutcome(.failed, [finding], isOfHeader: true, isRejected: true)))
    }
    var findings = route.profile.validator.headerFindings(message).filter { $0.severity == .error }
    if let id = header.controlID, Self.controlID(header) == nil {
      findings.append(
        HL7Finding(
          .valueTooLong, at: HL7Location("MSH", field: 10),
          "the control id has \(id.utf8.count) bytes, or some that are no text; at most \(Self.controlIDBytes)"))
    }
    guard findings.isEmpty else {
      let isRefused = findings.contains { (200...203).contains($0.condition.code) }
      return (header, .refused(MessageOutcome(.failed, findings, isOfHeader: true, isRejected: isRefused)))
    }
    if let reason = route.profile.reasonToIgnore(message) {
      return (header, .refused(MessageOutcome(.ignored, [reason])))
    }
    if route.profile.isStored(message) { return (header, .refused(MessageOutcome(.stored))) }
    do throws(HL7MappingError) {
      let changes = try HL7Mapping.changes(for: message, profile: route.mapping)
      return (header, .changes(changes, fingerprint: Self.fingerprint(message, route)))
    } catch {
      let isRefused = error.outcome == .rejected
      return (
        header, .refused(MessageOutcome(.failed, error.findings, isOfHeader: isRefused, isRejected: isRefused))
      )
    }
  }

  /// The same for messages of one event that differ in MSH and EVN alone: times and numbers of the sending. Another
  /// build of the program may understand the same words otherwise, so it says so too.
  private static func fingerprint(_ message: HL7Message, _ route: HL7Route) -> String {
    var digest = SHA256()
    digest.update(ProgramBuild.identity)
    digest.update(route.digest)
    message.header[9].bytes.withUnsafeBytes { digest.update($0) }
    for segment in message.segments where segment.index > 0 && segment.name != "EVN" {
      segment.bytes.withUnsafeBytes { digest.update($0) }
      digest.update([UInt8(ascii: "\r")])
    }
    return DerivedID.text(digest.finish())
  }

  private func acknowledger(_ header: HL7Header, _ control: HL7Control.Profile) -> HL7Acknowledger {
    sequence += 16
    return HL7Acknowledger(
      header: header, control: control, controlID: String(sequence, radix: 36, uppercase: true),
      time: HL7DateTime.text(unixMilliseconds: WallClock.unixMicroseconds / 1_000))
  }

  private static func controlID(_ header: HL7Header) -> String? {
    guard let id = header.controlID, id.utf8.count <= controlIDBytes, !id.utf8.contains(0) else { return nil }
    return id
  }

  private static func event(_ header: HL7Header) -> String? {
    guard let code = header.messageCode else { return nil }
    let text = header.triggerEvent.map { "\(code)^\($0)" } ?? code
    return text.utf8.count <= 20 && !text.utf8.contains(0) ? text : nil
  }

  private static func text(of reason: MLLPFramer.Reason) -> String {
    switch reason {
    case .outsideFrame: "bytes outside any frame; a frame begins with VT (0x0B)"
    case .startInsideFrame: "a frame that has no end: another begins within it"
    case .endInsideFrame: "FS (0x1C) within the data; a frame ends with FS CR"
    case .oversized(let limit): "the message is longer than the \(limit) bytes that this listener takes"
    case .unfinished: "the frame was not ended in time"
    }
  }
}
