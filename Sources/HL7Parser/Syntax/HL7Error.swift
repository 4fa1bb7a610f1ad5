/// Why a message, or a place in it, cannot be taken. Fit for an ERR segment: see `HL7Finding.init(_:)`.
public struct HL7Error: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error, as a stable word. New ones may appear.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
      self.description = description
    }

    public static let noHeader = Code("no-header")
    public static let truncatedHeader = Code("truncated-header")
    public static let ambiguousDelimiters = Code("ambiguous-delimiters")
    public static let batchEnvelope = Code("batch-envelope")
    public static let secondHeader = Code("second-header")
    public static let invalidSegment = Code("invalid-segment")
    public static let unsupportedCharset = Code("unsupported-charset")
    public static let charsetMismatch = Code("charset-mismatch")
    public static let limitExceeded = Code("limit-exceeded")
    public static let batchStructure = Code("batch-structure")
    public static let invalidPath = Code("invalid-path")
    public static let notExpressible = Code("not-expressible")
    public static let invalidDateTime = Code("invalid-date-time")
  }

  public let code: Code
  /// The table 0357 code that answers it.
  public let condition: HL7ErrorCondition
  /// The place, where it is known.
  public let location: HL7Location?
  /// The byte at which it was noticed.
  public let offset: Int
  /// What is wrong and what would be right, without content of the message.
  public let text: String

  public init(
    _ code: Code, _ text: String, condition: HL7ErrorCondition, location: HL7Location? = nil, offset: Int = 0
  ) {
    self.code = code
    self.condition = condition
    self.location = location
    self.offset = offset
    self.text = text
  }

  public var description: String {
    let place = location.map { " at \($0)" } ?? ""
    return "\(code)\(place) (byte \(offset)): \(text)"
  }
}

/// A place in a message, all counts from 1, as ERR-2 (data type ERL) names it.
public struct HL7Location: Sendable, Hashable, CustomStringConvertible {
  public var segment: String
  /// Which segment of that name in the message.
  public var occurrence: Int
  public var field: Int?
  public var repetition: Int?
  public var component: Int?
  public var subcomponent: Int?

  public init(
    _ segment: String, occurrence: Int = 1, field: Int? = nil, repetition: Int? = nil, component: Int? = nil,
    subcomponent: Int? = nil
  ) {
    self.segment = segment
    self.occurrence = occurrence
    self.field = field
    self.repetition = repetition
    self.component = component
    self.subcomponent = subcomponent
  }

  /// The form that `HL7Path` reads, such as `OBX[2]-5[1].3`.
  public var description: String {
    var text = segment
    if occurrence != 1 { text += "[\(occurrence)]" }
    guard let field else { return text }
    text += "-\(field)"
    if let repetition { text += "[\(repetition)]" }
    if let component { text += ".\(component)" }
    if let component, component > 0, let subcomponent { text += ".\(subcomponent)" }
    return text
  }
}
