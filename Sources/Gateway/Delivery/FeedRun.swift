import ClinicModel
import Mappers
import PostgresClient
import Reactor

/// The messages of one partner's feed that were claimed together: read, rendered, kept, audited and settled several at a
/// time, sent one after the other in their order.
///
/// Each has a state machine of its own, as a document has: what is done here for many is what it asks for. The run ends
/// at the first message that is not settled for good; those behind it go back untried. A process that dies sends again
/// what it had not settled, with the same MSH-10: at most `auditedAhead` messages.
///
/// Isolation: the loop's own thread.
struct FeedRun {
  /// Messages of one claim.
  static let longest = 64
  /// Messages whose audit rows are written, and outcomes recorded, in one commit.
  static let auditedAhead = 16
  /// Answers of a partner that takes longer than this are recorded one by one.
  private static let unsettledNanoseconds: UInt64 = 250_000_000

  /// One message on its way.
  struct Letter {
    let delivery: OwedDelivery
    let request: RequestID
    let started: UInt64
    var machine: DeliveryStateMachine
    var action: DeliveryStateMachine.Action
    var document: RenderedDocument?
    /// Of the record that it tells of.
    var patientID: String?
    /// The beginning of what the partner answered.
    var excerpt: String?

    mutating func handle(_ event: DeliveryStateMachine.Event) { action = machine.handle(event) }

    /// MSH-10: the first 20 digits of the key, which is the same at every try. 20 is what every version takes.
    var controlID: String { String(delivery.idempotencyKey.dropFirst(4).prefix(20)).uppercased() }
  }

  let workers: DeliveryWorkers
  var letters: [Letter]
  private var target: DeliveryTarget?
  private var route: DeliverySender.Route?
  /// Those whose outcome is to be recorded.
  private var unsettled: [Int] = []
  private var settledAt: UInt64

  /// - Parameter deliveries: of one partner, in their order.
  init(_ deliveries: [OwedDelivery], workers: DeliveryWorkers) {
    self.workers = workers
    settledAt = workers.loop.now
    letters = deliveries.map { delivery in
      var machine = workers.machine(for: delivery)
      let action = machine.begin()
      var letter = Letter(
        delivery: delivery, request: workers.requestIDs.next(), started: workers.loop.now, machine: machine,
        action: action)
      if let body = delivery.body {
        letter.document = RenderedDocument(
          contentType: delivery.contentType ?? "application/octet-stream", bytes: body)
      }
      return letter
    }
  }

  mutating func run() async {
    await render()
    await keep()
    // The first shows whether the partner answers at all: nothing more is audited before that.
    var (place, ahead) = (0, 1)
    while place < letters.count {
      let part = place..<min(place + ahead, letters.count)
      await audit(part)
      guard await send(part) else { break }
      (place, ahead) = (part.upperBound, Self.auditedAhead)
    }
    await settle()
    await releaseRest()
  }

  private func places(_ action: DeliveryStateMachine.Action) -> [Int] {
    letters.indices.filter { letters[$0].action == action }
  }

  // MARK: Rendering

  private mutating func render() async {
    let wanted = places(.render)
    guard let first = wanted.first else { return }
    guard !workers.isStopping, let target = await findTarget(first) else { return interrupt(wanted) }
    let settings = HL7PartnerProfile(stored: target.hl7Profile)
    if let fault = settings.fault {
      return letters[first].handle(.failed(.setup("the partner's HL7 profile cannot be used: \(fault)")))
    }
    var orders: [(place: Int, order: FeedOrder)] = []
    for place in wanted {
      let letter = letters[place]
      guard let event = letter.delivery.event.flatMap(HL7FeedEvent.init(rawValue:)) else {
        letters[place].handle(
          .unrenderable("nothing here makes a message of the event \(letter.delivery.event ?? "?")"))
        continue
      }
      orders.append((place, FeedOrder(delivery: letter.delivery, event: event, controlID: letter.controlID)))
    }
    let readings: [Result<FeedReading, MappingError>]
    do throws(DocumentReadError) { readings = try await workers.parts.reader.feed(orders.map(\.order)) } catch {
      workers.warn("the records of messages cannot be read", letters[first].delivery, error)
      return interrupt(wanted)
    }
    for ((place, _), reading) in zip(orders, readings) { render(place, reading, settings) }
  }

