import HTTP
import PostgresClient
import Reactor

/// What serves on one loop: its services and its listeners.
///
/// Isolation: made on the loop; used there alone, but for the addresses.
// @unchecked: every member is constant, or belongs to the loop's thread.
final class LoopParts: @unchecked Sendable {
  let services: LoopServices
  let addresses: [SocketAddress]
  let mllpAddresses: [SocketAddress]
  private let http: [HTTPServer]
  private let mllp: [MLLPServer]
  private let fhir: FHIRService
  private let bell: LoopSignal
  private var isStopping = false

  /// Binds the listeners of this loop and begins to serve.
  init(_ services: LoopServices, tls: TLSContexts, addresses: [SocketAddress], mllp wanted: [SocketAddress]) throws {
    self.services = services
    let loop = services.loop
    let settings = services.configuration.http
    let hl7 = HL7Service(
      pool: services.database, directory: services.directory, audit: services.audit.chains, hooks: services.hl7Hooks())
    fhir = services.fhirService()
    let door = FrontDoor(services, fhir: fhir, hl7: hl7)
    http = try addresses.map {
      try HTTPServer(
        address: $0, loop: loop, tls: tls.http, limits: HTTPLimits(settings), connectionLimit: settings.connections,
        handler: door)
    }
    self.addresses = http.map(\.address)
    mllp = try zip(services.configuration.mllpListeners, wanted).map { listener, address in
      try MLLPServer(
        listener, address: address, limits: services.configuration.mllp, tls: tls.mllp(listener.name), service: hl7)
    }
    mllpAddresses = mllp.map(\.address)
    bell = LoopSignal(loop: loop)
    services.audit.start()
    Task(executorPreference: loop) { await self.writeKeyUse() }
    Task(executorPreference: loop) { await self.forgetUnasked() }
  }

  /// Stops accepting, answers what is under way, then closes the database connections.
  func drain(until deadline: Deadline) async {
    isStopping = true
    bell.ring()
    await withTaskGroup(of: Void.self) { tasks in
      let loop = services.loop
      for server in http { tasks.addTask(executorPreference: loop) { await server.drain(until: deadline) } }
      for server in mllp { tasks.addTask(executorPreference: loop) { await server.drain(until: deadline) } }
    }
    await services.audit.stop()
    await services.database.shutdown(graceMilliseconds: 1_000)
    await services.auditor.shutdown(graceMilliseconds: 100)
  }

  func refreshGauges() {
    services.refreshGauges()
    services.shard.set(services.metrics.httpConnections, http.reduce(0) { $0 + $1.connectionCount })
  }

  /// Once a minute writes when keys were last used; a failure waits for the next minute.
  private func writeKeyUse() async {
    while !isStopping {
      _ = await bell.wait(until: .after(milliseconds: 60_000))
      refreshGauges()
      try? await services.directory.writeKeyUse()
    }
  }

  private func forgetUnasked() async {
    while !isStopping {
      _ = await bell.wait(until: .after(milliseconds: RenderedCache.turnMilliseconds))
      fhir.forgetUnasked()
    }
  }
}

extension HTTPLimits {
  init(_ settings: Configuration.HTTPService) {
    self.init()
    headBytes = settings.headerBlockBytes
    targetBytes = settings.targetBytes
    fieldCount = settings.headerFields
    bodyBytes = settings.bodyBytes
    headTimeoutMilliseconds = settings.headerMilliseconds
    idleTimeoutMilliseconds = settings.idleMilliseconds
    handlerTimeoutMilliseconds = settings.handlerMilliseconds
  }
}
