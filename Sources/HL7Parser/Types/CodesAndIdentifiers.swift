// Data types that identify and classify. HL7 chapter 2A; a part counts from 1 as there.

extension HL7 {
  /// Coded with exceptions; also read for CE and CNE.
  public struct CWE: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// CWE.1.
    public var identifier: String? { text(1) }
    /// CWE.2.
    public var text: String? { text(2) }
    /// CWE.3.
    public var nameOfCodingSystem: String? { text(3) }
    /// CWE.4.
    public var alternateIdentifier: String? { text(4) }
    /// CWE.5.
    public var alternateText: String? { text(5) }
    /// CWE.6.
    public var nameOfAlternateCodingSystem: String? { text(6) }
    /// CWE.7.
    public var codingSystemVersionID: String? { text(7) }
    /// CWE.8.
    public var alternateCodingSystemVersionID: String? { text(8) }
    /// CWE.9.
    public var originalText: String? { text(9) }
    /// CWE.10.
    public var secondAlternateIdentifier: String? { text(10) }
    /// CWE.11.
    public var secondAlternateText: String? { text(11) }
    /// CWE.12.
    public var nameOfSecondAlternateCodingSystem: String? { text(12) }
    /// CWE.13.
    public var secondAlternateCodingSystemVersionID: String? { text(13) }
    /// CWE.14.
    public var codingSystemOID: String? { text(14) }
    /// CWE.15.
    public var valueSetOID: String? { text(15) }
    /// CWE.16.
    public var valueSetVersionID: DTM { DTM(part(16)) }
    /// CWE.17.
    public var alternateCodingSystemOID: String? { text(17) }
    /// CWE.18.
    public var alternateValueSetOID: String? { text(18) }
    /// CWE.19.
    public var alternateValueSetVersionID: DTM { DTM(part(19)) }
    /// CWE.20.
    public var secondAlternateCodingSystemOID: String? { text(20) }
    /// CWE.21.
    public var secondAlternateValueSetOID: String? { text(21) }
    /// CWE.22.
    public var secondAlternateValueSetVersionID: DTM { DTM(part(22)) }
  }

  /// Hierarchic designator.
  public struct HD: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// HD.1.
    public var namespaceID: String? { text(1) }
    /// HD.2.
    public var universalID: String? { text(2) }
    /// HD.3.
    public var universalIDType: String? { text(3) }
  }

  /// Entity identifier.
  public struct EI: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// EI.1.
    public var entityIdentifier: String? { text(1) }
    /// EI.2.
    public var namespaceID: String? { text(2) }
    /// EI.3.
    public var universalID: String? { text(3) }
    /// EI.4.
    public var universalIDType: String? { text(4) }
  }

  /// Extended composite identifier.
  public struct CX: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// CX.1.
    public var idNumber: String? { text(1) }
    /// CX.2.
    public var checkDigit: String? { text(2) }
    /// CX.3.
    public var checkDigitScheme: String? { text(3) }
    /// CX.4.
    public var assigningAuthority: HD { HD(part(4)) }
    /// CX.5.
    public var identifierTypeCode: String? { text(5) }
    /// CX.6.
    public var assigningFacility: HD { HD(part(6)) }
    /// CX.7.
    public var effectiveDate: DTM { DTM(part(7)) }
    /// CX.8.
    public var expirationDate: DTM { DTM(part(8)) }
    /// CX.9.
    public var assigningJurisdiction: CWE { CWE(part(9)) }
    /// CX.10.
    public var assigningAgencyOrDepartment: CWE { CWE(part(10)) }
    /// CX.11.
    public var securityCheck: String? { text(11) }
    /// CX.12.
    public var securityCheckScheme: String? { text(12) }
  }

  /// Organization name and identifier.
  public struct XON: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// XON.1.
    public var organizationName: String? { text(1) }
    /// XON.2.
    public var organizationNameTypeCode: String? { text(2) }
    /// XON.3.
    public var idNumber: String? { text(3) }
    /// XON.4.
    public var checkDigit: String? { text(4) }
    /// XON.5.
    public var checkDigitScheme: String? { text(5) }
    /// XON.6.
    public var assigningAuthority: HD { HD(part(6)) }
    /// XON.7.
    public var identifierTypeCode: String? { text(7) }
    /// XON.8.
    public var assigningFacility: HD { HD(part(8)) }
    /// XON.9.
    public var nameRepresentationCode: String? { text(9) }
    /// XON.10.
    public var organizationIdentifier: String? { text(10) }
  }

  /// Message type.
  public struct MSG: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// MSG.1.
    public var messageCode: String? { text(1) }
    /// MSG.2.
    public var triggerEvent: String? { text(2) }
    /// MSG.3.
    public var messageStructure: String? { text(3) }
  }

  /// Processing type.
  public struct PT: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// PT.1.
    public var processingID: String? { text(1) }
    /// PT.2.
    public var processingMode: String? { text(2) }
  }

  /// Version identifier.
  public struct VID: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// VID.1.
    public var versionID: String? { text(1) }
    /// VID.2.
    public var internationalizationCode: CWE { CWE(part(2)) }
    /// VID.3.
    public var internationalVersionID: CWE { CWE(part(3)) }
  }

  /// Error location.
  public struct ERL: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// ERL.1.
    public var segmentID: String? { text(1) }
    /// ERL.2.
    public var segmentSequence: String? { text(2) }
    /// ERL.3.
    public var fieldPosition: String? { text(3) }
    /// ERL.4.
    public var fieldRepetition: String? { text(4) }
    /// ERL.5.
    public var componentNumber: String? { text(5) }
    /// ERL.6.
    public var subComponentNumber: String? { text(6) }
  }

  /// Error location and code, before version 2.5.
  public struct ELD: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// ELD.1.
    public var segmentID: String? { text(1) }
    /// ELD.2.
    public var segmentSequence: String? { text(2) }
    /// ELD.3.
    public var fieldPosition: String? { text(3) }
    /// ELD.4.
    public var codeIdentifyingError: CWE { CWE(part(4)) }
  }
}
