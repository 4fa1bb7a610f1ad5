/// Judges a parsed message: first its header, as a listener must before it takes a message, then its content.
///
/// Collects findings with their location; it never stops at the first and never changes anything. A finding of
/// severity error means that the message cannot be applied; a warning that it can.
public struct HL7Validator: Sendable {
  /// An event that a listener takes: MSH-9.1 and MSH-9.2.
  public struct Event: Sendable, Hashable {
    public let code: String
    public let trigger: String

    public init(_ code: String, _ trigger: String) {
      self.code = code
      self.trigger = trigger
    }
  }

  /// Versions taken; MSH-12 with any other is refused with 203.
  public var versions = HL7Version.supported
  /// Processing ids taken, table 0103; MSH-11 with any other is refused with 202.
  public var processingIDs: Set<String> = ["P", "T", "D"]
  /// Events taken; `nil` takes all. Others are refused with 200 or 201.
  public var events: Set<Event>?

  public init() {}

  /// What keeps a message from being taken at all. Refusals (200 to 203) want AR or CR, the rest AE or CE.
  public func headerFindings(_ message: HL7Message) -> [HL7Finding] {
    let header = message.header
    var findings = [7, 9, 10, 11, 12].compactMap { number in
      header[number].hasValue ? nil : HL7Requirement.missing(HL7Location("MSH", field: number), number == 7)
    }
    findings += Self.date(header[7], HL7Location("MSH", field: 7), severity: .warning)
    if let version = header[12].string, !versions.contains(where: { $0 == HL7Version(version) }) {
      findings.append(
        HL7Finding(
          .unsupportedVersionID, at: HL7Location("MSH", field: 12),
          "this version is not taken; taken are \(versions.map(\.description).joined(separator: ", "))"))
    }
    if let processing = header[11].string, !processingIDs.contains(processing) {
      findings.append(
        HL7Finding(
          .unsupportedProcessingID, at: HL7Location("MSH", field: 11),
          "this processing id is not taken; taken are \(processingIDs.sorted().joined(separator: ", "))"))
    }
    return findings + eventFindings(header) + modeFindings(header)
  }

  /// What is wrong with the content, for the events whose structure this library knows.
  public func contentFindings(_ message: HL7Message) -> [HL7Finding] {
    let event = Event(message.header[9].component(1).string ?? "", message.header[9].component(2).string ?? "")
    return HL7Requirement.all(of: event).flatMap { $0.findings(in: message) } + dateFindings(message)
  }

  private func eventFindings(_ header: HL7Segment) -> [HL7Finding] {
    guard let events, let code = header[9].component(1).string else { return [] }
    let trigger = header[9].component(2).string ?? ""
    if events.contains(Event(code, trigger)) { return [] }
    let triggers = events.filter { $0.code == code }.map(\.trigger).sorted()
    if triggers.isEmpty {
      let codes = Set(events.map(\.code)).sorted().joined(separator: ", ")
      return [
        HL7Finding(
          .unsupportedMessageType, at: HL7Location("MSH", field: 9, repetition: 1, component: 1),
          "this message type is not taken; taken are \(codes)")
      ]
    }
    return [
      HL7Finding(
        .unsupportedEventCode, at: HL7Location("MSH", field: 9, repetition: 1, component: 2),
        "this event is not taken for \(code); taken are \(triggers.joined(separator: ", "))")
    ]
  }

  /// MSH-15 and MSH-16 with a word that table 0155 does not have: it is taken for AL, see `HL7Control`.
  private func modeFindings(_ header: HL7Segment) -> [HL7Finding] {
    [15, 16].compactMap { number in
      guard let word = header[number].string, !["AL", "NE", "ER", "SU"].contains(word) else { return nil }
      return HL7Finding(
        .tableValueNotFound, at: HL7Location("MSH", field: number), severity: .warning,
        "this is none of AL, NE, ER, SU and is taken for AL")
    }
  }

  /// Every date of the segments that are applied must be one that the calendar has.
  private func dateFindings(_ message: HL7Message) -> [HL7Finding] {
    message.segments.flatMap { segment in
      (HL7Requirement.dateFields[segment.name] ?? []).flatMap { number, component in
        let element = segment[number]
        guard element.hasValue else { return [HL7Finding]() }
        var place = segment.location
        place.field = number
        place.repetition = 1
        place.component = component
        return Self.date(component.map { element.component($0) } ?? element, place, severity: .error)
      }
    }
  }

  private static func date(_ element: HL7Element, _ place: HL7Location, severity: HL7Finding.Severity) -> [HL7Finding] {
    do throws(HL7Error) {
      _ = try HL7.DTM(element).parsed()
      return []
    } catch {
      return [HL7Finding(.dataTypeError, at: place, severity: severity, error.text)]
    }
  }
}
