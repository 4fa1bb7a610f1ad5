import HL7Parser
import HTTP
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Partners of a server under test: what they call it with.
struct FaultCallers: Sendable {
  let loop: EventLoop
  let key: String
  let https: UInt16
  let mllp: UInt16
  let operations: UInt16

  /// The context of a client with a certificate of `TestCertificates`.
  static func tls(_ certificate: String = "client") throws -> TLSContext {
    let files = try TestCertificates.shared.get()
    return try TLSContext.client(
      trust: .authorities(path: files.certificate("ca")), identity: files.identity(certificate))
  }

  static func address(_ port: UInt16) throws -> SocketAddress {
    try XCTUnwrap(SocketAddress(ip: "127.0.0.1", port: port))
  }

  /// A FHIR request on a connection of its own; `target` is below the clinic.
  func fhir(
    _ target: String = "Patient?_count=1", port: UInt16? = nil, certificate: String = "client",
    timeoutMilliseconds: Int = 30_000
  ) async throws -> HTTPClient.Answer {
    let (loop, key, address) = (loop, key, try Self.address(port ?? https))
    let tls = try Self.tls(certificate)
    return try await loop.run {
      var fields = HTTPFields()
      fields.append(.authorization, "Bearer \(key)")
      let client = HTTPClient(
        loop: loop, connectTimeoutMilliseconds: timeoutMilliseconds, totalTimeoutMilliseconds: timeoutMilliseconds)
      return try await client.send(
        .init(.get, target: "/fhir/\(FaultServer.clinic)/\(target)", fields: fields), to: address, host: "localhost",
        tls: tls)
    }
  }

  /// The status of a FHIR request; 0 where no answer came.
  func status(_ target: String = "Patient?_count=1") async -> Int { (try? await fhir(target))?.status.code ?? 0 }

  func operation(_ path: String) async throws -> (status: Int, body: String) {
    let (loop, address) = (loop, try Self.address(operations))
    let answer = try await loop.run {
      try await HTTPClient(loop: loop, totalTimeoutMilliseconds: 5_000).send(
        .init(.get, target: path), to: address, host: "127.0.0.1", tls: nil)
    }
    return (answer.status.code, String(decoding: answer.body, as: UTF8.self))
  }

  /// Waits for a status of `/readyz` and returns its body.
  @discardableResult
  func waitReadiness(
    _ status: Int, seconds: Int = 30, file: StaticString = #filePath, line: UInt = #line
  ) async throws -> String {
    var last: (status: Int, body: String) = (0, "no answer")
    let happened = await FaultClock.wait(seconds: seconds) {
      last = (try? await operation("/readyz")) ?? (0, "no answer")
      return last.status == status
    }
    XCTAssertTrue(happened, "/readyz answers \(last), not \(status)", file: file, line: line)
    return last.body
  }

  /// Runs `body` with an MLLP client over TLS, connected to the server or to a proxy before it.
  func mllp<Value: Sendable>(
    port: UInt16? = nil, answerMilliseconds: Int = 30_000,
    _ body: @escaping @Sendable (MLLPClient) async throws -> Value
  ) async throws -> Value {
    let (loop, address) = (loop, try Self.address(port ?? mllp))
    let tls = try Self.tls()
    return try await loop.run {
      var limits = MLLPClient.Limits()
      limits.connectMilliseconds = 30_000
      limits.answerMilliseconds = answerMilliseconds
      let client = try await MLLPClient.connect(to: address, host: "localhost", tls: tls, loop: loop, limits: limits)
      defer { client.close() }
      return try await body(client)
    }
  }

  /// Sends messages one after the other on one connection.
  func send(
    _ messages: [String], port: UInt16? = nil, answerMilliseconds: Int = 30_000,
    afterHandshake: @escaping @Sendable () -> Void = {}
  ) async throws -> [MLLPClient.Acknowledgement] {
    try await mllp(port: port, answerMilliseconds: answerMilliseconds) { client in
      afterHandshake()
      var answers: [MLLPClient.Acknowledgement] = []
      for message in messages { answers.append(try await client.send(Array(message.utf8))) }
      return answers
    }
  }

  /// MSA-1 of a message; nil where no answer came.
  func code(_ message: String, port: UInt16? = nil, answerMilliseconds: Int = 30_000) async -> String? {
    (try? await send([message], port: port, answerMilliseconds: answerMilliseconds))?.first?.code
  }

  /// Sends a message again and again until it is accepted, as senders do; the number of tries.
  func sendUntilAccepted(
    _ message: String, seconds: Int = 30, file: StaticString = #filePath, line: UInt = #line
  ) async -> Int {
    var tries = 0
    let happened = await FaultClock.wait(seconds: seconds) {
      tries += 1
      return await code(message) == "AA"
    }
    XCTAssertTrue(happened, "not accepted within \(seconds) s", file: file, line: line)
    return tries
  }

  /// A TLS connection with nothing sent on it yet.
  func connection(_ port: UInt16) async throws -> ByteStream {
    let (loop, address) = (loop, try Self.address(port))
    let tls = try Self.tls()
    return try await loop.run {
      let stream = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 30_000))
      try await stream.startTLS(client: tls, host: "localhost", until: .after(milliseconds: 30_000))
      return stream
    }
  }
}
