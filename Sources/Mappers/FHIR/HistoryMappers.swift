public import ClinicModel
public import FHIRModels

/// ConditionRecord → Condition.
public enum ConditionMapper {
  public static func resource(_ record: ConditionRecord, _ context: FHIRMappingContext) -> Condition {
    var condition = Condition()
    condition.id = record.id
    condition.meta = Meta(record.row)
    let isTakenBack = record.status == .enteredInError
    // con-5: what was entered in error has no clinical status.
    if !isTakenBack {
      condition.clinicalStatus = CodeableConcept(CodeSystemURI.conditionClinical, record.status.rawValue)
    }
    if let word = isTakenBack ? "entered-in-error" : record.verification?.rawValue {
      condition.verificationStatus = CodeableConcept(CodeSystemURI.conditionVerification, word)
    }
    if record.encounterID != nil {
      condition.category = [
        CodeableConcept(CodeSystemURI.conditionCategory, "encounter-diagnosis", "Encounter Diagnosis")
      ]
    }
    condition.code = CodeableConcept(record.code)
    condition.bodySite = [CodeableConcept(record.bodySite)].compactMap { $0 }
    condition.subject = Reference("Patient", record.patientID)
    condition.encounter = Reference("Encounter", record.encounterID)
    condition.onset = record.onsetOn.flatMap { FHIRDateTime($0.description) }.map { .dateTime($0) }
    condition.abatement = record.abatedOn.flatMap { FHIRDateTime($0.description) }.map { .dateTime($0) }
    condition.recordedDate = record.recordedAt.map(context.dateTime)
    condition.asserter = Reference("Practitioner", record.practitionerID)
    return condition
  }
}

/// ProcedureRecord → Procedure.
public enum ProcedureMapper {
  public static func resource(_ record: ProcedureRecord, _ context: FHIRMappingContext) -> Procedure {
    var procedure = Procedure()
    procedure.id = record.id
    procedure.meta = Meta(record.row)
    procedure.status = EventStatus(rawValue: record.status.rawValue)
    procedure.code = CodeableConcept(record.code)
    procedure.subject = Reference("Patient", record.patientID)
    procedure.encounter = Reference("Encounter", record.encounterID)
    procedure.performed = record.performedAt.map { .dateTime(context.dateTime($0)) }
    if let practitioner = Reference("Practitioner", record.practitionerID) {
      procedure.performer = [Procedure.Performer { $0.actor = practitioner }]
    }
    procedure.bodySite = [CodeableConcept(record.bodySite)].compactMap { $0 }
    return procedure
  }
}

/// AllergyRecord → AllergyIntolerance.
public enum AllergyIntoleranceMapper {
  public static func resource(_ record: AllergyRecord, _ context: FHIRMappingContext) -> AllergyIntolerance {
    var allergy = AllergyIntolerance()
    allergy.id = record.id
    allergy.meta = Meta(record.row)
    let isTakenBack = record.status == .enteredInError
    // ait-2: what was entered in error has no clinical status.
    if !isTakenBack {
      allergy.clinicalStatus = CodeableConcept(CodeSystemURI.allergyClinical, record.status.rawValue)
    }
    allergy.verificationStatus = CodeableConcept(
      CodeSystemURI.allergyVerification, isTakenBack ? "entered-in-error" : "unconfirmed")
    allergy.category = [record.category.map { AllergyIntoleranceCategory(rawValue: $0.rawValue) }].compactMap { $0 }
    allergy.code = CodeableConcept(record.code)
    allergy.patient = Reference("Patient", record.patientID)
    allergy.encounter = Reference("Encounter", record.encounterID)
    allergy.recordedDate = record.recordedOn.flatMap { FHIRDateTime($0.description) }
    allergy.recorder = Reference("Practitioner", record.practitionerID)
    if record.reaction != nil || record.severity != nil {
      allergy.reaction = [
        AllergyIntolerance.Reaction {
          $0.manifestation = [CodeableConcept(text: record.reaction ?? "unknown")]
          $0.severity = record.severity.map { AllergyIntoleranceSeverity(rawValue: $0.rawValue) }
        }
      ]
    }
    return allergy
  }
}
