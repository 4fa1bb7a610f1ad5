import JSON
import Reactor

/// What became of what was sent.
struct HL7SendTally: Sendable {
  private(set) var sent = 0
  private(set) var positive = 0
  var seconds = 0.0
  /// Of each answer, in microseconds.
  private var times: [UInt32] = []

  mutating func count(isPositive: Bool, microseconds: Double) {
    sent += 1
    if isPositive { positive += 1 }
    times.append(UInt32(clamping: Int(microseconds)))
  }

  var rate: Int { Int(Double(sent) / max(seconds, 0.001)) }

  /// The time within which this share of the answers came.
  func milliseconds(_ share: Double) -> Double {
    guard !times.isEmpty else { return 0 }
    let sorted = times.sorted()
    return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1_000
  }
}

/// Sends an errand's messages: as fast as their answers come, or at a rate; with a window, several ahead of them.
// @unchecked: every stored variable belongs to the thread of `loop`.
final class HL7Sending: @unchecked Sendable {
  private struct Flight {
    let name: String
    let controlID: String
    let start: ContinuousClock.Instant
  }

  private let errand: HL7SendCommand.Errand
  private let client: MLLPClient
  private let output: CommandOutput
  private let loop: EventLoop
  private let clock = ContinuousClock()
  private var flights: [Flight] = []
  private var isEnded = false
  private var tally = HL7SendTally()
  /// Rung when a message has begun, been answered, or nothing more will come.
  private let moved: LoopSignal

  init(_ errand: HL7SendCommand.Errand, _ client: MLLPClient, _ output: CommandOutput, _ loop: EventLoop) {
    self.errand = errand
    self.client = client
    self.output = output
    self.loop = loop
    moved = LoopSignal(loop: loop)
  }

  func run() async throws -> HL7SendTally {
    let start = clock.now
    async let answers: Void = readAnswers()
    var failure: (any Error)?
    do { try await writeMessages(since: start) } catch { failure = error }
    end()
    // The reader knows better why the connection ended.
    try await answers
    if let failure { throw failure }
    tally.seconds = start.duration(to: clock.now) / .seconds(1)
    return tally
  }

  private func end() {
    isEnded = true
    moved.ring()
  }

  private func writeMessages(since start: ContinuousClock.Instant) async throws {
    var begun = 0
    for round in 0..<errand.count {
      for message in errand.messages {
        if let rate = errand.rate {
          let due = start + .nanoseconds(Int64(begun) * 1_000_000_000 / Int64(rate))
          let wait = clock.now.duration(to: due)
          if wait > .milliseconds(1) { await loop.sleep(milliseconds: Int(wait / .milliseconds(1))) }
        }
        while flights.count >= errand.window, !isEnded { _ = await moved.wait() }
        if isEnded { return }
        let bytes = errand.count == 1 ? message.bytes : try Self.renumbered(message.bytes, message.name)
        let name = errand.count == 1 ? message.name : "\(message.name), round \(round + 1)"
        let now = clock.now
        let controlID = try await client.begin(bytes)
        flights.append(Flight(name: name, controlID: controlID, start: now))
        begun += 1
        moved.ring()
      }
    }
  }

  private func readAnswers() async throws {
    defer { end() }
    while true {
      while flights.isEmpty {
        if isEnded { return }
        _ = await moved.wait()
      }
      let flight = flights[0]
      let answer = try await client.acknowledgement(of: flight.controlID)
      let taken = flight.start.duration(to: clock.now) / .microseconds(1)
      flights.removeFirst()
      tally.count(isPositive: answer.isPositive, microseconds: taken)
      if errand.isShown || !answer.isPositive { show(answer, of: flight.name, taken) }
      moved.ring()
    }
  }

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
