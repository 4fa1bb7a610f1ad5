public import ClinicModel

/// How one partner's HL7 v2 is understood for one clinic. A plain value; the partner's settings and code maps fill it.
public struct HL7MappingProfile: Sendable, Equatable {
  /// What a code map translates; the raw value is `gateway.code_map.purpose`.
  public struct Purpose: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// PID-8 → `male`, `female`, `other`, `unknown`.
    public static let gender = Purpose(rawValue: "gender")
    /// PID-16 → a code.
    public static let maritalStatus = Purpose(rawValue: "marital-status")
    /// PID-15 → BCP 47.
    public static let language = Purpose(rawValue: "language")
    /// XAD.6 → ISO 3166-1 alpha-2.
    public static let country = Purpose(rawValue: "country")
    /// PV1-2 → v3 ActEncounterCode.
    public static let encounterClass = Purpose(rawValue: "encounter-class")
    /// PV1-4 → a code.
    public static let encounterType = Purpose(rawValue: "encounter-type")
    /// PV1-36 → a code.
    public static let disposition = Purpose(rawValue: "disposition")
    /// NK1-3 → a code.
    public static let contactRelationship = Purpose(rawValue: "contact-relationship")
    /// IN1-17 → a code of subscriber-relationship.
    public static let subscriberRelationship = Purpose(rawValue: "subscriber-relationship")
    /// IN1-15 → a code.
    public static let coverageType = Purpose(rawValue: "coverage-type")
    /// SCH-25 → FHIR AppointmentStatus.
    public static let appointmentStatus = Purpose(rawValue: "appointment-status")
    /// AIS-3 → a code.
    public static let service = Purpose(rawValue: "service")
    /// SCH-6, SCH-7, PV2-3 → a code.
    public static let reason = Purpose(rawValue: "reason")
    /// AIP-4 → a code.
    public static let participantRole = Purpose(rawValue: "participant-role")
    /// OBX-3, OBR-4 → a code.
    public static let observation = Purpose(rawValue: "observation")
    /// OBX-6 → a unit, UCUM for preference.
    public static let unit = Purpose(rawValue: "unit")
    /// OBX-11, OBR-25 → FHIR ObservationStatus.
    public static let resultStatus = Purpose(rawValue: "result-status")
    /// TXA-2 → a code.
    public static let documentType = Purpose(rawValue: "document-type")
    /// DG1-3 → a code.
    public static let diagnosis = Purpose(rawValue: "diagnosis")
    /// PR1-3 → a code.
    public static let procedure = Purpose(rawValue: "procedure")
    /// AL1-3 → a code.
    public static let allergen = Purpose(rawValue: "allergen")
    /// FT1-7, FT1-25 → a code of the clinic's price list.
    public static let charge = Purpose(rawValue: "charge")
    /// XCN.1 → the id of our practitioner.
    public static let practitioner = Purpose(rawValue: "practitioner")
    /// PL.1 to PL.4 joined by `^`, empty ones at the end left out (`KINE^SALLE2^^ANFA`) → the id of our location.
    public static let location = Purpose(rawValue: "location")
    /// IN1-3.1 → the id of our payer.
    public static let payer = Purpose(rawValue: "payer")

    /// Every one.
    public static let all: [Purpose] = [
      .gender, .maritalStatus, .language, .country, .encounterClass, .encounterType, .disposition, .contactRelationship,
      .subscriberRelationship, .coverageType, .appointmentStatus, .service, .reason, .participantRole, .observation,
      .unit, .resultStatus, .documentType, .practitioner, .location, .payer,
    ]
  }

  /// The partner's id: what it sends without a number that the clinic knows stays its own.
  public var partner = ""
  /// The URI of each assigning authority by its namespace or universal id, or by that and the type code
  /// (`MAR^NI`), which goes first. What is not named here becomes `urn:oid:…` or `urn:id:<authority>`.
  public var identifierSystems: [String: String]
  /// The URI of each coding system by its name in CWE.3. What is not named here becomes HL7's own URI, or
  /// `urn:id:<name>`.
  public var codeSystems: [String: String] = [:]
  /// The authority of identifiers that name none; nil: the sending facility.
  public var defaultAuthority: String?
  /// The system of practitioner numbers that name no authority; nil: as for every other identifier.
  public var practitionerSystem: String?
  /// The systems whose identifiers tell patients apart best, the best first. The others follow by type: the sender's
  /// own number (MR, PI, PT), national ones (NI, SS, HC…), the rest as sent.
  public var trustedSystems: [String] = []
  /// Theirs to ours.
  public var codeMaps: [Purpose: [String: Code]] = [:]
  /// The zone of times that are written without one: the clinic's.
  public var zone: ZoneOffsets

  public init(
    zone: ZoneOffsets, identifierSystems: [String: String] = HL7MappingProfile.nationalSystems
  ) {
    self.zone = zone
    self.identifierSystems = identifierSystems
  }

  /// National identifiers that the sample clinics hold, by authority and type.
  public static let nationalSystems = ["MAR^NI": "urn:passerelle:ma:cin"]
}
