// Closed vocabularies of what was found and done. Raw values are what the columns hold; the migrations check them.

/// FHIR ObservationStatus.
public enum ObservationStatus: String, Sendable, CaseIterable {
  case registered, preliminary, final, amended, corrected, cancelled, unknown
  case enteredInError = "entered-in-error"

  /// A result that has been released: something less sure that comes later does not take its place.
  public var isReleased: Bool {
    switch self {
    case .final, .amended, .corrected: true
    case .registered, .preliminary, .cancelled, .unknown, .enteredInError: false
    }
  }

  /// A result that is not released yet.
  public var isPending: Bool { self == .registered || self == .preliminary }
}

/// FHIR DocumentReferenceStatus.
public enum DocumentStatus: String, Sendable, CaseIterable {
  case current, superseded
  case enteredInError = "entered-in-error"
}

/// FHIR CompositionStatus: how far the document itself is.
public enum DocumentStage: String, Sendable, CaseIterable {
  case preliminary, final, amended
}

/// FHIR ConditionClinicalStatusCodes, and what takes a condition back.
public enum ConditionStatus: String, Sendable, CaseIterable {
  case active, recurrence, relapse, inactive, remission, resolved
  case enteredInError = "entered-in-error"
}

/// FHIR ConditionVerificationStatus, what takes a condition back aside.
public enum ConditionVerification: String, Sendable, CaseIterable {
  case unconfirmed, provisional, differential, confirmed, refuted
}

/// FHIR EventStatus.
public enum ProcedureStatus: String, Sendable, CaseIterable {
  case preparation, stopped, completed, unknown
  case inProgress = "in-progress"
  case notDone = "not-done"
  case onHold = "on-hold"
  case enteredInError = "entered-in-error"
}

/// FHIR AllergyIntoleranceClinicalStatusCodes, and what takes an allergy back.
public enum AllergyStatus: String, Sendable, CaseIterable {
  case active, inactive, resolved
  case enteredInError = "entered-in-error"
}

/// FHIR AllergyIntoleranceCategory.
public enum AllergyCategory: String, Sendable, CaseIterable {
  case food, medication, environment, biologic
}

/// FHIR AllergyIntoleranceSeverity.
public enum AllergySeverity: String, Sendable, CaseIterable {
  case mild, moderate, severe
}

/// FHIR SlotStatus.
public enum SlotStatus: String, Sendable, CaseIterable {
  case busy, free
  case busyUnavailable = "busy-unavailable"
  case busyTentative = "busy-tentative"
  case enteredInError = "entered-in-error"
}

/// What an observation is.
public enum ObservationKind: String, Sendable, CaseIterable {
  /// One finding (FHIR Observation).
  case result
  /// What holds the findings of one order together (FHIR DiagnosticReport).
  case report
}
