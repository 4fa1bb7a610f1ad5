/// Judges a message by its version's definitions: structure, cardinality, lengths, data types and tables.
///
/// A pass of its own over a parsed message, for those who ask for it: `HL7Validator` says what keeps a message from
/// being applied, which is less. Collects findings in the order of the message, each fit for an ERR segment; changes
/// nothing. Z-segments are taken as they are.
public struct HL7Conformance: Sendable {
  /// What is judged. A partner's profile leaves out what that partner is known for.
  public struct Checks: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) {
      self.rawValue = rawValue
    }

    /// Segments, their order, groups and choices.
    public static let structure = Checks(rawValue: 1)
    /// Fields and components that the definitions require.
    public static let required = Checks(rawValue: 2)
    /// Repetitions, and parts inside what has none.
    public static let cardinality = Checks(rawValue: 4)
    /// Lengths: before 2.7 those of all fields, since then the few that are left. Findings are warnings.
    public static let length = Checks(rawValue: 8)
    /// The form of numbers, dates and times.
    public static let dataType = Checks(rawValue: 16)
    /// Codes of the tables that HL7 itself defines.
    public static let table = Checks(rawValue: 32)
    /// Codes of the tables that HL7 only suggests. Findings are warnings.
    public static let suggestedTable = Checks(rawValue: 64)
    /// Segments and fields that the version does not have, or no longer. Findings are warnings.
    public static let unknown = Checks(rawValue: 128)

    public static let standard: Checks = [.structure, .required, .cardinality, .length, .dataType, .table, .unknown]
    public static let all: Checks = [standard, .suggestedTable]
  }

  /// Findings reported of one message at most.
  public static let findingLimit = 1000

  public var checks = Checks.standard
  /// The version to judge by; `nil` for the one that MSH-12 names, or 2.5.1 where it names none.
  public var version: HL7Version?

  public init() {}

  /// The findings, at most `findingLimit`.
  public func findings(in message: HL7Message) -> [HL7Finding] {
    let named = message.header[12].string.flatMap(HL7Version.init)
    let schema = HL7Schema.of(version ?? named ?? .v2_5_1)
    var pass = HL7ConformancePass(schema: schema, checks: checks)
    if checks.contains(.structure) { pass.judgeStructure(message) }
    var occurrences: [UInt32: Int] = [:]
    for segment in message.segments where pass.findings.count < Self.findingLimit {
      occurrences[segment.entry.name, default: 0] += 1
      pass.judge(segment, HL7Location(segment.name, occurrence: occurrences[segment.entry.name] ?? 1))
    }
    return Array(pass.findings.prefix(Self.findingLimit))
  }
}

/// One pass of `HL7Conformance`.
struct HL7ConformancePass {
  let schema: HL7Schema
  let checks: HL7Conformance.Checks
  private(set) var findings: [HL7Finding] = []

  init(schema: HL7Schema, checks: HL7Conformance.Checks) {
    self.schema = schema
    self.checks = checks
  }

  mutating func judgeStructure(_ message: HL7Message) {
    guard let structure = schema.structure(of: message) else {
      let place = HL7Location("MSH", field: 9, repetition: 1)
      add(.unsupportedMessageType, place, "version \(schema.version) has no message of this type and event")
      return
    }
    findings += HL7Arrangement(message, by: structure).findings
  }

  mutating func judge(_ segment: HL7Segment, _ place: HL7Location) {
    guard let definition = schema.segment(segment.entry.name) else {
      if !segment.isLocal, checks.contains(.unknown) {
        add(.segmentSequenceError, place, .warning, "version \(schema.version) has no segment of this name")
      }
      return
    }
    let declares = HL7SegmentName.declaresDelimiters(segment.entry.name)
    let last = max(definition.fields.count, segment.fieldCount)
    for number in stride(from: declares ? 3 : 1, through: last, by: 1) {
      guard findings.count < HL7Conformance.findingLimit else { return }
      var place = place
      place.field = number
      judge(segment[number], definition.field(number), place, of: segment)
    }
  }

  // MARK: Fields

  private mutating func judge(
    _ field: HL7Element, _ part: HL7PartDefinition?, _ place: HL7Location, of segment: HL7Segment
  ) {
    guard let part else {
      if field.hasValue, checks.contains(.unknown) {
        add(.dataTypeError, place, .warning, "version \(schema.version) has no field of this number")
      }
      return
    }
    guard HL7Requirement.holdsValue(field) else {
      if part.optionality == .required, checks.contains(.required) {
        add(.requiredFieldMissing, place, "\(part.name) is required and empty")
      }
      return
    }
    if part.optionality == .withdrawn, checks.contains(.unknown) {
      add(.dataTypeError, place, .warning, "\(part.name) is withdrawn in version \(schema.version)")
    }
    let type = part.type == "*" ? valueType(of: segment, place) : part.type
    if let maximum = part.maximum, checks.contains(.cardinality) {
      let count = field.repetitionCount
      if count > maximum, !isFreeText(type) {
        add(.dataTypeError, place, "\(count) repetitions of \(part.name), which may be sent \(maximum) times at most")
      }
    }
    if isFreeText(type) { return }
    for (index, repetition) in field.repetitions.enumerated() {
      guard findings.count < HL7Conformance.findingLimit else { return }
      var place = place
      place.repetition = index + 1
      judge(repetition, part, type, place)
    }
  }

