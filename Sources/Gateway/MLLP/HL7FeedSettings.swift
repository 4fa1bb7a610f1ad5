internal import HL7Parser
internal import Mappers

/// How a partner is sent messages: `feed` of its `hl7_profile`.
///
/// | key | values | meaning |
/// |---|---|---|
/// | `version` | `2.3` … `2.8.2` | MSH-12; else 2.5.1 |
/// | `charset` | a code of table 0211 | MSH-18; else `UNICODE UTF-8` |
/// | `sending_application`, `sending_facility` | text, or `namespace^id^type` | MSH-3, else `PASSERELLE`; MSH-4, else the clinic's slug |
/// | `sending_facilities` | object | MSH-4 by the clinic's slug |
/// | `receiving_application`, `receiving_facility` | as above | MSH-5, MSH-6 |
/// | `processing_id` | `P`, `T`, `D` | MSH-11; else `P` |
/// | `acknowledgements` | `original`, `accept`, `application` | MSH-15 and MSH-16, and which answer settles a message |
/// | `authority` | as above | of the clinic's own numbers; else MSH-4 |
/// | `empty_fields` | `null`, `absent` | what updates say of fields that the record holds nothing in; else `null` |
/// | `events` | array of `ADT^A31` … | the events that are told; else all of the partner's `delivery_formats` |
struct HL7FeedSettings: Sendable {
  private var version = HL7Version.v2_5_1
  private var charset = HL7Charset.utf8
  private var names: [String: String] = [:]
  private var facilities: [String: String] = [:]
  private var acknowledgement = HL7FeedProfile.Acknowledgement.original
  private var sendsNulls = true

  private static let nameKeys = [
    "sending_application", "sending_facility", "receiving_application", "receiving_facility", "authority",
  ]
  /// What HD holds in every version.
  private static let nameBytes = 227

  init() {}

  init(_ reader: inout HL7ProfileReader) {
    let versions = HL7Version.supported.map(\.description).filter { $0 >= "2.3" }
    if let name = reader.choice("version", versions) { version = HL7Version(name) ?? version }
    if let name = reader.string("charset") {
      if let named = HL7Charset(named: name) {
        charset = named
      } else {
        reader.note("charset", "is no character set of table 0211 that is understood here")
      }
    }
    for key in Self.nameKeys {
      guard let name = reader.string(key) else { continue }
      if name.utf8.count > Self.nameBytes || name.split(separator: "^", omittingEmptySubsequences: false).count > 3 {
        reader.note(key, "must be a name, or namespace^universal id^type, of at most \(Self.nameBytes) bytes")
      }
      names[key] = name
    }
    facilities = reader.texts("sending_facilities")
    if let id = reader.choice("processing_id", ["P", "T", "D"]) { names["processing_id"] = id }
    if let mode = reader.choice("acknowledgements", HL7FeedProfile.Acknowledgement.allCases.map(\.rawValue)) {
      acknowledgement = HL7FeedProfile.Acknowledgement(rawValue: mode) ?? .original
    }
    if reader.choice("empty_fields", ["null", "absent"]) == "absent" { sendsNulls = false }
    let events = Set(HL7FeedEvent.allCases.map { "\($0.messageCode)^\($0.trigger)" })
    _ = reader.strings("events", among: events.sorted())
  }

  func profile(clinic slug: String, mapping: HL7MappingProfile) -> HL7FeedProfile {
    var profile = HL7FeedProfile(facility: facilities[slug] ?? names["sending_facility"] ?? slug, mapping: mapping)
    profile.version = version
    profile.charset = charset
    profile.sendingApplication = names["sending_application"] ?? profile.sendingApplication
    profile.receivingApplication = names["receiving_application"] ?? ""
    profile.receivingFacility = names["receiving_facility"] ?? ""
    profile.processingID = names["processing_id"] ?? profile.processingID
    profile.acknowledgement = acknowledgement
    profile.authority = names["authority"] ?? profile.authority
    profile.sendsNulls = sendsNulls
    return profile
  }
}
