import HL7Parser
import JSON
import Reactor

/// Sends an errand's messages: as fast as their answers come, or at a rate; with a window, several ahead of them.
///
/// A connection that breaks, is answered wrongly or not in time is closed and made anew, and what has no answer yet goes
/// out again in its order, with the same bytes and MSH-10: whether the listener had taken it cannot be known. The first
/// message without an answer has `tries` in all, with longer and longer pauses between them.
// @unchecked: every stored variable belongs to the thread of `loop`.
final class HL7Sending: @unchecked Sendable {
  private struct Flight {
    let name: String
    let bytes: [UInt8]
    /// Connections that ended while it was the first to wait for an answer.
    var failures = 0
    var isSent = false
    var start: ContinuousClock.Instant
  }

  /// The pause after the second failure in a row; the first is followed by another try at once, every further one by a
  /// pause of twice the length.
  private static let pauseMilliseconds = 1_000

  private let errand: HL7SendCommand.Errand
  private let connect: @Sendable () async throws -> MLLPClient
  private let output: CommandOutput
  private let loop: EventLoop
  private let clock = ContinuousClock()
  private let started: ContinuousClock.Instant
  /// Messages without an answer, in their order.
  private var flights: [Flight] = []
  /// How many of them have been written to the connection.
  private var written = 0
  /// How many of the errand's messages have begun, rounds counted.
  private var begun = 0
  private var isEnded = false
  private(set) var tally = HL7SendTally()
  /// Rung when a message has begun, been answered, or nothing more will come.
  private let moved: LoopSignal

  /// - Parameter connect: makes a connection to the listener.
  init(
    _ errand: HL7SendCommand.Errand, _ output: CommandOutput, _ loop: EventLoop,
    connect: @escaping @Sendable () async throws -> MLLPClient
  ) {
    self.errand = errand
    self.connect = connect
    self.output = output
    self.loop = loop
    started = clock.now
    moved = LoopSignal(loop: loop)
  }

  /// Sends everything.
  /// - Throws: why the first message without an answer has none; `tally` says what came before.
  func run() async throws {
    var isFirst = true
    while flights.count + errand.total - begun > 0 {
      let failure: any Error
      switch await attempt() {
      case .success: return tally.seconds = started.duration(to: clock.now) / .seconds(1)
      case .failure(let error): failure = error
      }
      tally.seconds = started.duration(to: clock.now) / .seconds(1)
      // Where nobody listens from the beginning, or TLS refuses, waiting mends nothing.
      if isFirst && flights.isEmpty || !Self.mayMend(failure) { throw failure }
      isFirst = false
      try await pause(after: failure)
    }
  }

  /// What has no answer, and what never left.
  var unanswered: (first: String?, sent: Int, unsent: Int) {
    let sent = flights.count(where: \.isSent)
    return (flights.first?.name, sent, flights.count - sent + errand.total - begun)
  }

  // MARK: One connection

  /// A connection and all that is sent on it; ends when everything is answered or it breaks.
  private func attempt() async -> Result<Void, any Error> {
    written = 0
    isEnded = false
    do {
      let client = try await connect()
      defer { client.close() }
      async let answers: Void = readAnswers(client)
      var failure: (any Error)?
      do { try await writeMessages(client) } catch { failure = error }
      end()
      // The reader knows better why the connection ended.
      try await answers
      return failure.map { .failure($0) } ?? .success(())
    } catch {
      return .failure(error)
    }
  }

  private static func mayMend(_ error: any Error) -> Bool {
    if let error = error as? StreamError { return error.code != .tls }
    if let failure = error as? MLLPClient.Failure { return failure.kind != .unsendable }
    return false
  }

  private func pause(after failure: any Error) async throws {
    if !flights.isEmpty {
      flights[0].failures += 1
      guard flights[0].failures < errand.tries else { throw failure }
    }
    tally.reconnections += 1
    let failures = flights.first?.failures ?? 1
    if failures > 1 { await loop.sleep(milliseconds: Self.pauseMilliseconds << min(failures - 2, 4)) }
  }

  private func end() {
    isEnded = true
    moved.ring()
  }

  private func writeMessages(_ client: MLLPClient) async throws {
    while !isEnded {
      if written == flights.count {
        guard begun < errand.total else { return }
        await waitForTurn()
        if isEnded { return }
        try append()
      }
      let place = written
      if flights[place].isSent { tally.resent += 1 }
      (flights[place].isSent, flights[place].start) = (true, clock.now)
      do { try await client.begin(flights[place].bytes) } catch let failure as MLLPClient.Failure {
        // An answer in the meantime has moved all places.
        if failure.kind == .unsendable { flights[written].isSent = false }
        throw failure
      }
      written += 1
      moved.ring()
    }
  }

  /// Waits for the rate and the window.
  private func waitForTurn() async {
    if let rate = errand.rate {
      let due = started + .nanoseconds(Int64(begun) * 1_000_000_000 / Int64(rate))
      let wait = clock.now.duration(to: due)
      if wait > .milliseconds(1) { await loop.sleep(milliseconds: Int(wait / .milliseconds(1))) }
    }
    while flights.count >= errand.window, !isEnded { _ = await moved.wait() }
  }

  /// The next of the errand's messages.
  private func append() throws {
    let (round, place) = begun.quotientAndRemainder(dividingBy: errand.messages.count)
    let message = errand.messages[place]
    let bytes = errand.count == 1 ? message.bytes : try Self.renumbered(message.bytes, message.name)
    let name = errand.count == 1 ? message.name : "\(message.name), round \(round + 1)"
    flights.append(Flight(name: name, bytes: bytes, start: clock.now))
    begun += 1
  }

  private func readAnswers(_ client: MLLPClient) async throws {
    defer { end() }
    while true {
      while written == 0 {
        if isEnded { return }
        _ = await moved.wait()
      }
      let answer = try await client.acknowledgement()
      let flight = flights.removeFirst()
      written -= 1
      let taken = flight.start.duration(to: clock.now) / .microseconds(1)
      tally.count(isPositive: answer.isPositive, microseconds: taken)
      if errand.isShown || !answer.isPositive { show(answer, of: flight.name, taken) }
      moved.ring()
    }
  }

  // MARK: Words

  private func show(_ answer: MLLPClient.Acknowledgement, of name: String, _ microseconds: Double) {
    let milliseconds = microseconds.rounded() / 1_000
    let text = String(decoding: answer.message.map { $0 == 0x0D ? 0x0A : $0 }, as: UTF8.self)
    output.result(
      json: [
        "file": .string(name), "code": .string(answer.code), "answer": .string(text),
        "milliseconds": .number(String(milliseconds)),
      ], text: "\(name): \(answer.code) in \(milliseconds) ms\n\(text)")
  }

  /// The message with a control id of its own.
  private static func renumbered(_ bytes: [UInt8], _ name: String) throws(CommandFailure) -> [UInt8] {
    guard bytes.count > 8, bytes.starts(with: Array("MSH".utf8)) else {
      throw CommandFailure(.failure, "\(name) does not begin with MSH")
    }
    let separator = bytes[3]
    let end = bytes.firstIndex(of: 0x0D) ?? bytes.count
    var fields = bytes[..<end].split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
    guard fields.count > 9 else { throw CommandFailure(.failure, "\(name) has no MSH-10 to number messages by") }
    fields[9] = Array(String(UInt64.random(in: .min ... .max), radix: 36, uppercase: true).utf8)
    return Array(fields.joined(separator: [separator])) + bytes[end...]
  }
}
