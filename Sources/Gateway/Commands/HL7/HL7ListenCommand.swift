import Glibc
import HL7Parser
import JSON
import Reactor

/// `passerelle hl7 listen`: a receiver to test senders with. It needs no database and applies nothing.
package enum HL7ListenCommand {
  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    let address = try address(context.arguments["on"] ?? "127.0.0.1:2575")
    let tls = try tls(context.arguments)
    let answer = HL7Acknowledgement.Code(rawValue: context.arguments["answer"] ?? "AA")
    if let folder = context.arguments["store"], mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw CommandFailure(.failure, "\(folder): \(SystemFailure.last.reason)")
    }
    do {
      let received = try await EventLoop.onLoop { loop in
        let receiver = try HL7TestReceiver(context, answer: answer, address: address, tls: tls, loop: loop)
        return await receiver.run()
      }
      context.output.result(json: ["received": .init(received)], text: "\(received) received")
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.unavailable, "\(address): \(error)")
    }
  }

  private static func address(_ text: String) throws(CommandFailure) -> SocketAddress {
    if let address = SocketAddress(parsing: text) { return address }
    guard let port = UInt16(text), let address = SocketAddress(ip: "127.0.0.1", port: port) else {
      throw CommandFailure(.usage, "--on takes IP:PORT, or a port of this machine alone, not \(text.debugDescription)")
    }
    return address
  }

  private static func tls(_ arguments: ParsedArguments) throws(CommandFailure) -> TLSContext? {
    guard let certificate = arguments["certificate"], let key = arguments["key"] else {
      guard arguments["certificate"] == nil, arguments["key"] == nil, arguments["ca"] == nil else {
        throw CommandFailure(.usage, "TLS needs --certificate and --key; --ca then asks each peer for its own")
      }
      return nil
    }
    do throws(TLSError) {
      return try TLSContext.server(
        identity: .init(chainPath: certificate, keyPath: key),
        clientCertificates: arguments["ca"] == nil ? .none : .required, clientAuthorities: arguments["ca"])
    } catch {
      throw CommandFailure(.failure, error.detail)
    }
  }
}

/// The receiver: shows what comes, keeps it if asked, and answers.
// @unchecked: every stored variable belongs to `loop`'s thread.
private final class HL7TestReceiver: @unchecked Sendable {
  private let context: CommandContext
  /// Nil never answers.
  private let answer: HL7Acknowledgement.Code?
  private let loop: EventLoop
  private let socket: ListeningSocket
  private let tls: TLSContext?
  private let limit: Int?
  private let done: LoopSignal
  private var received = 0
  /// Whether `--count` messages have come.
  private var isFull: Bool { limit.map { received >= $0 } ?? false }
  private var streams: [ObjectIdentifier: ByteStream] = [:]

  static let connectionLimit = 1_000
  private static let quietMilliseconds = 100
  private static let writeMilliseconds = 30_000

  init(
    _ context: CommandContext, answer: HL7Acknowledgement.Code?, address: SocketAddress, tls: TLSContext?,
    loop: EventLoop
  ) throws {
    self.context = context
    self.answer = answer
    self.loop = loop
    self.tls = tls
    limit = context.arguments.integer("count")
    done = LoopSignal(loop: loop)
    socket = try ListeningSocket(address: address, loop: loop, sharesPort: false)
  }

  /// Receives until `--count` messages have come, or without end; returns how many came.
  func run() async -> Int {
    let how = tls == nil ? "" : " with TLS"
    context.output.result(
      json: ["listening": .string("\(socket.address)")], text: "listening on \(socket.address)\(how) (Ctrl-C ends it)")
    Task(executorPreference: loop) { await self.acceptAll() }
    _ = await done.wait()
    socket.close()
    // The last answer is on its way: the peer closes, or is given a moment to.
    let deadline = Deadline.after(milliseconds: 1_000)
    while !streams.isEmpty, !deadline.hasPassed { _ = await done.wait(until: deadline) }
    for stream in streams.values { stream.close() }
    return received
  }

  private func acceptAll() async {
    await socket.acceptAll { stream in
      guard streams.count < Self.connectionLimit else { return stream.close() }
      streams[ObjectIdentifier(stream)] = stream
      Task(executorPreference: loop) {
        await self.serve(stream)
        self.streams[ObjectIdentifier(stream)] = nil
        if self.streams.isEmpty, self.isFull { self.done.ring() }
      }
    }
  }

