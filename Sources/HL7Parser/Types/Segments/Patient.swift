// Segments about a patient. HL7 chapter 3.

extension HL7 {
  /// Patient identification.
  public struct PID: HL7SegmentFace {
    public static let name = "PID"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// PID-1.
    public var setID: String? { text(1) }
    /// PID-2.
    public var patientID: CX { CX(part(2)) }
    /// PID-3.
    public var patientIdentifierList: HL7Repeats<CX> { repeats(3) }
    /// PID-4.
    public var alternatePatientID: HL7Repeats<CX> { repeats(4) }
    /// PID-5.
    public var patientName: HL7Repeats<XPN> { repeats(5) }
    /// PID-6.
    public var mothersMaidenName: HL7Repeats<XPN> { repeats(6) }
    /// PID-7.
    public var dateTimeOfBirth: DTM { DTM(part(7)) }
    /// PID-8.
    public var administrativeSex: String? { text(8) }
    /// PID-9.
    public var patientAlias: HL7Repeats<XPN> { repeats(9) }
    /// PID-10.
    public var race: HL7Repeats<CWE> { repeats(10) }
    /// PID-11.
    public var patientAddress: HL7Repeats<XAD> { repeats(11) }
    /// PID-12.
    public var countyCode: String? { text(12) }
    /// PID-13.
    public var phoneNumberHome: HL7Repeats<XTN> { repeats(13) }
    /// PID-14.
    public var phoneNumberBusiness: HL7Repeats<XTN> { repeats(14) }
    /// PID-15.
    public var primaryLanguage: CWE { CWE(part(15)) }
    /// PID-16.
    public var maritalStatus: CWE { CWE(part(16)) }
    /// PID-17.
    public var religion: CWE { CWE(part(17)) }
    /// PID-18.
    public var patientAccountNumber: CX { CX(part(18)) }
    /// PID-19.
    public var ssnNumberPatient: String? { text(19) }
    /// PID-20.
    public var driversLicenseNumberPatient: DLN { DLN(part(20)) }
    /// PID-21.
    public var mothersIdentifier: HL7Repeats<CX> { repeats(21) }
    /// PID-22.
    public var ethnicGroup: HL7Repeats<CWE> { repeats(22) }
    /// PID-23.
    public var birthPlace: String? { text(23) }
    /// PID-24.
    public var multipleBirthIndicator: String? { text(24) }
    /// PID-25.
    public var birthOrder: String? { text(25) }
    /// PID-26.
    public var citizenship: HL7Repeats<CWE> { repeats(26) }
    /// PID-27.
    public var veteransMilitaryStatus: CWE { CWE(part(27)) }
    /// PID-28.
    public var nationality: CWE { CWE(part(28)) }
    /// PID-29.
    public var patientDeathDateAndTime: DTM { DTM(part(29)) }
    /// PID-30.
    public var patientDeathIndicator: String? { text(30) }
    /// PID-31.
    public var identityUnknownIndicator: String? { text(31) }
    /// PID-32.
    public var identityReliabilityCode: HL7Repeats<ST> { repeats(32) }
    /// PID-33.
    public var lastUpdateDateTime: DTM { DTM(part(33)) }
    /// PID-34.
    public var lastUpdateFacility: HD { HD(part(34)) }
    /// PID-35.
    public var speciesCode: CWE { CWE(part(35)) }
    /// PID-36.
    public var breedCode: CWE { CWE(part(36)) }
    /// PID-37.
    public var strain: String? { text(37) }
    /// PID-38.
    public var productionClassCode: CWE { CWE(part(38)) }
    /// PID-39.
    public var tribalCitizenship: HL7Repeats<CWE> { repeats(39) }
    /// PID-40.
    public var patientTelecommunicationInformation: HL7Repeats<XTN> { repeats(40) }
  }

  /// Patient additional demographic.
  public struct PD1: HL7SegmentFace {
    public static let name = "PD1"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// PD1-1.
    public var livingDependency: HL7Repeats<ST> { repeats(1) }
    /// PD1-2.
    public var livingArrangement: String? { text(2) }
    /// PD1-3.
    public var patientPrimaryFacility: HL7Repeats<XON> { repeats(3) }
    /// PD1-4.
    public var patientPrimaryCareProvider: HL7Repeats<XCN> { repeats(4) }
    /// PD1-5.
    public var studentIndicator: String? { text(5) }
    /// PD1-6.
    public var handicap: String? { text(6) }
    /// PD1-7.
    public var livingWillCode: String? { text(7) }
    /// PD1-8.
    public var organDonorCode: String? { text(8) }
    /// PD1-9.
    public var separateBill: String? { text(9) }
    /// PD1-10.
    public var duplicatePatient: HL7Repeats<CX> { repeats(10) }
    /// PD1-11.
    public var publicityCode: CWE { CWE(part(11)) }
    /// PD1-12.
    public var protectionIndicator: String? { text(12) }
    /// PD1-13.
    public var protectionIndicatorEffectiveDate: DTM { DTM(part(13)) }
    /// PD1-14.
    public var placeOfWorship: HL7Repeats<XON> { repeats(14) }
    /// PD1-15.
    public var advanceDirectiveCode: HL7Repeats<CWE> { repeats(15) }
    /// PD1-16.
    public var immunizationRegistryStatus: String? { text(16) }
    /// PD1-17.
    public var immunizationRegistryStatusEffectiveDate: DTM { DTM(part(17)) }
    /// PD1-18.
    public var publicityCodeEffectiveDate: DTM { DTM(part(18)) }
    /// PD1-19.
    public var militaryBranch: String? { text(19) }
    /// PD1-20.
    public var militaryRankGrade: String? { text(20) }
    /// PD1-21.
    public var militaryStatus: String? { text(21) }
    /// PD1-22.
    public var advanceDirectiveLastVerifiedDate: DTM { DTM(part(22)) }
  }

