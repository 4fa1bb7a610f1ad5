// Segments about a visit. HL7 chapter 3; ZBE from IHE ITI, Patient Administration Management.

extension HL7 {
  /// Patient visit.
  public struct PV1: HL7SegmentFace {
    public static let name = "PV1"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// PV1-1.
    public var setID: String? { text(1) }
    /// PV1-2.
    public var patientClass: String? { text(2) }
    /// PV1-3.
    public var assignedPatientLocation: PL { PL(part(3)) }
    /// PV1-4.
    public var admissionType: String? { text(4) }
    /// PV1-5.
    public var preadmitNumber: CX { CX(part(5)) }
    /// PV1-6.
    public var priorPatientLocation: PL { PL(part(6)) }
    /// PV1-7.
    public var attendingDoctor: HL7Repeats<XCN> { repeats(7) }
    /// PV1-8.
    public var referringDoctor: HL7Repeats<XCN> { repeats(8) }
    /// PV1-9.
    public var consultingDoctor: HL7Repeats<XCN> { repeats(9) }
    /// PV1-10.
    public var hospitalService: String? { text(10) }
    /// PV1-11.
    public var temporaryLocation: PL { PL(part(11)) }
    /// PV1-12.
    public var preadmitTestIndicator: String? { text(12) }
    /// PV1-13.
    public var reAdmissionIndicator: String? { text(13) }
    /// PV1-14.
    public var admitSource: String? { text(14) }
    /// PV1-15.
    public var ambulatoryStatus: HL7Repeats<ST> { repeats(15) }
    /// PV1-16.
    public var vipIndicator: String? { text(16) }
    /// PV1-17.
    public var admittingDoctor: HL7Repeats<XCN> { repeats(17) }
    /// PV1-18.
    public var patientType: String? { text(18) }
    /// PV1-19.
    public var visitNumber: CX { CX(part(19)) }
    /// PV1-20.
    public var financialClass: HL7Repeats<FC> { repeats(20) }
    /// PV1-21.
    public var chargePriceIndicator: String? { text(21) }
    /// PV1-22.
    public var courtesyCode: String? { text(22) }
    /// PV1-23.
    public var creditRating: String? { text(23) }
    /// PV1-24.
    public var contractCode: HL7Repeats<ST> { repeats(24) }
    /// PV1-25.
    public var contractEffectiveDate: HL7Repeats<DTM> { repeats(25) }
    /// PV1-26.
    public var contractAmount: HL7Repeats<ST> { repeats(26) }
    /// PV1-27.
    public var contractPeriod: HL7Repeats<ST> { repeats(27) }
    /// PV1-28.
    public var interestCode: String? { text(28) }
    /// PV1-29.
    public var transferToBadDebtCode: String? { text(29) }
    /// PV1-30.
    public var transferToBadDebtDate: DTM { DTM(part(30)) }
    /// PV1-31.
    public var badDebtAgencyCode: String? { text(31) }
    /// PV1-32.
    public var badDebtTransferAmount: String? { text(32) }
    /// PV1-33.
    public var badDebtRecoveryAmount: String? { text(33) }
    /// PV1-34.
    public var deleteAccountIndicator: String? { text(34) }
    /// PV1-35.
    public var deleteAccountDate: DTM { DTM(part(35)) }
    /// PV1-36.
    public var dischargeDisposition: String? { text(36) }
    /// PV1-37.
    public var dischargedToLocation: DLD { DLD(part(37)) }
    /// PV1-38.
    public var dietType: CWE { CWE(part(38)) }
    /// PV1-39.
    public var servicingFacility: String? { text(39) }
    /// PV1-40.
    public var bedStatus: String? { text(40) }
    /// PV1-41.
    public var accountStatus: String? { text(41) }
    /// PV1-42.
    public var pendingLocation: PL { PL(part(42)) }
    /// PV1-43.
    public var priorTemporaryLocation: PL { PL(part(43)) }
    /// PV1-44.
    public var admitDateTime: DTM { DTM(part(44)) }
    /// PV1-45.
    public var dischargeDateTime: HL7Repeats<DTM> { repeats(45) }
    /// PV1-46.
    public var currentPatientBalance: String? { text(46) }
    /// PV1-47.
    public var totalCharges: String? { text(47) }
    /// PV1-48.
    public var totalAdjustments: String? { text(48) }
    /// PV1-49.
    public var totalPayments: String? { text(49) }
    /// PV1-50.
    public var alternateVisitID: CX { CX(part(50)) }
    /// PV1-51.
    public var visitIndicator: String? { text(51) }
    /// PV1-52.
    public var otherHealthcareProvider: HL7Repeats<XCN> { repeats(52) }
    /// PV1-53.
    public var serviceEpisodeDescription: String? { text(53) }
    /// PV1-54.
    public var serviceEpisodeIdentifier: CX { CX(part(54)) }
  }

