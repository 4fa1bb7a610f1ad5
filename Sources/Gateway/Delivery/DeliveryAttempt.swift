import ClinicModel
import Glibc
import Mappers
import PostgresClient
import Reactor

/// One try at one delivery: does what the state machine asks for.
struct DeliveryAttempt {
  let delivery: OwedDelivery
  let workers: DeliveryWorkers
  private let request: RequestID
  private let started: UInt64

  init(delivery: OwedDelivery, workers: DeliveryWorkers) {
    self.delivery = delivery
    self.workers = workers
    request = workers.requestIDs.next()
    started = workers.loop.now
  }

  /// What the try has gathered so far.
  struct Progress {
    var document: RenderedDocument?
    var slug = "?"
    var route: DeliverySender.Route?
    /// The beginning of what the partner answered.
    var excerpt: String?
  }

  func run() async {
    var machine = DeliveryStateMachine(
      policy: DeliveryPolicy(workers.settings), attempt: delivery.attempt, hasBody: delivery.body != nil,
      random: Double.random(in: 0..<1))
    var progress = Progress()
    if let body = delivery.body {
      progress.document = RenderedDocument(contentType: delivery.contentType ?? "application/octet-stream", bytes: body)
    }
    var action = machine.begin()
    while true {
      switch action {
      case .render: action = machine.handle(workers.isStopping ? .interrupted : await render(&progress))
      case .keep: action = machine.handle(await keep(progress))
      case .audit: action = machine.handle(workers.isStopping ? .interrupted : await audit(&progress))
      case .send: action = machine.handle(await send(&progress))
      case .record(let verdict): action = machine.handle(await record(verdict, progress))
      case .release: action = machine.handle(await release())
      case .end(let verdict): return report(verdict, progress)
      }
    }
  }

  // MARK: Steps

  private func render(_ progress: inout Progress) async -> DeliveryStateMachine.Event {
    guard let renderer = workers.parts.renderers[delivery.format] else {
      return .unrenderable(
        "nothing here makes the format \(delivery.format); known are "
          + workers.parts.renderers.formats.joined(separator: ", "))
    }
    let reader = workers.parts.reader
    do throws(DocumentReadError) {
      switch (renderer, delivery.documentType) {
      case (.claim(let type, let make), "claim"):
        guard !reader.base.isEmpty else {
          return .failed(
            .setup("[gateway] base_url is not set: every URL in a claim begins with it, so that the insurer can answer")
          )
        }
        let source = try await reader.claim(delivery.documentID, clinicID: delivery.clinicID)
        progress.document = RenderedDocument(
          contentType: type, bytes: try mapped { () throws(MappingError) in try make(source) })
      case (.invoice(let type, let make), "invoice"):
        let source = try await reader.invoice(delivery.documentID, clinicID: delivery.clinicID)
        progress.document = RenderedDocument(
          contentType: type, bytes: try mapped { () throws(MappingError) in try make(source) })
      case (.message(let type, let make), _):
        return try await renderMessage(contentType: type, make, &progress)
      default:
        return .unrenderable("the format \(delivery.format) is not made from an \(delivery.documentType)")
      }
      return .rendered
    } catch {
      switch error {
      case .database(let cause): return interrupted("the document cannot be read", cause)
      case .faulty(let fault): return .unrenderable(fault.description)
      }
    }
  }

  func mapped(_ make: () throws(MappingError) -> [UInt8]) throws(DocumentReadError) -> [UInt8] {
    do throws(MappingError) { return try make() } catch { throw .faulty(error) }
  }

  private func keep(_ progress: Progress) async -> DeliveryStateMachine.Event {
    guard let document = progress.document else { return .kept(false) }
    do throws(PostgresError) {
      return .kept(
        try await workers.parts.queue.keep(delivery, contentType: document.contentType, body: document.bytes))
    } catch {
      return interrupted("the document cannot be kept", error)
    }
  }