  private func serve(_ stream: ByteStream) async {
    defer { stream.close() }
    do throws(StreamError) {
      if let tls { try await stream.startTLS(server: tls, until: .after(milliseconds: 10_000)) }
      var framer = MLLPFramer()
      var buffer: [UInt8] = []
      while true {
        buffer.removeAll(keepingCapacity: true)
        let isHolding = framer.heldByteCount > 0 || framer.isMidFrame
        let quiet: Deadline = isHolding ? .after(milliseconds: Self.quietMilliseconds) : .never
        let count: Int?
        do throws(StreamError) { count = try await stream.read(into: &buffer, until: quiet) } catch {
          guard error.code == .timedOut else { throw error }
          count = nil
        }
        guard let count else {
          try await take(framer.quiet(), from: stream)
          continue
        }
        try await take(count > 0 ? framer.receive(buffer) : framer.end(), from: stream)
        if count == 0 { return }
      }
    } catch {
      context.output.result(
        json: ["from": .string("\(stream.peer)"), "failed": .string("\(error)")], text: "\(stream.peer): \(error)")
    }
  }

  private func take(_ events: [MLLPFramer.Event], from stream: ByteStream) async throws(StreamError) {
    for event in events {
      switch event {
      case .frame(let bytes, _):
        guard !isFull else { return }
        received += 1
        let number = received
        let answers = answers(to: bytes)
        show(bytes, number, answers.last?.code.rawValue ?? "no answer", from: stream.peer)
        var frames: [UInt8] = []
        for answer in answers { _ = MLLPWriter.append(answer.bytes, to: &frames) }
        try await stream.write(frames, until: .after(milliseconds: Self.writeMilliseconds))
        if let limit, number >= limit { done.ring() }
      case .rejected(let run, let reason):
        context.output.result(
          json: ["from": .string("\(stream.peer)"), "rejectedBytes": .init(run.count), "reason": .string("\(reason)")],
          text: "\(stream.peer): \(run.count) bytes are no frame: \(reason)")
      case .close: return
      }
    }
  }

  /// The acknowledgements that MSH-15 and MSH-16 ask for; of what cannot be read a refusal with its reason.
  private func answers(to bytes: [UInt8]) -> [(code: HL7Acknowledgement.Code, bytes: [UInt8])] {
    guard let answer else { return [] }
    let header: HL7Header
    var findings: [HL7Finding] = []
    var outcome: HL7Control.Outcome = answer.isPositive ? .success : answer == .AR ? .rejected : .error
    do throws(HL7Error) {
      header = HL7Header(try HL7Message(parsing: bytes))
      if !answer.isPositive {
        findings = [HL7Finding(.applicationInternalError, "this test receiver was told to answer \(answer.rawValue)")]
      }
    } catch {
      header = HL7Header(recoveringFrom: bytes)
      findings = [HL7Finding(error)]
      outcome = .error
    }
    let time = HL7DateTime.text(unixMilliseconds: WallClock.unixMicroseconds / 1_000)
    return HL7Control.acknowledgements(for: header, stored: outcome, applied: outcome).map { code in
      let id = String(UInt64.random(in: .min ... .max), radix: 36, uppercase: true)
      let acknowledgement = HL7Acknowledgement(code, findings: code.isPositive ? [] : findings)
      return (code, acknowledgement.bytes(answering: header, controlID: id, time: time))
    }
  }

  private func show(_ bytes: [UInt8], _ number: Int, _ code: String, from peer: SocketAddress) {
    let header = HL7Header(recoveringFrom: bytes)
    let type = [header.messageCode, header.triggerEvent].compactMap { $0 }.joined(separator: "^")
    let text = String(decoding: bytes, as: UTF8.self)
    var stored: String?
    if let folder = context.arguments["store"] {
      let path = "\(folder)/\(String(repeating: "0", count: max(0, 6 - String(number).count)))\(number).hl7"
      do {
        try HL7Output.write(bytes, to: path)
        stored = path
      } catch {
        context.output.result(json: ["failed": .string("\(error)")], text: "\(error)")
      }
    }
    let line = "#\(number) \(type) \(header.controlID ?? "") \(bytes.count) bytes from \(peer): \(code)"
    let shown = context.arguments.has("brief") ? "" : "\n" + text.replacing("\r", with: "\n")
    context.output.result(
      json: [
        "number": .init(number), "from": .string("\(peer)"), "messageType": .string(type),
        "controlID": header.controlID.map { .string($0) } ?? .null, "answer": .string(code),
        "stored": stored.map { .string($0) } ?? .null, "message": .string(text),
      ], text: line + (stored.map { ", stored as \($0)" } ?? "") + shown)
  }
}
