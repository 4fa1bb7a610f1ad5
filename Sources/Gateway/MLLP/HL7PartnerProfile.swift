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
  /// Why the stored profile could not be read; messages are kept and not applied until it is mended.
  private(set) var fault: String?
  private var mappingFields = JSONObject()

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
    if reader.choice("acknowledgements", ["standard", "loose"]) == "loose" { control = .loosePeers }
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
    for key in ["receivers", "identifier_systems", "code_systems"] { reader.texts(key) }
    for key in ["default_authority", "practitioner_system"] { _ = reader.string(key) }
    _ = reader.strings("trusted_systems", among: nil)
    let faults = reader.faults()
    guard faults.isEmpty else { throw Fault(description: faults.joined(separator: "; ")) }
    mappingFields = object
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

/// Takes a profile's members one by one and remembers what is wrong with them, and which were never asked for.
struct HL7ProfileReader {
  private let object: JSONObject
  private var known: [String] = []
  private var found: [String] = []
  /// Members of one object, and elements of one array.
  private static let memberLimit = 1_000

  init(_ object: JSONObject) { self.object = object }

  mutating func note(_ key: String, _ fault: String) { found.append("\(key) \(fault)") }

  mutating func string(_ key: String) -> String? {
    known.append(key)
    guard let value = object[key] else { return nil }
    guard let text = value.string else {
      note(key, "must be a string")
      return nil
    }
    return text
  }

  mutating func choice(_ key: String, _ values: [String]) -> String? {
    guard let text = string(key) else { return nil }
    guard values.contains(text) else {
      note(key, "must be one of \(values.joined(separator: ", ")), not \(text.prefix(40).debugDescription)")
      return nil
    }
    return text
  }

  /// An array of strings; of these values where they are given.
  mutating func strings(_ key: String, among values: [String]?) -> [String]? {
    known.append(key)
    guard let value = object[key] else { return nil }
    let texts = value.array?.compactMap(\.string) ?? []
    guard let array = value.array, texts.count == array.count, array.count <= Self.memberLimit,
      texts.allSatisfy({ values?.contains($0) ?? true })
    else {
      note(key, "must be an array of strings" + (values.map { ", each one of \($0.joined(separator: ", "))" } ?? ""))
      return nil
    }
    return texts
  }

  /// An object whose members are strings.
  mutating func texts(_ key: String) {
    known.append(key)
    guard let value = object[key] else { return }
    guard let members = value.object, members.count <= Self.memberLimit, members.allSatisfy({ $0.value.string != nil })
    else { return note(key, "must be an object whose members are strings") }
  }

  /// Everything that is wrong, unknown keys with the nearest known one.
  func faults() -> [String] {
    found
      + object.keys.filter { !known.contains($0) }.sorted().map { key in
        let nearest = nearestName(to: key, in: known).map { "; did you mean \($0)?" } ?? ""
        return "unknown key \(key.prefix(60).debugDescription)\(nearest)"
      }
  }
}