  /// Patient visit, additional information.
  public struct PV2: HL7SegmentFace {
    public static let name = "PV2"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// PV2-1.
    public var priorPendingLocation: PL { PL(part(1)) }
    /// PV2-2.
    public var accommodationCode: CWE { CWE(part(2)) }
    /// PV2-3.
    public var admitReason: CWE { CWE(part(3)) }
    /// PV2-4.
    public var transferReason: CWE { CWE(part(4)) }
    /// PV2-5.
    public var patientValuables: HL7Repeats<ST> { repeats(5) }
    /// PV2-6.
    public var patientValuablesLocation: String? { text(6) }
    /// PV2-7.
    public var visitUserCode: HL7Repeats<ST> { repeats(7) }
    /// PV2-8.
    public var expectedAdmitDateTime: DTM { DTM(part(8)) }
    /// PV2-9.
    public var expectedDischargeDateTime: DTM { DTM(part(9)) }
    /// PV2-10.
    public var estimatedLengthOfInpatientStay: String? { text(10) }
    /// PV2-11.
    public var actualLengthOfInpatientStay: String? { text(11) }
    /// PV2-12.
    public var visitDescription: String? { text(12) }
    /// PV2-13.
    public var referralSourceCode: HL7Repeats<XCN> { repeats(13) }
    /// PV2-14.
    public var previousServiceDate: DTM { DTM(part(14)) }
    /// PV2-15.
    public var employmentIllnessRelatedIndicator: String? { text(15) }
    /// PV2-16.
    public var purgeStatusCode: String? { text(16) }
    /// PV2-17.
    public var purgeStatusDate: DTM { DTM(part(17)) }
    /// PV2-18.
    public var specialProgramCode: String? { text(18) }
    /// PV2-19.
    public var retentionIndicator: String? { text(19) }
    /// PV2-20.
    public var expectedNumberOfInsurancePlans: String? { text(20) }
    /// PV2-21.
    public var visitPublicityCode: String? { text(21) }
    /// PV2-22.
    public var visitProtectionIndicator: String? { text(22) }
    /// PV2-23.
    public var clinicOrganizationName: HL7Repeats<XON> { repeats(23) }
    /// PV2-24.
    public var patientStatusCode: String? { text(24) }
    /// PV2-25.
    public var visitPriorityCode: String? { text(25) }
    /// PV2-26.
    public var previousTreatmentDate: DTM { DTM(part(26)) }
    /// PV2-27.
    public var expectedDischargeDisposition: String? { text(27) }
    /// PV2-28.
    public var signatureOnFileDate: DTM { DTM(part(28)) }
    /// PV2-29.
    public var firstSimilarIllnessDate: DTM { DTM(part(29)) }
    /// PV2-30.
    public var patientChargeAdjustmentCode: CWE { CWE(part(30)) }
    /// PV2-31.
    public var recurringServiceCode: String? { text(31) }
    /// PV2-32.
    public var billingMediaCode: String? { text(32) }
    /// PV2-33.
    public var expectedSurgeryDateAndTime: DTM { DTM(part(33)) }
    /// PV2-34.
    public var militaryPartnershipCode: String? { text(34) }
    /// PV2-35.
    public var militaryNonAvailabilityCode: String? { text(35) }
    /// PV2-36.
    public var newbornBabyIndicator: String? { text(36) }
    /// PV2-37.
    public var babyDetainedIndicator: String? { text(37) }
    /// PV2-38.
    public var modeOfArrivalCode: CWE { CWE(part(38)) }
    /// PV2-39.
    public var recreationalDrugUseCode: HL7Repeats<CWE> { repeats(39) }
    /// PV2-40.
    public var admissionLevelOfCareCode: CWE { CWE(part(40)) }
    /// PV2-41.
    public var precautionCode: HL7Repeats<CWE> { repeats(41) }
    /// PV2-42.
    public var patientConditionCode: CWE { CWE(part(42)) }
    /// PV2-43.
    public var livingWillCode: String? { text(43) }
    /// PV2-44.
    public var organDonorCode: String? { text(44) }
    /// PV2-45.
    public var advanceDirectiveCode: HL7Repeats<CWE> { repeats(45) }
    /// PV2-46.
    public var patientStatusEffectiveDate: DTM { DTM(part(46)) }
    /// PV2-47.
    public var expectedLOAReturnDateTime: DTM { DTM(part(47)) }
    /// PV2-48.
    public var expectedPreAdmissionTestingDateTime: DTM { DTM(part(48)) }
    /// PV2-49.
    public var notifyClergyCode: HL7Repeats<ST> { repeats(49) }
    /// PV2-50.
    public var advanceDirectiveLastVerifiedDate: DTM { DTM(part(50)) }
  }

  /// Movement of a patient, as IHE PAM adds it.
  public struct ZBE: HL7SegmentFace {
    public static let name = "ZBE"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// ZBE-1.
    public var movementID: HL7Repeats<EI> { repeats(1) }
    /// ZBE-2.
    public var movementStartDateTime: DTM { DTM(part(2)) }
    /// ZBE-3.
    public var movementEndDateTime: DTM { DTM(part(3)) }
    /// ZBE-4.
    public var movementAction: String? { text(4) }
    /// ZBE-5.
    public var historicalMovementIndicator: String? { text(5) }
    /// ZBE-6.
    public var originalTriggerEventCode: String? { text(6) }
    /// ZBE-7.
    public var responsibleWard: XON { XON(part(7)) }
    /// ZBE-8.
    public var responsibleNursingWard: XON { XON(part(8)) }
    /// ZBE-9.
    public var movementNature: CWE { CWE(part(9)) }
  }
}
