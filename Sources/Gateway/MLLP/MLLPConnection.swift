internal import HL7Parser
internal import Reactor

/// One connection of a listener: frames in, acknowledgements out, in the order of the frames.
///
/// Without pipelining a frame is looked at when the one before has been answered; the kernel's buffers hold back a peer
/// that does not wait. With it, up to `pipelinedMessages` are under way.
// @unchecked: every stored variable belongs to the thread of `stream.loop`.
final class MLLPConnection: @unchecked Sendable {
  let stream: ByteStream
  private let server: MLLPServer
  private let limits: Configuration.MLLPLimits
  private var sender: HL7Sender
  private var framer: MLLPFramer
  /// Answers in the order of their frames, those that are not known yet too.
  private var window: [Slot] = []
  private let windowMoved: LoopSignal
  private var isBusy = false
  private var isEnding = false

  /// The place of one answer.
  private final class Slot {
    var answer: HL7Answer?
  }

  /// After so long without a byte a frame whose CR has not come counts as whole, and bytes outside frames as said.
  private static let quietMilliseconds = 100
  private static let handshakeMilliseconds = 10_000

  init(stream: ByteStream, server: MLLPServer) {
    self.stream = stream
    self.server = server
    limits = server.limits
    sender = HL7Sender(
      transport: server.listener.tls == .none ? .mllp : .mllps, peer: stream.peer,
      partnerSlug: server.listener.partner.isEmpty ? nil : server.listener.partner,
      clinic: server.listener.clinic.isEmpty ? nil : server.listener.clinic, lane: server.service.newLane())
    var framing = MLLPFramer.Limits()
    framing.frameBytes = limits.messageBytes
    framer = MLLPFramer(limits: framing)
    windowMoved = LoopSignal(loop: stream.loop)
  }

  /// Ends the connection now if no message is under way; otherwise after its answer.
  func endIfIdle() {
    isEnding = true
    if !isBusy, window.isEmpty { stream.close() }
  }

  func serve(tls context: TLSContext?) async {
    do throws(StreamError) {
      if let context {
        try await stream.startTLS(server: context, until: .after(milliseconds: Self.handshakeMilliseconds))
        sender.certificate = stream.tls?.peerCertificate
      }
      try await readAll()
      try await flushWindow()
      // Who sends too much reads the answer when all is sent: as much again is let through for it.
      await stream.closeGently(until: .after(milliseconds: 2_000), dropping: limits.messageBytes)
    } catch {}  // the peer is gone, or too slow: it will send again what was not answered
    stream.close()
  }

  // MARK: Reading

  /// Takes what comes until the connection's end, ours or the peer's.
  private func readAll() async throws(StreamError) {
    var buffer: [UInt8] = []
    var frameDeadline: Deadline?
    while !isEnding, !server.isDraining {
      let isHolding = framer.isMidFrame || framer.heldByteCount > 0
      if !isHolding { frameDeadline = nil }
      let final = frameDeadline ?? .after(milliseconds: isHolding ? limits.frameMilliseconds : limits.idleMilliseconds)
      if isHolding { frameDeadline = final }
      let until = isHolding ? min(final, .after(milliseconds: Self.quietMilliseconds)) : final
      buffer.removeAll(keepingCapacity: true)
      do throws(StreamError) {
        guard try await stream.read(into: &buffer, until: until) > 0 else {
          return try await take(framer.end())
        }
      } catch {
        guard error.code == .timedOut else {
          try? await take(framer.end())
          throw error
        }
        if !isHolding { return }  // nothing for long
        if final.hasPassed { return try await take(framer.end()) }
        try await take(framer.quiet())
        continue
      }
      var events: [MLLPFramer.Event] = []
      buffer.withUnsafeBytes { bytes in framer.receive(bytes) { events.append($0) } }
      try await take(events)
    }
  }

  private func take(_ events: [MLLPFramer.Event]) async throws(StreamError) {
    for event in events where !isEnding {
      switch event {
      case .frame(let raw, _):
        if server.listener.pipelining {
          try await takeAhead(raw)
        } else {
          try await takeOne { await $0.receive(raw, from: $1) }
        }
      case .rejected(let raw, let reason):
        try await flushWindow()
        try await takeOne { await $0.reject(raw, reason, from: $1) }
      case .close: isEnding = true
      }
    }
  }

  /// Takes one message and sends its answer.
  private func takeOne(_ work: (HL7Service, HL7Sender) async -> HL7Answer) async throws(StreamError) {
    isBusy = true
    defer { isBusy = false }
    try await send([await work(server.service, sender)])
  }

  // MARK: Pipelining

  /// Begins a message while others are under way.
  private func takeAhead(_ raw: [UInt8]) async throws(StreamError) {
    while window.count >= limits.pipelinedMessages {
      _ = await windowMoved.wait()
      try await sendReady()
    }
    // Up to here one after the other: that is what keeps the order.
    isBusy = true
    let prepared = await server.service.prepare(raw, from: sender)
    isBusy = false
    let slot = Slot()
    window.append(slot)
    let (service, bell) = (server.service, windowMoved)
    nonisolated(unsafe) let place = slot  // of this loop's thread, as is the task
    Task(executorPreference: stream.loop) {
      place.answer = await service.settle(prepared)
      bell.ring()
      self.sendSoon()
    }
    try await sendReady()
  }

  private var isSending = false

  /// Sends what became ready while the reader waits for bytes.
  private func sendSoon() {
    guard !isSending, window.first?.answer != nil else { return }
    Task(executorPreference: stream.loop) {
      do throws(StreamError) { try await self.sendReady() } catch { self.stream.close() }
      if self.isEnding, self.window.isEmpty, !self.isBusy { self.stream.close() }
    }
  }

  private func sendReady() async throws(StreamError) {
    guard !isSending else { return }
    isSending = true
    defer { isSending = false }
    while window.first?.answer != nil {
      var answers: [HL7Answer] = []
      while let answer = window.first?.answer {
        answers.append(answer)
        window.removeFirst()
      }
      try await send(answers)
    }
    windowMoved.ring()
  }

  private func flushWindow() async throws(StreamError) {
    while !window.isEmpty || isSending {
      try await sendReady()
      if window.isEmpty, !isSending { return }
      _ = await windowMoved.wait(until: .after(milliseconds: 50))
    }
  }

  // MARK: Writing

  private func send(_ answers: [HL7Answer]) async throws(StreamError) {
    var bytes: [UInt8] = []
    for answer in answers {
      for message in answer.messages where !MLLPWriter.append(message, to: &bytes) { isEnding = true }
      if answer.closes { isEnding = true }
    }
    guard !bytes.isEmpty else { return }
    try await stream.write(bytes, until: .after(milliseconds: limits.writeMilliseconds))
  }
}
