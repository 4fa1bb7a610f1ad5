// Data types of names, addresses and places. HL7 chapter 2A.

extension HL7 {
  /// Extended person name.
  public struct XPN: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// XPN.1: the surname alone.
    public var familyName: String? { text(1) }
    /// XPN.1 with all its sub-components.
    public var familyNameParts: FN { FN(part(1)) }
    /// XPN.2.
    public var givenName: String? { text(2) }
    /// XPN.3.
    public var secondAndFurtherGivenNames: String? { text(3) }
    /// XPN.4.
    public var suffix: String? { text(4) }
    /// XPN.5.
    public var prefix: String? { text(5) }
    /// XPN.6.
    public var degree: String? { text(6) }
    /// XPN.7.
    public var nameTypeCode: String? { text(7) }
    /// XPN.8.
    public var nameRepresentationCode: String? { text(8) }
    /// XPN.9.
    public var nameContext: CWE { CWE(part(9)) }
    /// XPN.10.
    public var nameValidityRange: DR { DR(part(10)) }
    /// XPN.11.
    public var nameAssemblyOrder: String? { text(11) }
    /// XPN.12.
    public var effectiveDate: DTM { DTM(part(12)) }
    /// XPN.13.
    public var expirationDate: DTM { DTM(part(13)) }
    /// XPN.14.
    public var professionalSuffix: String? { text(14) }
    /// XPN.15.
    public var calledBy: String? { text(15) }
  }

  /// Family name.
  public struct FN: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// FN.1.
    public var surname: String? { text(1) }
    /// FN.2.
    public var ownSurnamePrefix: String? { text(2) }
    /// FN.3.
    public var ownSurname: String? { text(3) }
    /// FN.4.
    public var surnamePrefixFromPartnerSpouse: String? { text(4) }
    /// FN.5.
    public var surnameFromPartnerSpouse: String? { text(5) }
  }

  /// Composite identifier and name of a person.
  public struct XCN: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// XCN.1.
    public var idNumber: String? { text(1) }
    /// XCN.2: the surname alone.
    public var familyName: String? { text(2) }
    /// XCN.2 with all its sub-components.
    public var familyNameParts: FN { FN(part(2)) }
    /// XCN.3.
    public var secondAndFurtherGivenNames: String? { text(3) }
    /// XCN.4.
    public var secondAndFurtherGivenNamesOrInitialsThereof: String? { text(4) }
    /// XCN.5.
    public var suffix: String? { text(5) }
    /// XCN.6.
    public var prefix: String? { text(6) }
    /// XCN.7.
    public var degree: String? { text(7) }
    /// XCN.8.
    public var sourceTable: String? { text(8) }
    /// XCN.9.
    public var assigningAuthority: HD { HD(part(9)) }
    /// XCN.10.
    public var nameTypeCode: String? { text(10) }
    /// XCN.11.
    public var identifierCheckDigit: String? { text(11) }
    /// XCN.12.
    public var checkDigitScheme: String? { text(12) }
    /// XCN.13.
    public var identifierTypeCode: String? { text(13) }
    /// XCN.14.
    public var assigningFacility: HD { HD(part(14)) }
    /// XCN.15.
    public var nameRepresentationCode: String? { text(15) }
    /// XCN.16.
    public var nameContext: CWE { CWE(part(16)) }
    /// XCN.17.
    public var nameValidityRange: DR { DR(part(17)) }
    /// XCN.18.
    public var nameAssemblyOrder: String? { text(18) }
    /// XCN.19.
    public var effectiveDate: DTM { DTM(part(19)) }
    /// XCN.20.
    public var expirationDate: DTM { DTM(part(20)) }
    /// XCN.21.
    public var professionalSuffix: String? { text(21) }
    /// XCN.22.
    public var assigningJurisdiction: CWE { CWE(part(22)) }
    /// XCN.23.
    public var assigningAgencyOrDepartment: CWE { CWE(part(23)) }
    /// XCN.24.
    public var securityCheck: String? { text(24) }
    /// XCN.25.
    public var securityCheckScheme: String? { text(25) }
  }

  /// Extended address.
  public struct XAD: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// XAD.1: the street or mailing address alone.
    public var streetAddress: String? { text(1) }
    /// XAD.1 with all its sub-components.
    public var streetAddressParts: SAD { SAD(part(1)) }
    /// XAD.2.
    public var otherDesignation: String? { text(2) }
    /// XAD.3.
    public var city: String? { text(3) }
    /// XAD.4.
    public var stateOrProvince: String? { text(4) }
    /// XAD.5.
    public var zipOrPostalCode: String? { text(5) }
    /// XAD.6.
    public var country: String? { text(6) }
    /// XAD.7.
    public var addressType: String? { text(7) }
    /// XAD.8.
    public var otherGeographicDesignation: String? { text(8) }
    /// XAD.9.
    public var countyParishCode: String? { text(9) }
    /// XAD.10.
    public var censusTract: String? { text(10) }
    /// XAD.11.
    public var addressRepresentationCode: String? { text(11) }
    /// XAD.12.
    public var addressValidityRange: DR { DR(part(12)) }
    /// XAD.13.
    public var effectiveDate: DTM { DTM(part(13)) }
    /// XAD.14.
    public var expirationDate: DTM { DTM(part(14)) }
    /// XAD.15.
    public var expirationReason: CWE { CWE(part(15)) }
    /// XAD.16.
    public var temporaryIndicator: String? { text(16) }
    /// XAD.17.
    public var badAddressIndicator: String? { text(17) }
    /// XAD.18.
    public var addressUsage: String? { text(18) }
    /// XAD.19.
    public var addressee: String? { text(19) }
    /// XAD.20.
    public var comment: String? { text(20) }
    /// XAD.21.
    public var preferenceOrder: String? { text(21) }
    /// XAD.22.
    public var protectionCode: CWE { CWE(part(22)) }
    /// XAD.23.
    public var addressIdentifier: EI { EI(part(23)) }
  }

  /// Street address.
  public struct SAD: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// SAD.1.
    public var streetOrMailingAddress: String? { text(1) }
    /// SAD.2.
    public var streetName: String? { text(2) }
    /// SAD.3.
    public var dwellingNumber: String? { text(3) }
  }

  /// Telephone, e-mail or other telecommunication.
  public struct XTN: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// XTN.1.
    public var telephoneNumber: String? { text(1) }
    /// XTN.2.
    public var telecommunicationUseCode: String? { text(2) }
    /// XTN.3.
    public var telecommunicationEquipmentType: String? { text(3) }
    /// XTN.4.
    public var emailAddress: String? { text(4) }
    /// XTN.5.
    public var countryCode: String? { text(5) }
    /// XTN.6.
    public var areaCityCode: String? { text(6) }
    /// XTN.7.
    public var localNumber: String? { text(7) }
    /// XTN.8.
    public var extensionNumber: String? { text(8) }
    /// XTN.9.
    public var anyText: String? { text(9) }
    /// XTN.10.
    public var extensionPrefix: String? { text(10) }
    /// XTN.11.
    public var speedDialCode: String? { text(11) }
    /// XTN.12.
    public var unformattedTelephoneNumber: String? { text(12) }
    /// XTN.13.
    public var effectiveStartDate: DTM { DTM(part(13)) }
    /// XTN.14.
    public var expirationDate: DTM { DTM(part(14)) }
    /// XTN.15.
    public var expirationReason: CWE { CWE(part(15)) }
    /// XTN.16.
    public var protectionCode: CWE { CWE(part(16)) }
    /// XTN.17.
    public var sharedTelecommunicationIdentifier: EI { EI(part(17)) }
    /// XTN.18.
    public var preferenceOrder: String? { text(18) }
  }

  /// Person location.
  public struct PL: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// PL.1.
    public var pointOfCare: String? { text(1) }
    /// PL.2.
    public var room: String? { text(2) }
    /// PL.3.
    public var bed: String? { text(3) }
    /// PL.4.
    public var facility: HD { HD(part(4)) }
    /// PL.5.
    public var locationStatus: String? { text(5) }
    /// PL.6.
    public var personLocationType: String? { text(6) }
    /// PL.7.
    public var building: String? { text(7) }
    /// PL.8.
    public var floor: String? { text(8) }
    /// PL.9.
    public var locationDescription: String? { text(9) }
    /// PL.10.
    public var comprehensiveLocationIdentifier: EI { EI(part(10)) }
    /// PL.11.
    public var assigningAuthorityForLocation: HD { HD(part(11)) }
  }

  /// Driver's licence.
  public struct DLN: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// DLN.1.
    public var licenseNumber: String? { text(1) }
    /// DLN.2.
    public var issuingStateProvinceCountry: String? { text(2) }
    /// DLN.3.
    public var expirationDate: DTM { DTM(part(3)) }
  }

  /// Job code and class.
  public struct JCC: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// JCC.1.
    public var jobCode: String? { text(1) }
    /// JCC.2.
    public var jobClass: String? { text(2) }
    /// JCC.3.
    public var jobDescriptionText: String? { freeText(3) }
  }
}
