// Segments about appointments. HL7 chapter 10; TQ1 from chapter 4.

extension HL7 {
  /// Scheduling activity.
  public struct SCH: HL7SegmentFace {
    public static let name = "SCH"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// SCH-1.
    public var placerAppointmentID: EI { EI(part(1)) }
    /// SCH-2.
    public var fillerAppointmentID: EI { EI(part(2)) }
    /// SCH-3.
    public var occurrenceNumber: String? { text(3) }
    /// SCH-4.
    public var placerGroupNumber: EI { EI(part(4)) }
    /// SCH-5.
    public var scheduleID: CWE { CWE(part(5)) }
    /// SCH-6.
    public var eventReason: CWE { CWE(part(6)) }
    /// SCH-7.
    public var appointmentReason: CWE { CWE(part(7)) }
    /// SCH-8.
    public var appointmentType: CWE { CWE(part(8)) }
    /// SCH-9.
    public var appointmentDuration: String? { text(9) }
    /// SCH-10.
    public var appointmentDurationUnits: CWE { CWE(part(10)) }
    /// SCH-11.
    public var appointmentTimingQuantity: HL7Repeats<TQ> { repeats(11) }
    /// SCH-12.
    public var placerContactPerson: HL7Repeats<XCN> { repeats(12) }
    /// SCH-13.
    public var placerContactPhoneNumber: XTN { XTN(part(13)) }
    /// SCH-14.
    public var placerContactAddress: HL7Repeats<XAD> { repeats(14) }
    /// SCH-15.
    public var placerContactLocation: PL { PL(part(15)) }
    /// SCH-16.
    public var fillerContactPerson: HL7Repeats<XCN> { repeats(16) }
    /// SCH-17.
    public var fillerContactPhoneNumber: XTN { XTN(part(17)) }
    /// SCH-18.
    public var fillerContactAddress: HL7Repeats<XAD> { repeats(18) }
    /// SCH-19.
    public var fillerContactLocation: PL { PL(part(19)) }
    /// SCH-20.
    public var enteredByPerson: HL7Repeats<XCN> { repeats(20) }
    /// SCH-21.
    public var enteredByPhoneNumber: HL7Repeats<XTN> { repeats(21) }
    /// SCH-22.
    public var enteredByLocation: PL { PL(part(22)) }
    /// SCH-23.
    public var parentPlacerAppointmentID: EI { EI(part(23)) }
    /// SCH-24.
    public var parentFillerAppointmentID: EI { EI(part(24)) }
    /// SCH-25.
    public var fillerStatusCode: CWE { CWE(part(25)) }
    /// SCH-26.
    public var placerOrderNumber: HL7Repeats<EI> { repeats(26) }
    /// SCH-27.
    public var fillerOrderNumber: HL7Repeats<EI> { repeats(27) }
  }

  /// Timing and quantity.
  public struct TQ1: HL7SegmentFace {
    public static let name = "TQ1"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// TQ1-1.
    public var setID: String? { text(1) }
    /// TQ1-2.
    public var quantity: CQ { CQ(part(2)) }
    /// TQ1-3.
    public var repeatPattern: HL7Repeats<RPT> { repeats(3) }
    /// TQ1-4.
    public var explicitTime: HL7Repeats<DTM> { repeats(4) }
    /// TQ1-5.
    public var relativeTimeAndUnits: HL7Repeats<CQ> { repeats(5) }
    /// TQ1-6.
    public var serviceDuration: CQ { CQ(part(6)) }
    /// TQ1-7.
    public var startDateTime: DTM { DTM(part(7)) }
    /// TQ1-8.
    public var endDateTime: DTM { DTM(part(8)) }
    /// TQ1-9.
    public var priority: HL7Repeats<CWE> { repeats(9) }
    /// TQ1-10.
    public var conditionText: String? { freeText(10) }
    /// TQ1-11.
    public var textInstruction: String? { freeText(11) }
    /// TQ1-12.
    public var conjunction: String? { text(12) }
    /// TQ1-13.
    public var occurrenceDuration: CQ { CQ(part(13)) }
    /// TQ1-14.
    public var totalOccurrences: String? { text(14) }
  }

  /// Resource group.
  public struct RGS: HL7SegmentFace {
    public static let name = "RGS"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// RGS-1.
    public var setID: String? { text(1) }
    /// RGS-2.
    public var segmentActionCode: String? { text(2) }
    /// RGS-3.
    public var resourceGroupID: CWE { CWE(part(3)) }
  }

