package import PostgresClient
package import Reactor

/// The deliveries of one process: claims what is due, tries it, records how it went.
///
/// Any number of processes share the work; what keeps them apart is the lease and the fencing token of each hold.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
package final class DeliveryWorkers: @unchecked Sendable {
  let loop: EventLoop
  let settings: Configuration.Deliveries
  let parts: Parts
  private let bell: LoopSignal
  private let emptied: LoopSignal
  private let listener: PostgresListener
  /// By fencing token too: a hold that was lost may still be ending when the delivery is claimed anew.
  private var inFlight: [Hold: OwedDelivery] = [:]
  /// When the leases were last prolonged, or nothing was held; monotonic nanoseconds.
  private var renewedAt: UInt64 = 0
  private var breakers: [String: PartnerBreaker] = [:]
  private(set) var isStopping = false
  /// The time that `stop` gave has run out.
  private(set) var isPastStop = false
  private var isNotified = false
  var requestIDs: RequestIDGenerator

  private struct Hold: Hashable {
    let id: String
    let fencing: Int

    init(_ delivery: OwedDelivery) { (id, fencing) = (delivery.id, delivery.fencing) }
  }

  /// What the workers work with; all of one loop.
  package struct Parts: Sendable {
    package var queue: DeliveryQueue
    package var reader: DocumentReader
    package var sender: DeliverySender
    package var audit: AuditWriter
    package var log: Logger
    package var renderers: RendererRegistry
    /// Counts tries by outcome: `delivered`, `failed`, `dead`.
    package var count: @Sendable (String) -> Void

    package init(
      queue: DeliveryQueue, reader: DocumentReader, sender: DeliverySender, audit: AuditWriter, log: Logger,
      renderers: RendererRegistry = .standard, count: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.queue = queue
      self.reader = reader
      self.sender = sender
      self.audit = audit
      self.log = log
      self.renderers = renderers
      self.count = count
    }
  }

  /// - Parameter listen: a connection string that LISTEN works with, of the role `passerelle_dispatcher`.
  package init(
    loop: EventLoop, settings: Configuration.Deliveries, listen: PostgresConfiguration, parts: Parts
  ) throws {
    self.loop = loop
    self.settings = settings
    self.parts = parts
    bell = LoopSignal(loop: loop)
    emptied = LoopSignal(loop: loop)
    listener = PostgresListener(listen, loop: loop, channels: ["passerelle_delivery"])
    requestIDs = try RequestIDGenerator()
  }

  /// Deliveries under way now.
  package var count: Int { inFlight.count }
  /// Tasks that they occupy: the messages of a feed that were claimed together are one's.
  private var busy = 0

  /// Begins to work. Nothing is started when the configuration has no workers.
  package func start() {
    guard settings.workers > 0 else { return }
    Task(executorPreference: loop) { await self.work() }
    Task(executorPreference: loop) { await self.renewLeases() }
    Task(executorPreference: loop) {
      await self.listener.run(onReconnect: { self.wake() }, onNotification: { _ in self.wake() })
    }
  }

  /// Takes nothing new, lets what is being sent end, and gives back what has not ended at the deadline.
  package func stop(until deadline: Deadline) async {
    isStopping = true
    listener.stop()
    bell.ring()
    while busy > 0, !deadline.hasPassed { _ = await emptied.wait(until: deadline) }
    isPastStop = true
    parts.sender.close()
    _ = try? await parts.queue.release(Array(inFlight.values))
  }

  private func wake() {
    isNotified = true
    bell.ring()
  }

  // MARK: Claiming

  /// How many deliveries of one partner may be under way: a quarter of the workers, so that it takes several dead
  /// partners to fill them, and the breakers see to those.
  package static func share(of workers: Int) -> Int { max(1, workers / 4) }

  private func work() async {
    while !isStopping {
      isNotified = false
      let claimed = await claim()
      begin(claimed)
      // A full hand may mean that there is more; otherwise wait for news, a free place or the clock.
      guard !isStopping, claimed.isEmpty || busy >= settings.workers else { continue }
      let wait = await milliseconds(untilDueBut: claimed.isEmpty)
      guard !isStopping, !isNotified else { continue }
      _ = await bell.wait(until: .after(milliseconds: wait))
    }
  }

  private func claim() async -> [OwedDelivery] {
    let free = settings.workers - busy
    guard free > 0 else { return [] }
    // After a pause of the database what we hold would look abandoned to our own claim.
    if loop.now - renewedAt > leaseNanoseconds / 2, !inFlight.isEmpty, await !renew() { return [] }
    let closed = breakers.filter { !$0.value.allows(now: loop.now) }.map(\.key)
    do throws(PostgresError) {
      return try await parts.queue.claim(
        most: free, mostEach: Self.share(of: settings.workers), longestRun: FeedRun.longest,
        leaseSeconds: settings.leaseSeconds, passingOver: closed)
    } catch {
      parts.log.warning("deliveries cannot be claimed", ["reason": .code("\(error.code)")])
      return []
    }
  }

  /// How long to wait: to the next due moment if that comes before the poll.
  private func milliseconds(untilDueBut isIdle: Bool) async -> Int {
    guard isIdle, let due = try? await parts.queue.millisecondsUntilDue(), due > 0 else {
      return settings.pollMilliseconds
    }
    return min(due + 1, settings.pollMilliseconds)
  }

  /// A task for each document, and one for all messages of a partner's feed.
  private func begin(_ claimed: [OwedDelivery]) {
    if inFlight.isEmpty { renewedAt = loop.now }
    for delivery in claimed { inFlight[Hold(delivery)] = delivery }
    for delivery in claimed where delivery.event == nil {
      begin([delivery]) { await DeliveryAttempt(delivery: delivery, workers: self).run() }
    }
    for (_, messages) in Dictionary(grouping: claimed.filter { $0.event != nil }, by: \.partnerID) {
      begin(messages) {
        var run = FeedRun(messages, workers: self)
        await run.run()
      }
    }
  }

  private func begin(_ deliveries: [OwedDelivery], _ work: @escaping @Sendable () async -> Void) {
    busy += 1
    Task(executorPreference: loop) {
      await work()
      for delivery in deliveries { self.ended(delivery) }
      self.busy -= 1
      self.bell.ring()
      if self.busy == 0 { self.emptied.ring() }
    }
  }

  /// Lets go of what is settled or given back.
  func ended(_ delivery: OwedDelivery) { inFlight[Hold(delivery)] = nil }

  /// False where the lease is known to be lost, or may have run out while the database was away: somebody else may be
  /// sending the delivery now.
  func mayStillHold(_ delivery: OwedDelivery) -> Bool {
    inFlight[Hold(delivery)] != nil && loop.now - renewedAt < leaseNanoseconds
  }

  private var leaseNanoseconds: UInt64 { UInt64(settings.leaseSeconds) * 1_000_000_000 }

  /// Keeps what is under way ours while this process lives: a killed one stops, and its leases run out.
  private func renewLeases() async {
    while !isStopping || busy > 0 {
      await loop.sleep(milliseconds: max(100, settings.leaseSeconds * 1_000 / 3))
      _ = await renew()
    }
  }

  /// Prolongs every lease in one round trip. False while the database is away.
  private func renew() async -> Bool {
    let held = Array(inFlight.values)
    guard let lost = try? await parts.queue.extend(held, leaseSeconds: settings.leaseSeconds) else { return false }
    renewedAt = loop.now
    for delivery in lost where inFlight[Hold(delivery)] != nil {
      parts.log.warning("a delivery's lease was lost", ["delivery": .id(delivery.id)])
      ended(delivery)
    }
    return true
  }

  // MARK: Partners that do not answer

  /// Notes whether a partner could be reached at all.
  func partner(_ delivery: OwedDelivery, slug: String, answered: Bool) {
    var breaker = breakers[delivery.partnerID] ?? PartnerBreaker()
    if answered {
      if breaker.isOpen { parts.log.info("a partner answers again", ["partner": .slug(slug)]) }
      breakers[delivery.partnerID] = nil
      return
    }
    let wasOpen = breaker.isOpen
    breaker.failed(now: loop.now)
    breakers[delivery.partnerID] = breaker
    if breaker.isOpen, !wasOpen { parts.log.error("a partner does not answer", ["partner": .slug(slug)]) }
  }
}
