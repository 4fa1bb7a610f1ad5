import Glibc
package import HL7Parser
package import Reactor

/// An EMR that takes an HL7 feed, as one should: for the demonstration, for tests, and as an example to read.
///
/// It takes MLLP over TLS, keeps each message once by its MSH-10, and answers each with what MSH-15 and MSH-16 ask for.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
package final class ReceivingEMR: @unchecked Sendable {
  /// What it does with the next message, for trying what happens when a partner fails.
  package enum Behaviour: Sendable, Equatable {
    case accept
    /// Answers with a code and a condition of table 0357, without keeping anything.
    case answer(HL7Acknowledgement.Code, HL7ErrorCondition? = nil)
    /// Answers AA for another message.
    case answerAnother
    /// Keeps the message and answers after a while.
    case late(milliseconds: Int)
    /// Keeps the message and never answers.
    case hang
    /// Keeps the message and closes without an answer.
    case close
    /// Keeps the message, sends half of the answer and closes.
    case half
    /// Sends bytes that are no frame.
    case garbage
  }

  /// One message as it came.
  package struct Receipt: Sendable, Equatable {
    package let controlID: String
    /// `ADT^A01`.
    package let event: String
    package let bytes: [UInt8]
    /// The same MSH-10 had been kept before.
    package let isRepeat: Bool
    /// Which connection it came over, from 1.
    package let connection: Int
  }

  static let messageBytes = 16 << 20
  static let connectionLimit = 100

  private let loop: EventLoop
  private let folder: String?
  private var socket: ListeningSocket?
  private var kept: Set<String> = []
  private var streams: [ObjectIdentifier: ByteStream] = [:]
  /// Every message since the start, in order.
  package private(set) var receipts: [Receipt] = []
  package private(set) var connections = 0
  /// Consumed from the front, one a message; when empty, `usually`.
  package var behaviours: [Behaviour] = []
  package var usually = Behaviour.accept

  /// - Parameter folder: where each message is kept as `<MSH-10>.hl7`; made when missing. Nil keeps none.
  package init(loop: EventLoop, folder: String?) throws(SystemFailure) {
    self.loop = loop
    self.folder = folder
    if let folder { try makeFolder(folder) }
  }

  /// Serves at `address`; call on the loop.
  /// - Returns: where it listens.
  package func serve(at address: SocketAddress, tls: TLSContextBox?) throws(SystemError) -> SocketAddress {
    let socket = try ListeningSocket(address: address, loop: loop, sharesPort: false)
    self.socket = socket
    Task(executorPreference: loop) { await self.acceptAll(socket, tls) }
    return socket.address
  }

  /// Stops listening and breaks off every connection.
  package func stop() {
    socket?.close()
    for stream in streams.values { stream.close() }
  }

  private func acceptAll(_ socket: ListeningSocket, _ tls: TLSContextBox?) async {
    await socket.acceptAll { stream in
      guard streams.count < Self.connectionLimit else { return stream.close() }
      connections += 1
      let number = connections
      streams[ObjectIdentifier(stream)] = stream
      Task(executorPreference: loop) {
        try? await self.serve(stream, number, tls)
        stream.close()
        self.streams[ObjectIdentifier(stream)] = nil
      }
    }
  }

  private func serve(_ stream: ByteStream, _ number: Int, _ tls: TLSContextBox?) async throws(StreamError) {
    if let tls { try await stream.startTLS(server: tls.current, until: .after(milliseconds: 10_000)) }
    var limits = MLLPFramer.Limits()
    limits.frameBytes = Self.messageBytes
    var framer = MLLPFramer(limits: limits)
    var buffer: [UInt8] = []
    while true {
      buffer.removeAll(keepingCapacity: true)
      guard try await stream.read(into: &buffer) > 0 else { return }
      for event in framer.receive(buffer) {
        guard case .frame(let message, _) = event else { return }
        guard try await take(message, from: stream, number) else { return }
      }
    }
  }

  /// False: the connection is to be closed.
  private func take(
    _ message: [UInt8], from stream: ByteStream, _ number: Int
  ) async throws(StreamError) -> Bool {
    let behaviour = behaviours.isEmpty ? usually : behaviours.removeFirst()
    let header = HL7Header(recoveringFrom: message)
    let controlID = header.controlID ?? ""
    let event = "\(header.messageCode ?? "?")^\(header.triggerEvent ?? "?")"
    receipts.append(
      Receipt(
        controlID: controlID, event: event, bytes: message, isRepeat: kept.contains(controlID), connection: number))
    switch behaviour {
    case .accept, .late, .hang, .close, .half:
      if kept.insert(controlID).inserted, let folder {
        // Its letters are the sender's: only those of a number make a file.
        let name = controlID.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(100)
        try? writeFile(message, to: "\(folder)/\(name).hl7")
      }
    case .answer, .answerAnother, .garbage: break
    }
    let answers = answers(header, behaviour)
    switch behaviour {
    case .accept, .answer, .answerAnother:
      try await stream.write(answers)
      return true
    case .late(let milliseconds):
      await loop.sleep(milliseconds: milliseconds)
      try await stream.write(answers)
      return true
    case .hang:
      await loop.sleep(milliseconds: 60_000)
      return false
    case .close: return false
    case .half:
      try await stream.write(Array(answers.prefix(answers.count / 2)))
      return false
    case .garbage:
      try await stream.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n\u{0B}".utf8))
      return true
    }
  }

  /// The framed acknowledgements that the message asks for.
  private func answers(_ header: HL7Header, _ behaviour: Behaviour) -> [UInt8] {
    var outcome = HL7Control.Outcome.success
    var findings: [HL7Finding] = []
    if case .answer(let code, let condition) = behaviour {
      outcome = code.isPositive ? .success : code.rawValue.hasSuffix("R") ? .rejected : .error
      if let condition { findings = [HL7Finding(condition, "as told")] }
    }
    let time = HL7DateTime.text(unixMilliseconds: WallClock.unixNanoseconds / 1_000_000)
    var frames: [UInt8] = []
    for code in HL7Control.acknowledgements(for: header, stored: outcome, applied: outcome) {
      var bytes = HL7Acknowledgement(code, findings: findings)
        .bytes(answering: header, controlID: String(receipts.count), time: time)
      if behaviour == .answerAnother {
        bytes = Array(
          String(decoding: bytes, as: UTF8.self).replacing("MSA|AA|", with: "MSA|AA|X").utf8)
      }
      _ = MLLPWriter.append(bytes, to: &frames)
    }
    return frames
  }
}
