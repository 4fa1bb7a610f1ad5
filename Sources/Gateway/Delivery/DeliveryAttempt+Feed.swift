import Mappers
import PostgresClient

/// What is particular to messages of an HL7 feed.
extension DeliveryAttempt {
  /// What the delivery's format is sent over.
  var scheme: DeliveryURL.Scheme { delivery.event == nil ? .https : .mllps }

  /// MSH-10: the first 20 digits of the key, which is the same at every try. 20 is what every version takes.
  private var controlID: String { String(delivery.idempotencyKey.dropFirst(4).prefix(20)).uppercased() }

  func renderMessage(
    contentType: String, _ make: (HL7FeedSource, HL7FeedProfile) throws(MappingError) -> [UInt8],
    _ progress: inout Progress
  ) async throws(DocumentReadError) -> DeliveryStateMachine.Event {
    guard let event = delivery.event.flatMap(HL7FeedEvent.init(rawValue:)) else {
      return .unrenderable("nothing here makes a message of the event \(delivery.event ?? "?")")
    }
    let found: DeliveryTarget?
    do throws(PostgresError) { found = try await workers.parts.queue.target(partnerID: delivery.partnerID) } catch {
      return interrupted("the partner cannot be looked up", error)
    }
    guard let target = found else { return .failed(.setup("the partner has been disabled")) }
    let settings = HL7PartnerProfile(stored: target.hl7Profile)
    if let fault = settings.fault { return .failed(.setup("the partner's HL7 profile cannot be used: \(fault)")) }
    let read = try await workers.parts.reader.feed(delivery, event, controlID: controlID)
    var mapping = settings.mapping(zone: read.zone)
    mapping.add(read.codeMaps)
    let profile = settings.feed(clinic: read.clinicSlug, mapping: mapping)
    progress.document = RenderedDocument(
      contentType: contentType, bytes: try mapped { () throws(MappingError) in try make(read.source, profile) })
    return .rendered
  }

  func sendMessage(
    _ message: [UInt8], along route: DeliverySender.Route, _ progress: inout Progress
  ) async -> DeliveryStateMachine.Event {
    do throws(DeliverySender.Failure) {
      let answer = try await workers.parts.sender.send(message: message, along: route)
      progress.excerpt = DeliverySender.excerpt(answer.message)
      workers.partner(delivery, slug: progress.slug, answered: true)
      return .acknowledged(code: answer.code, conditions: answer.conditions)
    } catch {
      workers.partner(delivery, slug: progress.slug, answered: error.isReached)
      return .failed(error.failure)
    }
  }
}
