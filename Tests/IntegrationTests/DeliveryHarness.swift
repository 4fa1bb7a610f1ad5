import Crypto
import Glibc
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// A clinic that owes, two partners that receive over mutual TLS, and the workers between them; all on one loop.
///
/// Everything but `make` is called on the loop, from `run`.
// @unchecked: every stored variable belongs to `loop`'s thread.
final class DeliveryHarness: @unchecked Sendable {
  static let clinic = "11111111-1111-4111-8111-111111111111"
  static let sealingKey = [UInt8](repeating: 7, count: 32)

  let loop: EventLoop
  let dsn: String
  let folder: String
  let admin: PostgresPool
  let app: PostgresPool
  let insurer: ReceivingPartner
  let books: ReceivingPartner
  /// Where the partners listen.
  private(set) var insurerPort: UInt16 = 0
  private(set) var booksPort: UInt16 = 0
  private(set) var settings = Configuration.Deliveries()
  private var running: [(workers: DeliveryWorkers, audit: AuditWriter, pools: [PostgresPool])] = []
  let counts = Counts()

  // @unchecked: belongs to the loop's thread.
  final class Counts: @unchecked Sendable { var byOutcome: [String: Int] = [:] }

  private init(loop: EventLoop, dsn: String, folder: String, secret: String) throws {
    (self.loop, self.dsn, self.folder) = (loop, dsn, folder)
    admin = PostgresPool(PostgresConfiguration(dsn: dsn), loop: loop)
    app = PostgresPool(Self.configuration(dsn, "passerelle_app"), loop: loop)
    insurer = try ReceivingPartner(loop: loop, folder: folder + "/insurer", secrets: WebhookSecrets(secret))
    books = try ReceivingPartner(loop: loop, folder: folder + "/books", secrets: WebhookSecrets(secret))
    settings.pollMilliseconds = 100
    settings.retryScheduleSeconds = [0, 0, 0, 0]
    settings.jitterPercent = 0
    settings.responseMilliseconds = 2_000
    settings.connectMilliseconds = 2_000
  }

  static func configuration(_ dsn: String, _ role: String) -> PostgresConfiguration {
    var configuration = PostgresConfiguration(dsn: dsn)
    configuration.overrides["user"] = role
    return configuration
  }

