import ClinicModel
import HL7Parser

/// The clinic's data to HL7 v2: ADT, SIU and DFT as docs/mappings/feeds.md has them. Pure; no clock, no state.
///
/// What `HL7Mapping` reads of a message made here is what the records hold; the document names what cannot be said.
public enum HL7FeedMapper {
  public static let contentType = "application/hl7-v2"

  /// The message, each segment ended by CR.
  /// - Throws: `state` where the record does not fit the event, `unsupported` where the partner's character set cannot
  ///   express a text, `missing` where a message without it would say nothing.
  public static func message(
    _ source: HL7FeedSource, profile: HL7FeedProfile
  ) throws(MappingError) -> [UInt8] {
    var draft = HL7FeedDraft(source, profile)
    draft.writeHeader()
    switch source.subject {
    case .person: draft.writePerson()
    case .visit(let encounter): draft.writeVisit(encounter)
    case .merged(let merged): draft.writeMerge(merged)
    case .appointment(let appointment):
      guard appointment.startAt != nil else {
        throw MappingError(.missing, "appointment.start_at", "an appointment without a start cannot be told")
      }
      draft.writeAppointment(appointment)
    case .invoice(let invoice):
      guard !invoice.items.isEmpty else {
        throw MappingError(.state, "invoice_item", "no line that this partner does not know already")
      }
      draft.writeCharges(invoice)
    }
    return try draft.finished()
  }
}

/// One message on its way.
struct HL7FeedDraft {
  let source: HL7FeedSource
  let profile: HL7FeedProfile
  let codes: HL7FeedCodes
  private var writer: HL7Writer
  /// The first segment in which the character set could not express something.
  private var firstLoss: String?

  init(_ source: HL7FeedSource, _ profile: HL7FeedProfile) {
    self.source = source
    self.profile = profile
    codes = HL7FeedCodes(profile.mapping)
    writer = HL7Writer(charset: profile.charset)
  }

  var event: HL7FeedEvent { source.event }

  mutating func append(_ segment: HL7SegmentDraft) {
    let before = writer.substitutions
    writer.append(segment)
    if writer.substitutions > before, firstLoss == nil { firstLoss = segment.name }
  }

  func finished() throws(MappingError) -> [UInt8] {
    if let firstLoss {
      throw MappingError(
        .unsupported, firstLoss,
        "the character set \(profile.charset.name) cannot express a text; give the partner's feed \"charset\" UNICODE UTF-8"
      )
    }
    return writer.bytes
  }

  /// MSH, and EVN where the message has one.
  mutating func writeHeader() {
    var msh = HL7SegmentDraft("MSH")
    msh[3] = Self.hierarchic(profile.sendingApplication)
    msh[4] = Self.hierarchic(profile.sendingFacility)
    msh[5] = Self.hierarchic(profile.receivingApplication)
    msh[6] = Self.hierarchic(profile.receivingFacility)
    msh[7] = time(source.at)
    let structure: HL7Content = profile.version >= .v2_3_1 ? .text(event.structure) : .absent
    msh[9] = .components([.text(event.messageCode), .text(event.trigger), structure])
    msh[10] = .text(source.controlID)
    msh[11] = .text(profile.processingID)
    msh[12] = .text(profile.version.description)
    switch profile.acknowledgement {
    case .original: break
    case .accept: (msh[15], msh[16]) = ("AL", "NE")
    case .application: (msh[15], msh[16]) = ("AL", "AL")
    }
    msh[18] = .text(profile.charset.name)
    append(msh)
    guard event.messageCode != "SIU" else { return }
    var evn = HL7SegmentDraft("EVN")
    // EVN-1 was withdrawn in version 2.7.
    if !isWithoutWithdrawn { evn[1] = .text(event.trigger) }
    evn[2] = time(source.at)
    append(evn)
  }

  /// Version 2.7 dropped fields that were long kept for older receivers.
  var isWithoutWithdrawn: Bool { profile.version >= Self.v2_7 }
  private static let v2_7 = HL7Version("2.7") ?? .v2_5_1

  // MARK: Values

  /// A moment on the clinic's wall, to the second, with its offset.
  func time(_ instant: Instant?) -> HL7Content {
    guard let instant else { return .absent }
    let offset = profile.mapping.zone.offsetSeconds(at: instant)
    let minutes = abs(offset) / 60
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
    let zone = (offset < 0 ? "-" : "+") + two(minutes / 60) + two(minutes % 60)
    return .text(instant.localTime(offsetSeconds: offset).compact + zone)
  }

  /// A day, month or year.
  func date(_ date: CalendarDate?) -> HL7Content { .text(date?.description.filter { $0 != "-" }) }

  /// `namespace` or `namespace^universal id^type` as components.
  static func hierarchic(_ text: String) -> HL7Content {
    let parts = text.split(separator: "^", omittingEmptySubsequences: false).map { HL7Content.text(String($0)) }
    return parts.count > 1 ? .components(parts) : .text(text)
  }

  /// What an update writes where the record holds nothing: `""`, so that the receiver forgets it too.
  func emptied(_ content: HL7Content) -> HL7Content {
    content.isAbsent && event.isUpdate && profile.sendsNulls ? .null : content
  }
}
