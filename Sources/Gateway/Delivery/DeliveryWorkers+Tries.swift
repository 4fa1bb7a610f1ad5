import ClinicModel
import PostgresClient
import Reactor

/// What a try at a document and one at a message have in common.
extension DeliveryWorkers {
  func machine(for delivery: OwedDelivery) -> DeliveryStateMachine {
    DeliveryStateMachine(
      policy: DeliveryPolicy(settings), attempt: delivery.attempt, hasBody: delivery.body != nil,
      random: Double.random(in: 0..<1))
  }

  /// How long an outcome is offered to a database that is away; the fencing token refuses it once it comes too late.
  private static let recordMilliseconds = 300_000

  /// Records an outcome, again and again while the database is away: a partner's yes is worth waiting for. What cannot be
  /// recorded is tried again, with the same key and bytes. False: it is not recorded.
  func record(_ delivery: OwedDelivery, _ outcome: DeliveryQueue.Outcome) async -> Bool {
    let deadline = Deadline.after(milliseconds: Self.recordMilliseconds)
    while true {
      do throws(PostgresError) {
        return try await parts.queue.finish(delivery, outcome)
      } catch {
        guard error.isTransient, !deadline.hasPassed, !isPastStop else {
          parts.log.error(
            "a delivery's outcome is not recorded", ["delivery": .id(delivery.id), "reason": .code("\(error.code)")])
          return false
        }
      }
      await loop.sleep(milliseconds: 500)
    }
  }

  func warn(_ what: StaticString, _ delivery: OwedDelivery, _ error: PostgresError) {
    parts.log.warning(what, ["delivery": .id(delivery.id), "reason": .code("\(error.code)")])
  }

  func warn(_ what: StaticString, _ delivery: OwedDelivery, _ error: DocumentReadError) {
    guard case .database(let cause) = error else { return }
    warn(what, delivery, cause)
  }

  func report(
    _ verdict: DeliveryVerdict, of delivery: OwedDelivery, slug: String, _ request: RequestID, since started: UInt64
  ) {
    let outcome = DeliveryQueue.Outcome(verdict, answer: nil)
    parts.count(outcome.state)
    parts.log.log(
      outcome.state == "dead" ? .error : outcome.state == "failed" ? .warning : .info, "delivery",
      [
        "outcome": .code(outcome.state), "delivery": .id(delivery.id), "partner": .slug(slug),
        "format": .code(delivery.format), "try": .integer(delivery.attempt), "status": .integer(outcome.status ?? 0),
        "request": .request(request), "took": .duration(nanoseconds: loop.now - started),
      ])
  }
}

extension AuditEntry {
  /// That a delivery leaves; whose it is the caller adds.
  init(delivery: OwedDelivery, request: RequestID, route: DeliverySender.Route?) {
    self.init(
      at: Instant(microseconds: WallClock.unixMicroseconds), action: .read, interaction: "deliver",
      requestID: request.text)
    clinicID = delivery.clinicID
    partnerID = delivery.partnerID
    resourceType = delivery.documentType.prefix(1).uppercased() + delivery.documentType.dropFirst()
    resourceID = delivery.documentID
    query = "key=\(delivery.idempotencyKey)&try=\(delivery.attempt)"
    results = 1
    remoteAddress = route?.addresses.first?.host
  }
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