  private mutating func render(
    _ place: Int, _ reading: Result<FeedReading, MappingError>, _ settings: HL7PartnerProfile
  ) {
    let format = letters[place].delivery.format
    guard case .message(let contentType, let make)? = workers.parts.renderers[format] else {
      return letters[place].handle(.unrenderable("the format \(format) is not one of messages"))
    }
    do throws(MappingError) {
      let read = try reading.get()
      letters[place].patientID = read.source.patient.id
      var mapping = settings.mapping(zone: read.zone)
      mapping.add(read.codeMaps)
      let profile = settings.feed(clinic: read.clinicSlug, mapping: mapping)
      letters[place].document = RenderedDocument(
        contentType: contentType, bytes: try make(read.source, profile))
      letters[place].handle(.rendered)
    } catch {
      letters[place].handle(.unrenderable(error.description))
    }
  }

  private mutating func keep() async {
    let wanted = places(.keep)
    let rendered = wanted.compactMap { place in
      letters[place].document.map { (letters[place].delivery, $0.contentType, $0.bytes) }
    }
    guard !rendered.isEmpty else { return }
    do throws(PostgresError) {
      let isKept = try await workers.parts.queue.keep(rendered)
      for (place, isKept) in zip(wanted, isKept) { letters[place].handle(.kept(isKept)) }
    } catch {
      workers.warn("messages cannot be kept", letters[wanted[0]].delivery, error)
      interrupt(wanted)
    }
  }

  /// The partner's entry, read once a run; nil where the database is away, or the letter has failed for want of it.
  private mutating func findTarget(_ first: Int) async -> DeliveryTarget? {
    if let target { return target }
    do throws(PostgresError) {
      target = try await workers.parts.queue.target(partnerID: letters[first].delivery.partnerID)
    } catch {
      workers.warn("the partner cannot be looked up", letters[first].delivery, error)
      return nil
    }
    if target == nil { letters[first].handle(.failed(.setup("the partner has been disabled"))) }
    return target
  }

  // MARK: Sending

  /// Finds out where to send, then makes durable that these leave.
  private mutating func audit(_ part: Range<Int>) async {
    let wanted = part.filter { letters[$0].action == .audit }
    guard let first = wanted.first else { return }
    guard !workers.isStopping, let target = await findTarget(first) else { return interrupt(wanted) }
    if route == nil {
      do throws(DeliverySender.Failure) {
        route = try await workers.parts.sender.route(to: target, scheme: .mllps)
      } catch {
        return letters[first].handle(.failed(error.failure))
      }
    }
    var entries: [AuditEntry] = []
    for place in wanted {
      do throws(PostgresError) { entries.append(try await entry(place)) } catch {
        workers.warn("the patient of a message cannot be looked up", letters[place].delivery, error)
        return interrupt(wanted)
      }
    }
    do throws(AuditError) {
      try await workers.parts.audit.record(entries)
      for place in wanted { letters[place].handle(.audited) }
    } catch {
      workers.parts.log.warning("deliveries wait for the audit", ["delivery": .id(letters[first].delivery.id)])
      interrupt(wanted)
    }
  }

  private func entry(_ place: Int) async throws(PostgresError) -> AuditEntry {
    let letter = letters[place]
    var entry = AuditEntry(delivery: letter.delivery, request: letter.request, route: route)
    if letter.delivery.documentType != "patient", let known = letter.patientID {
      entry.patientID = known
    } else {
      entry.patientID = try await workers.parts.reader.patientID(
        ofDocument: letter.delivery.documentType, letter.delivery.documentID, clinicID: letter.delivery.clinicID)
    }
    return entry
  }