  /// Next of kin and associated parties.
  public struct NK1: HL7SegmentFace {
    public static let name = "NK1"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// NK1-1.
    public var setID: String? { text(1) }
    /// NK1-2.
    public var name: HL7Repeats<XPN> { repeats(2) }
    /// NK1-3.
    public var relationship: CWE { CWE(part(3)) }
    /// NK1-4.
    public var address: HL7Repeats<XAD> { repeats(4) }
    /// NK1-5.
    public var phoneNumber: HL7Repeats<XTN> { repeats(5) }
    /// NK1-6.
    public var businessPhoneNumber: HL7Repeats<XTN> { repeats(6) }
    /// NK1-7.
    public var contactRole: CWE { CWE(part(7)) }
    /// NK1-8.
    public var startDate: DTM { DTM(part(8)) }
    /// NK1-9.
    public var endDate: DTM { DTM(part(9)) }
    /// NK1-10.
    public var jobTitle: String? { text(10) }
    /// NK1-11.
    public var jobCodeClass: JCC { JCC(part(11)) }
    /// NK1-12.
    public var employeeNumber: CX { CX(part(12)) }
    /// NK1-13.
    public var organizationName: HL7Repeats<XON> { repeats(13) }
    /// NK1-14.
    public var maritalStatus: CWE { CWE(part(14)) }
    /// NK1-15.
    public var administrativeSex: String? { text(15) }
    /// NK1-16.
    public var dateTimeOfBirth: DTM { DTM(part(16)) }
    /// NK1-17.
    public var livingDependency: HL7Repeats<ST> { repeats(17) }
    /// NK1-18.
    public var ambulatoryStatus: HL7Repeats<ST> { repeats(18) }
    /// NK1-19.
    public var citizenship: HL7Repeats<CWE> { repeats(19) }
    /// NK1-20.
    public var primaryLanguage: CWE { CWE(part(20)) }
    /// NK1-21.
    public var livingArrangement: String? { text(21) }
    /// NK1-22.
    public var publicityCode: CWE { CWE(part(22)) }
    /// NK1-23.
    public var protectionIndicator: String? { text(23) }
    /// NK1-24.
    public var studentIndicator: String? { text(24) }
    /// NK1-25.
    public var religion: CWE { CWE(part(25)) }
    /// NK1-26.
    public var mothersMaidenName: HL7Repeats<XPN> { repeats(26) }
    /// NK1-27.
    public var nationality: CWE { CWE(part(27)) }
    /// NK1-28.
    public var ethnicGroup: HL7Repeats<CWE> { repeats(28) }
    /// NK1-29.
    public var contactReason: HL7Repeats<CWE> { repeats(29) }
    /// NK1-30.
    public var contactPersonsName: HL7Repeats<XPN> { repeats(30) }
    /// NK1-31.
    public var contactPersonsTelephoneNumber: HL7Repeats<XTN> { repeats(31) }
    /// NK1-32.
    public var contactPersonsAddress: HL7Repeats<XAD> { repeats(32) }
    /// NK1-33.
    public var associatedPartyIdentifiers: HL7Repeats<CX> { repeats(33) }
    /// NK1-34.
    public var jobStatus: String? { text(34) }
    /// NK1-35.
    public var race: HL7Repeats<CWE> { repeats(35) }
    /// NK1-36.
    public var handicap: String? { text(36) }
    /// NK1-37.
    public var contactPersonSocialSecurityNumber: String? { text(37) }
    /// NK1-38.
    public var birthPlace: String? { text(38) }
    /// NK1-39.
    public var vipIndicator: String? { text(39) }
    /// NK1-40.
    public var telecommunicationInformation: XTN { XTN(part(40)) }
    /// NK1-41.
    public var contactPersonTelecommunicationInformation: XTN { XTN(part(41)) }
  }

  /// Merge patient information.
  public struct MRG: HL7SegmentFace {
    public static let name = "MRG"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// MRG-1.
    public var priorPatientIdentifierList: HL7Repeats<CX> { repeats(1) }
    /// MRG-2.
    public var priorAlternatePatientID: HL7Repeats<CX> { repeats(2) }
    /// MRG-3.
    public var priorPatientAccountNumber: CX { CX(part(3)) }
    /// MRG-4.
    public var priorPatientID: CX { CX(part(4)) }
    /// MRG-5.
    public var priorVisitNumber: CX { CX(part(5)) }
    /// MRG-6.
    public var priorAlternateVisitID: CX { CX(part(6)) }
    /// MRG-7.
    public var priorPatientName: HL7Repeats<XPN> { repeats(7) }
  }
}
