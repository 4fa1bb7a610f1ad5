internal import ClinicModel
internal import HL7Parser
internal import JSON
internal import Mappers

/// How one partner's messages are taken: `gateway.partner.hl7_profile`, a JSON object.
///
/// | key | values | meaning |
/// |---|---|---|
/// | `acknowledgements` | `standard`, `loose` | by the standard's modes, or as loose peers read them |
/// | `unavailable` | `AR`, `AE`, `close` | what is answered while the database is away |
/// | `terminators` | `tolerant`, `carriage-return` | what ends a segment |
/// | `default_charset` | a code of table 0211 | of messages whose MSH-18 is empty |
/// | `processing_ids` | array of `P`, `T`, `D` | MSH-11 that are taken |
/// | `receivers` | object | `MSH-5\|MSH-6` or `MSH-6` to the slug of one of the partner's clinics |
/// | `identifier_systems`, `code_systems` | objects | URIs of assigning authorities and coding systems |
/// | `default_authority`, `practitioner_system`, `trusted_systems` | | as in `HL7MappingProfile` |
struct HL7PartnerProfile: Sendable {
  enum WhenUnavailable: String, Sendable {
    case rejected = "AR"
    case error = "AE"
    case close
  }

  var control = HL7Control.Profile.standard
  var whenUnavailable = WhenUnavailable.rejected
  var options = HL7Options()
  var validator = HL7Validator()
  private var mappingFields: JSONValue = .null

  init() {}

  /// Reads the object; what it does not know, or cannot read, is left at its default.
  init(_ json: JSONValue) {
    if json["acknowledgements"]?.string == "loose" { control = .loosePeers }
    whenUnavailable = json["unavailable"]?.string.flatMap(WhenUnavailable.init) ?? .rejected
    if json["terminators"]?.string == "carriage-return" { options.terminators = .carriageReturn }
    if let name = json["default_charset"]?.string, let charset = HL7Charset(named: name) {
      options.defaultCharset = charset
    }
    if let ids = json["processing_ids"]?.array?.compactMap(\.string), !ids.isEmpty {
      validator.processingIDs = Set(ids)
    }
    mappingFields = json
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
    profile.defaultAuthority = mappingFields["default_authority"]?.string
    profile.practitionerSystem = mappingFields["practitioner_system"]?.string
    profile.trustedSystems = mappingFields["trusted_systems"]?.array?.compactMap(\.string) ?? []
    return profile
  }
}
