public import ClinicModel

/// What a message says about a patient's insurance. The coverage meant is that patient's with the same payer and
/// member number, or the same payer where either has none; otherwise a new one.
public struct CoverageChange: Sendable, Equatable {
  public var patient: PatientKey
  public var payer: PayerReference
  public var memberNumber: FieldChange<String> = .leave
  public var type: FieldChange<Code> = .leave
  public var plan: FieldChange<String> = .leave
  public var group: FieldChange<String> = .leave
  /// Of the patient to the holder of the policy (FHIR subscriber-relationship).
  public var relationship: FieldChange<Code> = .leave
  /// 1 pays first.
  public var rank: FieldChange<Int> = .leave
  public var from: FieldChange<CalendarDate> = .leave
  public var to: FieldChange<CalendarDate> = .leave
  public var status: FieldChange<CoverageStatus> = .fill(.active)

  public init(patient: PatientKey, payer: PayerReference) {
    self.patient = patient
    self.payer = payer
  }
}

/// How to find the encounter that a message is about.
public enum EncounterMatch: Sendable, Equatable {
  /// PV1-19.
  case visitNumber(IdentifierValue)
  /// PID-18, where no visit number was sent: the encounter that holds this number and began then, or the one that
  /// holds it where no time is given.
  case account(IdentifierValue, startedAt: Instant?)
  /// The patient's encounter that began at that moment.
  case start(Instant)
}

/// What a message says about a visit or stay.
public struct EncounterChange: Sendable, Equatable {
  public var patient: PatientKey
  public var match: EncounterMatch
  /// Where no encounter matches: false makes one, true is condition 204 (unknown key identifier) at PV1-19.
  public var mustExist: Bool
  /// Numbers to keep with the encounter.
  public var identifiers: [IdentifierValue] = []
  public var status: FieldChange<EncounterStatus>
  public var encounterClass: FieldChange<EncounterClass> = .fill(.ambulatory)
  public var type: FieldChange<Code> = .leave
  /// Who is responsible for it.
  public var practitioner: FieldChange<PractitionerReference> = .leave
  public var referrer: FieldChange<PractitionerReference> = .leave
  public var consultant: FieldChange<PractitionerReference> = .leave
  public var admitter: FieldChange<PractitionerReference> = .leave
  public var location: FieldChange<LocationReference> = .leave
  public var startedAt: FieldChange<Instant> = .leave
  public var endedAt: FieldChange<Instant> = .leave
  public var reason: FieldChange<Code> = .leave
  public var disposition: FieldChange<Code> = .leave

  public init(
    patient: PatientKey, match: EncounterMatch, mustExist: Bool = false, status: FieldChange<EncounterStatus>
  ) {
    self.patient = patient
    self.match = match
    self.mustExist = mustExist
    self.status = status
  }
}

/// What a message says about an appointment.
public struct AppointmentChange: Sendable, Equatable {
  /// Somebody or some place beside the patient, first practitioner and first location.
  public struct Participant: Sendable, Equatable {
    /// Who or where.
    public enum Actor: Sendable, Equatable {
      case practitioner(PractitionerReference)
      case location(LocationReference)
    }

    public var actor: Actor
    public var role: Code?

    public init(_ actor: Actor, role: Code? = nil) {
      self.actor = actor
      self.role = role
    }
  }

  /// Placer number (type `PLAC`), then filler number (`FILL`); never empty. The first that an appointment holds
  /// decides; all are kept with it.
  public var identifiers: [IdentifierValue]
  /// Where no appointment matches: false makes one, true is condition 204 (unknown key identifier) at SCH-1.
  public var mustExist: Bool
  /// Nil where the message names no patient: the appointment keeps its own.
  public var patient: PatientKey?
  public var status: FieldChange<AppointmentStatus>
  public var startAt: FieldChange<Instant> = .leave
  public var endAt: FieldChange<Instant> = .leave
  public var practitioner: FieldChange<PractitionerReference> = .leave
  public var location: FieldChange<LocationReference> = .leave
  public var service: FieldChange<Code> = .leave
  public var reason: FieldChange<Code> = .leave
  public var cancelReason: FieldChange<Code> = .leave
  public var createdAt: FieldChange<Instant> = .leave
  /// A set replaces those of practitioners and locations.
  public var participants: FieldChange<[Participant]> = .leave

  public init(
    identifiers: [IdentifierValue], mustExist: Bool = false, patient: PatientKey? = nil,
    status: FieldChange<AppointmentStatus>
  ) {
    self.identifiers = identifiers
    self.mustExist = mustExist
    self.patient = patient
    self.status = status
  }
}
