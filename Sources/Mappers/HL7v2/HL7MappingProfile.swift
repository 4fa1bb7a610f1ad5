public import ClinicModel

/// How one partner's HL7 v2 is understood for one clinic. A plain value; the partner's settings and code maps fill it.
public struct HL7MappingProfile: Sendable, Equatable {
  /// What a code map translates; the raw value is `gateway.code_map.purpose`.
  public enum Purpose: String, Sendable, CaseIterable {
    /// PID-8 → `male`, `female`, `other`, `unknown`.
    case gender
    /// PID-16 → a code.
    case maritalStatus = "marital-status"
    /// PID-15 → BCP 47.
    case language
    /// XAD.6 → ISO 3166-1 alpha-2.
    case country
    /// PV1-2 → v3 ActEncounterCode.
    case encounterClass = "encounter-class"
    /// PV1-4 → a code.
    case encounterType = "encounter-type"
    /// PV1-36 → a code.
    case disposition
    /// NK1-3 → a code.
    case contactRelationship = "contact-relationship"
    /// IN1-17 → a code of subscriber-relationship.
    case subscriberRelationship = "subscriber-relationship"
    /// IN1-15 → a code.
    case coverageType = "coverage-type"
    /// SCH-25 → FHIR AppointmentStatus.
    case appointmentStatus = "appointment-status"
    /// AIS-3 → a code.
    case service
    /// SCH-6, SCH-7, PV2-3 → a code.
    case reason
    /// AIP-4 → a code.
    case participantRole = "participant-role"
    /// OBX-3, OBR-4 → a code.
    case observation
    /// OBX-6 → a unit, UCUM for preference.
    case unit
    /// OBX-11, OBR-25 → FHIR ObservationStatus.
    case resultStatus = "result-status"
    /// TXA-2 → a code.
    case documentType = "document-type"
    /// DG1-3 → a code.
    case diagnosis
    /// PR1-3 → a code.
    case procedure
    /// AL1-3 → a code.
    case allergen
    /// FT1-7, FT1-25 → a code of the clinic's price list.
    case charge
    /// FT1-6 → `CG` charge, `CD` credit, `AJ` adjustment, `PY` payment.
    case transactionType = "transaction-type"
    /// FT1-7 of a payment → `cash`, `card`, `cheque`, `transfer`, `remittance`.
    case paymentMethod = "payment-method"
    /// XCN.1 → the id of our practitioner.
    case practitioner
    /// PL.1 to PL.4 joined by `^`, empty ones at the end left out (`KINE^SALLE2^^ANFA`) → the id of our location.
    case location
    /// IN1-3.1, FT1-14.1 → the id of our payer.
    case payer
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
  /// The assigning authority under which a feed tells this partner the clinic's own numbers, a namespace or
  /// `namespace^universal id^type`: what comes back under it names our records. Nil: the partner is told none.
  public var ownAuthority: String?
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
