import ClinicModel
import Glibc
import Mappers
import PostgresClient
import Reactor

/// One try at one document: does what the state machine asks for. Messages of feeds are `FeedRun`'s.
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
    var machine = workers.machine(for: delivery)
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
      case .end(let verdict):
        if let verdict { workers.report(verdict, of: delivery, slug: progress.slug, request, since: started) }
        return
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

  private func mapped(_ make: () throws(MappingError) -> [UInt8]) throws(DocumentReadError) -> [UInt8] {
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
        progress.route = try await workers.parts.sender.route(to: target)
      } catch {
        return .failed(error.failure)
      }
      patientID = try await workers.parts.reader.patientID(
        ofDocument: delivery.documentType, delivery.documentID, clinicID: delivery.clinicID)
    } catch {
      return interrupted("the partner cannot be looked up", error)
    }
    var entry = AuditEntry(delivery: delivery, request: request, route: progress.route)
    entry.patientID = patientID
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

  private func record(_ verdict: DeliveryVerdict, _ progress: Progress) async -> DeliveryStateMachine.Event {
    .recorded(await workers.record(delivery, DeliveryQueue.Outcome(verdict, answer: progress.excerpt)))
  }

  private func release() async -> DeliveryStateMachine.Event {
    if !workers.isStopping { await workers.loop.sleep(milliseconds: workers.settings.pollMilliseconds) }
    _ = try? await workers.parts.queue.release(delivery)
    return .released
  }

  // MARK: Words

  private func interrupted(_ what: StaticString, _ error: PostgresError) -> DeliveryStateMachine.Event {
    workers.warn(what, delivery, error)
    return .interrupted
  }
}
