/// Codes of HL7 v2 and what they are in FHIR: the facts of the concept maps of HL7's v2-to-FHIR guide.
enum HL7FHIRCodes {
  static func table(_ number: String) -> String { "http://terminology.hl7.org/CodeSystem/v2-\(number)" }

  static let v3 = "http://terminology.hl7.org/CodeSystem/v3-"

  /// A concept of a FHIR terminology.
  struct Concept: Equatable {
    let system: String
    let code: String
    let display: String?
  }

  /// The URI of a coding system by its name in CWE.3 (table 0396), or by its identifier; nil for one not known.
  static func system(_ name: String?, identifier: String?) -> String? {
    if let identifier {
      if HL7FHIRValues.isOID(identifier) { return oids[identifier] ?? "urn:oid:\(identifier)" }
      if identifier.contains("://") || identifier.hasPrefix("urn:") { return identifier }
    }
    guard let name else { return nil }
    let upper = name.uppercased()
    if let known = HL7Tables.codingSystem(named: name) { return known }
    if HL7FHIRValues.isOID(name) { return oids[name] ?? "urn:oid:\(name)" }
    if name.hasPrefix("http://") || name.hasPrefix("https://") || name.hasPrefix("urn:") {
      return name.contains(where: \.isWhitespace) ? nil : name
    }
    // HL70005, HL7-0005, HL7 0005: the table's number is the last four digits.
    guard upper.hasPrefix("HL7"), upper.dropFirst(3).allSatisfy({ $0.isNumber || $0 == "-" || $0 == " " }) else {
      return nil
    }
    let number = upper.dropFirst(3).filter(\.isNumber)
    return number.count == 4 || number.count == 5 && number.hasPrefix("0") ? table(String(number.suffix(4))) : nil
  }

  private static let oids: [String: String] = [
    "2.16.840.1.113883.6.1": "http://loinc.org", "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.8": "http://unitsofmeasure.org", "2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.69": "http://hl7.org/fhir/sid/ndc",
    "2.16.840.1.113883.12.292": "http://hl7.org/fhir/sid/cvx",
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.6.12": "http://www.ama-assn.org/go/cpt",
  ]

  // MARK: Codes that are a member of a FHIR resource

  static let gender = [
    "F": "female", "M": "male", "O": "other", "U": "unknown", "A": "other", "N": "other", "X": "other",
  ]
  static let nameUse = [
    "BAD": "old", "D": "usual", "L": "official", "M": "maiden", "MSK": "anonymous", "N": "nickname", "NAV": "temp",
    "R": "official", "TEMP": "temp",
  ]
  static let addressUse = ["BA": "old", "BI": "billing", "C": "temp", "B": "work", "H": "home", "O": "work"]
  static let addressType = ["M": "postal", "SH": "postal"]
  static let telecomUse = ["PRN": "home", "ORN": "home", "VHN": "home", "WPN": "work", "PRS": "mobile"]
  static let telecomSystem = [
    "PH": "phone", "FX": "fax", "MD": "other", "CP": "phone", "SAT": "other", "BP": "pager", "Internet": "email",
    "X.400": "email", "TDD": "other", "TTY": "other",
  ]
  static let encounterStatus = [
    "E": "in-progress", "I": "in-progress", "O": "in-progress", "P": "planned", "R": "in-progress", "B": "in-progress",
    "C": "in-progress", "N": "in-progress", "U": "unknown",
  ]
  /// By event; what the guide leaves open follows the patient class.
  static let eventStatus = [
    "A03": "finished", "A05": "planned", "A11": "cancelled", "A13": "in-progress", "A14": "planned",
    "A16": "in-progress",
    "A21": "onleave", "A23": "entered-in-error", "A27": "cancelled", "A38": "cancelled",
  ]
  static let allergyCategory = [
    "DA": "medication", "FA": "food", "EA": "environment", "AA": "biologic", "PA": "environment", "LA": "environment",
  ]
  static let allergyType = ["DA", "FA", "MA", "EA", "AA", "PA", "LA"]
  static let criticality = ["SV": "high", "MI": "low"]
  static let reactionSeverity = ["SV": "severe", "MO": "moderate", "MI": "mild"]
  static let orderControl = [
    "AF": "active", "CA": "active", "CR": "revoked", "DC": "revoked", "DF": "revoked", "DR": "revoked",
    "FU": "completed", "HD": "active", "HR": "on-hold", "NW": "active", "OC": "revoked", "OD": "revoked",
    "OH": "on-hold", "OK": "active", "PR": "active", "PY": "active", "RL": "active", "RO": "active", "RQ": "active",
  ]
  static let orderStatus = [
    "A": "active", "CA": "revoked", "CM": "completed", "DC": "revoked", "ER": "entered-in-error", "HD": "on-hold",
    "IP": "active", "RP": "revoked", "SC": "active",
  ]
  static let reportStatus = [
    "O": "registered", "I": "registered", "S": "registered", "A": "partial", "P": "preliminary", "C": "corrected",
    "R": "partial", "F": "final", "X": "cancelled",
  ]
  static let observationStatus = [
    "A": "amended", "C": "corrected", "D": "entered-in-error", "F": "final", "I": "registered", "O": "registered",
    "P": "preliminary", "R": "preliminary", "S": "preliminary", "W": "entered-in-error", "X": "cancelled",
    "U": "final", "V": "final", "B": "final", "N": "final",
  ]
  static let appointmentStatus = [
    "PENDING": "pending", "WAITLIST": "waitlist", "BOOKED": "booked", "STARTED": "checked-in", "COMPLETE": "fulfilled",
    "CANCELLED": "cancelled", "DELETED": "entered-in-error", "NOSHOW": "noshow", "OVERBOOK": "booked",
    "DISCONTINUED": "cancelled",
  ]
  static let appointmentEvent = [
    "S12": "booked", "S13": "booked", "S14": "booked", "S15": "cancelled", "S16": "cancelled",
    "S17": "entered-in-error",
    "S26": "noshow",
  ]
  /// ORC-1 as what was done to the order's record.
  static let dataOperation = ["NW": "CREATE", "SC": "UPDATE", "OC": "CANCEL", "CA": "CANCEL"]
  /// Units of time as UCUM has them.
  static let timeUnit = [
    "s": "s", "sec": "s", "min": "min", "h": "h", "hr": "h", "d": "d", "day": "d", "wk": "wk", "w": "wk", "mo": "mo",
    "a": "a", "yr": "a",
  ]
  /// How many minutes a unit of time is, as far as offsets are told in it.
  static let minutes = ["s": 1.0 / 60, "min": 1, "h": 60, "d": 1440]
  /// Table 0528: the v3 codes of TimingEvent, between meals as FHIR has it.
  static let eventTiming = [
    "AC": "AC", "ACM": "ACM", "ACD": "ACD", "ACV": "ACV", "PC": "PC", "PCM": "PCM", "PCD": "PCD", "PCV": "PCV",
    "HS": "HS", "IC": "C", "ICM": "CM", "ICD": "CD", "ICV": "CV",
  ]
  static let requestPriority = ["S": "stat", "A": "asap", "R": "routine"]
  /// Table 0283.
  static let referralStatus = ["A": "active", "P": "draft", "R": "revoked", "E": "completed"]
  /// Table 0498.
  static let consentStatus = [
    "A": "active", "L": "inactive", "P": "proposed", "R": "rejected", "X": "inactive", "B": "active",
  ]
  static let immunizationStatus = ["CP": "completed", "RE": "not-done", "NA": "not-done", "PA": "completed"]
  static let documentStatus = [
    "DI": "preliminary", "DO": "preliminary", "IN": "preliminary", "IP": "preliminary", "PA": "preliminary",
    "AU": "final", "LA": "final",
  ]

