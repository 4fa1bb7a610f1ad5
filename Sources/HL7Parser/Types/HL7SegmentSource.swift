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
