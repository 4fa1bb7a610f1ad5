import ClinicModel
import HL7Parser

/// Reads the fields of one message as changes, and gathers what is wrong with them.
///
/// A field with an error reads as `leave`; when all is read, one error or more refuses the message with every finding.
struct HL7Reading {
  /// The most bytes of a text: what the indexes of the contract hold with room to spare.
  static let textBytes = 500
  /// The most bytes of an identifier.
  static let identifierBytes = 250
  /// The most repetitions of a field, and segments of a name, that are read.
  static let repetitions = 100
  /// The most OBX of a message.
  static let results = 5_000
  /// The most FT1 of a message.
  static let charges = 1_000
  /// The most files of one document of MDM.
  static let files = 8
  /// The most bytes of a report's text.
  static let reportBytes = 1_048_576

  let profile: HL7MappingProfile
  /// Of identifiers that name no authority.
  let defaultAuthority: String
  private(set) var errors: [HL7Finding] = []
  private(set) var warnings: [HL7Finding] = []

  init(_ message: HL7Message, profile: HL7MappingProfile) {
    self.profile = profile
    let header = message.MSH
    defaultAuthority =
      profile.defaultAuthority ?? header?.sendingFacility.namespaceID ?? header?.sendingApplication.namespaceID
      ?? "unknown"
  }

  // MARK: Findings

  mutating func refuse(_ condition: HL7ErrorCondition, at location: HL7Location, _ text: String) {
    errors.append(HL7Finding(condition, at: location, text))
  }

  mutating func warn(_ condition: HL7ErrorCondition, at location: HL7Location, _ text: String) {
    warnings.append(HL7Finding(condition, at: location, severity: .warning, text))
  }

  mutating func missing(at location: HL7Location, _ text: String) {
    refuse(.requiredFieldMissing, at: location, text)
  }

  // MARK: Texts

  /// A text without control characters and outer blanks; nil where nothing of it remains. Too long is refused.
  mutating func text(
    _ element: HL7Element, at location: @autoclosure () -> HL7Location, limit: Int = HL7Reading.textBytes
  ) -> String? {
    guard let raw = element.string else { return nil }
    let text = Self.cleaned(raw)
    guard text.utf8.count <= limit else {
      refuse(.valueTooLong, at: location(), "longer than \(limit) bytes")
      return nil
    }
    return text.isEmpty ? nil : text
  }

  /// A field or component that is a text.
  mutating func change(
    _ element: HL7Element, at location: @autoclosure () -> HL7Location, limit: Int = HL7Reading.textBytes
  ) -> FieldChange<String> {
    if element.isNull { return .clear }
    return text(element, at: location(), limit: limit).map { .set($0) } ?? .leave
  }

  /// A longer text whose lines stay: TX and FT, with formatting carried out.
  mutating func lines(_ element: HL7Element, at location: @autoclosure () -> HL7Location) -> String? {
    guard let raw = element.plainText else { return nil }
    guard raw.utf8.count <= Self.reportBytes else {
      refuse(.valueTooLong, at: location(), "longer than \(Self.reportBytes) bytes")
      return nil
    }
    let text = raw.split(omittingEmptySubsequences: false) { $0.isNewline }
      .map { String(Self.withoutControls(String($0))) }.joined(separator: "\n")
    return text.allSatisfy(\.isWhitespace) ? nil : text
  }