  // MARK: Concepts

  static let encounterClass: [String: Concept] = [
    "E": concept("ActCode", "EMER", "emergency"), "I": concept("ActCode", "IMP", "inpatient encounter"),
    "O": concept("ActCode", "AMB", "ambulatory"), "P": concept("ActCode", "PRENC", "pre-admission"),
  ]

  static let maritalStatus: [String: Concept] = [
    "A": concept("MaritalStatus", "L", "Legally Separated"), "D": concept("MaritalStatus", "D", "Divorced"),
    "M": concept("MaritalStatus", "M", "Married"), "S": concept("MaritalStatus", "S", "Never Married"),
    "W": concept("MaritalStatus", "W", "Widowed"), "C": concept("MaritalStatus", "C", "Common Law"),
    "G": concept("MaritalStatus", "T", "Domestic partner"), "P": concept("MaritalStatus", "T", "Domestic partner"),
    "R": concept("MaritalStatus", "T", "Domestic partner"), "E": concept("MaritalStatus", "L", "Legally Separated"),
    "N": concept("MaritalStatus", "A", "Annulled"), "I": concept("MaritalStatus", "I", "Interlocutory"),
    "B": concept("MaritalStatus", "U", "unmarried"), "U": concept("NullFlavor", "UNK", "unknown"),
    "O": concept("NullFlavor", "OTH", "other"), "T": concept("NullFlavor", "NAVU", "Not available"),
  ]

  static let relationship: [String: Concept] = [
    "SEL": concept("RoleCode", "ONESELF", "self"), "SPO": concept("RoleCode", "SPS", "spouse"),
    "DOM": concept("RoleCode", "SIGOTHR", "significant other"), "CHD": concept("RoleCode", "CHILD", "child"),
    "GCH": concept("RoleCode", "GRNDCHILD", "grandchild"), "NCH": concept("RoleCode", "NCHILD", "natural child"),
    "SCH": concept("RoleCode", "STPCHLD", "step child"), "FCH": concept("RoleCode", "CHLDFOST", "foster child"),
    "PAR": concept("RoleCode", "PRN", "parent"), "MTH": concept("RoleCode", "MTH", "mother"),
    "FTH": concept("RoleCode", "FTH", "father"), "GRP": concept("RoleCode", "GRPRN", "grandparent"),
    "EXF": concept("RoleCode", "EXT", "extended family member"), "SIB": concept("RoleCode", "SIB", "sibling"),
    "BRO": concept("RoleCode", "BRO", "brother"), "SIS": concept("RoleCode", "SIS", "sister"),
    "FND": concept("RoleCode", "FRND", "unrelated friend"),
    "EMC": Concept(system: table("0131"), code: "C", display: "Emergency Contact"),
    "EMR": Concept(system: table("0131"), code: "E", display: "Employer"),
    "UNK": Concept(system: table("0131"), code: "U", display: "Unknown"),
    "OTH": Concept(system: table("0131"), code: "O", display: "Other"),
  ]

  private static func concept(_ system: String, _ code: String, _ display: String) -> Concept {
    Concept(system: v3 + system, code: code, display: display)
  }
}
