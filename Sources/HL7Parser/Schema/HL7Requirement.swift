/// What a message of some event must hold to be applied. HL7 chapters 3 and 10.
enum HL7Requirement {
  /// A segment that must be there. As a warning where senders commonly leave it out and nothing is lost by that.
  case segment(String, HL7Finding.Severity)
  /// A field that must hold a value in each segment of that name.
  case field(String, Int, HL7Finding.Severity)
  /// At least one of these fields must hold a value.
  case oneOf(String, [Int])

  private static let admissions: Set<String> = ["A01", "A03", "A04", "A05", "A08", "A11", "A13"]
  private static let persons: Set<String> = ["A28", "A31"]
  private static let bookings: Set<String> = ["S12", "S13", "S14", "S15", "S17", "S26"]

  private static let patient: [HL7Requirement] = [
    .segment("EVN", .warning), .segment("PID", .error), .field("PID", 3, .error), .field("PID", 5, .error),
  ]

  /// The requirements of an event; none for one whose structure is not known here.
  static func all(of event: HL7Validator.Event) -> [HL7Requirement] {
    switch (event.code, event.trigger) {
    case ("ADT", let trigger) where admissions.contains(trigger):
      patient + [.segment("PV1", .error), .field("PV1", 2, .warning)]
    case ("ADT", let trigger) where persons.contains(trigger):
      patient
    case ("ADT", "A40"):
      patient + [.segment("MRG", .error), .field("MRG", 1, .error)]
    case ("SIU", let trigger) where bookings.contains(trigger):
      [
        .segment("SCH", .error), .oneOf("SCH", [1, 2]), .segment("PID", .warning), .field("PID", 3, .error),
        .field("PID", 5, .error), .segment("RGS", .warning),
      ]
    default: []
    }
  }

  /// Fields that hold a date or time, with the component where it is not the first of a TS.
  static let dateFields: [String: [(field: Int, component: Int?)]] = [
    "EVN": [(2, nil), (6, nil)],
    "PID": [(7, nil), (29, nil), (33, nil)],
    "PV1": [(44, nil), (45, nil)],
    "PV2": [(8, nil), (9, nil)],
    "IN1": [(12, nil), (13, nil), (18, nil)],
    "SCH": [(11, 4), (11, 5)],
    "TQ1": [(7, nil), (8, nil)],
    "AIS": [(4, nil)],
    "AIG": [(8, nil)],
    "AIL": [(6, nil)],
    "AIP": [(6, nil)],
    "ZBE": [(2, nil), (3, nil)],
  ]

  func findings(in message: HL7Message) -> [HL7Finding] {
    switch self {
    case .segment(let name, let severity):
      guard message.segment(name) == nil else { return [] }
      return [
        HL7Finding(
          .segmentSequenceError, at: HL7Location(name), severity: severity,
          "the segment \(name) is missing, and this event requires it")
      ]
    case .field(let name, let number, let severity):
      return message.segments.all(named: name).compactMap { segment in
        guard !Self.holdsValue(segment[number]) else { return nil }
        var place = segment.location
        place.field = number
        return Self.missing(place, severity == .warning)
      }
    case .oneOf(let name, let numbers):
      return message.segments.all(named: name).compactMap { segment in
        guard !numbers.contains(where: { Self.holdsValue(segment[$0]) }) else { return nil }
        var place = segment.location
        place.field = numbers.first
        return Self.missing(place, false)
      }
    }
  }

  static func missing(_ place: HL7Location, _ isWarning: Bool) -> HL7Finding {
    HL7Finding(
      .requiredFieldMissing, at: place, severity: isWarning ? .warning : .error,
      "\(place) is empty, and a value is required there")
  }

  /// Whether any part of a field holds a value: `^^^A` does, `^^^` and `~` do not.
  static func holdsValue(_ field: HL7Element) -> Bool {
    guard field.hasValue else { return false }
    return field.repetitions.contains { repetition in
      guard repetition.componentCount > 0 else { return false }
      return (1...repetition.componentCount).contains { number in
        let component = repetition.component(number)
        return component.hasValue && (1...component.subcomponentCount).contains { component.subcomponent($0).hasValue }
      }
    }
  }
}
