package import HL7Parser
package import Reactor

/// Sends HL7 messages over MLLP: `MLLPClientMachine` on a socket, for whoever sends (deliveries, `hl7 send`).
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to the thread of the stream's loop.
package final class MLLPClient: @unchecked Sendable {
  /// The answer that settled a message.
  package struct Acknowledgement: Sendable {
    /// MSA-1: `AA`, `AE`, `AR`, `CA`, `CE` or `CR`.
    package let code: String
    /// The codes of table 0357 that it gives.
    package let conditions: [Int]
    package let message: [UInt8]
    package var isPositive: Bool { code == "AA" || code == "CA" }

    init(_ answer: MLLPClientMachine.Acknowledgement) {
      (code, conditions, message) = (answer.code, answer.conditions, answer.message)
    }
  }

  package typealias Failure = MLLPClientMachine.Failure

  package struct Limits: Sendable {
    package var connectMilliseconds = 10_000
    package var answerMilliseconds = 30_000
    package var answerBytes = 1 << 20

    package init() {}
  }

  /// How long a peer may pause within an answer before its last CR is taken to be missing.
  private static let quietMilliseconds = 100

  private let stream: ByteStream
  private let limits: Limits
  private var machine: MLLPClientMachine
  private var settled: [Acknowledgement] = []
  private var failure: Failure?
  private var buffer: [UInt8] = []

  /// Connects.
  /// - Parameters:
  ///   - host: the name that the server's certificate must bear.
  ///   - tls: a client's context; plain where nil.
  package static func connect(
    to address: SocketAddress, host: String, tls: TLSContext? = nil, loop: EventLoop, limits: Limits = Limits()
  ) async throws(StreamError) -> MLLPClient {
    let deadline = Deadline.after(milliseconds: limits.connectMilliseconds)
    let stream = try await ByteStream.connect(to: address, loop: loop, until: deadline)
    if let tls { try await stream.startTLS(client: tls, host: host, until: deadline) }
    return MLLPClient(stream, limits)
  }

  private init(_ stream: ByteStream, _ limits: Limits) {
    self.stream = stream
    self.limits = limits
    machine = MLLPClientMachine(answerBytes: limits.answerBytes)
  }

  /// Sends a message and waits for the acknowledgement whose MSA-2 is its MSH-10.
  /// - Throws: `Failure`, `StreamError`; the connection is closed then.
  package func send(_ message: [UInt8]) async throws -> Acknowledgement {
    try await begin(message)
    return try await acknowledgement()
  }

  /// Sends a message without waiting, to a listener that takes several at a time. Each needs its `acknowledgement()`, in
  /// the order in which they began.
  package func begin(_ message: [UInt8]) async throws {
    let frame = try machine.begin(message).frame
    do {
      try await stream.write(frame, until: .after(milliseconds: limits.answerMilliseconds))
    } catch {
      stream.close()
      throw error
    }
  }

  /// Waits for the acknowledgement of the first message begun that has none yet.
  package func acknowledgement() async throws -> Acknowledgement {
    let deadline = Deadline.after(milliseconds: limits.answerMilliseconds)
    while true {
      if !settled.isEmpty { return settled.removeFirst() }
      if let failure { throw failure }
      do {
        try await read(until: deadline)
      } catch {
        stream.close()
        throw error
      }
    }
  }

  /// Whether a connection that rests can take another message: the peer has neither closed it nor said anything.
  package func isFit() async -> Bool {
    guard !stream.isClosed, failure == nil, machine.waiting == 0 else { return false }
    do throws(StreamError) {
      buffer.removeAll(keepingCapacity: true)
      let count = try await stream.read(into: &buffer, until: .after(milliseconds: 0))
      take(count > 0 ? machine.received(buffer) : machine.ended())
    } catch {
      if error.code != .timedOut { close() }
    }
    return !stream.isClosed && failure == nil
  }

  package func close() { stream.close() }

  /// Reads once and lets the machine see what came, or that nothing did.
  private func read(until deadline: Deadline) async throws(StreamError) {
    let quiet = machine.isMidAnswer ? min(deadline, .after(milliseconds: Self.quietMilliseconds)) : deadline
    buffer.removeAll(keepingCapacity: true)
    let count: Int
    do throws(StreamError) { count = try await stream.read(into: &buffer, until: quiet) } catch {
      guard error.code == .timedOut else { throw error }
      take(deadline.hasPassed ? machine.timedOut() : machine.quiet())
      return
    }
    take(count > 0 ? machine.received(buffer) : machine.ended())
  }

  private func take(_ actions: [MLLPClientMachine.Action]) {
    for action in actions {
      switch action {
      case .settle(let answer): settled.append(Acknowledgement(answer))
      case .close(let why):
        failure = why
        stream.close()
      }
    }
  }
}