  /// Appointment: service.
  public struct AIS: HL7SegmentFace {
    public static let name = "AIS"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// AIS-1.
    public var setID: String? { text(1) }
    /// AIS-2.
    public var segmentActionCode: String? { text(2) }
    /// AIS-3.
    public var universalServiceIdentifier: CWE { CWE(part(3)) }
    /// AIS-4.
    public var startDateTime: DTM { DTM(part(4)) }
    /// AIS-5.
    public var startDateTimeOffset: String? { text(5) }
    /// AIS-6.
    public var startDateTimeOffsetUnits: CWE { CWE(part(6)) }
    /// AIS-7.
    public var duration: String? { text(7) }
    /// AIS-8.
    public var durationUnits: CWE { CWE(part(8)) }
    /// AIS-9.
    public var allowSubstitutionCode: String? { text(9) }
    /// AIS-10.
    public var fillerStatusCode: CWE { CWE(part(10)) }
    /// AIS-11.
    public var placerSupplementalServiceInformation: HL7Repeats<CWE> { repeats(11) }
    /// AIS-12.
    public var fillerSupplementalServiceInformation: HL7Repeats<CWE> { repeats(12) }
  }

  /// Appointment: general resource.
  public struct AIG: HL7SegmentFace {
    public static let name = "AIG"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// AIG-1.
    public var setID: String? { text(1) }
    /// AIG-2.
    public var segmentActionCode: String? { text(2) }
    /// AIG-3.
    public var resourceID: CWE { CWE(part(3)) }
    /// AIG-4.
    public var resourceType: CWE { CWE(part(4)) }
    /// AIG-5.
    public var resourceGroup: HL7Repeats<CWE> { repeats(5) }
    /// AIG-6.
    public var resourceQuantity: String? { text(6) }
    /// AIG-7.
    public var resourceQuantityUnits: CWE { CWE(part(7)) }
    /// AIG-8.
    public var startDateTime: DTM { DTM(part(8)) }
    /// AIG-9.
    public var startDateTimeOffset: String? { text(9) }
    /// AIG-10.
    public var startDateTimeOffsetUnits: CWE { CWE(part(10)) }
    /// AIG-11.
    public var duration: String? { text(11) }
    /// AIG-12.
    public var durationUnits: CWE { CWE(part(12)) }
    /// AIG-13.
    public var allowSubstitutionCode: String? { text(13) }
    /// AIG-14.
    public var fillerStatusCode: CWE { CWE(part(14)) }
  }

  /// Appointment: location.
  public struct AIL: HL7SegmentFace {
    public static let name = "AIL"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// AIL-1.
    public var setID: String? { text(1) }
    /// AIL-2.
    public var segmentActionCode: String? { text(2) }
    /// AIL-3.
    public var locationResourceID: HL7Repeats<PL> { repeats(3) }
    /// AIL-4.
    public var locationType: CWE { CWE(part(4)) }
    /// AIL-5.
    public var locationGroup: CWE { CWE(part(5)) }
    /// AIL-6.
    public var startDateTime: DTM { DTM(part(6)) }
    /// AIL-7.
    public var startDateTimeOffset: String? { text(7) }
    /// AIL-8.
    public var startDateTimeOffsetUnits: CWE { CWE(part(8)) }
    /// AIL-9.
    public var duration: String? { text(9) }
    /// AIL-10.
    public var durationUnits: CWE { CWE(part(10)) }
    /// AIL-11.
    public var allowSubstitutionCode: String? { text(11) }
    /// AIL-12.
    public var fillerStatusCode: CWE { CWE(part(12)) }
  }

  /// Appointment: personnel.
  public struct AIP: HL7SegmentFace {
    public static let name = "AIP"
    public let segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// AIP-1.
    public var setID: String? { text(1) }
    /// AIP-2.
    public var segmentActionCode: String? { text(2) }
    /// AIP-3.
    public var personnelResourceID: HL7Repeats<XCN> { repeats(3) }
    /// AIP-4.
    public var resourceType: CWE { CWE(part(4)) }
    /// AIP-5.
    public var resourceGroup: CWE { CWE(part(5)) }
    /// AIP-6.
    public var startDateTime: DTM { DTM(part(6)) }
    /// AIP-7.
    public var startDateTimeOffset: String? { text(7) }
    /// AIP-8.
    public var startDateTimeOffsetUnits: CWE { CWE(part(8)) }
    /// AIP-9.
    public var duration: String? { text(9) }
    /// AIP-10.
    public var durationUnits: CWE { CWE(part(10)) }
    /// AIP-11.
    public var allowSubstitutionCode: String? { text(11) }
    /// AIP-12.
    public var fillerStatusCode: CWE { CWE(part(12)) }
  }
}