  /// Postgres takes no NUL, and no column wants a line break or a bell.
  private static func withoutControls(_ raw: String) -> Substring {
    if raw.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return Substring(raw) }
    let scalars = raw.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
    return Substring(String(String.UnicodeScalarView(scalars)))
  }

  /// A text without control characters and outer blanks.
  static func cleaned(_ raw: String) -> String {
    let bytes = raw.utf8
    // Nearly all are clean.
    if bytes.first != 0x20, bytes.last != 0x20, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return raw }
    var rest = withoutControls(raw)
    while rest.utf8.first == 0x20 { rest.removeFirst() }
    while rest.utf8.last == 0x20 { rest.removeLast() }
    return String(rest)
  }

  // MARK: Dates

  /// A day, month or year; the time of a longer one is not looked at.
  mutating func date(_ value: HL7.DTM, at location: HL7Location) -> FieldChange<CalendarDate> {
    if value.isNull { return .clear }
    guard let moment = parsed(value, at: location) else { return .leave }
    guard let date = Self.day(of: moment) else {
      refuse(.dataTypeError, at: location, "a date from year 1 on is expected")
      return .leave
    }
    return .set(date)
  }

  /// A moment. Without a zone it is a reading of the clinic's wall clock; without an hour, the start of the day.
  mutating func instant(_ value: HL7.DTM, at location: HL7Location) -> FieldChange<Instant> {
    if value.isNull { return .clear }
    guard let moment = parsed(value, at: location) else { return .leave }
    guard let date = Self.day(of: moment), date.precision == .day else {
      refuse(.dataTypeError, at: location, "a date with month and day is expected: YYYYMMDD[HHMM[SS]][+ZZZZ]")
      return .leave
    }
    let wall = LocalTime(
      date: date, hour: moment.hour ?? 0, minute: moment.minute ?? 0, second: moment.second ?? 0,
      microsecond: Self.microsecond(moment.fraction))
    guard let offset = moment.offsetMinutes else { return .set(profile.zone.instant(of: wall)) }
    return .set(ZoneOffsets(fixedSeconds: offset * 60).instant(of: wall))
  }

  private mutating func parsed(_ value: HL7.DTM, at location: HL7Location) -> HL7DateTime? {
    guard let text = value.text.map(Self.cleaned), !text.isEmpty else { return nil }
    do throws(HL7Error) {
      return try HL7DateTime(text)
    } catch {
      refuse(.dataTypeError, at: location, error.text)
      return nil
    }
  }

  private static func day(of moment: HL7DateTime) -> CalendarDate? {
    CalendarDate(year: moment.year, month: moment.month, day: moment.day)
  }

  private static func microsecond(_ fraction: String?) -> Int {
    guard let fraction, let digits = Int(fraction) else { return 0 }
    return (fraction.utf8.count..<6).reduce(digits) { value, _ in value * 10 }
  }

  // MARK: Repetitions

  /// The repetitions that hold something, with their numbers from 1; more than the limit are refused.
  mutating func repetitions<Value: HL7DataType>(
    _ repeats: HL7Repeats<Value>, at location: HL7Location
  ) -> [(number: Int, value: Value)] {
    var found: [(number: Int, value: Value)] = []
    var number = 0
    for value in repeats {
      number += 1
      guard number <= Self.repetitions else {
        refuse(.valueTooLong, at: location, "more than \(Self.repetitions) repetitions")
        break
      }
      if value.hasValue { found.append((number, value)) }
    }
    return found
  }

  /// The first segments of a list; more than the limit are refused.
  mutating func bounded<Face: HL7SegmentFace>(_ faces: [Face]) -> ArraySlice<Face> {
    if faces.count > Self.repetitions {
      refuse(
        .valueTooLong, at: HL7Location(Face.name, occurrence: Self.repetitions + 1),
        "more than \(Self.repetitions) segments of this name")
    }
    return faces.prefix(Self.repetitions)
  }
}

extension HL7Segment {
  /// Where a part of this segment stands, for findings.
  func at(_ field: Int, repetition: Int? = nil, component: Int? = nil, subcomponent: Int? = nil) -> HL7Location {
    var location = location
    location.field = field
    location.repetition = repetition
    location.component = component
    location.subcomponent = subcomponent
    return location
  }
}

extension HL7SegmentFace {
  /// Where a part of this segment stands, for findings.
  func at(_ field: Int, repetition: Int? = nil, component: Int? = nil, subcomponent: Int? = nil) -> HL7Location {
    segment.at(field, repetition: repetition, component: component, subcomponent: subcomponent)
  }
}
