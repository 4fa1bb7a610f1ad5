public import Reactor

import Foundation
import Glibc

/// Certificates for tests, good and bad, made once a process by the `openssl` command in a folder of its own.
///
/// | name | what it is |
/// |---|---|
/// | `ca`, `other-ca` | authorities |
/// | `server`, `server-renewed` | `localhost`, `127.0.0.1`, `::1`; serverAuth |
/// | `elsewhere` | a server for `elsewhere.example` only, whose common name is `localhost` |
/// | `server-expired` | like `server`, expired in 2021 |
/// | `client` | `DNS:partner.example`, `URI:urn:partner:one`; clientAuth |
/// | `expired`, `revoked` | clients, one expired in 2021, one on the revocation list |
/// | `stranger` | a client of `other-ca` |
/// | `wrong-purpose`, `no-purpose` | clients whose key usage says serverAuth only, or nothing |
public struct TestCertificates: Sendable {
  public let folder: String

  /// The certificates of this process.
  public static let shared: Result<TestCertificates, any Error> = Result { try TestCertificates() }

  /// The path of a PEM certificate.
  public func certificate(_ name: String) -> String { "\(folder)/\(name).pem" }
  /// The path of a PEM private key.
  public func key(_ name: String) -> String { "\(folder)/\(name).key" }
  /// A certificate with its key.
  public func identity(_ name: String) -> TLSContext.Identity {
    TLSContext.Identity(chainPath: certificate(name), keyPath: key(name))
  }
  /// The revocation list of `ca`, in date.
  public var revocationList: String { "\(folder)/ca.crl" }
  /// The revocation list of `ca` before anything was revoked.
  public var emptyRevocationList: String { "\(folder)/empty.crl" }
  /// A revocation list of `ca` that should have been renewed in 2021.
  public var staleRevocationList: String { "\(folder)/stale.crl" }

  private static let era = (start: "20200101000000Z", past: "20210101000000Z", end: "20491231235959Z")

  private init() throws {
    var template = Array("/tmp/passerelle-tls-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(text: "mkdtemp: errno \(errno)") }
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    for name in ["ca", "other-ca"] { try makeAuthority(name) }
    let local = "DNS:localhost,IP:127.0.0.1,IP:::1"
    let partner = "DNS:partner.example,URI:urn:partner:one"
    try issue("server", names: local, purpose: "serverAuth")
    try issue("server-renewed", names: local, purpose: "serverAuth")
    try issue("elsewhere", names: "DNS:elsewhere.example", purpose: "serverAuth", commonName: "localhost")
    try issue("server-expired", names: local, purpose: "serverAuth", until: Self.era.past)
    try issue("client", names: partner, purpose: "clientAuth")
    try issue("expired", names: partner, purpose: "clientAuth", until: Self.era.past)
    try issue("revoked", names: partner, purpose: "clientAuth")
    try issue("stranger", names: partner, purpose: "clientAuth", by: "other-ca")
    try issue("wrong-purpose", names: partner, purpose: "serverAuth")
    try issue("no-purpose", names: partner, purpose: nil)
    let configuration = ["ca", "-config", "\(folder)/ca.cnf"]
    try openssl(configuration + ["-gencrl", "-crldays", "3650", "-out", emptyRevocationList])
    try openssl(configuration + ["-revoke", certificate("revoked")])
    try openssl(configuration + ["-gencrl", "-crldays", "3650", "-out", revocationList])
    try openssl(
      configuration + [
        "-gencrl", "-crl_lastupdate", Self.era.start, "-crl_nextupdate", Self.era.past, "-out", staleRevocationList,
      ])
  }

  private struct Failure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
  }

  private func makeAuthority(_ name: String) throws {
    let configuration = """
      [ca]
      default_ca = here
      [here]
      database = \(folder)/\(name).index
      new_certs_dir = \(folder)
      certificate = \(certificate(name))
      private_key = \(key(name))
      rand_serial = yes
      default_md = sha256
      policy = any
      unique_subject = no
      [any]
      commonName = supplied
      """
    try configuration.write(toFile: "\(folder)/\(name).cnf", atomically: true, encoding: .utf8)
    try "".write(toFile: "\(folder)/\(name).index", atomically: true, encoding: .utf8)
    try openssl(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj",
        "/CN=Test \(name)", "-keyout", key(name), "-out", certificate(name), "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
      ])
  }

  private func issue(
    _ name: String, names: String, purpose: String?, commonName: String? = nil, by authority: String = "ca",
    until end: String = era.end
  ) throws {
    let request = "\(folder)/\(name).csr"
    try openssl(
      [
        "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
        "/CN=\(commonName ?? name)", "-keyout", key(name), "-out", request,
      ])
    var extensions = "subjectAltName=\(names)\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
    if let purpose { extensions += "extendedKeyUsage=\(purpose)\n" }
    let extensionPath = "\(folder)/\(name).ext"
    try extensions.write(toFile: extensionPath, atomically: true, encoding: .utf8)
    try openssl(
      [
        "ca", "-config", "\(folder)/\(authority).cnf", "-batch", "-notext", "-in", request, "-out", certificate(name),
        "-startdate", Self.era.start, "-enddate", end, "-extfile", extensionPath,
      ])
  }

  private func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    let output = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(text: "openssl \(arguments[0]): \(String(decoding: text, as: UTF8.self))")
    }
  }
}
