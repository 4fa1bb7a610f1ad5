// Segments about insurance. HL7 chapter 6.

extension HL7 {
  /// Insurance.
  public struct IN1: HL7SegmentFace {
    public static let name = "IN1"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// IN1-1.
    public var setID: String? { text(1) }
    /// IN1-2.
    public var insurancePlanID: CWE { CWE(part(2)) }
    /// IN1-3.
    public var insuranceCompanyID: HL7Repeats<CX> { repeats(3) }
    /// IN1-4.
    public var insuranceCompanyName: HL7Repeats<XON> { repeats(4) }
    /// IN1-5.
    public var insuranceCompanyAddress: HL7Repeats<XAD> { repeats(5) }
    /// IN1-6.
    public var insuranceCoContactPerson: HL7Repeats<XPN> { repeats(6) }
    /// IN1-7.
    public var insuranceCoPhoneNumber: HL7Repeats<XTN> { repeats(7) }
    /// IN1-8.
    public var groupNumber: String? { text(8) }
    /// IN1-9.
    public var groupName: HL7Repeats<XON> { repeats(9) }
    /// IN1-10.
    public var insuredsGroupEmpID: HL7Repeats<CX> { repeats(10) }
    /// IN1-11.
    public var insuredsGroupEmpName: HL7Repeats<XON> { repeats(11) }
    /// IN1-12.
    public var planEffectiveDate: DTM { DTM(part(12)) }
    /// IN1-13.
    public var planExpirationDate: DTM { DTM(part(13)) }
    /// IN1-14.
    public var authorizationInformation: AUI { AUI(part(14)) }
    /// IN1-15.
    public var planType: String? { text(15) }
    /// IN1-16.
    public var nameOfInsured: HL7Repeats<XPN> { repeats(16) }
    /// IN1-17.
    public var insuredsRelationshipToPatient: CWE { CWE(part(17)) }
    /// IN1-18.
    public var insuredsDateOfBirth: DTM { DTM(part(18)) }
    /// IN1-19.
    public var insuredsAddress: HL7Repeats<XAD> { repeats(19) }
    /// IN1-20.
    public var assignmentOfBenefits: String? { text(20) }
    /// IN1-21.
    public var coordinationOfBenefits: String? { text(21) }
    /// IN1-22.
    public var coordinationOfBenefitsPriority: String? { text(22) }
    /// IN1-23.
    public var noticeOfAdmissionFlag: String? { text(23) }
    /// IN1-24.
    public var noticeOfAdmissionDate: DTM { DTM(part(24)) }
    /// IN1-25.
    public var reportOfEligibilityFlag: String? { text(25) }
    /// IN1-26.
    public var reportOfEligibilityDate: DTM { DTM(part(26)) }
    /// IN1-27.
    public var releaseInformationCode: String? { text(27) }
    /// IN1-28.
    public var preAdmitCert: String? { text(28) }
    /// IN1-29.
    public var verificationDateTime: DTM { DTM(part(29)) }
    /// IN1-30.
    public var verificationBy: HL7Repeats<XCN> { repeats(30) }
    /// IN1-31.
    public var typeOfAgreementCode: String? { text(31) }
    /// IN1-32.
    public var billingStatus: String? { text(32) }
    /// IN1-33.
    public var lifetimeReserveDays: String? { text(33) }
    /// IN1-34.
    public var delayBeforeLifetimeReserveDay: String? { text(34) }
    /// IN1-35.
    public var companyPlanCode: String? { text(35) }
    /// IN1-36.
    public var policyNumber: String? { text(36) }
    /// IN1-37.
    public var policyDeductible: CP { CP(part(37)) }
    /// IN1-38.
    public var policyLimitAmount: CP { CP(part(38)) }
    /// IN1-39.
    public var policyLimitDays: String? { text(39) }
    /// IN1-40.
    public var roomRateSemiPrivate: CP { CP(part(40)) }
    /// IN1-41.
    public var roomRatePrivate: CP { CP(part(41)) }
    /// IN1-42.
    public var insuredsEmploymentStatus: CWE { CWE(part(42)) }
    /// IN1-43.
    public var insuredsAdministrativeSex: String? { text(43) }
    /// IN1-44.
    public var insuredsEmployersAddress: HL7Repeats<XAD> { repeats(44) }
    /// IN1-45.
    public var verificationStatus: String? { text(45) }
    /// IN1-46.
    public var priorInsurancePlanID: String? { text(46) }
    /// IN1-47.
    public var coverageType: String? { text(47) }
    /// IN1-48.
    public var handicap: String? { text(48) }
    /// IN1-49.
    public var insuredsIDNumber: HL7Repeats<CX> { repeats(49) }
    /// IN1-50.
    public var signatureCode: String? { text(50) }
    /// IN1-51.
    public var signatureCodeDate: DTM { DTM(part(51)) }
    /// IN1-52.
    public var insuredsBirthPlace: String? { text(52) }
    /// IN1-53.
    public var vipIndicator: String? { text(53) }
    /// IN1-54.
    public var externalHealthPlanIdentifiers: HL7Repeats<CX> { repeats(54) }
    /// IN1-55.
    public var insuranceActionCode: String? { text(55) }
  }

