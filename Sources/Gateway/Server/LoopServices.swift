import Crypto
package import PostgresClient
package import Reactor

/// What the parts of the server share on one loop. Each part gets what it needs from here, once, when it is made.
///
/// Isolation: made on the loop; its members say where they may be used.
// @unchecked: every member is constant, or belongs to the loop's thread and says so.
package final class LoopServices: @unchecked Sendable {
  package let loop: EventLoop
  package let configuration: Configuration
  package let log: Logger
  package let metrics: ServerMetrics
  package let shard: MetricsShard
  /// Role passerelle_app.
  package let database: PostgresPool
  /// Role passerelle_auditor: reads the audit, nothing else.
  package let auditor: PostgresPool
  package let directory: PartnerDirectory
  package let gatekeeper: Gatekeeper
  package let audit: AuditWriter
  package let secrets: ServerSecrets
  package var strangers: StrangerLedger
  package var requestIDs: RequestIDGenerator

  package init(
    loop: EventLoop, configuration: Configuration, log: Logger, metrics: ServerMetrics, shard: MetricsShard,
    limiter: SharedRateLimiter, secrets: ServerSecrets, process: String
  ) throws {
    self.loop = loop
    self.configuration = configuration
    self.log = log
    self.metrics = metrics
    self.shard = shard
    self.secrets = secrets
    database = PostgresPool(.app(configuration.database), loop: loop)
    var small = PostgresConfiguration.auditor(configuration.database)
    small.connections = 1
    auditor = PostgresPool(small, loop: loop)
    directory = PartnerDirectory(pool: database)
    gatekeeper = Gatekeeper(directory: directory, limiter: limiter, loop: loop)
    var limits = AuditWriter.Limits()
    limits.batchRows = configuration.audit.batchRows
    limits.chainHeadMilliseconds = configuration.audit.chainHeadSeconds * 1_000
    audit = try AuditWriter(pool: database, limits: limits, process: "\(process):\(loop.index)")
    strangers = StrangerLedger(
      samplesPerMinute: configuration.audit.strangerSamplesPerMinute,
      maximumAddresses: configuration.audit.strangerAddresses)
    requestIDs = try RequestIDGenerator()
  }

  /// Counts somebody unknown who was refused, and keeps a sample of them.
  package func countStranger(_ reason: AccessRefusal.Reason, from peer: SocketAddress, request: RequestID) {
    metrics.refused(shard, reason, isStranger: true)
    guard let address = IPAddress(peer) else { return }
    if strangers.record(reason, from: address, now: loop.now) {
      audit.sample(
        StrangerSample(
          reason: reason.rawValue, remoteAddress: address.description, requestID: request.text, count: 1))
    }
  }

  /// What the HL7 service tells the metrics and the strangers' ledger.
  func hl7Hooks() -> HL7Service.Hooks {
    var hooks = HL7Service.Hooks()
    hooks.answered = { self.metrics.acknowledged(self.shard, $0) }
    hooks.refused = { entry in
      do throws(AuditError) {
        try await self.audit.record(entry)
        return true
      } catch {
        return false
      }
    }
    hooks.stranger = { reason, peer in self.countStranger(reason, from: peer, request: self.requestIDs.next()) }
    return hooks
  }

  /// The FHIR service of this loop, with what partners may post.
  func fhirService() -> FHIRService {
    var settings = FHIRService.Settings(pageKey: secrets.linkKey)
    settings.limits = configuration.fhir
    settings.cacheBytes = configuration.fhir.renderedBytes / configuration.gateway.loopCount
    let service = FHIRService(pool: database, auditPool: auditor, settings: settings)
    let claims = ClaimResponseService(pool: database)
    service.creates["ClaimResponse"] = { await claims.answer($0) }
    return service
  }

  /// The delivery workers of the process, on this loop; nil where none are configured.
  func deliveryWorkers(process: String) throws -> DeliveryWorkers? {
    guard configuration.deliveries.workers > 0 else { return nil }
    var settings = PostgresConfiguration.dispatcher(configuration.database)
    settings.connections = 2
    // A transaction pooler would hand the listening session to somebody else.
    let listen = configuration.database.listen.map { PostgresConfiguration.direct($0, configuration.database) }
    let base = configuration.gateway.baseURL
    let sender = DeliverySender(
      loop: loop, settings: .init(configuration.deliveries), sealingKey: secrets.sealingKey)
    let parts = DeliveryWorkers.Parts(
      queue: DeliveryQueue(pool: PostgresPool(settings, loop: loop), worker: process),
      reader: DocumentReader(pool: database, base: base.isEmpty ? "" : base + "/fhir"), sender: sender, audit: audit,
      log: log, count: { self.metrics.delivered(self.shard, $0) })
    return try DeliveryWorkers(loop: loop, settings: configuration.deliveries, listen: listen ?? settings, parts: parts)
  }

  /// The maintenance of the store, for one loop of the process.
  func maintenance() -> StoreMaintenance {
    var settings = PostgresConfiguration.dispatcher(configuration.database)
    settings.connections = 1
    return StoreMaintenance(
      pool: PostgresPool(settings, loop: loop), settings: configuration.retention, log: log,
      count: { self.metrics.removed(self.shard, $0, table: $1, rows: $2) })
  }

  /// Brings the gauges of this loop up to date.
  func refreshGauges() {
    shard.set(metrics.auditRows, audit.rows)
    shard.set(metrics.auditBatches, audit.batches)
    shard.set(metrics.databaseConnections, database.openConnections)
    shard.set(metrics.databaseWaiting, database.waiting)
  }
}

