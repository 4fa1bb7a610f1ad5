/// The segments and data types of HL7 v2, by the names that the standard gives them: `HL7.PID`, `HL7.CX`.
///
/// Each is a thin face over received bytes: making one costs nothing, its accessors find their part when asked. Fields
/// and components are those of version 2.5.1, with what later versions added behind them. A field whose type changed
/// with the versions is read by either: `IS` and `CWE` both begin with the code, `CE` is the start of `CWE`, and the
/// text of a date stands in the first component of `TS` as it does in `DTM`.
public enum HL7 {}

/// A typed face over a segment.
public protocol HL7SegmentFace: Sendable {
  /// The three characters that the segment begins with.
  static var name: String { get }
  var segment: HL7Segment { get }
  init(_ segment: HL7Segment)
}

extension HL7SegmentFace {
  /// A field by its number, from 1, for null, raw bytes and what has no accessor.
  public subscript(field: Int) -> HL7Element { segment[field] }

  func part(_ number: Int) -> HL7Element { segment[number] }
  func text(_ number: Int) -> String? { segment[number].string }
  func freeText(_ number: Int) -> String? { segment[number].fullText }
  func repeats<Value: HL7DataType>(_ number: Int) -> HL7Repeats<Value> { HL7Repeats(segment[number]) }
}

extension HL7DataType {
  /// Nothing was sent here.
  public var isAbsent: Bool { element.isAbsent }
  /// `""` was sent: the receiver shall delete what it holds here.
  public var isNull: Bool { element.isNull }
  /// Something other than nothing and null was sent.
  public var hasValue: Bool { element.hasValue }

  func part(_ number: Int) -> HL7Element { element.part(number) }
  func text(_ number: Int) -> String? { element.part(number).string }
  func freeText(_ number: Int) -> String? { element.part(number).fullText }
}

extension HL7 {
  /// A single text, code or number: ST, ID, IS, SI, NM.
  public struct ST: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// The text, `nil` where absent or null.
    public var text: String? { element.string }
  }

  /// Free text (TX, FT): delimiters that a careless sender left unescaped belong to it.
  public struct FT: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// The text with formatting commands as they stand.
    public var text: String? { element.fullText }
    /// The text with formatting commands carried out as line breaks.
    public var plainText: String? { element.plainText }
  }

  /// A date, a time or both: DTM, DT, TS.
  public struct DTM: HL7DataType {
    public let element: HL7Element

    public init(_ element: HL7Element) {
      self.element = element
    }

    /// The text as sent.
    public var text: String? { element.string }
    /// The value; `nil` where absent, null or not a date that exists. `parsed()` tells these apart.
    public var value: HL7DateTime? { text.flatMap { try? HL7DateTime($0) } }

    /// The value, `nil` where absent or null; throws where a text is there that is no date.
    public func parsed() throws(HL7Error) -> HL7DateTime? {
      guard let text else { return nil }
      return try HL7DateTime(text)
    }
  }
}
