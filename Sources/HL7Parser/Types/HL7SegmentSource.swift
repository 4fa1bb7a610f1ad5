/// Whatever holds segments: a message, or a run of one such as a group.
public protocol HL7SegmentSource {
  var segments: HL7Segments { get }
}

extension HL7Message: HL7SegmentSource {}

extension HL7Segments: HL7SegmentSource {
  public var segments: HL7Segments { self }
}

extension HL7SegmentSource {
  /// The first segment of a type.
  public func first<Face: HL7SegmentFace>(_ face: Face.Type) -> Face? {
    segments.first(named: Face.name).map(Face.init)
  }

  /// Every segment of a type, in order.
  public func all<Face: HL7SegmentFace>(_ face: Face.Type) -> [Face] {
    segments.all(named: Face.name).map(Face.init)
  }
}

// The first segment of each type; `all(_:)` gives every one.
extension HL7SegmentSource {
  /// Message header.
  public var MSH: HL7.MSH? { first(HL7.MSH.self) }
  /// Event type.
  public var EVN: HL7.EVN? { first(HL7.EVN.self) }
  /// Patient identification.
  public var PID: HL7.PID? { first(HL7.PID.self) }
  /// Patient additional demographic.
  public var PD1: HL7.PD1? { first(HL7.PD1.self) }
  /// Next of kin and associated parties.
  public var NK1: HL7.NK1? { first(HL7.NK1.self) }
  /// Patient visit.
  public var PV1: HL7.PV1? { first(HL7.PV1.self) }
  /// Patient visit, additional information.
  public var PV2: HL7.PV2? { first(HL7.PV2.self) }
  /// Merge patient information.
  public var MRG: HL7.MRG? { first(HL7.MRG.self) }
  /// Insurance.
  public var IN1: HL7.IN1? { first(HL7.IN1.self) }
  /// Insurance, additional information.
  public var IN2: HL7.IN2? { first(HL7.IN2.self) }
  /// Patient allergy.
  public var AL1: HL7.AL1? { first(HL7.AL1.self) }
  /// Diagnosis.
  public var DG1: HL7.DG1? { first(HL7.DG1.self) }
  /// Scheduling activity.
  public var SCH: HL7.SCH? { first(HL7.SCH.self) }
  /// Timing and quantity.
  public var TQ1: HL7.TQ1? { first(HL7.TQ1.self) }
  /// Resource group.
  public var RGS: HL7.RGS? { first(HL7.RGS.self) }
  /// Appointment: service.
  public var AIS: HL7.AIS? { first(HL7.AIS.self) }
  /// Appointment: general resource.
  public var AIG: HL7.AIG? { first(HL7.AIG.self) }
  /// Appointment: location.
  public var AIL: HL7.AIL? { first(HL7.AIL.self) }
  /// Appointment: personnel.
  public var AIP: HL7.AIP? { first(HL7.AIP.self) }
  /// Notes and comments.
  public var NTE: HL7.NTE? { first(HL7.NTE.self) }
  /// Message acknowledgment.
  public var MSA: HL7.MSA? { first(HL7.MSA.self) }
  /// Error.
  public var ERR: HL7.ERR? { first(HL7.ERR.self) }
  /// Observation or result.
  public var OBX: HL7.OBX? { first(HL7.OBX.self) }
  /// Movement of a patient, as IHE PAM adds it.
  public var ZBE: HL7.ZBE? { first(HL7.ZBE.self) }
}
