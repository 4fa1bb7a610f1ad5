import CLinux
import Glibc
import HTTP
import PostgresClient
package import Reactor

/// Why the server does not start, and what to do about it.
package struct StartFailure: Error, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// The running server: its loops, and on each of them its listeners and services.
///
/// Start it from the main task; `run` returns when a signal has ended it and everything under way has been answered.
package final class PasserelleServer: Sendable {
  package let configuration: Configuration
  package let log: Logger
  /// Where HTTPS is served, with the ports that the kernel chose if 0 was asked for.
  package let addresses: [SocketAddress]
  package let operationsAddress: SocketAddress
  /// Where each MLLP listener listens, by its name.
  package let mllpAddresses: [String: SocketAddress]

  private let group: EventLoopGroup
  private let parts: [LoopParts]
  private let operations: HTTPServer
  private let health: HealthMonitor
  private let tls: TLSContexts
  private let folder: DataFolder
  private let workers: DeliveryWorkers?
  private let maintenance: StoreMaintenance
  private let memory: MemoryReturn

  /// Checks the database, binds every listener and begins to serve.
  package static func start(_ configuration: Configuration) async throws -> PasserelleServer {
    let log = Logger(level: configuration.logging.level)
    let folder = try DataFolder(path: configuration.gateway.dataFolder)
    let secrets = try ServerSecrets(configuration.gateway, folder)
    let tls = try TLSContexts(configuration)
    let group = try EventLoopGroup(count: configuration.gateway.loopCount)
    do {
      return try await PasserelleServer(configuration, log, folder, secrets, tls, group)
    } catch {
      group.shutdown()
      throw error
    }
  }

  private init(
    _ configuration: Configuration, _ log: Logger, _ folder: DataFolder, _ secrets: ServerSecrets, _ tls: TLSContexts,
    _ group: EventLoopGroup
  ) async throws {
    self.configuration = configuration
    self.log = log
    self.folder = folder
    self.group = group
    self.tls = tls
    try await DatabaseCheck.run(configuration.database, group.loops[0])
    let metrics = ServerMetrics()
    let shards = group.loops.map { _ in MetricsShard(metrics.registry) }
    let limiter = SharedRateLimiter()
    var addresses = try configuration.http.listen.map { try Self.address($0) }
    var mllp = try configuration.mllpListeners.map { try Self.address($0.address) }
    let operationsWanted = try Self.address(configuration.operations.listen)
    for address in addresses + mllp + [operationsWanted] where address.port != 0 {
      try await Self.checkFree(address, group.loops[0])
    }
    var parts: [LoopParts] = []
    for (loop, shard) in zip(group.loops, shards) {
      let (wanted, wantedMLLP) = (addresses, mllp)
      let part = try await loop.run {
        let services = try LoopServices(
          loop: loop, configuration: configuration, log: log, metrics: metrics, shard: shard, limiter: limiter,
          secrets: secrets, process: Self.processName)
        return try LoopParts(services, tls: tls, addresses: wanted, mllp: wantedMLLP)
      }
      // The first loop may have been given ports by the kernel; the others share them.
      addresses = part.addresses
      mllp = part.mllpAddresses
      parts.append(part)
    }
    self.parts = parts
    self.addresses = addresses
    mllpAddresses = Dictionary(
      uniqueKeysWithValues: zip(configuration.mllpListeners.map(\.name), mllp))
    let first = parts[0].services
    let health = HealthMonitor(
      loop: first.loop, pool: first.database, folder: folder, limits: configuration.operations,
      certificates: { tls.certificates })
    self.health = health
    let refreshed = parts
    let backlog = DeliveryBacklog(pool: first.database, shard: first.shard, metrics: metrics)
    let handler = OperationsHandler(health: health, metrics: metrics, shards: shards) {
      for part in refreshed where part.services.loop.isCurrent { part.refreshGauges() }
      await backlog.refresh()
    }
    operations = try await first.loop.run {
      try HTTPServer(address: operationsWanted, loop: first.loop, connectionLimit: 64, handler: handler)
    }
    self.operationsAddress = operations.address
    workers = try await first.loop.run { try first.deliveryWorkers(process: Self.processName) }
    let maintenance = try await first.loop.run { first.maintenance() }
    self.maintenance = maintenance
    let memory = MemoryReturn(loop: first.loop)
    self.memory = memory
    Task(executorPreference: first.loop) { await health.run() }
    Task(executorPreference: first.loop) { await maintenance.run() }
    Task(executorPreference: first.loop) { await maintenance.keepStatistics() }
    Task(executorPreference: first.loop) { await memory.run() }
    if let workers { try await first.loop.run { workers.start() } }
  }

  /// Serves until SIGTERM or SIGINT, reloads certificates at SIGHUP, then drains and returns.
  package func run() async throws {
    let loop = group.loops[0]
    let signals = try await loop.run { try SignalSource([SIGTERM, SIGINT, SIGHUP], loop: loop) }
    while true {
      let signal = try await loop.run { await signals.next() }
      guard signal == SIGHUP else { break }
      reload()
    }
    await drain()
  }

  /// Reads the certificates again; a bad file keeps what there was.
  package func reload() {
    for failure in tls.reload() { log.error("reload-failed", ["listener": .code(failure)]) }
    for part in parts {
      Task(executorPreference: part.services.loop) { part.services.directory.forget() }
    }
    log.info("reloaded")
  }

  /// Stops accepting, answers what is under way, records where the audit chains end.
  package func drain() async {
    log.info("draining", ["seconds": .integer(configuration.gateway.drainSeconds)])
    let deadline = Deadline.after(milliseconds: configuration.gateway.drainSeconds * 1_000)
    let (health, workers, operations, maintenance) = (self.health, self.workers, self.operations, self.maintenance)
    let memory = self.memory
    try? await group.loops[0].run {
      health.stop()
      memory.stop()
      await maintenance.stop()
    }
    if let workers { try? await group.loops[0].run { await workers.stop(until: deadline) } }
    await withTaskGroup(of: Void.self) { tasks in
      for part in parts {
        tasks.addTask { try? await part.services.loop.run { await part.drain(until: deadline) } }
      }
    }
    try? await group.loops[0].run { await operations.drain(until: .after(milliseconds: 500)) }
    group.shutdown()
    log.info("stopped")
  }

  // MARK: Start-up checks

  /// Listeners share their port among the loops (`SO_REUSEPORT`), which would let a second process join in silence.
  private static func checkFree(_ address: SocketAddress, _ loop: EventLoop) async throws {
    do {
      try await loop.run { try ListeningSocket(address: address, loop: loop, sharesPort: false).close() }
    } catch let error as SystemError where error.errno == EADDRINUSE {
      throw StartFailure("\(address) is taken by another process; stop that one or choose another address")
    }
  }

  private static func address(_ text: String) throws(StartFailure) -> SocketAddress {
    guard let address = SocketAddress(parsing: text) else {
      throw StartFailure("\(text) is no address and port, such as 127.0.0.1:8443 or [::1]:8443")
    }
    return address
  }

  private static var processName: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + ":\(getpid())"
  }
}