  /// Runs a test on a loop of its own and takes everything down after it.
  static func run(
    _ label: String, _ body: @escaping @Sendable (DeliveryHarness) async throws -> Void
  ) async throws {
    let dsn = try await database(label)
    var template = Array("/tmp/passerelle-delivery-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure(reason: "mkdtemp") }
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let secret = try WebhookSecrets.generate()
    let files = try TestCertificates.shared.get()
    try await EventLoop.onLoop { loop in
      let harness = try DeliveryHarness(loop: loop, dsn: dsn, folder: folder, secret: secret)
      let outcome: Result<Void, any Error>
      do {
        try await harness.prepare(secret, files)
        try await body(harness)
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
      await harness.end()
      try outcome.get()
    }
  }

  private static let template = Task {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("deliveries")
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in _ = try await Migrator().migrate(pool) }
    return TestDSN.value(of: "dbname", in: dsn)
  }

  static func database(_ label: String) async throws -> String {
    let template = try await template.value
    return try await PostgresTestCluster.shared().makeDatabase(label, template: template)
  }

  // MARK: Data

  private func prepare(_ secret: String, _ files: TestCertificates) async throws {
    let tls = try TLSContextBox { () throws(TLSError) in
      try TLSContext.server(
        identity: files.identity("server"), clientCertificates: .required, clientAuthorities: files.certificate("ca"))
    }
    guard let any = SocketAddress(ip: "127.0.0.1", port: 0) else { return XCTFail("no loopback") }
    let ports = [
      "insurer": try insurer.serve(at: any, tls: tls).port, "books": try books.serve(at: any, tls: tls).port,
    ]
    insurerPort = ports["insurer"] ?? 0
    booksPort = ports["books"] ?? 0
    try await sql(
      """
      insert into clinic.clinic (clinic_id, id, slug, name, country, time_zone, currency, tax_regime, line, city)
        values ('\(Self.clinic)', 'c', 'casablanca', 'Cabinet Anfa', 'MA', 'Africa/Casablanca', 'MAD', 'ma-tva',
          '{12 rue des Orangers}', 'Casablanca')
      """,
      """
      insert into clinic.identifier (clinic_id, id, owner_type, owner_id, system, value, use)
        values ('\(Self.clinic)', 'ice', 'clinic', 'c', 'urn:passerelle:ma:ice', '001234567000089', 'official')
      """,
      "insert into clinic.payer (clinic_id, id, name, kind) values ('\(Self.clinic)', 'amo', 'AMO', 'public')",
      "insert into clinic.payer (clinic_id, id, name, kind) values ('\(Self.clinic)', 'other', 'Other', 'mutual')",
      "insert into clinic.practitioner (clinic_id, id, family) values ('\(Self.clinic)', 'doctor', 'Tahiri')",
      "insert into clinic.patient (clinic_id, id, family, given) values ('\(Self.clinic)', 'p', 'Bénnani', '{Amina}')",
      """
      insert into clinic.coverage (clinic_id, id, patient_id, payer_id, member_number)
        values ('\(Self.clinic)', 'v', 'p', 'amo', 'M-1')
      """,
      "select gateway.put_partner('insurer', 'Insurer', 'insurer', '{}', '{casablanca}', 'both', 'amo')",
      "select gateway.put_partner('rival', 'Rival', 'insurer', '{}', '{casablanca}', 'both', 'other')",
      "select gateway.put_partner('books', 'Books', 'accounting', '{}', '{casablanca}')")
    for (slug, port) in ports {
      _ = try await admin.run(
        PostgresQuery(
          """
          update gateway.partner set delivery_url = $2, delivery_secret_sealed = $3, delivery_ca_path = $4,
            delivery_certificate_path = $5, delivery_key_path = $6, delivery_allows_private_networks = true,
            delivery_formats = case kind when 'insurer' then '{fhir-claim}' else '{ubl-2.1}' end::text[]
          where slug = $1
          """,
          [
            .text(slug), .text("https://localhost:\(port)/in"),
            .bytes(try WebhookSecrets.seal(secret, partner: slug, key: Self.sealingKey)),
            .text(files.certificate("ca")), .text(files.certificate("client")), .text(files.key("client")),
          ]))
    }
  }

  static func issueStatements(_ id: String) -> [String] {
    [
      """
      insert into clinic.invoice (clinic_id, id, number, status, patient_id, practitioner_id, issued_at, currency,
        total_net, total_gross) values ('\(clinic)', '\(id)', '\(id)', 'issued', 'p', 'doctor', now(), 'MAD', 300, 300)
      """,
      """
      insert into clinic.invoice_item (clinic_id, id, invoice_id, sequence, description, unit_price, net,
        exemption_reason, practitioner_id, served_at)
        values ('\(clinic)', '\(id).1', '\(id)', 1, 'Séance', 300, 300, 'VATEX-EU-132-1C', 'doctor', now())
      """,
      """
      insert into clinic.invoice_item_tax (clinic_id, id, invoice_id, invoice_item_id, tax_code, category, rate, base,
        amount) values ('\(clinic)', '\(id).t', '\(id)', '\(id).1', 'VAT', 'E', 0, 300, 0)
      """,
    ]
  }

  /// Finalises an invoice of 300 MAD: the insurer is owed its claim, the accountants the invoice.
  func issue(_ id: String) async throws { try await sql(Self.issueStatements(id)) }

  /// Runs statements in one transaction as the superuser; the last one's rows come back as text.
  @discardableResult
  func sql(_ statements: [String]) async throws -> [[String?]] {
    let results = try await admin.run(statements.map { PostgresQuery(dynamic: $0) }, timeoutMilliseconds: 180_000)
    guard let result = results.last else { return [] }
    return try result.map { row in try (0..<result.columnCount).map { try row.optionalString($0) } }
  }

  @discardableResult
  func sql(_ statements: String...) async throws -> [[String?]] { try await sql(statements) }

  /// `document_id: state` of all deliveries to a partner, by sequence.
  func states(of partner: String) async throws -> [String] {
    try await sql(
      """
      select d.document_id || ': ' || d.state from gateway.delivery d join gateway.partner p on p.id = d.partner_id
      where p.slug = '\(partner)' order by d.sequence
      """
    ).compactMap(\.[0])
  }

  func reason(of partner: String) async throws -> String {
    try await sql(
      """
      select coalesce(d.reason, '') from gateway.delivery d join gateway.partner p on p.id = d.partner_id
      where p.slug = '\(partner)' order by d.sequence desc limit 1
      """)[0][0] ?? ""
  }

  func partnerID(_ slug: String) async throws -> String {
    try await sql("select id from gateway.partner where slug = '\(slug)'")[0][0] ?? ""
  }

  // MARK: Workers

  func configure(_ change: (inout Configuration.Deliveries) -> Void) { change(&settings) }

  /// The parts of a process that delivers, without starting it.
  func makeWorkers(_ name: String = "test", allowingPrivate: Bool? = nil) throws -> DeliveryWorkers {
    let dispatcher = PostgresPool(Self.configuration(dsn, "passerelle_dispatcher"), loop: loop)
    let audit = try AuditWriter(pool: app, process: name)
    audit.start()
    let counts = counts
    let parts = DeliveryWorkers.Parts(
      queue: DeliveryQueue(pool: dispatcher, worker: name),
      reader: DocumentReader(pool: app, base: "https://gateway.example/fhir"),
      sender: DeliverySender(loop: loop, settings: .init(settings), sealingKey: Self.sealingKey), audit: audit,
      log: Logger(level: .error, descriptor: -1), count: { counts.byOutcome[$0, default: 0] += 1 })
    let workers = try DeliveryWorkers(
      loop: loop, settings: settings, listen: Self.configuration(dsn, "passerelle_dispatcher"), parts: parts)
    running.append((workers, audit, [dispatcher]))
    return workers
  }

  @discardableResult
  func startWorkers(_ name: String = "test") throws -> DeliveryWorkers {
    let workers = try makeWorkers(name)
    workers.start()
    return workers
  }

  /// Waits until a condition holds.
  func wait(
    seconds: Int = 15, _ what: String, file: StaticString = #filePath, line: UInt = #line,
    until condition: () async throws -> Bool
  ) async throws {
    let deadline = Deadline.after(milliseconds: seconds * 1_000)
    while try await !condition() {
      guard !deadline.hasPassed else {
        let states = try await sql(
          "select document_type, document_id, state, attempts::text, reason from gateway.delivery order by sequence")
        return XCTFail("\(what) did not happen: \(states)", file: file, line: line)
      }
      await loop.sleep(milliseconds: 20)
    }
  }

  private func end() async {
    for (workers, audit, pools) in running {
      await workers.stop(until: .after(milliseconds: 100))
      await audit.stop()
      for pool in pools { await pool.shutdown(graceMilliseconds: 500) }
    }
    await insurer.stop(until: .after(milliseconds: 10))
    await books.stop(until: .after(milliseconds: 10))
    await app.shutdown(graceMilliseconds: 500)
    await admin.shutdown(graceMilliseconds: 500)
  }
}
