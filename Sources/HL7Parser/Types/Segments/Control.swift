// Segments that control the exchange. HL7 chapter 2; a part counts from 1 as there.

extension HL7 {
  /// Message header.
  public struct MSH: HL7SegmentFace {
    public static let name = "MSH"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// MSH-1.
    public var fieldSeparator: String? { text(1) }
    /// MSH-2.
    public var encodingCharacters: String? { text(2) }
    /// MSH-3.
    public var sendingApplication: HD { HD(part(3)) }
    /// MSH-4.
    public var sendingFacility: HD { HD(part(4)) }
    /// MSH-5.
    public var receivingApplication: HD { HD(part(5)) }
    /// MSH-6.
    public var receivingFacility: HD { HD(part(6)) }
    /// MSH-7.
    public var dateTimeOfMessage: DTM { DTM(part(7)) }
    /// MSH-8.
    public var security: String? { text(8) }
    /// MSH-9.
    public var messageType: MSG { MSG(part(9)) }
    /// MSH-10.
    public var messageControlID: String? { text(10) }
    /// MSH-11.
    public var processingID: PT { PT(part(11)) }
    /// MSH-12.
    public var versionID: VID { VID(part(12)) }
    /// MSH-13.
    public var sequenceNumber: String? { text(13) }
    /// MSH-14.
    public var continuationPointer: String? { text(14) }
    /// MSH-15.
    public var acceptAcknowledgmentType: String? { text(15) }
    /// MSH-16.
    public var applicationAcknowledgmentType: String? { text(16) }
    /// MSH-17.
    public var countryCode: String? { text(17) }
    /// MSH-18.
    public var characterSet: HL7Repeats<ST> { repeats(18) }
    /// MSH-19.
    public var principalLanguageOfMessage: CWE { CWE(part(19)) }
    /// MSH-20.
    public var alternateCharacterSetHandlingScheme: String? { text(20) }
    /// MSH-21.
    public var messageProfileIdentifier: HL7Repeats<EI> { repeats(21) }
    /// MSH-22.
    public var sendingResponsibleOrganization: XON { XON(part(22)) }
    /// MSH-23.
    public var receivingResponsibleOrganization: XON { XON(part(23)) }
    /// MSH-24.
    public var sendingNetworkAddress: HD { HD(part(24)) }
    /// MSH-25.
    public var receivingNetworkAddress: HD { HD(part(25)) }
  }

  /// Message acknowledgment.
  public struct MSA: HL7SegmentFace {
    public static let name = "MSA"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// MSA-1.
    public var acknowledgmentCode: String? { text(1) }
    /// MSA-2.
    public var messageControlID: String? { text(2) }
    /// MSA-3.
    public var textMessage: String? { text(3) }
    /// MSA-4.
    public var expectedSequenceNumber: String? { text(4) }
    /// MSA-5.
    public var delayedAcknowledgmentType: String? { text(5) }
    /// MSA-6.
    public var errorCondition: CWE { CWE(part(6)) }
    /// MSA-7.
    public var messageWaitingNumber: String? { text(7) }
    /// MSA-8.
    public var messageWaitingPriority: String? { text(8) }
  }

  /// Error.
  public struct ERR: HL7SegmentFace {
    public static let name = "ERR"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// ERR-1.
    public var errorCodeAndLocation: HL7Repeats<ELD> { repeats(1) }
    /// ERR-2.
    public var errorLocation: HL7Repeats<ERL> { repeats(2) }
    /// ERR-3.
    public var hl7ErrorCode: CWE { CWE(part(3)) }
    /// ERR-4.
    public var severity: String? { text(4) }
    /// ERR-5.
    public var applicationErrorCode: CWE { CWE(part(5)) }
    /// ERR-6.
    public var applicationErrorParameter: HL7Repeats<ST> { repeats(6) }
    /// ERR-7.
    public var diagnosticInformation: String? { freeText(7) }
    /// ERR-8.
    public var userMessage: String? { freeText(8) }
    /// ERR-9.
    public var informPersonIndicator: HL7Repeats<ST> { repeats(9) }
    /// ERR-10.
    public var overrideType: CWE { CWE(part(10)) }
    /// ERR-11.
    public var overrideReasonCode: HL7Repeats<CWE> { repeats(11) }
    /// ERR-12.
    public var helpDeskContactPoint: HL7Repeats<XTN> { repeats(12) }
  }

  /// Event type.
  public struct EVN: HL7SegmentFace {
    public static let name = "EVN"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// EVN-1.
    public var eventTypeCode: String? { text(1) }
    /// EVN-2.
    public var recordedDateTime: DTM { DTM(part(2)) }
    /// EVN-3.
    public var dateTimePlannedEvent: DTM { DTM(part(3)) }
    /// EVN-4.
    public var eventReasonCode: String? { text(4) }
    /// EVN-5.
    public var operatorID: HL7Repeats<XCN> { repeats(5) }
    /// EVN-6.
    public var eventOccurred: DTM { DTM(part(6)) }
    /// EVN-7.
    public var eventFacility: HD { HD(part(7)) }
  }

  /// Notes and comments.
  public struct NTE: HL7SegmentFace {
    public static let name = "NTE"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// NTE-1.
    public var setID: String? { text(1) }
    /// NTE-2.
    public var sourceOfComment: String? { text(2) }
    /// NTE-3.
    public var comment: HL7Repeats<FT> { repeats(3) }
    /// NTE-4.
    public var commentType: CWE { CWE(part(4)) }
    /// NTE-5.
    public var enteredBy: XCN { XCN(part(5)) }
    /// NTE-6.
    public var enteredDateTime: DTM { DTM(part(6)) }
    /// NTE-7.
    public var effectiveStartDate: DTM { DTM(part(7)) }
    /// NTE-8.
    public var expirationDate: DTM { DTM(part(8)) }
  }
}
