import Glibc
import HL7Parser
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// A clinic, an EMR that follows it over mutual TLS, and the workers between them; all on one loop.
// @unchecked: every stored variable belongs to `loop`'s thread.
final class FeedHarness: @unchecked Sendable {
  let deliveries: DeliveryHarness
  let emr: ReceivingEMR
  private(set) var port: UInt16 = 0

  var loop: EventLoop { deliveries.loop }

  private init(_ deliveries: DeliveryHarness) throws {
    self.deliveries = deliveries
    emr = try ReceivingEMR(loop: deliveries.loop, folder: deliveries.folder + "/emr")
  }

  /// Runs a test on a loop of its own and takes everything down after it.
  static func run(
    _ label: String, _ body: @escaping @Sendable (FeedHarness) async throws -> Void
  ) async throws {
    try await DeliveryHarness.run("feed_\(label)") { deliveries in
      let harness = try FeedHarness(deliveries)
      defer { harness.emr.stop() }
      try await harness.prepare()
      try await body(harness)
    }
  }

  private func prepare() async throws {
    let files = try TestCertificates.shared.get()
    let tls = try TLSContextBox { () throws(TLSError) in
      try TLSContext.server(
        identity: files.identity("server"), clientCertificates: .required, clientAuthorities: files.certificate("ca"))
    }
    guard let any = SocketAddress(ip: "127.0.0.1", port: 0) else { return XCTFail("no loopback") }
    port = try emr.serve(at: any, tls: tls).port
    // What the harness of documents made of the patient is history.
    try await sql("update gateway.partner set enabled = false where slug in ('insurer', 'rival', 'books')")
    try await subscribe("emr", to: "{hl7-adt,hl7-siu,hl7-dft}")
    try await sql(
      """
      insert into clinic.location (clinic_id, id, kind, name) values ('\(DeliveryHarness.clinic)', 'room', 'room', 'Salle 1')
      """)
  }

  /// A partner that follows the clinic at the EMR's port.
  func subscribe(_ slug: String, to formats: String, port: UInt16? = nil) async throws {
    let files = try TestCertificates.shared.get()
    try await sql("select gateway.put_partner('\(slug)', 'EMR', 'emr', '{}', '{casablanca}')")
    _ = try await deliveries.admin.run(
      PostgresQuery(
        """
        update gateway.partner set delivery_url = $2, delivery_ca_path = $3, delivery_certificate_path = $4,
          delivery_key_path = $5, delivery_allows_private_networks = true, delivery_formats = $6::text::text[]
        where slug = $1
        """,
        [
          .text(slug), .text("mllps://localhost:\(port ?? self.port)"), .text(files.certificate("ca")),
          .text(files.certificate("client")), .text(files.key("client")), .text(formats),
        ]))
  }

  @discardableResult
  func sql(_ statements: String...) async throws -> [[String?]] { try await deliveries.sql(statements) }

  /// `ADT^A28: delivered` of everything that a partner is owed, by sequence.
  func states(of partner: String = "emr") async throws -> [String] {
    try await sql(
      """
      select d.event || ': ' || d.state from gateway.delivery d join gateway.partner p on p.id = d.partner_id
      where p.slug = '\(partner)' order by d.sequence
      """
    ).compactMap(\.[0])
  }

  func events(of partner: String = "emr") async throws -> [String] {
    try await states(of: partner).map { String($0.prefix { $0 != ":" }) }
  }

  /// Waits until everything owed has come to an end.
  func settle(_ what: String = "everything is settled", count: Int, line: UInt = #line) async throws {
    try await deliveries.wait(what, line: line) {
      let states = try await self.states()
      return states.count == count && states.allSatisfy { $0.hasSuffix("delivered") || $0.hasSuffix("dead") }
    }
  }

  /// Makes a patient, with a name that tells it from others.
  func makePatient(_ id: String) async throws {
    try await sql(
      """
      insert into clinic.patient (clinic_id, id, family, given, gender)
        values ('\(DeliveryHarness.clinic)', '\(id)', 'Family \(id)', '{Amina}', 'female')
      """)
  }

  /// A message as text, segments on lines.
  static func text(_ receipt: ReceivingEMR.Receipt) -> String {
    String(decoding: receipt.bytes, as: UTF8.self).replacing("\r", with: "\n")
  }
}