  /// Finds out where to send, then makes durable that it leaves.
  private func audit(_ progress: inout Progress) async -> DeliveryStateMachine.Event {
    let patientID: String?
    do throws(PostgresError) {
      guard let target = try await workers.parts.queue.target(partnerID: delivery.partnerID) else {
        return .failed(.setup("the partner has been disabled"))
      }
      progress.slug = target.slug
      do throws(DeliverySender.Failure) {
        progress.route = try await workers.parts.sender.route(to: target, scheme: scheme)
      } catch {
        return .failed(error.failure)
      }
      patientID = try await workers.parts.reader.patientID(
        ofDocument: delivery.documentType, delivery.documentID, clinicID: delivery.clinicID)
    } catch {
      return interrupted("the partner cannot be looked up", error)
    }
    var entry = AuditEntry(at: Self.now, action: .read, interaction: "deliver", requestID: request.text)
    entry.clinicID = delivery.clinicID
    entry.partnerID = delivery.partnerID
    entry.resourceType = delivery.documentType.prefix(1).uppercased() + delivery.documentType.dropFirst()
    entry.resourceID = delivery.documentID
    entry.patientID = patientID
    entry.query = "key=\(delivery.idempotencyKey)&try=\(delivery.attempt)"
    entry.results = 1
    entry.remoteAddress = progress.route?.addresses.first?.host
    do throws(AuditError) {
      try await workers.parts.audit.record(entry)
      return .audited
    } catch {
      workers.parts.log.warning("a delivery waits for the audit", ["delivery": .id(delivery.id)])
      return .interrupted
    }
  }

  private func send(_ progress: inout Progress) async -> DeliveryStateMachine.Event {
    guard let document = progress.document, let route = progress.route else { return .interrupted }
    if delivery.event != nil { return await sendMessage(document.bytes, along: route, &progress) }
    do throws(DeliverySender.Failure) {
      let answer = try await workers.parts.sender.send(
        document.bytes, contentType: document.contentType, key: delivery.idempotencyKey,
        trace: TraceContext(request: request), along: route)
      progress.excerpt = answer.excerpt
      workers.partner(delivery, slug: progress.slug, answered: true)
      return .answered(status: answer.status, retryAfterSeconds: answer.retryAfterSeconds)
    } catch {
      workers.partner(delivery, slug: progress.slug, answered: false)
      return .failed(error.failure)
    }
  }

  /// How long an outcome is offered to a database that is away; the fencing token refuses it once it comes too late.
  private static let recordMilliseconds = 300_000

  /// Records the outcome, again and again while the database is away: a partner's yes is worth waiting for. What
  /// cannot be recorded is tried again, with the same key and bytes.
  private func record(_ verdict: DeliveryVerdict, _ progress: Progress) async -> DeliveryStateMachine.Event {
    let deadline = Deadline.after(milliseconds: Self.recordMilliseconds)
    let outcome = DeliveryQueue.Outcome(verdict, answer: progress.excerpt)
    while true {
      do throws(PostgresError) {
        return .recorded(try await workers.parts.queue.finish(delivery, outcome))
      } catch {
        guard error.isTransient, !deadline.hasPassed, !workers.isPastStop else {
          workers.parts.log.error(
            "a delivery's outcome is not recorded", ["delivery": .id(delivery.id), "reason": .code("\(error.code)")])
          return .recorded(false)
        }
      }
      await workers.loop.sleep(milliseconds: 500)
    }
  }

  private func release() async -> DeliveryStateMachine.Event {
    if !workers.isStopping { await workers.loop.sleep(milliseconds: workers.settings.pollMilliseconds) }
    _ = try? await workers.parts.queue.release(delivery)
    return .released
  }

  // MARK: Words

  func interrupted(_ what: StaticString, _ error: PostgresError) -> DeliveryStateMachine.Event {
    workers.parts.log.warning(what, ["delivery": .id(delivery.id), "reason": .code("\(error.code)")])
    return .interrupted
  }

  private func report(_ verdict: DeliveryVerdict?, _ progress: Progress) {
    guard let verdict else { return }
    let outcome = DeliveryQueue.Outcome(verdict, answer: nil)
    workers.parts.count(outcome.state)
    workers.parts.log.log(
      outcome.state == "dead" ? .error : outcome.state == "failed" ? .warning : .info, "delivery",
      [
        "outcome": .code(outcome.state), "delivery": .id(delivery.id), "partner": .slug(progress.slug),
        "format": .code(delivery.format), "try": .integer(delivery.attempt), "status": .integer(outcome.status ?? 0),
        "request": .request(request), "took": .duration(nanoseconds: workers.loop.now - started),
      ])
  }

  private static var now: Instant { Instant(microseconds: WallClock.unixMicroseconds) }
}

extension DeliveryQueue.Outcome {
  init(_ verdict: DeliveryVerdict, answer: String?) {
    switch verdict {
    case .delivered(let status): self.init(state: "delivered", status: status, answer: answer)
    case .failed(let reason, let status, let wait):
      self.init(state: "failed", status: status, reason: reason, answer: answer, waitSeconds: wait)
    case .dead(let reason, let status, let pauses):
      self.init(state: "dead", status: status, reason: reason, answer: answer, pausesPartner: pauses)
    }
  }
}