  /// The data type that OBX-2 names for OBX-5, MFE-5 for MFE-4; text where it names none.
  private mutating func valueType(of segment: HL7Segment, _ place: HL7Location) -> String {
    guard place.field == 5, segment.name == "OBX" else { return "TX" }
    if let named = segment[2].string { return named }
    if checks.contains(.required) {
      var place = place
      place.field = 2
      add(.requiredFieldMissing, place, "OBX-5 has a value, and nothing says of which data type")
    }
    return "TX"
  }

  /// Free text may hold anything: what looks like a delimiter in it belongs to it.
  private func isFreeText(_ type: String) -> Bool { type == "TX" || type == "FT" }

  // MARK: Values

  /// A repetition, component or sub-component of a data type.
  private mutating func judge(
    _ element: HL7Element, _ part: HL7PartDefinition, _ type: String, _ place: HL7Location
  ) {
    guard element.hasValue else { return }
    if let length = part.length, part.type != "*", checks.contains(.length) {
      judgeLength(element, length, part, place)
    }
    if let components = schema.components(of: type), element.level != .subcomponent {
      judge(element, components, part, type, place)
    } else {
      judgeSimple(element, part, type, place)
    }
  }

  private mutating func judge(
    _ element: HL7Element, _ components: [HL7PartDefinition?], _ whole: HL7PartDefinition, _ type: String,
    _ place: HL7Location
  ) {
    let count = element.level == .component ? element.subcomponentCount : element.componentCount
    if count > components.count, checks.contains(.unknown) {
      add(.dataTypeError, place, .warning, "\(count) parts of \(whole.name), a \(type), which has \(components.count)")
    }
    for (index, component) in components.enumerated() {
      guard var component else { continue }
      let inner = element.part(index + 1)
      var place = place
      if place.component == nil { place.component = index + 1 } else { place.subcomponent = index + 1 }
      if index == 0, component.table == nil { component = component.withTable(whole.table) }
      if inner.hasValue {
        judge(inner, component, component.type, place)
      } else if component.optionality == .required, checks.contains(.required) {
        add(.requiredFieldMissing, place, "\(component.name) of \(whole.name) is required and empty")
      }
    }
  }

  private mutating func judgeSimple(
    _ element: HL7Element, _ part: HL7PartDefinition, _ type: String, _ place: HL7Location
  ) {
    let count = element.level == .component ? element.subcomponentCount : element.componentCount
    if count > 1, element.level != .subcomponent, checks.contains(.cardinality) {
      add(
        .dataTypeError, place, .warning,
        "\(count) parts of \(part.name), a \(type), which has none; a delimiter may lack its escape")
    }
    guard let text = element.string else { return }
    if checks.contains(.dataType), let fault = HL7SimpleType.fault(of: text, as: type) {
      add(.dataTypeError, place, "\(part.name): \(fault)")
    }
    judgeCode(text, part, type, place)
  }

  private mutating func judgeCode(_ text: String, _ part: HL7PartDefinition, _ type: String, _ place: HL7Location) {
    guard type == "ID" || type == "IS", let number = part.table, let table = schema.table(number), !table.isOpen,
      !table.codes.contains(text)
    else { return }
    if table.isDefinedByHL7, type == "ID" {
      if checks.contains(.table) { add(.tableValueNotFound, place, "\(part.name) is no code of table \(number)") }
    } else if checks.contains(.suggestedTable) {
      add(.tableValueNotFound, place, .warning, "\(part.name) is no code that table \(number) suggests")
    }
  }

  private mutating func judgeLength(
    _ element: HL7Element, _ length: Int, _ part: HL7PartDefinition, _ place: HL7Location
  ) {
    guard element.bytes.count > length else { return }
    let count = element.fullText?.unicodeScalars.count ?? 0
    if count > length {
      add(.valueTooLong, place, .warning, "\(part.name) has \(count) characters, and may have \(length)")
    }
  }

  private mutating func add(_ condition: HL7ErrorCondition, _ place: HL7Location, _ text: String) {
    add(condition, place, .error, text)
  }

  private mutating func add(
    _ condition: HL7ErrorCondition, _ place: HL7Location, _ severity: HL7Finding.Severity, _ text: String
  ) {
    findings.append(HL7Finding(condition, at: place, severity: severity, text))
  }
}

extension HL7PartDefinition {
  /// The first component of a code is from the table that its field names.
  fileprivate func withTable(_ table: String?) -> HL7PartDefinition {
    HL7PartDefinition(
      name: name, type: type, length: length, optionality: optionality, maximum: maximum, table: table)
  }
}
