/// The segments and data types of HL7 v2, by the names that the standard gives them: `HL7.PID`, `HL7.CX`.
///
/// Each is a thin face over bytes: making one costs nothing, its accessors find their part when asked, and setting one
/// changes a copy of those bytes and nothing else. Fields and components are the union of versions 2.1 to 2.8.2, with
/// the types of 2.5.1 where it has them. A field whose type changed with the versions is read by either: `IS` and `CWE`
/// both begin with the code, `CE` is the start of `CWE`, and the text of a date stands in the first component of `TS`
/// as it does in `DTM`.
///
///     message.PID?.patientName[0].familyName = "Berrada"
///     var insured = HL7.IN1()
///     insured.insuranceCompanyID[0].idNumber = "CNSS"
///     message.append(insured)
///
/// Setting a text or a part to nil removes what is there; null (`""`) is set by `HL7Content.null`.
public enum HL7 {
  /// Coded element: the beginning of CWE.
  public typealias CE = CWE
  /// Coded with no exceptions: as CWE.
  public typealias CNE = CWE
  /// Coded element with formatted text: as CWE.
  public typealias CF = CWE
}

/// A typed face over a segment.
public protocol HL7SegmentFace: Sendable {
  /// The three characters that the segment begins with.
  static var name: String { get }
  var segment: HL7Segment { get set }
  init(_ segment: HL7Segment)
}

extension HL7SegmentFace {
  /// A segment without any field, to be filled; its delimiters and charset become those of the message it is put in.
  public init() { self.init(HL7Segment(Self.name)) }

  /// A field by its number, from 1, for null, raw bytes and what has no accessor.
  public subscript(field: Int) -> HL7Element {
    get { segment[field] }
    set { segment[field] = newValue }
  }

  /// Writes a whole field; see `HL7Segment.set(_:field:)`.
  public mutating func set(_ content: HL7Content, field: Int) { segment.set(content, field: field) }

  func part(_ number: Int) -> HL7Element { segment[number] }
  func text(_ number: Int) -> String? { segment[number].string }
  func freeText(_ number: Int) -> String? { segment[number].fullText }
  func repeats<Value: HL7DataType>(_ number: Int) -> HL7Repeats<Value> { HL7Repeats(segment[number]) }

  mutating func setText(_ number: Int, _ text: String?) { segment.set(.text(text), field: number) }
  mutating func setPart(_ number: Int, _ value: some HL7DataType) { segment[number] = value.element }
  mutating func setRepeats<Value: HL7DataType>(_ number: Int, _ value: HL7Repeats<Value>) {
    segment[number] = value.field
  }
}

extension HL7DataType {
  /// A value that holds nothing, to be filled.
  public init() { self.init(.blank) }

  /// Nothing was sent here.
  public var isAbsent: Bool { element.isAbsent }
  /// `""` was sent: the receiver shall delete what it holds here.
  public var isNull: Bool { element.isNull }
  /// Something other than nothing and null was sent.
  public var hasValue: Bool { element.hasValue }

  /// Writes the part that the data type numbers so: a component, or a sub-component inside one.
  public mutating func set(_ content: HL7Content, part: Int) { element.setPart(part, .content(content)) }

  func part(_ number: Int) -> HL7Element { element.part(number) }
  func text(_ number: Int) -> String? { element.part(number).string }
  func freeText(_ number: Int) -> String? { element.part(number).fullText }

  mutating func setText(_ number: Int, _ text: String?) { element.setPart(number, .content(.text(text))) }
  mutating func setPart(_ number: Int, _ value: some HL7DataType) { element.setPart(number, .element(value.element)) }
}

extension HL7 {
  /// A single text, code or number: ST, ID, IS, SI, NM.
  public struct ST: HL7DataType, ExpressibleByStringLiteral {
    public var element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    public init(_ text: String) {
      self.init(.blank)
      self.text = text
    }

    public init(stringLiteral value: String) {
      self.init(value)
    }

    /// The text, `nil` where absent or null.
    public var text: String? {
      get { element.string }
      set { element.replace(.text(newValue)) }
    }
  }

  /// Free text (TX, FT): delimiters that a careless sender left unescaped belong to it.
  public struct FT: HL7DataType {
    public var element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// The text with formatting commands as they stand. What is set is text: an escape character in it is escaped.
    public var text: String? {
      get { element.fullText }
      set { element.replace(.text(newValue)) }
    }
    /// The text with formatting commands carried out as line breaks.
    public var plainText: String? { element.plainText }
  }

  /// A date, a time or both: DTM, DT, TS.
  public struct DTM: HL7DataType {
    public var element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// The text as sent.
    public var text: String? {
      get { element.string }
      set { element.replace(.text(newValue)) }
    }
    /// The value; `nil` where absent, null or not a date that exists. `parsed()` tells these apart.
    public var value: HL7DateTime? {
      get { text.flatMap { try? HL7DateTime($0) } }
      set { text = newValue?.text }
    }

    /// The value, `nil` where absent or null; throws where a text is there that is no date.
    public func parsed() throws(HL7Error) -> HL7DateTime? {
      guard let text else { return nil }
      return try HL7DateTime(text)
    }
  }
}
