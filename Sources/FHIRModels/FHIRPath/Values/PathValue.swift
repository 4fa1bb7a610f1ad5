/// One item of a collection.
enum PathValue: Sendable {
  /// An element of the document, or a primitive that still has its id and extensions.
  case item(FHIRItem)
  case boolean(Bool)
  case integer(Int)
  case decimal(PathDecimal)
  case string(String)
  indirect case temporal(PathTemporal)
  indirect case quantity(PathQuantity)
  /// What `type()` answers.
  indirect case type(namespace: String, name: String)

  /// Nil for elements and types.
  var systemType: PathType.System? {
    switch self {
    case .item, .type: nil
    case .boolean: .boolean
    case .integer: .integer
    case .decimal: .decimal
    case .string: .string
    case .temporal(let value): value.kind == .date ? .date : value.kind == .time ? .time : .dateTime
    case .quantity: .quantity
    }
  }

  /// The value as operators see it: FHIR's primitives as the language's own, a Quantity as an amount. What has no value
  /// stays an item.
  var plain: PathValue {
    guard case .item(let item) = self else { return self }
    switch item.content {
    case .primitive(let kind, let content, let owner):
      guard let value = content.value else { return self }
      if let flag = value.flag { return .boolean(flag) }
      guard let text = owner.text(value) else { return self }
      return PathValue(text, kind) ?? self
    case .element(let node):
      guard PathValue.quantityTypes.contains(node.type) else { return self }
      return PathValue.quantity(of: Quantity(node: node)).map { .quantity($0) } ?? self
    }
  }

  private static let quantityTypes: [TypeReference] = [
    "Quantity", "Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity",
  ].compactMap { Schema.shared.type(named: $0) }

  /// The value of a primitive's text; nil where it is none of its type, in a document that was read leniently.
  init?(_ text: String, _ kind: FieldKind) {
    switch kind {
    case .boolean: self = .boolean(text == "true")
    case .integer, .positiveInt, .unsignedInt:
      guard let integer = Int32(text) else { return nil }
      self = .integer(Int(integer))
    case .decimal:
      guard let decimal = PathDecimal(text) else { return nil }
      self = .decimal(decimal)
    case .date, .dateTime, .instant:
      guard var temporal = PathTemporal(dateTime: text) else { return nil }
      temporal.kind = kind == .date ? .date : .dateTime
      self = .temporal(temporal)
    case .time:
      guard let temporal = PathTemporal(time: text) else { return nil }
      self = .temporal(temporal)
    default: self = .string(text)
    }
  }

  /// An amount of UCUM, or one without a unit. A comparator makes it none.
  private static func quantity(of element: Quantity) -> PathQuantity? {
    guard let value = element.value.flatMap({ PathDecimal($0.text) }), element.comparator == nil else { return nil }
    if let code = element.code, element.system == "http://unitsofmeasure.org" { return PathQuantity(value, unit: code) }
    guard element.code == nil, element.system == nil else { return nil }
    return PathQuantity(value, unit: element.unit ?? "1")
  }

  /// A whole number as a fraction; nil for what is no number.
  var number: PathDecimal? {
    switch self {
    case .integer(let value): PathDecimal(value)
    case .decimal(let value): value
    default: nil
    }
  }
}
