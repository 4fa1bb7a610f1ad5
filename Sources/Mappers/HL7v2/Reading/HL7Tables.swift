import ClinicModel

/// HL7's tables as far as the contract's closed vocabularies need them, after HL7's v2-to-FHIR maps.
enum HL7Tables {
  /// The URI of a v2 table.
  static func uri(_ number: String) -> String { "http://terminology.hl7.org/CodeSystem/v2-" + number }
  static let v3MaritalStatus = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
  static let v3NullFlavor = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
  static let v3RoleCode = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
  static let subscriberRelationship = "http://terminology.hl7.org/CodeSystem/subscriber-relationship"

  /// Table 0001, administrative sex, and its words written out.
  static let gender: [String: Gender] = [
    "F": .female, "M": .male, "O": .other, "A": .other, "N": .other, "X": .other, "U": .unknown,
    "FEMALE": .female, "MALE": .male, "OTHER": .other, "UNKNOWN": .unknown,
  ]

  /// Table 0004, patient class, and its commonest words written out.
  static let encounterClass: [String: EncounterClass] = [
    "E": .emergency, "I": .inpatient, "O": .ambulatory, "P": .preAdmission, "R": .ambulatory, "B": .inpatient,
    "EMERGENCY": .emergency, "INPATIENT": .inpatient, "OUTPATIENT": .ambulatory, "PREADMIT": .preAdmission,
    "RECURRING": .ambulatory, "OBSERVATION": .observation,
  ]

  /// Of table 0004: commercial account, not applicable, unknown. They say nothing about the encounter.
  static let silentClasses: Set<String> = ["C", "N", "U"]

  /// Table 0278, filler status; keys in lower case.
  static let appointmentStatus: [String: AppointmentStatus] = [
    "pending": .pending, "waitlist": .waitlist, "booked": .booked, "overbook": .booked, "started": .checkedIn,
    "arrived": .arrived, "complete": .fulfilled, "completed": .fulfilled, "cancelled": .cancelled,
    "canceled": .cancelled, "dc": .cancelled, "discontinued": .cancelled, "deleted": .enteredInError,
    "noshow": .noshow, "proposed": .proposed,
  ]

  /// Table 0200, name type.
  static let nameUse: [String: NameUse] = [
    "L": .official, "R": .official, "D": .usual, "M": .maiden, "N": .nickname, "S": .anonymous, "MSK": .anonymous,
    "BAD": .old, "NOUSE": .old, "TEMP": .temp, "NAV": .temp,
  ]

  /// Table 0190, address type.
  static let addressUse: [String: AddressUse] = [
    "H": .home, "P": .home, "C": .temp, "B": .work, "O": .work, "BI": .billing, "BA": .old,
  ]

  /// Of table 0190: where somebody was born or comes from. Nobody is reached there.
  static let addressesOfOrigin: Set<String> = ["N", "BDL", "BR", "F"]

  /// Table 0201, telecommunication use.
  static let telecomUse: [String: TelecomUse] = ["PRN": .home, "WPN": .work, "PRS": .mobile]

  /// Table 0202, telecommunication equipment; keys in lower case.
  static let telecomSystem: [String: TelecomSystem] = [
    "ph": .phone, "cp": .phone, "fx": .fax, "bp": .pager, "internet": .email, "x.400": .email, "md": .other,
    "sat": .phone, "tdd": .other, "tty": .other,
  ]

