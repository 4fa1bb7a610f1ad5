// Segments about allergies, diagnoses and observations. HL7 chapters 3, 6 and 7.

extension HL7 {
  /// Patient allergy.
  public struct AL1: HL7SegmentFace {
    public static let name = "AL1"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// AL1-1.
    public var setID: String? { text(1) }
    /// AL1-2.
    public var allergenTypeCode: CWE { CWE(part(2)) }
    /// AL1-3.
    public var allergenCode: CWE { CWE(part(3)) }
    /// AL1-4.
    public var allergySeverityCode: CWE { CWE(part(4)) }
    /// AL1-5.
    public var allergyReactionCode: HL7Repeats<ST> { repeats(5) }
    /// AL1-6.
    public var identificationDate: DTM { DTM(part(6)) }
  }

  /// Diagnosis.
  public struct DG1: HL7SegmentFace {
    public static let name = "DG1"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// DG1-1.
    public var setID: String? { text(1) }
    /// DG1-2.
    public var diagnosisCodingMethod: String? { text(2) }
    /// DG1-3.
    public var diagnosisCode: CWE { CWE(part(3)) }
    /// DG1-4.
    public var diagnosisDescription: String? { text(4) }
    /// DG1-5.
    public var diagnosisDateTime: DTM { DTM(part(5)) }
    /// DG1-6.
    public var diagnosisType: String? { text(6) }
    /// DG1-7.
    public var majorDiagnosticCategory: CWE { CWE(part(7)) }
    /// DG1-8.
    public var diagnosticRelatedGroup: CWE { CWE(part(8)) }
    /// DG1-9.
    public var drgApprovalIndicator: String? { text(9) }
    /// DG1-10.
    public var drgGrouperReviewCode: String? { text(10) }
    /// DG1-11.
    public var outlierType: CWE { CWE(part(11)) }
    /// DG1-12.
    public var outlierDays: String? { text(12) }
    /// DG1-13.
    public var outlierCost: CP { CP(part(13)) }
    /// DG1-14.
    public var grouperVersionAndType: String? { text(14) }
    /// DG1-15.
    public var diagnosisPriority: String? { text(15) }
    /// DG1-16.
    public var diagnosingClinician: HL7Repeats<XCN> { repeats(16) }
    /// DG1-17.
    public var diagnosisClassification: String? { text(17) }
    /// DG1-18.
    public var confidentialIndicator: String? { text(18) }
    /// DG1-19.
    public var attestationDateTime: DTM { DTM(part(19)) }
    /// DG1-20.
    public var diagnosisIdentifier: EI { EI(part(20)) }
    /// DG1-21.
    public var diagnosisActionCode: String? { text(21) }
    /// DG1-22.
    public var parentDiagnosis: EI { EI(part(22)) }
    /// DG1-23.
    public var drgCCLValueCode: CWE { CWE(part(23)) }
    /// DG1-24.
    public var drgGroupingUsage: String? { text(24) }
    /// DG1-25.
    public var drgDiagnosisDeterminationStatus: String? { text(25) }
    /// DG1-26.
    public var presentOnAdmissionIndicator: String? { text(26) }
  }

  /// Observation or result.
  public struct OBX: HL7SegmentFace {
    public static let name = "OBX"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// OBX-1.
    public var setID: String? { text(1) }
    /// OBX-2.
    public var valueType: String? { text(2) }
    /// OBX-3.
    public var observationIdentifier: CWE { CWE(part(3)) }
    /// OBX-4.
    public var observationSubID: String? { text(4) }
    /// OBX-5. Read it by the type that OBX-2 names.
    public var observationValue: HL7Repeats<HL7Element> { repeats(5) }
    /// OBX-6.
    public var units: CWE { CWE(part(6)) }
    /// OBX-7.
    public var referencesRange: String? { text(7) }
    /// OBX-8.
    public var abnormalFlags: HL7Repeats<ST> { repeats(8) }
    /// OBX-9.
    public var probability: String? { text(9) }
    /// OBX-10.
    public var natureOfAbnormalTest: HL7Repeats<ST> { repeats(10) }
    /// OBX-11.
    public var observationResultStatus: String? { text(11) }
    /// OBX-12.
    public var effectiveDateOfReferenceRangeValues: DTM { DTM(part(12)) }
    /// OBX-13.
    public var userDefinedAccessChecks: String? { text(13) }
    /// OBX-14.
    public var dateTimeOfTheObservation: DTM { DTM(part(14)) }
    /// OBX-15.
    public var producersReference: CWE { CWE(part(15)) }
    /// OBX-16.
    public var responsibleObserver: HL7Repeats<XCN> { repeats(16) }
    /// OBX-17.
    public var observationMethod: HL7Repeats<CWE> { repeats(17) }
    /// OBX-18.
    public var equipmentInstanceIdentifier: HL7Repeats<EI> { repeats(18) }
    /// OBX-19.
    public var dateTimeOfTheAnalysis: DTM { DTM(part(19)) }
    /// OBX-23.
    public var performingOrganizationName: HL7Repeats<XON> { repeats(23) }
    /// OBX-24.
    public var performingOrganizationAddress: HL7Repeats<XAD> { repeats(24) }
    /// OBX-25.
    public var performingOrganizationMedicalDirector: HL7Repeats<XCN> { repeats(25) }
    /// OBX-26.
    public var patientResultsReleaseCategory: HL7Repeats<ST> { repeats(26) }
    /// OBX-27.
    public var rootCause: CWE { CWE(part(27)) }
    /// OBX-28.
    public var localProcessControl: HL7Repeats<CWE> { repeats(28) }
    /// OBX-29.
    public var observationType: String? { text(29) }
    /// OBX-30.
    public var observationSubType: String? { text(30) }
  }
}
