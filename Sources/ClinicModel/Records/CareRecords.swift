/// An appointment (FHIR Appointment).
public struct AppointmentRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var status: AppointmentStatus
  public var startAt: Instant?
  public var endAt: Instant?
  public var patientID: String?
  public var practitionerID: String?
  public var locationID: String?
  public var service: Code?
  public var reason: Code?
  public var cancelReason: Code?
  public var description: String?
  public var createdAt: Instant?
  /// Beyond the patient, practitioner and location above.
  public var participants: [AppointmentParticipantRecord] = []
  /// Placer and filler numbers.
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, status: AppointmentStatus) {
    self.row = row
    self.status = status
  }
}

/// Somebody or some place that takes part in an appointment.
public struct AppointmentParticipantRecord: Sendable, Equatable {
  public var actorType: ParticipantType
  public var actorID: String
  public var role: Code?
  public var required: Bool = true
  public var status: ParticipationStatus = .accepted

  public init(actorType: ParticipantType, actorID: String) {
    self.actorType = actorType
    self.actorID = actorID
  }
}

/// A session, visit or stay (FHIR Encounter).
public struct EncounterRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var status: EncounterStatus
  public var encounterClass: EncounterClass
  public var patientID: String
  public var appointmentID: String?
  /// Who is responsible for it.
  public var practitionerID: String?
  public var referrerID: String?
  public var consultantID: String?
  public var admitterID: String?
  public var locationID: String?
  public var type: Code?
  public var reason: Code?
  public var disposition: Code?
  public var startedAt: Instant?
  public var endedAt: Instant?
  public var accountID: String?
  /// Where the patient was during it, in order; empty where only the present place is known.
  public var movements: [EncounterMovementRecord] = []
  /// The visit number.
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, status: EncounterStatus, encounterClass: EncounterClass, patientID: String) {
    self.row = row
    self.status = status
    self.encounterClass = encounterClass
    self.patientID = patientID
  }
}

/// A place in which the patient was during an encounter.
public struct EncounterMovementRecord: Sendable, Equatable {
  public var locationID: String
  public var startedAt: Instant?
  public var endedAt: Instant?

  public init(locationID: String, startedAt: Instant? = nil, endedAt: Instant? = nil) {
    self.locationID = locationID
    self.startedAt = startedAt
    self.endedAt = endedAt
  }
}

/// What a patient owes over a course of care (FHIR Account).
public struct AccountRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var patientID: String
  public var status: AccountStatus
  public var name: String?
  public var period: DayPeriod?
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, patientID: String, status: AccountStatus) {
    self.row = row
    self.patientID = patientID
    self.status = status
  }
}
