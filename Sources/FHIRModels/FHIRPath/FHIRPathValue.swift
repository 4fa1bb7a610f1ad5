/// One item of what an expression evaluates to: an element of the document, or a value of the language.
public struct FHIRPathValue: Sendable, CustomStringConvertible {
  let value: PathValue

  init(_ value: PathValue) { self.value = value }
  /// An element or primitive of a document.
  public init(_ item: FHIRItem) { value = .item(item) }
  /// A `Boolean` of the language.
  public init(_ flag: Bool) { value = .boolean(flag) }
  /// An `Integer` of the language.
  public init(_ integer: Int32) { value = .integer(Int(integer)) }
  /// A `String` of the language.
  public init(_ text: String) { value = .string(text) }
  /// Nil for a number of more than 38 digits.
  public init?(_ decimal: FHIRDecimal) {
    guard let decimal = PathDecimal(decimal.text) else { return nil }
    value = .decimal(decimal)
  }
  /// A `Date` of the same precision.
  public init?(_ date: FHIRDate) { self.init(date.text, .date) }
  /// A `DateTime` of the same precision and zone.
  public init?(_ dateTime: FHIRDateTime) { self.init(dateTime.text, .dateTime) }
  private init?(_ text: String, _ kind: FieldKind) {
    guard let value = PathValue(text, kind) else { return nil }
    self.value = value
  }

  /// The element of the document; nil for what the expression made.
  public var item: FHIRItem? {
    if case .item(let item) = value { item } else { nil }
  }

  /// `FHIR.HumanName`, `FHIR.string`, `System.Integer`.
  public var typeName: String {
    switch value {
    case .item(let item): "FHIR.\(item.typeName)"
    case .type: "System.Type"
    default: "System.\(value.systemType?.rawValue ?? "Any")"
    }
  }

  /// A boolean, FHIR's or the language's.
  public var boolean: Bool? {
    if case .boolean(let flag) = value.plain { flag } else { nil }
  }

  /// A whole number.
  public var integer: Int? {
    if case .integer(let integer) = value.plain { integer } else { nil }
  }

  /// A number, whole or not.
  public var decimal: FHIRDecimal? { value.plain.number.flatMap { FHIRDecimal($0.text) } }

  /// The text of a string, code, uri and their like; nil for anything else.
  public var string: String? {
    if case .string(let text) = value.plain { text } else { nil }
  }

  /// Anything but an element as text, dates without `@`: `1.50`, `2014-01`, `4 'mg'`. Nil for elements.
  public var text: String? { PathConversion.text(value.plain) }

  /// The text, or the type of an element.
  public var description: String { text ?? typeName }
}

extension FHIRPathValue: Equatable {
  /// `=` of the language; what it leaves open is not equal.
  public static func == (left: FHIRPathValue, right: FHIRPathValue) -> Bool {
    PathEquality.equals(left.value, right.value) ?? false
  }
}
