import Glibc
import HL7Parser
import JSON
import Reactor

/// `passerelle hl7 send`
package enum HL7SendCommand {
  /// What is sent to whom, and how often.
  struct Errand: Sendable {
    let messages: [(name: String, bytes: [UInt8])]
    let host: String
    let port: UInt16
    let tls: TLSContext?
    let count: Int
    let rate: Int?
    /// Messages sent ahead of their answers.
    let window: Int
    /// Of a message that stays without an answer.
    let tries: Int
    /// Messages, rounds counted.
    var total: Int { messages.count * count }
    /// Whether every answer is shown, not only negative ones.
    var isShown: Bool { count == 1 && messages.count <= 10 }
    /// Whether a folder was named: the last line says how many passed.
    let isOfFolder: Bool
  }

  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    let errand = try errand(context.arguments)
    let (tally, rest, failure) = try await send(errand, context.output)
    if !errand.isShown || errand.messages.count > 1 || errand.isOfFolder || tally.reconnections > 0 {
      context.output.result(
        json: tally.json(unanswered: rest.sent, unsent: rest.unsent),
        text: tally.text(unanswered: rest.sent, unsent: rest.unsent))
    }
    if let failure {
      let place = rest.first.map { " at \($0)" } ?? ""
      let doubt =
        rest.sent > 0
        ? "; whether the listener has taken what is unanswered is not known: send it again with the same MSH-10" : ""
      throw CommandFailure(.unavailable, "\(errand.host):\(errand.port)\(place): \(failure)\(doubt)")
    }
    guard tally.positive == tally.answered else {
      throw CommandFailure(
        .failure,
        "\(tally.answered - tally.positive) of \(tally.answered) answers are negative; ERR in each says why, and so "
          + "does `passerelle messages list` at the gateway")
    }
  }

  // MARK: The command line

  private static func errand(_ arguments: ParsedArguments) throws(CommandFailure) -> Errand {
    let address = arguments["to"] ?? ""
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]), port > 0,
      colon > address.startIndex
    else {
      throw CommandFailure(.usage, "--to takes HOST:PORT, such as 127.0.0.1:2575, not \(address.debugDescription)")
    }
    var host = String(address[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return Errand(
      messages: try messages(arguments.all("file")), host: host, port: port, tls: try tls(arguments),
      count: arguments.integer("count") ?? 1, rate: arguments.integer("rate"),
      window: arguments.integer("pipeline") ?? 1, tries: arguments.integer("tries") ?? 5,
      isOfFolder: arguments.all("file").contains(where: CommandFiles.isFolder))
  }

  /// The messages of the files, each with the carriage returns that the wire wants: files that were edited by hand end
  /// segments with line feeds.
  private static func messages(_ paths: [String]) throws(CommandFailure) -> [(name: String, bytes: [UInt8])] {
    var messages: [(name: String, bytes: [UInt8])] = []
    for path in paths {
      for file in try HL7Files.files(at: path) {
        let bytes = try HL7Files.contents(of: file)
        if file != path, !HL7Contents.isHL7(bytes) { continue }
        // What is not HL7 goes as it is: to see how a listener refuses it.
        let parts = HL7Contents.isHL7(bytes) ? (try? HL7Contents(of: bytes))?.messages ?? [] : []
        for (index, part) in (parts.isEmpty ? [bytes[...]] : parts).enumerated() {
          messages.append((parts.count > 1 ? "\(file)#\(index + 1)" : file, segments(Array(part))))
        }
      }
    }
    guard !messages.isEmpty else {
      throw CommandFailure(.notFound, "no HL7 message in \(paths.joined(separator: ", "))")
    }
    return messages
  }

  private static func segments(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.contains(0x0D) || bytes.contains(0x0A) else { return bytes }
    var result: [UInt8] = []
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) { result += line + [0x0D] }
    return result
  }

  private static func tls(_ arguments: ParsedArguments) throws(CommandFailure) -> TLSContext? {
    let certificate = arguments["certificate"]
    guard (certificate == nil) == (arguments["key"] == nil) else {
      throw CommandFailure(.usage, "--certificate and --key go together")
    }
    guard arguments.has("tls") || arguments["ca"] != nil || certificate != nil else { return nil }
    do throws(TLSError) {
      var identity: TLSContext.Identity?
      if let certificate, let key = arguments["key"] { identity = .init(chainPath: certificate, keyPath: key) }
      return try TLSContext.client(
        trust: arguments["ca"].map { .authorities(path: $0) } ?? .system, identity: identity)
    } catch {
      throw CommandFailure(.failure, error.detail)
    }
  }

  // MARK: Sending

  private typealias Sent = (
    tally: HL7SendTally, rest: (first: String?, sent: Int, unsent: Int), failure: (any Error)?
  )

  private static func send(_ errand: Errand, _ output: CommandOutput) async throws(CommandFailure) -> Sent {
    do {
      return try await EventLoop.onLoop { loop in
        let addresses = try await Resolver.addresses(
          of: errand.host, port: errand.port, loop: loop, until: .after(milliseconds: 10_000))
        let sending = HL7Sending(errand, output, loop) { try await connect(addresses, errand, loop) }
        do {
          try await sending.run()
          return (sending.tally, sending.unanswered, nil)
        } catch let error as CommandFailure {
          throw error
        } catch {
          return (sending.tally, sending.unanswered, error)
        }
      }
    } catch let error as CommandFailure {
      throw error
    } catch {
      throw CommandFailure(.unavailable, "\(errand.host):\(errand.port): \(error)")
    }
  }

  /// Connects to the first address that answers.
  private static func connect(
    _ addresses: [SocketAddress], _ errand: Errand, _ loop: EventLoop
  ) async throws -> MLLPClient {
    var failure: any Error = CommandFailure(.unavailable, "\(errand.host) has no address")
    for address in addresses {
      do {
        return try await MLLPClient.connect(to: address, host: errand.host, tls: errand.tls, loop: loop)
      } catch {
        failure = error
      }
    }
    throw failure
  }
}
