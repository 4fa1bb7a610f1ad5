import Foundation
import Reactor
import TestSupport
import XCTest

/// Real handshakes over the loopback interface, with certificates made by the `openssl` command.
final class TLSTests: XCTestCase {
  private let certificates = TestCertificates.shared

  func testTheServerLearnsWhoTheClientIs() async throws {
    let files = try certificates.get()
    let server = try TLSContext.server(
      identity: files.identity("server"), clientCertificates: .required, clientAuthorities: files.certificate("ca"))
    let outcome = try await handshake(server, client: "client")
    XCTAssertNil(outcome.error)
    let info = try XCTUnwrap(outcome.info)
    XCTAssertEqual(info.version, "TLSv1.3")
    XCTAssertEqual(info.serverName, "localhost")
    let peer = try XCTUnwrap(info.peerCertificate)
    XCTAssertEqual(peer.subjectAlternativeNames, ["DNS:partner.example", "URI:urn:partner:one"])
    XCTAssertEqual(
      peer.publicKeySHA256,
      try openssl("x509 -in client.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64"))
    XCTAssertEqual(peer.certificateSHA256, try openssl("x509 -in client.pem -outform DER | sha256sum | cut -c1-64"))
    XCTAssertEqual(peer.serialNumber, try openssl("x509 -in client.pem -noout -serial | cut -d= -f2 | tr A-F a-f"))
    XCTAssertEqual(peer.issuer, "CN=Test ca")
    XCTAssertEqual(peer.notBefore, 1_577_836_800)
    XCTAssertEqual(peer.notAfter, 2_524_607_999)
    XCTAssertTrue(peer.isForClients)
  }

  func testBadClientCertificatesAreRefusedWithTheirReason() async throws {
    let files = try certificates.get()
    let cases: [(name: String?, reason: TLSError.Reason)] = [
      ("expired", .certificateExpired), ("stranger", .unknownAuthority), ("wrong-purpose", .wrongPurpose),
      ("no-purpose", .wrongPurpose), ("revoked", .certificateRevoked), (nil, .certificateRequired),
    ]
    for mode in [TLSContext.ClientCertificates.required, .optional] {
      let server = try TLSContext.server(
        identity: files.identity("server"), clientCertificates: mode, clientAuthorities: files.certificate("ca"),
        revocationLists: files.revocationList)
      for (name, reason) in cases where mode == .required || name != nil {
        let outcome = try await handshake(server, client: name)
        XCTAssertEqual(outcome.error?.tls?.reason, reason, "\(name ?? "none"), \(mode)")
      }
      let good = try await handshake(server, client: "client")
      XCTAssertNotNil(good.info?.peerCertificate)
    }
  }

  func testWithoutACertificateAnOptionalServerLetsIn() async throws {
    let files = try certificates.get()
    let server = try TLSContext.server(
      identity: files.identity("server"), clientCertificates: .optional, clientAuthorities: files.certificate("ca"))
    let outcome = try await handshake(server, client: nil)
    XCTAssertNil(outcome.error)
    XCTAssertNotNil(outcome.info)
    XCTAssertNil(outcome.info?.peerCertificate)
  }

  func testAStaleRevocationListFailsClosed() async throws {
    let files = try certificates.get()
    let server = try TLSContext.server(
      identity: files.identity("server"), clientCertificates: .required, clientAuthorities: files.certificate("ca"),
      revocationLists: files.staleRevocationList)
    let outcome = try await handshake(server, client: "client")
    XCTAssertEqual(outcome.error?.tls?.reason, .revocationUnknown)
  }

  func testTheClientVerifiesTheServer() async throws {
    let files = try certificates.get()
    let cases: [(server: String, host: String, trusts: String, reason: TLSError.Reason?)] = [
      ("server", "localhost", "ca", nil), ("server", "127.0.0.1", "ca", nil),
      ("server", "127.0.0.2", "ca", .hostMismatch), ("server", "example.org", "ca", .hostMismatch),
      ("elsewhere", "localhost", "ca", .hostMismatch), ("server-expired", "localhost", "ca", .certificateExpired),
      ("server", "localhost", "other-ca", .unknownAuthority), ("client", "partner.example", "ca", .wrongPurpose),
    ]
    for (name, host, trusts, reason) in cases {
      let server = try TLSContext.server(identity: files.identity(name))
      let outcome = try await handshake(server, client: nil, host: host, trusts: trusts)
      XCTAssertEqual(outcome.clientError?.tls?.reason, reason, "\(name) as \(host) under \(trusts)")
    }
  }

