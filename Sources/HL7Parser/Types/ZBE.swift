extension HL7 {
  /// Movement of a patient: no segment of HL7's own but one that IHE ITI, Patient Administration Management, adds.
  public struct ZBE: HL7SegmentFace {
    public static var name: String { "ZBE" }
    public var segment: HL7Segment

    public init(_ segment: HL7Segment) {
      self.segment = segment
    }

    /// ZBE-1.
    public var movementID: HL7Repeats<EI> {
      get { repeats(1) }
      set { setRepeats(1, newValue) }
    }
    /// ZBE-2.
    public var movementStartDateTime: DTM {
      get { DTM(part(2)) }
      set { setPart(2, newValue) }
    }
    /// ZBE-3.
    public var movementEndDateTime: DTM {
      get { DTM(part(3)) }
      set { setPart(3, newValue) }
    }
    /// ZBE-4.
    public var movementAction: String? {
      get { text(4) }
      set { setText(4, newValue) }
    }
    /// ZBE-5.
    public var historicalMovementIndicator: String? {
      get { text(5) }
      set { setText(5, newValue) }
    }
    /// ZBE-6.
    public var originalTriggerEventCode: String? {
      get { text(6) }
      set { setText(6, newValue) }
    }
    /// ZBE-7.
    public var responsibleWard: XON {
      get { XON(part(7)) }
      set { setPart(7, newValue) }
    }
    /// ZBE-8.
    public var responsibleNursingWard: XON {
      get { XON(part(8)) }
      set { setPart(8, newValue) }
    }
    /// ZBE-9.
    public var movementNature: CWE {
      get { CWE(part(9)) }
      set { setPart(9, newValue) }
    }
  }
}

extension HL7SegmentSource {
  /// Movement of a patient, as IHE PAM adds it.
  public var ZBE: HL7.ZBE? { first(HL7.ZBE.self) }
}

extension HL7Message {
  /// Movement of a patient, as IHE PAM adds it.
  public var ZBE: HL7.ZBE? {
    get { first(HL7.ZBE.self) }
    set { setFirst(newValue) }
  }
}
