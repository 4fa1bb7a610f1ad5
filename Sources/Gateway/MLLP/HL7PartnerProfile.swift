internal import ClinicModel
internal import HL7Parser
internal import JSON
internal import Mappers

/// How one partner's messages are taken: `gateway.partner.hl7_profile`, a JSON object.
///
/// | key | values | meaning |
/// |---|---|---|
/// | `acknowledgements` | `standard`, `loose`, `original` | by the standard's modes, as loose peers read them, or always AA/AE/AR |
/// | `unavailable` | `AR`, `AE`, `close` | what is answered while the database is away |
/// | `terminators` | `tolerant`, `carriage-return` | what ends a segment |
/// | `default_charset` | a code of table 0211 | of messages whose MSH-18 is empty |
/// | `processing_ids` | array of `P`, `T`, `D` | MSH-11 that are taken; others are answered AR, 202 |
/// | `versions` | array of `2.3.1` … | MSH-12 that are taken; others are answered AR, 203 |
/// | `events` | array of `ADT^A08` … | MSH-9 that are taken; others are answered AR, 200 or 201 |
/// | `store` | array of `ORM^O01` … | MSH-9 that are kept unread for later, and answered AA |
/// | `ignore` | array of objects | messages that are kept unread, with the reason, and answered AA: `HL7IgnoreRule` |
/// | `code_maps` | object | what is translated to an object from their code to ours, as in `HL7MappingProfile.Purpose` |
/// | `receivers` | object | `MSH-5\|MSH-6` or `MSH-6` to the slug of one of the partner's clinics |
/// | `identifier_systems`, `code_systems` | objects | URIs of assigning authorities and coding systems |
/// | `feed` | object | how the partner is sent messages: `HL7FeedSettings` |
/// | `default_authority`, `practitioner_system`, `trusted_systems` | | as in `HL7MappingProfile` |
struct HL7PartnerProfile: Sendable {
  enum WhenUnavailable: String, Sendable, CaseIterable {
    case rejected = "AR"
    case error = "AE"
    case close
  }

  /// What is wrong with a profile: every fault, each with its key.
  struct Fault: Error, Sendable, CustomStringConvertible {
    let description: String
  }

  var control = HL7Control.Profile.standard
  var whenUnavailable = WhenUnavailable.rejected
  var options = HL7Options()
  var validator = HL7Validator()
  private var ignoreRules: [HL7IgnoreRule] = []
  private var storedEvents: Set<HL7Validator.Event> = []
  private var codeMaps: [String: [String: Code]] = [:]
  /// Why the stored profile could not be read; messages are kept and not applied until it is mended.
  private(set) var fault: String?
  private var mappingFields = JSONObject()
  private var feedSettings = HL7FeedSettings()

  init() {}

  /// Reads what is stored; a faulty profile has `fault` set and is otherwise the default.
  init(stored text: String) {
    do {
      try self.init(text)
    } catch {
      self.init()
      fault = (error as? Fault)?.description ?? "it is not JSON"
    }
  }

  /// Reads the text of a profile.
  /// - Throws: `Fault` with everything that is wrong: unknown keys too, since a misspelt one would otherwise be a rule
  ///   that nobody follows; `JSONError`.
  init(_ text: String) throws {
    guard case .object(let object) = try JSONValue.parse(text) else {
      throw Fault(description: "a profile is a JSON object")
    }
    var reader = HL7ProfileReader(object)
    switch reader.choice("acknowledgements", ["standard", "loose", "original"]) {
    case "loose": control = .loosePeers
    case "original": control = .original
    default: break
    }
    if let name = reader.choice("unavailable", WhenUnavailable.allCases.map(\.rawValue)) {
      whenUnavailable = WhenUnavailable(rawValue: name) ?? .rejected
    }
    if reader.choice("terminators", ["tolerant", "carriage-return"]) == "carriage-return" {
      options.terminators = .carriageReturn
    }
    if let name = reader.string("default_charset") {
      if let charset = HL7Charset(named: name) {
        options.defaultCharset = charset
      } else {
        reader.note("default_charset", "is no character set of table 0211 that is understood here")
      }
    }
    if let ids = reader.strings("processing_ids", among: ["P", "T", "D"]), !ids.isEmpty {
      validator.processingIDs = Set(ids)
    }
    if let versions = reader.strings("versions", among: HL7Version.supported.map(\.description)), !versions.isEmpty {
      validator.versions = versions.compactMap { HL7Version($0) }
    }
    if let names = reader.strings("events", among: nil), !names.isEmpty {
      let events = names.compactMap { HL7Validator.Event(named: $0) }
      if events.count < names.count { reader.note("events", "must be an array of events such as ADT^A08") }
      validator.events = Set(events)
    }
    let storedNames = reader.strings("store", among: nil) ?? []
    storedEvents = Set(storedNames.compactMap { HL7Validator.Event(named: $0) })
    if storedEvents.count < storedNames.count {
      reader.note("store", "must be an array of different events such as ORM^O01")
    }
    // What is to be kept is taken.
    validator.events?.formUnion(storedEvents)
    feedSettings = reader.member("feed") { HL7FeedSettings(&$0) } ?? feedSettings
    ignoreRules = reader.objects("ignore") { HL7IgnoreRule(&$0) }
    codeMaps = reader.codes("code_maps", among: HL7MappingProfile.Purpose.allCases.map(\.rawValue))
    for key in ["receivers", "identifier_systems", "code_systems"] { reader.texts(key) }
    for key in ["default_authority", "practitioner_system"] { _ = reader.string(key) }
    _ = reader.strings("trusted_systems", among: nil)
    let faults = reader.faults()
    guard faults.isEmpty else { throw Fault(description: faults.joined(separator: "; ")) }
    mappingFields = object
  }

  /// Why a message is kept unread, as the first rule that means it says; nil where none does.
  func reasonToIgnore(_ message: HL7Message) -> HL7Finding? {
    ignoreRules.lazy.compactMap { $0.finding(message) }.first
  }

  /// Whether messages of this event are only kept.
  func isStored(_ message: HL7Message) -> Bool { storedEvents.contains(HL7Validator.Event(of: message)) }

  /// Whether it says how the partner is sent messages.
  var hasFeed: Bool { mappingFields["feed"] != nil }

  /// How the partner is sent messages of a clinic.
  func feed(clinic slug: String, mapping: HL7MappingProfile) -> HL7FeedProfile {
    feedSettings.profile(clinic: slug, mapping: mapping)
  }

  /// How the partner's content is understood in a clinic of a time zone.
  func mapping(zone: ZoneOffsets) -> HL7MappingProfile {
    var profile = HL7MappingProfile(zone: zone)
    for member in mappingFields["identifier_systems"]?.object ?? [:] {
      if let system = member.value.string { profile.identifierSystems[member.key] = system }
    }
    for member in mappingFields["code_systems"]?.object ?? [:] {
      if let system = member.value.string { profile.codeSystems[member.key] = system }
    }
    for purpose in HL7MappingProfile.Purpose.allCases { profile.codeMaps[purpose] = codeMaps[purpose.rawValue] }
    profile.defaultAuthority = mappingFields["default_authority"]?.string
    profile.practitionerSystem = mappingFields["practitioner_system"]?.string
    profile.trustedSystems = mappingFields["trusted_systems"]?.array?.compactMap(\.string) ?? []
    return profile
  }
}
