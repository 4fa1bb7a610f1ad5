/// How a field's value is written: one of FHIR's primitives, a node, or any resource.
enum FieldKind: UInt8, Sendable {
  case boolean
  case integer, positiveInt, unsignedInt, decimal
  case string, markdown, code, id, uri, url, canonical, oid, uuid, base64Binary, xhtml
  case date, dateTime, instant, time
  case node, resource

  /// Nil for names that are no primitive.
  init?(primitive name: some StringProtocol) {
    switch String(name) {
    case "boolean": self = .boolean
    case "integer": self = .integer
    case "positiveInt": self = .positiveInt
    case "unsignedInt": self = .unsignedInt
    case "decimal": self = .decimal
    case "string": self = .string
    case "markdown": self = .markdown
    case "code": self = .code
    case "id": self = .id
    case "uri": self = .uri
    case "url": self = .url
    case "canonical": self = .canonical
    case "oid": self = .oid
    case "uuid": self = .uuid
    case "base64Binary": self = .base64Binary
    case "xhtml": self = .xhtml
    case "date": self = .date
    case "dateTime": self = .dateTime
    case "instant": self = .instant
    case "time": self = .time
    default: return nil
    }
  }

  var isPrimitive: Bool { rawValue < FieldKind.node.rawValue }
  var isNumber: Bool { rawValue >= FieldKind.integer.rawValue && rawValue <= FieldKind.decimal.rawValue }
}
