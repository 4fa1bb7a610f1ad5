/// A patient (FHIR Patient). The first name, phone, email and address are columns; further ones are lists.
public struct PatientRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var family: String?
  public var given: [String] = []
  public var prefix: String?
  public var gender: Gender = .unknown
  public var birthDate: CalendarDate?
  public var deceasedAt: Instant?
  /// True without a moment when only the fact is known.
  public var isDeceased: Bool = false
  public var phone: String?
  public var email: String?
  /// BCP 47.
  public var language: String?
  /// HL7 v3 MaritalStatus.
  public var maritalStatus: Code?
  public var address: AddressRecord = AddressRecord()
  public var generalPractitionerID: String?
  /// The patient that this one was merged into (ADT^A40).
  public var replacedBy: String?
  /// Records of who is said to be the same person.
  public var linkedIDs: [String] = []
  public var active: Bool = true
  /// CIN, INS, MRN…
  public var identifiers: [IdentifierRecord] = []
  public var names: [NameRecord] = []
  public var telecoms: [TelecomRecord] = []
  public var addresses: [AddressRecord] = []
  public var contacts: [PatientContactRecord] = []

  public init(row: RowMeta) {
    self.row = row
  }
}

/// Somebody to call about a patient.
public struct PatientContactRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var patientID: String
  /// HL7 v2-0131 or v3 RoleCode.
  public var relationship: Code?
  public var family: String?
  public var given: [String] = []
  public var gender: Gender?
  public var phone: String?
  public var email: String?
  public var address: AddressRecord = AddressRecord()

  public init(row: RowMeta, patientID: String) {
    self.row = row
    self.patientID = patientID
  }
}

/// An insurer, fund or employer that pays (FHIR Organization).
public struct PayerRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var name: String
  public var kind: PayerKind
  public var claimFormat: ClaimFormat = .fhir
  public var phone: String?
  public var email: String?
  public var address: AddressRecord = AddressRecord()
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, name: String, kind: PayerKind) {
    self.row = row
    self.name = name
    self.kind = kind
  }
}

/// A patient covered by a payer (FHIR Coverage).
public struct CoverageRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var patientID: String
  public var payerID: String
  public var status: CoverageStatus
  public var type: Code?
  public var memberNumber: String?
  /// The patient who holds the policy; nil when the patient does.
  public var subscriberID: String?
  /// To the subscriber: `self`, `child`, `spouse`…
  public var relationship: Code?
  public var plan: String?
  public var group: String?
  /// 1 pays first.
  public var rank: Int = 1
  /// Share paid, in percent.
  public var rate: Quantity?
  public var period: DayPeriod?
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, patientID: String, payerID: String, status: CoverageStatus) {
    self.row = row
    self.patientID = patientID
    self.payerID = payerID
    self.status = status
  }
}
