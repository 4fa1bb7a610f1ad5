/// How a property gets at its field: which of the accessors of `FHIRNode` it calls.
enum Accessor: String {
  case string, code, flag, integer, primitive, element, resource

  func getter(isList: Bool) -> String { isList ? rawValue + "s" : rawValue }

  func setter(isList: Bool) -> String { "set" + Names.capitalized(getter(isList: isList)) }

  /// What a field holds for `value`.
  func stored(_ value: String) -> String {
    switch self {
    case .string: ".text(\(value))"
    case .code: ".text(\(value).rawValue)"
    case .flag: ".bool(\(value))"
    case .integer: ".text(String(\(value)))"
    case .primitive: ".text(\(value).text)"
    case .element, .resource: ".node(\(value).node)"
    }
  }
}

extension Generator {
  func accessor(_ use: Definitions.TypeUse, _ element: Definitions.Element) -> Accessor {
    switch use.name {
    case "boolean": .flag
    case "integer", "positiveInt", "unsignedInt": .integer
    case "decimal", "date", "dateTime", "instant", "time": .primitive
    case "Resource": .resource
    case "code": codeSet(use, element) == nil ? .string : .code
    case "string", "markdown", "id", "uri", "url", "canonical", "oid", "uuid", "base64Binary", "xhtml": .string
    default: .element
    }
  }

  /// The type of a code whose binding is required and named; nil for a code that stays a string.
  func codeSet(_ use: Definitions.TypeUse, _ element: Definitions.Element) -> Definitions.CodeSet? {
    guard use.name == "code", let address = element.requiredBinding, usedCodes.contains(address) else { return nil }
    return definitions.codeSets[address]
  }
}
