public import ClinicModel

/// Two records of patients who are said to be one person, or no longer (A24, A37). Both stay as they are.
///
/// One that is not known is condition 204 (unknown key identifier) at its PID-3.
public struct PatientLink: Sendable, Equatable {
  public var first: PatientKey
  public var second: PatientKey
  /// False takes the link away.
  public var isLinked: Bool

  public init(first: PatientKey, second: PatientKey, isLinked: Bool) {
    self.first = first
    self.second = second
    self.isLinked = isLinked
  }
}

/// A movement of a stay (ZBE): who moved when to which place, beside what the encounter shows now.
public struct MovementChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  /// Condition 204 at PV1-19 where no encounter holds one of its numbers, unless the message itself makes it.
  public var encounter: EncounterReference
  /// ZBE-1.
  public var number: String
  /// `A02`; of the event that first told it where ZBE-6 says so.
  public var event: String
  /// ZBE-4 `CANCEL`.
  public var isCancelled: Bool
  public var startedAt: FieldChange<Instant> = .leave
  public var endedAt: FieldChange<Instant> = .leave
  public var location: FieldChange<LocationReference> = .leave
  /// ZBE-7: the unit that is responsible from then on.
  public var unit: FieldChange<String> = .leave

  public init(
    key: FactKey, patient: PatientKey, encounter: EncounterReference, number: String, event: String, isCancelled: Bool
  ) {
    self.key = key
    self.patient = patient
    self.encounter = encounter
    self.number = number
    self.event = event
    self.isCancelled = isCancelled
  }
}

/// A stretch of time in which somebody or some place cannot be booked, or can be again (S23, S24).
public struct SlotChange: Sendable, Equatable {
  public var key: FactKey
  public var actor: AppointmentChange.Participant.Actor
  public var startAt: Instant
  public var endAt: Instant
  public var status: SlotStatus
  /// A stretch that was never blocked is condition 204 (unknown key identifier) at SCH-1.
  public var mustExist: Bool

  public init(
    key: FactKey, actor: AppointmentChange.Participant.Actor, startAt: Instant, endAt: Instant, status: SlotStatus,
    mustExist: Bool
  ) {
    self.key = key
    self.actor = actor
    self.startAt = startAt
    self.endAt = endAt
    self.status = status
    self.mustExist = mustExist
  }
}
