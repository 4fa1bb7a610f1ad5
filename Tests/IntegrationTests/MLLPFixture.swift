import Foundation
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// A clinic, a hospital that sends to it, and a listener, over a database of their own.
final class MLLPFixture: Sendable {
  static let clinicID = "11111111-1111-4111-8111-111111111111"
  static let other = "22222222-2222-4222-8222-222222222222"

  let dsn: String
  let cluster: PostgresTestCluster
  let loop: EventLoop
  let pool: PostgresPool
  let service: HL7Service
  let server: MLLPServer
  let strangers = SharedCount()
  let answered = Answered()

  /// What the service said of each answer, from any thread.
  final class Answered: @unchecked Sendable {
    private let lock = NSLock()
    private var codes: [String] = []  // guarded by `lock`
    var all: [String] { lock.withLock { codes } }
    func add(_ code: String) { lock.withLock { codes.append(code) } }
  }

  private static let template = Task {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("mllp_template")
    try await prepare(dsn)
    return TestDSN.value(of: "dbname", in: dsn)
  }

  private static func prepare(_ dsn: String) async throws {
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in _ = try await Migrator().migrate(pool) }
    try await PostgresTestCluster.withPool(dsn: dsn, configure: { $0.overrides["user"] = "passerelle_owner" }) { pool in
      let scopes = "passerelle/hl7v2.c"
      for statement in [
        """
        insert into clinic.clinic (clinic_id, id, slug, name, country, time_zone, currency, tax_regime) values
          ('\(clinicID)', 'c', 'anfa', 'Cabinet', 'MA', 'Africa/Casablanca', 'MAD', 'ma-tva'),
          ('\(other)', 'c', 'lilas', 'Cabinet', 'FR', 'Europe/Paris', 'EUR', 'fr-tva')
        """,
        "select gateway.put_partner('hospital', 'Hospital', 'hospital', '{\(scopes)}', '{anfa}', 'both')",
        "select gateway.put_partner('both', 'Two clinics', 'hospital', '{\(scopes)}', '{anfa,lilas}', 'both')",
        "select gateway.put_sender('hospital', 'anfa', 'HIS', 'CHU-IBN-ROCHD')",
        "insert into gateway.partner_certificate (partner_id, kind, value) "
          + "select id, 'san', 'DNS:partner.example' from gateway.partner where slug = 'both'",
        "update gateway.partner set hl7_profile = '{\"receivers\": {\"KINE-ANFA\": \"anfa\", \"LILAS\": \"lilas\"}}' "
          + "where slug = 'both'",
      ] { _ = try await pool.run(PostgresQuery(dynamic: statement)) }
    }
  }

  /// - Parameter cluster: one of one's own, for tests that stop it.
  init(
    cluster: PostgresTestCluster? = nil, tls: TLSContextBox? = nil,
    listener configure: (inout Configuration.MLLPListener) -> Void = { _ in },
    limits change: (inout Configuration.MLLPLimits) -> Void = { _ in },
    postgres: (inout PostgresConfiguration) -> Void = { _ in }
  ) async throws {
    if let cluster {
      dsn = try await Self.fresh(cluster)
      self.cluster = cluster
    } else {
      self.cluster = try PostgresTestCluster.shared()
      dsn = try await self.cluster.makeDatabase("mllp", template: try await Self.template.value)
    }
    let loop = try EventLoop()
    try loop.start()
    var configuration = PostgresConfiguration(dsn: dsn)
    configuration.overrides["user"] = "passerelle_app"
    postgres(&configuration)
    var listener = Configuration.MLLPListener(name: "test")
    configure(&listener)
    if tls != nil, listener.tls == .none { listener.tls = .required }
    var limits = Configuration.MLLPLimits()
    change(&limits)
    let pool = PostgresPool(configuration, loop: loop)
    self.loop = loop
    self.pool = pool
    let (strangers, answered, settings, place) = (strangers, answered, listener, limits)
    (service, server) = try await loop.run {
      var hooks = HL7Service.Hooks()
      hooks.stranger = { _, _ in strangers.add() }
      hooks.answered = { answered.add($0) }
      let service = HL7Service(
        pool: pool, directory: PartnerDirectory(pool: pool), audit: AuditChains(process: "test"), hooks: hooks)
      let address = try XCTUnwrap(SocketAddress(ip: "127.0.0.1", port: 0))
      return (service, try MLLPServer(settings, address: address, limits: place, tls: tls, service: service))
    }
  }

  private static func fresh(_ cluster: PostgresTestCluster) async throws -> String {
    let dsn = try await cluster.makeDatabase("mllp")
    try await prepare(dsn)
    return dsn
  }

  func stop() async throws {
    let (server, pool) = (server, pool)
    try await loop.run {
      await server.drain(until: .after(milliseconds: 500))
      await pool.shutdown(graceMilliseconds: 500)
    }
    loop.stop()
    loop.join()
  }

  /// Rows of a statement, as the owner.
  func rows(_ statement: String) async throws -> [[String?]] {
    try await PostgresTestCluster.withPool(
      dsn: dsn,
      configure: {
        $0.connections = 1
        $0.overrides["user"] = "passerelle_owner"
      },
      { pool in
        let result = try await pool.run(PostgresQuery(dynamic: statement), timeoutMilliseconds: 180_000)
        return try result.map { row in try (0..<result.columnCount).map { try row.optionalString($0) } }
      })
  }

  func value(_ statement: String) async throws -> String? { try await rows(statement).first?.first ?? nil }

  /// Sends messages one after the other on one connection; their acknowledgements.
  func send(_ messages: [[UInt8]], tls: TLSContext? = nil) async throws -> [MLLPClient.Acknowledgement] {
    let (loop, address) = (loop, server.address)
    return try await loop.run {
      let client = try await MLLPClient.connect(to: address, host: "localhost", tls: tls, loop: loop)
      defer { client.close() }
      var answers: [MLLPClient.Acknowledgement] = []
      for message in messages { answers.append(try await client.send(message)) }
      return answers
    }
  }

  /// MSA-1 of each message's acknowledgement.
  func codes(_ messages: String...) async throws -> [String?] {
    try await send(messages.map { Array($0.utf8) }).map(\.code)
  }

  func send(_ message: String) async throws -> MLLPClient.Acknowledgement { try await send([Array(message.utf8)])[0] }

  /// Writes bytes as they are; the whole answer: so many frames, however long they take, and what follows them at once,
  /// or all that comes until the peer is gone. Where no frame is due, the peer has a second to send what it should not.
  func exchange(_ pieces: [[UInt8]], answers: Int, pauseMilliseconds: Int = 0) async throws -> [UInt8] {
    let (loop, address) = (loop, server.address)
    return try await loop.run {
      let stream = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 20_000))
      defer { stream.close() }
      for piece in pieces {
        try await stream.write(piece)
        if pauseMilliseconds > 0 { await loop.sleep(milliseconds: pauseMilliseconds) }
      }
      var answer: [UInt8] = []
      while true {
        let isWhole = answer.count { $0 == 0x1C } >= answers
        let wait = isWhole ? (answers == 0 ? 1_000 : 50) : 20_000
        guard let count = try? await stream.read(into: &answer, until: .after(milliseconds: wait)), count > 0 else {
          return answer
        }
      }
    }
  }

  // MARK: Messages

  static func sample(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: PostgresTestCluster.root + "/Samples/hl7/\(name).hl7")))
  }

  /// MSH of the hospital's messages to the clinic; `type` is MSH-9.
  static func header(_ type: String, _ controlID: String, at time: String) -> String {
    "MSH|^~\\&|HIS|CHU-IBN-ROCHD|PASSERELLE|KINE-ANFA|\(time)||\(type)|\(controlID)|P|2.5.1||||||UNICODE UTF-8"
  }

  /// An ADT^A08 about a patient of the hospital.
  static func update(
    _ controlID: String, patient: String = "P1", family: String = "Berrada", at time: String = "20261102101500+0100",
    header: String = "|||", facility: String = "CHU-IBN-ROCHD", event: String = "A08", receiver: String = "KINE-ANFA"
  ) -> String {
    """
    MSH|^~\\&|HIS|\(facility)|PASSERELLE|\(receiver)|\(time)||ADT^\(event)^ADT_A01|\(controlID)|P|2.5.1|\(header)|MAR|UNICODE UTF-8\r\
    EVN|\(event)|\(time)\r\
    PID|1||\(patient)^^^CHU-IBN-ROCHD^MR||\(family)^Salma||19840312|F|||1 rue A^^Casablanca^^20250^MAR^H||+212661203040^PRN^CP\r\
    PV1|1|O|KINE^SALLE2^^ANFA||||INPE081234^El Fassi^Nadia|||REH||||||||OP|V-\(patient)^^^CHU-IBN-ROCHD^VN|||||||||||||||||||||||||\(time)\r
    """
  }

  static func frame(_ message: String) -> [UInt8] { [0x0B] + Array(message.utf8) + [0x1C, 0x0D] }

  /// MSA-1 and MSA-2 of each acknowledgement in order.
  static func acknowledgements(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\r").compactMap { line in
      guard line.hasPrefix("MSA|") else { return nil }
      return line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().prefix(2).joined(separator: " ")
    }
  }
}
