internal import HL7Parser
package import Reactor

/// Sends HL7 messages over MLLP, one at a time, and matches each acknowledgement to its message.
///
/// After a time-out or an answer to another message the connection is closed: an acknowledgement that came later could
/// be taken for that of the next message, which would then be lost.
///
/// Isolation: the loop's own thread.
package final class MLLPClient {
  package struct Failure: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  package struct Limits: Sendable {
    package var connectMilliseconds = 10_000
    package var answerMilliseconds = 30_000
    package var answerBytes = 1 << 20

    package init() {}
  }

  /// An acknowledgement: MSA-1 and its bytes.
  package struct Acknowledgement: Sendable {
    /// `AA`, `AE`, `AR`, `CA`, `CE` or `CR`.
    package let code: String
    package let message: [UInt8]
    package var isPositive: Bool { code == "AA" || code == "CA" }
  }

  private let stream: ByteStream
  private let limits: Limits
  private var framer: MLLPFramer
  private var waiting: [MLLPFramer.Event] = []

  /// Connects.
  /// - Parameters:
  ///   - host: the name that the server's certificate must bear.
  ///   - tls: a client's context; plain where nil.
  package static func connect(
    to address: SocketAddress, host: String, tls: TLSContext? = nil, loop: EventLoop, limits: Limits = Limits()
  ) async throws -> MLLPClient {
    let deadline = Deadline.after(milliseconds: limits.connectMilliseconds)
    let stream = try await ByteStream.connect(to: address, loop: loop, until: deadline)
    if let tls { try await stream.startTLS(client: tls, host: host, until: deadline) }
    return MLLPClient(stream, limits)
  }

  private init(_ stream: ByteStream, _ limits: Limits) {
    self.stream = stream
    self.limits = limits
    var framing = MLLPFramer.Limits()
    framing.frameBytes = limits.answerBytes
    framer = MLLPFramer(limits: framing)
  }

  /// Sends a message and waits for the acknowledgement whose MSA-2 is its MSH-10.
  package func send(_ message: [UInt8]) async throws -> Acknowledgement {
    try await acknowledgement(of: try await begin(message))
  }

  /// Sends a message without waiting, to a listener that takes several at a time; returns its MSH-10. Each needs its
  /// `acknowledgement(of:)`, in the order in which they began.
  package func begin(_ message: [UInt8]) async throws -> String {
    let header = HL7Header(recoveringFrom: message)
    guard let controlID = header.controlID else {
      throw Failure(description: "the message has no MSH-10; an answer to it could not be recognised")
    }
    guard let frame = MLLPWriter.frame(message) else {
      throw Failure(description: "the message holds VT (0x0B) or FS (0x1C), which would end its frame")
    }
    do {
      try await stream.write(frame, until: .after(milliseconds: limits.answerMilliseconds))
      return controlID
    } catch {
      stream.close()
      throw error
    }
  }

  /// Waits for the acknowledgement of the first message begun that has none yet.
  package func acknowledgement(of controlID: String) async throws -> Acknowledgement {
    do {
      let answer = try await nextFrame(until: .after(milliseconds: limits.answerMilliseconds))
      let parsed = try HL7Message(parsing: answer)
      guard let code = parsed["MSA-1"].string, parsed["MSA-2"].string == controlID else {
        throw Failure(description: "the answer belongs to another message; the connection is closed")
      }
      return Acknowledgement(code: code, message: answer)
    } catch {
      stream.close()
      throw error
    }
  }

  package func close() { stream.close() }

  private func nextFrame(until deadline: Deadline) async throws -> [UInt8] {
    var buffer: [UInt8] = []
    while true {
      while !waiting.isEmpty {
        switch waiting.removeFirst() {
        case .frame(let bytes, _): return bytes
        case .rejected, .close: throw Failure(description: "the peer answered with bytes that are no MLLP frame")
        }
      }
      let quiet = framer.isMidFrame ? min(deadline, .after(milliseconds: 100)) : deadline
      buffer.removeAll(keepingCapacity: true)
      let count: Int
      do throws(StreamError) { count = try await stream.read(into: &buffer, until: quiet) } catch {
        guard error.code == .timedOut, !deadline.hasPassed else { throw error }
        waiting = framer.quiet()
        continue
      }
      waiting = count > 0 ? framer.receive(buffer) : framer.end()
      if count == 0, waiting.isEmpty {
        throw Failure(description: "the peer closed the connection without an answer")
      }
    }
  }
}
