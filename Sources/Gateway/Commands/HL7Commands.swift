import Glibc
import HL7Parser
import JSON
import Reactor

/// `passerelle hl7 …`
package enum HL7Commands {
  static let maximumMessageBytes = 64 << 20

  /// What is sent to whom, and how often.
  private struct Errand: Sendable {
    let files: [(path: String, bytes: [UInt8])]
    let host: String
    let port: UInt16
    let tls: TLSContext?
    let count: Int
    let rate: Int?
  }

  private struct Sent: Sendable {
    let file: String
    let code: String
    let answer: [UInt8]
    let milliseconds: Double
    var isPositive: Bool { code == "AA" || code == "CA" }
  }

  @Sendable package static func send(_ context: CommandContext) async throws(CommandFailure) {
    let errand = try errand(context.arguments)
    let isOne = errand.count == 1
    let output = context.output
    let tally = try await run(errand) { sent in
      guard isOne || !sent.isPositive else { return }
      output.result(
        json: [
          "file": .string(sent.file), "code": .string(sent.code), "answer": .string(text(sent.answer)),
          "milliseconds": .number(String(sent.milliseconds)),
        ], text: "\(sent.file): \(sent.code) in \(sent.milliseconds) ms\n\(text(sent.answer))")
    }
    if !isOne {
      let rate = Int(Double(tally.sent) / max(tally.seconds, 0.001))
      output.result(
        json: [
          "sent": .init(tally.sent), "positive": .init(tally.positive), "seconds": .number(String(tally.seconds)),
        ], text: "\(tally.sent) sent, \(tally.positive) positive, \(rate) a second")
    }
    guard tally.positive == tally.sent else {
      throw CommandFailure(
        .failure,
        "\(tally.sent - tally.positive) of \(tally.sent) answers are negative; ERR in each says why, and so does "
          + "`passerelle messages list` at the gateway")
    }
  }

  private static func errand(_ arguments: ParsedArguments) throws(CommandFailure) -> Errand {
    let address = arguments["to"] ?? ""
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]), port > 0,
      colon > address.startIndex
    else {
      throw CommandFailure(.usage, "--to takes HOST:PORT, such as 127.0.0.1:2575, not \(address.debugDescription)")
    }
    var host = String(address[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    var files: [(path: String, bytes: [UInt8])] = []
    for path in arguments.all("file") {
      do throws(SystemFailure) {
        files.append((path, segments(try readWholeFile(path, maximumBytes: maximumMessageBytes))))
      } catch {
        throw CommandFailure(.failure, "\(path): \(error.reason)")
      }
    }
    return Errand(
      files: files, host: host, port: port, tls: try tls(arguments), count: arguments.integer("count") ?? 1,
      rate: arguments.integer("rate"))
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

  private static func run(
    _ errand: Errand, _ report: @escaping @Sendable (Sent) -> Void
  ) async throws(CommandFailure) -> (sent: Int, positive: Int, seconds: Double) {
    do {
      let loop = try EventLoop()
      try loop.start()
      defer {
        loop.stop()
        loop.join()
      }
      return try await loop.run {
        let addresses = try await Resolver.addresses(
          of: errand.host, port: errand.port, loop: loop, until: .after(milliseconds: 10_000))
        let client = try await connect(addresses, errand, loop)
        defer { client.close() }
        let clock = ContinuousClock()
        let start = clock.now
        var (sent, positive) = (0, 0)
        for round in 0..<errand.count {
          for file in errand.files {
            let message = errand.count == 1 ? file.bytes : try renumbered(file.bytes, file.path)
            if let rate = errand.rate {
              let due = start + .nanoseconds(Int64(sent) * 1_000_000_000 / Int64(rate))
              let wait = clock.now.duration(to: due)
              if wait > .milliseconds(1) { await loop.sleep(milliseconds: Int(wait / .milliseconds(1))) }
            }
            let before = clock.now
            let answer = try await client.send(message)
            let taken = before.duration(to: clock.now) / .microseconds(1)
            sent += 1
            let result = Sent(
              file: errand.count == 1 ? file.path : "\(file.path) #\(round + 1)", code: answer.code,
              answer: answer.message, milliseconds: taken.rounded() / 1_000)
            if answer.isPositive { positive += 1 }
            report(result)
          }
        }
        return (sent, positive, start.duration(to: clock.now) / .seconds(1))
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

  /// Files that were edited by hand end segments with line feeds; on the wire it is carriage returns.
  private static func segments(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.contains(0x0D) || bytes.contains(0x0A) else { return bytes }
    var result: [UInt8] = []
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) { result += line + [0x0D] }
    return result
  }

  /// The message with a control id of its own.
  private static func renumbered(_ bytes: [UInt8], _ path: String) throws(CommandFailure) -> [UInt8] {
    guard bytes.count > 8, bytes.starts(with: Array("MSH".utf8)) else {
      throw CommandFailure(.failure, "\(path) does not begin with MSH")
    }
    let separator = bytes[3]
    let end = bytes.firstIndex(of: 0x0D) ?? bytes.count
    var fields = bytes[..<end].split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
    guard fields.count > 9 else { throw CommandFailure(.failure, "\(path) has no MSH-10 to number messages by") }
    let number = UInt64.random(in: .min ... .max)
    fields[9] = Array(String(number, radix: 36, uppercase: true).utf8)
    return Array(fields.joined(separator: [separator])) + bytes[end...]
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.map { $0 == 0x0D ? 0x0A : $0 }, as: UTF8.self)
  }
}
