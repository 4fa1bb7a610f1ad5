/// A type as `is`, `as` and `ofType` name it.
struct PathType: Sendable {
  /// What the language itself has.
  enum System: String, Sendable {
    case boolean = "Boolean"
    case string = "String"
    case integer = "Integer"
    case decimal = "Decimal"
    case date = "Date"
    case dateTime = "DateTime"
    case time = "Time"
    case quantity = "Quantity"
  }

  /// The name as it was resolved, such as `FHIR.Patient`.
  let name: String
  private(set) var system: System?
  private(set) var primitive: FieldKind?
  /// The places in the schema of this type and of those derived from it, in order.
  private var accepted: [Int] = []
  private(set) var acceptsPrimitives = false

  /// From `[name]` or `[namespace, name]`; nil for what is no type. FHIR's types come before the language's own.
  init?(_ parts: [String]) {
    guard let last = parts.last, parts.count <= 2 else { return nil }
    let namespace = parts.count == 2 ? parts[0] : nil
    guard namespace == nil || namespace == "FHIR" || namespace == "System" else { return nil }
    name = parts.joined(separator: ".")
    if namespace != "FHIR" { system = System(rawValue: last) }
    if namespace != "System" {
      primitive = FieldKind(primitive: Substring(last))
      if primitive == nil { accepted = PathType.derived[last] ?? [] }
      acceptsPrimitives = last == "Element"
    }
    // A namespace is a promise only as to what stands in it: a type that is not there matches nothing.
    if namespace == nil, system == nil, primitive == nil, accepted.isEmpty { return nil }
  }

  /// For each name the types that are it or derived from it, by their places in the schema.
  private static let derived: [String: [Int]] = {
    var derived: [String: [Int]] = [:]
    for (index, type) in Schema.shared.types.enumerated() {
      for name in lineage(of: type) { derived[name, default: []].append(index) }
    }
    return derived
  }()

  /// The type's name and those of what it is derived from.
  static func lineage(of type: TypeReference) -> [String] {
    let name = type.name
    if type.isResource {
      if name == "Resource" || name == "DomainResource" { return [name, "Resource"] }
      return ["Bundle", "Binary", "Parameters"].contains(name)
        ? [name, "Resource"] : [name, "DomainResource", "Resource"]
    }
    if let dot = name.firstIndex(of: ".") {
      let isOfResource = Schema.shared.type(named: String(name[..<dot]))?.isResource ?? false
      return isOfResource ? [name, "BackboneElement", "Element"] : [name, "Element"]
    }
    switch name {
    case "Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity":
      return [name, "Quantity", "Element"]
    case "Timing", "Dosage", "ElementDefinition": return [name, "BackboneElement", "Element"]
    default: return [name, "Element"]
    }
  }

  static func parent(of kind: FieldKind) -> FieldKind? {
    switch kind {
    case .code, .id, .markdown: .string
    case .url, .canonical, .oid, .uuid: .uri
    case .positiveInt, .unsignedInt: .integer
    default: nil
    }
  }

  /// The type that a path can begin with: `Patient.name`, `Resource.id`.
  static func root(named name: String) -> PathType? {
    guard let first = name.utf8.first, first &- 0x41 < 26, let type = PathType(["FHIR", name]), !type.accepted.isEmpty
    else { return nil }
    return type
  }

  /// Whether FHIR has a type of the name.
  var isKnown: Bool { primitive != nil || !accepted.isEmpty }

  /// Whether the value is of this type or of one derived from it.
  func isMet(by value: PathValue) -> Bool {
    guard case .item(let item) = value else { return system != nil && system == value.systemType }
    switch item.content {
    case .element(let node): return accepts(node.type)
    case .primitive(let kind, _, _):
      return acceptsPrimitives || kind == primitive || primitive != nil && PathType.parent(of: kind) == primitive
    }
  }

  /// As `isMet`, but a primitive must be of the very type: a choice that holds a `code` is none of `string`.
  func selects(_ value: PathValue) -> Bool {
    guard case .item(let item) = value, case .primitive(let kind, _, _) = item.content else { return isMet(by: value) }
    return acceptsPrimitives || kind == primitive
  }

  func accepts(_ type: TypeReference) -> Bool {
    let index = PathNames.shared.index(of: type)
    var low = 0
    var high = accepted.count
    while low < high {
      let middle = (low + high) / 2
      if accepted[middle] < index { low = middle + 1 } else { high = middle }
    }
    return low < accepted.count && accepted[low] == index
  }
}