  /// Insurance, additional information.
  public struct IN2: HL7SegmentFace {
    public static let name = "IN2"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// IN2-1.
    public var insuredsEmployeeID: HL7Repeats<CX> { repeats(1) }
    /// IN2-2.
    public var insuredsSocialSecurityNumber: String? { text(2) }
    /// IN2-3.
    public var insuredsEmployersNameAndID: HL7Repeats<XCN> { repeats(3) }
    /// IN2-4.
    public var employerInformationData: String? { text(4) }
    /// IN2-5.
    public var mailClaimParty: HL7Repeats<ST> { repeats(5) }
    /// IN2-6.
    public var medicareHealthInsCardNumber: String? { text(6) }
    /// IN2-7.
    public var medicaidCaseName: HL7Repeats<XPN> { repeats(7) }
    /// IN2-8.
    public var medicaidCaseNumber: String? { text(8) }
    /// IN2-9.
    public var militarySponsorName: HL7Repeats<XPN> { repeats(9) }
    /// IN2-10.
    public var militaryIDNumber: String? { text(10) }
    /// IN2-11.
    public var dependentOfMilitaryRecipient: CWE { CWE(part(11)) }
    /// IN2-12.
    public var militaryOrganization: String? { text(12) }
    /// IN2-13.
    public var militaryStation: String? { text(13) }
    /// IN2-14.
    public var militaryService: String? { text(14) }
    /// IN2-15.
    public var militaryRankGrade: String? { text(15) }
    /// IN2-16.
    public var militaryStatus: String? { text(16) }
    /// IN2-17.
    public var militaryRetireDate: DTM { DTM(part(17)) }
    /// IN2-18.
    public var militaryNonAvailCertOnFile: String? { text(18) }
    /// IN2-19.
    public var babyCoverage: String? { text(19) }
    /// IN2-20.
    public var combineBabyBill: String? { text(20) }
    /// IN2-21.
    public var bloodDeductible: String? { text(21) }
    /// IN2-22.
    public var specialCoverageApprovalName: HL7Repeats<XPN> { repeats(22) }
    /// IN2-23.
    public var specialCoverageApprovalTitle: String? { text(23) }
    /// IN2-24.
    public var nonCoveredInsuranceCode: HL7Repeats<ST> { repeats(24) }
    /// IN2-25.
    public var payorID: HL7Repeats<CX> { repeats(25) }
    /// IN2-26.
    public var payorSubscriberID: HL7Repeats<CX> { repeats(26) }
    /// IN2-27.
    public var eligibilitySource: String? { text(27) }
    /// IN2-28.
    public var roomCoverageTypeAmount: HL7Repeats<RMC> { repeats(28) }
    /// IN2-29.
    public var policyTypeAmount: HL7Repeats<PTA> { repeats(29) }
    /// IN2-30.
    public var dailyDeductible: DDI { DDI(part(30)) }
    /// IN2-31.
    public var livingDependency: String? { text(31) }
    /// IN2-32.
    public var ambulatoryStatus: HL7Repeats<ST> { repeats(32) }
    /// IN2-33.
    public var citizenship: HL7Repeats<CWE> { repeats(33) }
    /// IN2-34.
    public var primaryLanguage: CWE { CWE(part(34)) }
    /// IN2-35.
    public var livingArrangement: String? { text(35) }
    /// IN2-36.
    public var publicityCode: CWE { CWE(part(36)) }
    /// IN2-37.
    public var protectionIndicator: String? { text(37) }
    /// IN2-38.
    public var studentIndicator: String? { text(38) }
    /// IN2-39.
    public var religion: CWE { CWE(part(39)) }
    /// IN2-40.
    public var mothersMaidenName: HL7Repeats<XPN> { repeats(40) }
    /// IN2-41.
    public var nationality: CWE { CWE(part(41)) }
    /// IN2-42.
    public var ethnicGroup: HL7Repeats<CWE> { repeats(42) }
    /// IN2-43.
    public var maritalStatus: HL7Repeats<CWE> { repeats(43) }
    /// IN2-44.
    public var insuredsEmploymentStartDate: DTM { DTM(part(44)) }
    /// IN2-45.
    public var employmentStopDate: DTM { DTM(part(45)) }
    /// IN2-46.
    public var jobTitle: String? { text(46) }
    /// IN2-47.
    public var jobCodeClass: JCC { JCC(part(47)) }
    /// IN2-48.
    public var jobStatus: String? { text(48) }
    /// IN2-49.
    public var employerContactPersonName: HL7Repeats<XPN> { repeats(49) }
    /// IN2-50.
    public var employerContactPersonPhoneNumber: HL7Repeats<XTN> { repeats(50) }
    /// IN2-51.
    public var employerContactReason: String? { text(51) }
    /// IN2-52.
    public var insuredsContactPersonsName: HL7Repeats<XPN> { repeats(52) }
    /// IN2-53.
    public var insuredsContactPersonPhoneNumber: HL7Repeats<XTN> { repeats(53) }
    /// IN2-54.
    public var insuredsContactPersonReason: HL7Repeats<ST> { repeats(54) }
    /// IN2-55.
    public var relationshipToThePatientStartDate: DTM { DTM(part(55)) }
    /// IN2-56.
    public var relationshipToThePatientStopDate: HL7Repeats<DTM> { repeats(56) }
    /// IN2-57.
    public var insuranceCoContactReason: String? { text(57) }
    /// IN2-58.
    public var insuranceCoContactPhoneNumber: XTN { XTN(part(58)) }
    /// IN2-59.
    public var policyScope: String? { text(59) }
    /// IN2-60.
    public var policySource: String? { text(60) }
    /// IN2-61.
    public var patientMemberNumber: CX { CX(part(61)) }
    /// IN2-62.
    public var guarantorsRelationshipToInsured: CWE { CWE(part(62)) }
    /// IN2-63.
    public var insuredsPhoneNumberHome: HL7Repeats<XTN> { repeats(63) }
    /// IN2-64.
    public var insuredsEmployerPhoneNumber: HL7Repeats<XTN> { repeats(64) }
    /// IN2-65.
    public var militaryHandicappedProgram: CWE { CWE(part(65)) }
    /// IN2-66.
    public var suspendFlag: String? { text(66) }
    /// IN2-67.
    public var copayLimitFlag: String? { text(67) }
    /// IN2-68.
    public var stoplossLimitFlag: String? { text(68) }
    /// IN2-69.
    public var insuredOrganizationNameAndID: HL7Repeats<XON> { repeats(69) }
    /// IN2-70.
    public var insuredEmployerOrganizationNameAndID: HL7Repeats<XON> { repeats(70) }
    /// IN2-71.
    public var race: HL7Repeats<CWE> { repeats(71) }
    /// IN2-72.
    public var cmsPatientsRelationshipToInsured: CWE { CWE(part(72)) }
  }
}
