public import ClinicModel
public import HL7Parser

/// What one message asks of the clinic's data: intents in order, to be applied in one transaction, all or none.
///
/// Nothing of HL7 is needed to apply them. Records are named by business identifiers; the store finds or makes them.
public struct ClinicChanges: Sendable, Equatable {
  /// The event as MSH-9 writes it, such as `ADT^A01`.
  public var event: String
  /// When it happened: EVN-2, else MSH-7. A record that a later event has written is not written again, the message
  /// is superseded. Nil where neither was sent: the time of receipt stands for it.
  public var moment: Instant?
  public var changes: [ClinicChange]
  /// What was not understood and left out, of severity W: fit for ERR segments beside a positive acknowledgement.
  public var warnings: [HL7Finding]

  public init(event: String, moment: Instant?, changes: [ClinicChange], warnings: [HL7Finding] = []) {
    self.event = event
    self.moment = moment
    self.changes = changes
    self.warnings = warnings
  }
}

/// One intent. Its values are large and handed on a lot: in a box they are not copied.
public indirect enum ClinicChange: Sendable, Equatable {
  case upsertPatient(PatientChange)
  /// The contacts of a patient become exactly these.
  case replaceContacts(ContactsChange)
  case upsertCoverage(CoverageChange)
  case upsertEncounter(EncounterChange)
  case upsertAppointment(AppointmentChange)
  case mergePatients(PatientMerge)
  case upsertObservation(ObservationChange)
  case upsertDocument(DocumentChange)
  case upsertAccount(AccountChange)
  case upsertCharge(ChargeChange)
  case upsertPayment(PaymentChange)
  case upsertCondition(ConditionChange)
  case upsertProcedure(ProcedureChange)
  case upsertAllergy(AllergyChange)
  case linkPatients(PatientLink)
  case upsertMovement(MovementChange)
  case upsertSlot(SlotChange)
}

/// An identifier of a record that is yet to be found.
public struct IdentifierValue: Sendable, Hashable {
  /// A URI.
  public var system: String
  public var value: String
  /// HL7 v2-0203: `MR`, `NI`, `VN`, `PLAC`, `FILL`…
  public var type: Code?
  public var period: DayPeriod?

  public init(system: String, value: String, type: Code? = nil, period: DayPeriod? = nil) {
    self.system = system
    self.value = value
    self.type = type
    self.period = period
  }

  /// Names the same thing: type and period say nothing about who it is.
  public func matches(_ other: IdentifierValue) -> Bool { system == other.system && value == other.value }

  /// The row of it for a record that has been found or made.
  public func record(ownerType: OwnerType, ownerID: String) -> IdentifierRecord {
    var record = IdentifierRecord(ownerType: ownerType, ownerID: ownerID, system: system, value: value)
    record.type = type
    record.period = period
    return record
  }
}

/// Which patient is meant.
public struct PatientKey: Sendable, Hashable {
  /// In order of trust; never empty. The first that some patient holds decides.
  public var identifiers: [IdentifierValue]

  public init(identifiers: [IdentifierValue]) { self.identifiers = identifiers }
}

/// Which practitioner is meant: by our id from the partner's code map, else the first identifier that one holds, else
/// the only one of that name; otherwise a new one.
public struct PractitionerReference: Sendable, Hashable {
  /// Set by the code map `practitioner`.
  public var recordID: String?
  public var identifiers: [IdentifierValue]
  public var family: String?
  public var given: [String]
  public var prefix: String?

  public init(
    recordID: String? = nil, identifiers: [IdentifierValue] = [], family: String? = nil, given: [String] = [],
    prefix: String? = nil
  ) {
    self.recordID = recordID
    self.identifiers = identifiers
    self.family = family
    self.given = given
    self.prefix = prefix
  }
}

/// Which place is meant: by our id from the partner's code map, else by its identifier, else by the names on the way
/// to it; what is missing of the way is made.
public struct LocationReference: Sendable, Hashable {
  /// One step: a place by its name within the one before.
  public struct Step: Sendable, Hashable {
    public var kind: LocationKind
    public var name: String

    public init(_ kind: LocationKind, _ name: String) {
      self.kind = kind
      self.name = name
    }
  }

  /// Set by the code map `location`.
  public var recordID: String?
  public var identifier: IdentifierValue?
  /// Site, department, room, bed, as far as they were sent, the outermost first.
  public var path: [Step]

  public init(recordID: String? = nil, identifier: IdentifierValue? = nil, path: [Step] = []) {
    self.recordID = recordID
    self.identifier = identifier
    self.path = path
  }
}

/// Which payer is meant: by our id from the partner's code map, else the first identifier that one holds, else the
/// one of that name; otherwise a new one.
public struct PayerReference: Sendable, Equatable {
  /// Set by the code map `payer`.
  public var recordID: String?
  public var identifiers: [IdentifierValue]
  public var name: String?
  public var phone: String?
  /// Empty where none was sent.
  public var address: AddressRecord

  public init(
    recordID: String? = nil, identifiers: [IdentifierValue] = [], name: String? = nil, phone: String? = nil,
    address: AddressRecord = AddressRecord()
  ) {
    self.recordID = recordID
    self.identifiers = identifiers
    self.name = name
    self.phone = phone
    self.address = address
  }
}
