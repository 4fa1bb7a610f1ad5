import ClinicModel
import HL7Parser

/// The tables of `HL7Reading` backwards: what the partner calls what the clinic holds.
struct HL7FeedCodes {
  private let profile: HL7MappingProfile
  private let systemNames: [String: String]

  init(_ profile: HL7MappingProfile) {
    self.profile = profile
    systemNames = Self.reversed(profile.codeSystems).merging(Self.codingSystems) { first, _ in first }
  }

  // MARK: Words of closed vocabularies

  /// By the partner's code map, else by the table.
  func word<Value: RawRepresentable<String>>(
    _ value: Value, _ purpose: HL7MappingProfile.Purpose, _ table: [String: String]
  ) -> String? {
    theirs(purpose, nil, value.rawValue) ?? table[value.rawValue]
  }

  /// Their word for one of our codes; of several the first in the alphabet.
  func theirs(_ purpose: HL7MappingProfile.Purpose, _ system: String?, _ code: String?) -> String? {
    guard let code, let map = profile.codeMaps[purpose] else { return nil }
    return map.filter {
      $0.value.code == code && (system == nil || $0.value.system == nil || $0.value.system == system)
    }
    .keys.min()
  }

  // MARK: Codes

  /// A coded field: by the partner's code map, by a table from our codes to HL7's, else as it is held.
  func coded(
    _ code: Code?, _ purpose: HL7MappingProfile.Purpose, table: [String: String] = [:], tableName: String? = nil
  ) -> HL7Content {
    guard let code else { return .absent }
    if let theirs = theirs(purpose, code.system, code.code) {
      return .components([.text(theirs), .text(code.display)])
    }
    if let word = table["\(code.system ?? "")|\(code.code ?? "")"] {
      return .components([.text(word), .text(code.display), .text(tableName)])
    }
    return .components([.text(code.code), .text(code.display), .text(code.code == nil ? nil : systemName(code.system))])
  }

  /// A coded field that was a plain code (IS) before version 2.7: the code alone where it is of the field's own table.
  func coded(
    _ code: Code?, _ purpose: HL7MappingProfile.Purpose, ofTable number: String
  ) -> HL7Content {
    guard let code else { return .absent }
    if code.code != nil, code.system == HL7Tables.uri(number), theirs(purpose, code.system, code.code) == nil {
      return .text(code.code)
    }
    return coded(code, purpose)
  }

  /// The name of a coding system in CWE.3; a URI that has no name stands for itself.
  func systemName(_ system: String?) -> String? {
    guard let system else { return nil }
    if let name = systemNames[system] { return name }
    let table = HL7Tables.uri("")
    if system.hasPrefix(table), system.utf8.count == table.utf8.count + 4 {
      return "HL7" + system.dropFirst(table.count)
    }
    return Self.name(ofURI: system) ?? system
  }

  /// What `urn:id:…` and `urn:oid:…` were made of.
  static func name(ofURI system: String) -> String? {
    for prefix in ["urn:id:", "urn:oid:"] where system.hasPrefix(prefix) {
      return unescaped(system.dropFirst(prefix.count))
    }
    return nil
  }

  private static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Tables backwards

  /// The shortest name of each value, then the first in the alphabet.
  static func reversed(_ table: [String: String]) -> [String: String] {
    var names: [String: String] = [:]
    for (name, value) in table {
      if let known = names[value], (known.utf8.count, known) <= (name.utf8.count, name) { continue }
      names[value] = name
    }
    return names
  }

  private static func reversed(_ table: [String: Code]) -> [String: String] {
    reversed(table.mapValues { "\($0.system ?? "")|\($0.code ?? "")" })
  }

  private static let codingSystems = reversed(HL7Tables.codingSystems)
  static let maritalStatus = reversed(HL7Tables.maritalStatus)
  static let contactRelationship = reversed(HL7Tables.contactRelationship)
  /// Of the codes that stand for several words the plainest is written.
  static let subscriberRelationship: [String: String] = {
    let system = HL7Tables.subscriberRelationship
    return [
      "\(system)|self": "SEL", "\(system)|child": "CHD", "\(system)|spouse": "SPO", "\(system)|common": "DOM",
      "\(system)|other": "OTH",
    ]
  }()

  static let gender = ["male": "M", "female": "F", "other": "O", "unknown": "U"]
  /// Classes that table 0004 has no letter for are told by the nearest one.
  static let encounterClass = [
    "AMB": "O", "EMER": "E", "IMP": "I", "PRENC": "P", "ACUTE": "I", "NONAC": "I", "SS": "I", "OBSENC": "O",
    "FLD": "O", "HH": "O", "VR": "O",
  ]
  static let appointmentStatus = [
    "proposed": "Proposed", "pending": "Pending", "waitlist": "Waitlist", "booked": "Booked", "arrived": "Arrived",
    "checked-in": "Started", "fulfilled": "Complete", "cancelled": "Cancelled", "noshow": "Noshow",
    "entered-in-error": "Deleted",
  ]
  static let nameType = [
    "official": "L", "usual": "D", "maiden": "M", "nickname": "N", "anonymous": "S", "temp": "TEMP", "old": "BAD",
  ]
  static let addressType = ["home": "H", "work": "B", "temp": "C", "billing": "BI", "old": "BA"]
}