  /// Table 0002, marital status, to HL7 v3.
  static let maritalStatus: [String: Code] = {
    let married: [(String, String, String)] = [
      ("A", "L", "Legally Separated"), ("E", "L", "Legally Separated"), ("D", "D", "Divorced"), ("M", "M", "Married"),
      ("S", "S", "Never Married"), ("W", "W", "Widowed"), ("C", "C", "Common Law"), ("G", "T", "Domestic partner"),
      ("P", "T", "Domestic partner"), ("R", "T", "Domestic partner"), ("N", "A", "Annulled"),
      ("I", "I", "Interlocutory"), ("B", "U", "unmarried"), ("SINGLE", "S", "Never Married"),
      ("MARRIED", "M", "Married"), ("DIVORCED", "D", "Divorced"), ("WIDOWED", "W", "Widowed"),
      ("SEPARATED", "L", "Legally Separated"),
    ]
    let unsaid = [("U", "UNK", "Unknown"), ("O", "OTH", "Other"), ("T", "NASK", "Not asked")]
    return codes(married, v3MaritalStatus).merging(codes(unsaid, v3NullFlavor)) { first, _ in first }
  }()

  /// Table 0063, relationship, to HL7 v3 roles, and table 0131 where that has the word.
  static let contactRelationship: [String: Code] = {
    let roles: [(String, String, String)] = [
      ("SEL", "ONESELF", "self"), ("SPO", "SPS", "spouse"), ("DOM", "SIGOTHR", "significant other"),
      ("CHD", "CHILD", "child"), ("GCH", "GRNDCHILD", "grandchild"), ("NCH", "NCHILD", "natural child"),
      ("SCH", "STPCHLD", "step child"), ("FCH", "CHLDFOST", "foster child"), ("PAR", "PRN", "parent"),
      ("MTH", "MTH", "mother"), ("FTH", "FTH", "father"), ("GRP", "GRPRN", "grandparent"),
      ("EXF", "EXT", "extended family member"), ("SIB", "SIB", "sibling"), ("BRO", "BRO", "brother"),
      ("SIS", "SIS", "sister"), ("FND", "FRND", "unrelated friend"),
    ]
    let contacts = [
      ("EMC", "C", "Emergency Contact"), ("EMR", "E", "Employer"), ("OTH", "O", "Other"), ("UNK", "U", "Unknown"),
    ]
    return codes(roles, v3RoleCode).merging(codes(contacts, uri("0131"))) { first, _ in first }
  }()

  /// Table 0063 as IN1-17 uses it, to the patient's relationship to the holder of the policy. HL7 asks what the
  /// holder is to the patient, senders often write what the patient is to the holder: since children hold no
  /// policies for their parents, either way of saying child and parent means that the patient is the child.
  static let subscriberRelationships: [String: Code] = {
    let child = ["CHD", "NCH", "SCH", "FCH", "GCH", "DEP", "WRD", "PAR", "MTH", "FTH", "GRD", "GRP"]
    var table = codes(
      child.map { ($0, "child", "Child") } + [
        ("SEL", "self", "Self"), ("SPO", "spouse", "Spouse"), ("DOM", "common", "Common Law Spouse"),
      ], subscriberRelationship)
    for other in ["ASC", "BRO", "SIS", "SIB", "CGV", "EME", "EMR", "EXF", "FND", "OAD", "OTH", "OWN"] {
      table[other] = Code(system: subscriberRelationship, code: "other", display: "Other")
    }
    return table
  }()

  /// Table 0085, result status, and those of table 0123 that it has not. O describes the order and is no result.
  static let resultStatus: [String: ObservationStatus] = [
    "A": .amended, "B": .amended, "C": .corrected, "D": .enteredInError, "F": .final, "I": .registered,
    "N": .cancelled, "P": .preliminary, "R": .preliminary, "S": .preliminary, "U": .final, "V": .final,
    "W": .enteredInError, "X": .cancelled,
  ]

  /// Table 0123, status of a report.
  static let reportStatus: [String: ObservationStatus] = [
    "O": .registered, "I": .registered, "S": .registered, "A": .preliminary, "P": .preliminary, "R": .preliminary,
    "C": .corrected, "M": .corrected, "F": .final, "X": .cancelled,
  ]

  /// Table 0127, allergen type.
  static let allergyCategory: [String: AllergyCategory] = [
    "DA": .medication, "FA": .food, "EA": .environment, "AA": .environment, "PA": .environment, "LA": .environment,
  ]

