public import ClinicModel

/// What DG1 says about a diagnosis.
public struct ConditionChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  public var encounter: EncounterReference?
  public var code: Code
  /// What the clinic says of a diagnosis that it knows stays, unless the sender takes it back or adds it anew.
  public var status: FieldChange<ConditionStatus> = .fill(.active)
  public var verification: FieldChange<ConditionVerification> = .leave
  /// Table 0052: A, W, F.
  public var use: FieldChange<Code> = .leave
  /// 1 is the principal diagnosis.
  public var rank: FieldChange<Int> = .leave
  public var recordedAt: FieldChange<Instant> = .leave
  public var practitioner: FieldChange<PractitionerReference> = .leave

  public init(key: FactKey, patient: PatientKey, code: Code) {
    self.key = key
    self.patient = patient
    self.code = code
  }
}

/// What PR1 says about a procedure.
public struct ProcedureChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  public var encounter: EncounterReference?
  public var code: Code
  public var status: FieldChange<ProcedureStatus> = .fill(.completed)
  public var performedAt: FieldChange<Instant> = .leave
  public var practitioner: FieldChange<PractitionerReference> = .leave

  public init(key: FactKey, patient: PatientKey, code: Code) {
    self.key = key
    self.patient = patient
    self.code = code
  }
}

/// What AL1 or IAM says about an allergy.
public struct AllergyChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  public var code: Code
  /// What the clinic says of an allergy that it knows stays, unless the sender says what became of it.
  public var status: FieldChange<AllergyStatus> = .fill(.active)
  public var category: FieldChange<AllergyCategory> = .leave
  public var severity: FieldChange<AllergySeverity> = .leave
  public var reaction: FieldChange<String> = .leave
  public var recordedOn: FieldChange<CalendarDate> = .leave

  public init(key: FactKey, patient: PatientKey, code: Code) {
    self.key = key
    self.patient = patient
    self.code = code
  }
}