  /// Sends what is ready, one after the other, and records how it went. False: the run is over.
  private mutating func send(_ part: Range<Int>) async -> Bool {
    for place in part {
      if letters[place].action == .send {
        guard workers.mayStillHold(letters[place].delivery) else { return false }
        letters[place].handle(workers.isStopping ? .interrupted : await answer(to: place))
      }
      guard case .record(let verdict) = letters[place].action else { return false }
      unsettled.append(place)
      if case .failed = verdict { return false }
      if workers.loop.now - settledAt > Self.unsettledNanoseconds { await settle() }
    }
    await settle()
    return true
  }

  private mutating func answer(to place: Int) async -> DeliveryStateMachine.Event {
    guard let document = letters[place].document, let route else { return .interrupted }
    let delivery = letters[place].delivery
    do throws(DeliverySender.Failure) {
      let answer = try await workers.parts.sender.send(message: document.bytes, along: route)
      letters[place].excerpt = DeliverySender.excerpt(answer.message)
      workers.partner(delivery, slug: route.partner, answered: true)
      return .acknowledged(code: answer.code, conditions: answer.conditions)
    } catch {
      workers.partner(delivery, slug: route.partner, answered: error.isReached)
      return .failed(error.failure)
    }
  }

  // MARK: Ending

  /// Records outcomes, several in one commit, again and again while the database is away: a partner's yes is worth
  /// waiting for. Where one cannot be recorded the others are by themselves.
  private mutating func settle() async {
    defer { settledAt = workers.loop.now }
    let waiting = unsettled
    unsettled = []
    guard !waiting.isEmpty else { return }
    let tries = waiting.compactMap { place -> (OwedDelivery, DeliveryQueue.Outcome)? in
      guard case .record(let verdict) = letters[place].action else { return nil }
      return (letters[place].delivery, .init(verdict, answer: letters[place].excerpt))
    }
    guard tries.count > 1, let recorded = try? await workers.parts.queue.finish(tries) else {
      for place in waiting {
        guard case .record(let verdict) = letters[place].action else { continue }
        let isOurs = await workers.record(
          letters[place].delivery, .init(verdict, answer: letters[place].excerpt))
        end(place, isOurs)
      }
      return
    }
    for (place, isOurs) in zip(waiting, recorded) { end(place, isOurs) }
  }

  private mutating func end(_ place: Int, _ isOurs: Bool) {
    letters[place].handle(.recorded(isOurs))
    workers.ended(letters[place].delivery)
    guard case .end(let verdict?) = letters[place].action else { return }
    workers.report(
      verdict, of: letters[place].delivery, slug: target?.slug ?? "?", letters[place].request,
      since: letters[place].started)
  }

  /// Whatever interrupted us is not the partner's fault.
  private mutating func interrupt(_ wanted: [Int]) {
    for place in wanted
    where letters[place].action == .render || letters[place].action == .keep
      || letters[place].action == .audit
    { letters[place].handle(.interrupted) }
  }

  /// Gives back what was neither sent nor found wanting, untried.
  private mutating func releaseRest() async {
    var rest: [OwedDelivery] = []
    var isInterrupted = false
    for place in letters.indices {
      if case .end = letters[place].action { continue }
      isInterrupted = isInterrupted || letters[place].action == .release
      rest.append(letters[place].delivery)
    }
    guard !rest.isEmpty else { return }
    // Something of ours is away: the next claim should not find it so at once.
    if isInterrupted, !workers.isStopping { await workers.loop.sleep(milliseconds: workers.settings.pollMilliseconds) }
    _ = try? await workers.parts.queue.release(rest)
    for delivery in rest { workers.ended(delivery) }
  }
}