  /// Table 0128, allergy severity.
  static let allergySeverity: [String: AllergySeverity] = ["SV": .severe, "MO": .moderate, "MI": .mild]

  /// Table 0438, what has become of an allergy.
  static let allergyStatus: [String: AllergyStatus] = [
    "A": .active, "C": .active, "D": .active, "E": .enteredInError, "I": .inactive, "P": .active, "S": .active,
    "U": .active,
  ]

  /// Codes of tables 0127 and 0128 that name no category and no severity.
  static let unsaidAllergyCodes: Set<String> = ["MA", "MC", "U"]

  /// Table 0271, completion of a document.
  static let documentStage: [String: DocumentStage] = [
    "DI": .preliminary, "DO": .preliminary, "IP": .preliminary, "IN": .preliminary, "PA": .preliminary,
    "AU": .final, "LA": .final,
  ]

  /// Media types by the subtype of table 0291, in lower case.
  static let mediaTypes: [String: String] = [
    "pdf": "application/pdf", "rtf": "application/rtf", "html": "text/html", "htm": "text/html", "xml": "text/xml",
    "plain": "text/plain", "txt": "text/plain", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png",
    "gif": "image/gif", "tiff": "image/tiff", "tif": "image/tiff", "dicom": "application/dicom",
    "msword": "application/msword", "octet-stream": "application/octet-stream", "x-hl7-cda-level-one": "text/xml",
  ]

  /// Table 0396, coding systems: what we write for each, too.
  static let codingSystems: [String: String] = [
    "LN": "http://loinc.org", "SCT": "http://snomed.info/sct", "UCUM": "http://unitsofmeasure.org",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm", "I10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm", "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "C4": "http://www.ama-assn.org/go/cpt", "ICPC2": "http://hl7.org/fhir/sid/icpc-2",
    "NDC": "http://hl7.org/fhir/sid/ndc", "CVX": "http://hl7.org/fhir/sid/cvx", "MVX": "http://hl7.org/fhir/sid/mvx",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm", "ATC": "http://www.whocc.no/atc",
    "ISO3166_1": "urn:iso:std:iso:3166", "ISO4217": "urn:iso:std:iso:4217",
    "CDCREC": "urn:oid:2.16.840.1.113883.6.238", "PHINQUESTION": "urn:oid:2.16.840.1.114222.4.5.232",
    "NCIT": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "NUBC": "https://www.nubc.org/CodeSystem/PriorityTypeOfAdmitOrVisit",
  ]

  /// What senders write for them as well.
  private static let otherCodingSystemNames: [String: String] = {
    let names: [String: [String]] = [
      "LN": ["LOINC"], "SCT": ["SCT2", "SNM", "SNOMED", "SNOMED-CT", "SNOMED CT", "SNOMEDCT"], "UCUM": ["ISO+"],
      "I9C": ["I9", "I9CDX", "I9CP", "ICD9", "ICD-9", "ICD9CM", "ICD-9-CM"],
      "I10": ["ICD10", "ICD-10", "CIM10", "CIM-10"], "I10C": ["ICD10CM", "ICD-10-CM"],
      "C4": ["CPT", "CPT4", "CPT-4"], "ISO3166_1": ["ISO"],
    ]
    return names.reduce(into: [:]) { all, entry in for name in entry.value { all[name] = codingSystems[entry.key] } }
  }()

  /// The URI of a coding system by its name in CWE.3, however it is spelt.
  static func codingSystem(named name: String) -> String? {
    let upper = name.uppercased()
    return codingSystems[upper] ?? otherCodingSystemNames[upper]
  }

  private static func codes(_ entries: [(String, String, String)], _ system: String) -> [String: Code] {
    Dictionary(
      entries.map { ($0.0, Code(system: system, code: $0.1, display: $0.2)) }, uniquingKeysWith: { first, _ in first })
  }
}
