// Data types of money, quantities and timing. HL7 chapter 2A.

extension HL7 {
  /// Money.
  public struct MO: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// MO.1.
    public var quantity: String? { text(1) }
    /// MO.2.
    public var denomination: String? { text(2) }
  }

  /// Money or percentage.
  public struct MOP: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// MOP.1.
    public var moneyOrPercentageIndicator: String? { text(1) }
    /// MOP.2.
    public var moneyOrPercentageQuantity: String? { text(2) }
    /// MOP.3.
    public var currencyDenomination: String? { text(3) }
  }

  /// Composite price.
  public struct CP: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// CP.1.
    public var price: MO { MO(part(1)) }
    /// CP.2.
    public var priceType: String? { text(2) }
    /// CP.3.
    public var fromValue: String? { text(3) }
    /// CP.4.
    public var toValue: String? { text(4) }
    /// CP.5.
    public var rangeUnits: CWE { CWE(part(5)) }
    /// CP.6.
    public var rangeType: String? { text(6) }
  }

  /// Financial class.
  public struct FC: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// FC.1.
    public var financialClassCode: String? { text(1) }
    /// FC.2.
    public var effectiveDate: DTM { DTM(part(2)) }
  }

  /// Authorization information.
  public struct AUI: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// AUI.1.
    public var authorizationNumber: String? { text(1) }
    /// AUI.2.
    public var date: DTM { DTM(part(2)) }
    /// AUI.3.
    public var source: String? { text(3) }
  }

  /// Daily deductible.
  public struct DDI: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// DDI.1.
    public var delayDays: String? { text(1) }
    /// DDI.2.
    public var monetaryAmount: MO { MO(part(2)) }
    /// DDI.3.
    public var numberOfDays: String? { text(3) }
  }

  /// Policy type and amount.
  public struct PTA: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// PTA.1.
    public var policyType: String? { text(1) }
    /// PTA.2.
    public var amountClass: String? { text(2) }
    /// PTA.3.
    public var moneyOrPercentageQuantity: String? { text(3) }
    /// PTA.4.
    public var moneyOrPercentage: MOP { MOP(part(4)) }
  }

  /// Room coverage.
  public struct RMC: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// RMC.1.
    public var roomType: String? { text(1) }
    /// RMC.2.
    public var amountType: String? { text(2) }
    /// RMC.3.
    public var coverageAmount: String? { text(3) }
    /// RMC.4.
    public var moneyOrPercentage: MOP { MOP(part(4)) }
  }

  /// Discharge location and date.
  public struct DLD: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// DLD.1.
    public var dischargeLocation: String? { text(1) }
    /// DLD.2.
    public var effectiveDate: DTM { DTM(part(2)) }
  }

  /// Quantity with units.
  public struct CQ: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// CQ.1.
    public var quantity: String? { text(1) }
    /// CQ.2.
    public var units: CWE { CWE(part(2)) }
  }

  /// Date and time range.
  public struct DR: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// DR.1.
    public var rangeStartDateTime: DTM { DTM(part(1)) }
    /// DR.2.
    public var rangeEndDateTime: DTM { DTM(part(2)) }
  }

  /// Repeat interval.
  public struct RI: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// RI.1.
    public var repeatPattern: String? { text(1) }
    /// RI.2.
    public var explicitTimeInterval: String? { text(2) }
  }

  /// Repeat pattern.
  public struct RPT: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// RPT.1.
    public var repeatPatternCode: CWE { CWE(part(1)) }
    /// RPT.2.
    public var calendarAlignment: String? { text(2) }
    /// RPT.3.
    public var phaseRangeBeginValue: String? { text(3) }
    /// RPT.4.
    public var phaseRangeEndValue: String? { text(4) }
    /// RPT.5.
    public var periodQuantity: String? { text(5) }
    /// RPT.6.
    public var periodUnits: String? { text(6) }
    /// RPT.7.
    public var institutionSpecifiedTime: String? { text(7) }
    /// RPT.8.
    public var event: String? { text(8) }
    /// RPT.9.
    public var eventOffsetQuantity: String? { text(9) }
    /// RPT.10.
    public var eventOffsetUnits: String? { text(10) }
    /// RPT.11.
    public var generalTimingSpecification: String? { text(11) }
  }

  /// Timing and quantity, before TQ1.
  public struct TQ: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// TQ.1.
    public var quantity: CQ { CQ(part(1)) }
    /// TQ.2.
    public var interval: RI { RI(part(2)) }
    /// TQ.3.
    public var duration: String? { text(3) }
    /// TQ.4.
    public var startDateTime: DTM { DTM(part(4)) }
    /// TQ.5.
    public var endDateTime: DTM { DTM(part(5)) }
    /// TQ.6.
    public var priority: String? { text(6) }
    /// TQ.7.
    public var condition: String? { text(7) }
    /// TQ.8.
    public var text: String? { freeText(8) }
    /// TQ.9.
    public var conjunction: String? { text(9) }
    /// TQ.10.
    public var orderSequencing: OSD { OSD(part(10)) }
    /// TQ.11.
    public var occurrenceDuration: CWE { CWE(part(11)) }
    /// TQ.12.
    public var totalOccurrences: String? { text(12) }
  }

  /// Order sequence.
  public struct OSD: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// OSD.1.
    public var sequenceResultsFlag: String? { text(1) }
    /// OSD.2.
    public var placerOrderNumberEntityIdentifier: String? { text(2) }
    /// OSD.3.
    public var placerOrderNumberNamespaceID: String? { text(3) }
    /// OSD.4.
    public var fillerOrderNumberEntityIdentifier: String? { text(4) }
    /// OSD.5.
    public var fillerOrderNumberNamespaceID: String? { text(5) }
    /// OSD.6.
    public var sequenceConditionValue: String? { text(6) }
    /// OSD.7.
    public var maximumNumberOfRepeats: String? { text(7) }
    /// OSD.8.
    public var placerOrderNumberUniversalID: String? { text(8) }
    /// OSD.9.
    public var placerOrderNumberUniversalIDType: String? { text(9) }
    /// OSD.10.
    public var fillerOrderNumberUniversalID: String? { text(10) }
    /// OSD.11.
    public var fillerOrderNumberUniversalIDType: String? { text(11) }
  }
}