  func testLargeWritesAndTheOrderlyEnd() async throws {
    let files = try certificates.get()
    let server = try TLSContext.server(identity: files.identity("server"), speaksHTTP: true)
    let client = try TLSContext.client(trust: .authorities(path: files.certificate("ca")))
    try await EventLoop.onLoop { loop in
      let (near, far) = try await connectedPair(loop)
      let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
      let writer = Task(executorPreference: loop) {
        try await near.startTLS(client: client, host: "localhost", until: .after(milliseconds: 2_000))
        try await near.write(pieces: [Array(bytes[..<5]), Array(bytes[5...])], until: .after(milliseconds: 10_000))
        near.shutdownWrite()
        return try await read(3, from: near)
      }
      try await far.startTLS(server: server, until: .after(milliseconds: 2_000))
      let received = try await read(bytes.count + 1, from: far)
      XCTAssertTrue(received == bytes, "\(received.count) of \(bytes.count)")
      try await far.write(pieces: [[1], [2, 3]])
      let answer = try await writer.value
      XCTAssertEqual(answer, [1, 2, 3])
      near.close()
      far.close()
    }
  }

  func testAHandshakeHasADeadlineAndNoiseIsNoHandshake() async throws {
    let files = try certificates.get()
    let server = try TLSContext.server(identity: files.identity("server"))
    try await EventLoop.onLoop { loop in
      let (near, far) = try await connectedPair(loop)
      let slow = await code { try await far.startTLS(server: server, until: .after(milliseconds: 30)) }
      XCTAssertEqual(slow, .timedOut)
      near.close()
      far.close()
      let (noisy, other) = try await connectedPair(loop)
      try await noisy.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))
      let noise = await code { try await other.startTLS(server: server, until: .after(milliseconds: 1_000)) }
      XCTAssertEqual(noise, .tls)
      noisy.close()
      other.close()
    }
  }

  func testABadFileIsNamedAndAReloadKeepsTheOldContext() throws {
    let files = try certificates.get()
    let folder = files.folder + "/reload"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let identity = TLSContext.Identity(chainPath: folder + "/chain.pem", keyPath: folder + "/key.pem")
    func put(_ certificate: String, _ key: String) throws {
      try String(contentsOfFile: certificate, encoding: .utf8).write(
        toFile: identity.chainPath, atomically: true, encoding: .utf8)
      try String(contentsOfFile: key, encoding: .utf8).write(
        toFile: identity.keyPath, atomically: true, encoding: .utf8)
    }
    try put(files.certificate("server"), files.key("server"))
    let box = try TLSContextBox { () throws(TLSError) in try TLSContext.server(identity: identity) }
    let first = box.current
    for (certificate, key) in [("server", "client"), ("no", "server")] {
      if certificate == "no" {
        try "-----BEGIN nothing".write(toFile: identity.chainPath, atomically: true, encoding: .utf8)
      } else {
        try put(files.certificate(certificate), files.key(key))
      }
      XCTAssertThrowsError(try box.reload()) { error in
        XCTAssertEqual((error as? TLSError)?.reason, .badConfiguration)
        XCTAssertTrue("\(error)".contains(folder), "\(error)")
      }
      XCTAssertTrue(box.current === first)
    }
    try put(files.certificate("elsewhere"), files.key("elsewhere"))
    try box.reload()
    XCTAssertEqual(box.current.certificate?.dnsNames, ["elsewhere.example"])
    XCTAssertThrowsError(try TLSContext.server(identity: files.identity("missing")))
    XCTAssertThrowsError(
      try TLSContext.server(identity: files.identity("server"), clientCertificates: .required))
  }

  // MARK: Help

  private struct Outcome: Sendable {
    var info: TLSInfo?
    var error: StreamError?
    var clientError: StreamError?
  }

  /// One handshake and one byte each way; what either side ran into.
  private func handshake(
    _ server: TLSContext, client name: String?, host: String = "localhost", trusts: String = "ca"
  ) async throws -> Outcome {
    let files = try certificates.get()
    let client = try TLSContext.client(
      trust: .authorities(path: files.certificate(trusts)), identity: name.map { files.identity($0) })
    return try await EventLoop.onLoop { loop in
      let (near, far) = try await connectedPair(loop)
      let caller = Task(executorPreference: loop) { () -> StreamError? in
        do {
          try await near.startTLS(client: client, host: host, until: .after(milliseconds: 3_000))
          try await near.write([1])
          var answer: [UInt8] = []
          _ = try await near.read(into: &answer, until: .after(milliseconds: 3_000))
        } catch {
          near.close()
          return error as? StreamError
        }
        return nil
      }
      var outcome = Outcome()
      do {
        try await far.startTLS(server: server, until: .after(milliseconds: 3_000))
        outcome.info = far.tls
        var byte: [UInt8] = []
        _ = try await far.read(into: &byte, until: .after(milliseconds: 3_000))
        try await far.write([2])
      } catch { outcome.error = error as? StreamError }
      far.close()
      outcome.clientError = await caller.value
      near.close()
      return outcome
    }
  }

  private func openssl(_ arguments: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "openssl " + arguments]
    process.currentDirectoryURL = URL(fileURLWithPath: try certificates.get().folder)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