/// Keys of the process: for page links and for sealed columns.
package struct ServerSecrets: Sendable {
  package var linkKey: [UInt8]
  package var sealingKey: [UInt8]

  /// Takes the configured keys, or those of the data folder.
  package init(_ configuration: Configuration.General, _ folder: DataFolder) throws(DataFolder.Failure) {
    linkKey = try Self.key(configuration.linkKey, named: "link.key", folder)
    sealingKey = try Self.key(configuration.sealingKey, named: "sealing.key", folder)
  }

  private static func key(
    _ configured: Secret?, named name: String, _ folder: DataFolder
  ) throws(DataFolder.Failure) -> [UInt8] {
    guard let configured else { return try folder.key(named: name) }
    guard let key = Base64.decode(configured.reveal()), key.count == 32 else {
      throw DataFolder.Failure(description: "the configured \(name) is not 32 bytes in base64")
    }
    return key
  }
}

extension Configuration.General {
  /// How many loops the process has.
  var loopCount: Int { loops == 0 ? EventLoopGroup.coreCount : loops }
}

extension PostgresConfiguration {
  /// How soon Postgres gives up on a session whose process is cut off or without power: until then it holds the locks
  /// of its transaction, and who sends the same message again waits for them.
  private static let abandonedSessions = [
    "idle_in_transaction_session_timeout": "10s", "tcp_keepalives_idle": "5", "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
  ]

  /// The connections of one role with the configured limits.
  private static func role(_ dsn: Secret, _ configuration: Configuration.Database) -> PostgresConfiguration {
    var result = PostgresConfiguration(dsn: dsn.reveal())
    result.connections = configuration.connectionsPerLoop
    result.waiters = configuration.waitersPerLoop
    result.preparedStatements = configuration.statementCacheEntries
    result.queryTimeoutMilliseconds = configuration.queryMilliseconds
    result.acquireTimeoutMilliseconds = configuration.waitMilliseconds
    result.connectTimeoutMilliseconds = configuration.connectMilliseconds
    result.settings.merge(abandonedSessions) { $1 }
    return result
  }

  /// The server itself, past any pooler.
  package static func direct(_ dsn: Secret, _ configuration: Configuration.Database) -> PostgresConfiguration {
    role(dsn, configuration)
  }

  package static func app(_ configuration: Configuration.Database) -> PostgresConfiguration {
    role(configuration.app, configuration)
  }

  package static func auditor(_ configuration: Configuration.Database) -> PostgresConfiguration {
    role(configuration.auditor, configuration)
  }

  package static func dispatcher(_ configuration: Configuration.Database) -> PostgresConfiguration {
    role(configuration.dispatcher, configuration)
  }
}
