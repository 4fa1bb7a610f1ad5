/// Every type, read once from the tables that `fhir-codegen` wrote.
///
/// A table is text: a line `#Name flags` for each type, then one line for each element:
/// `name min max flags types [binding]`, types divided by `|`, targets in parentheses.
struct Schema: Sendable {
  let types: [TypeReference]
  private let byName: [String: TypeReference]

  static let shared = Schema(tables: schemaTables)

  func type(named name: String) -> TypeReference? { byName[name] }

  /// Reads the tables' bytes: a split of them as text would cost the start of the program ten times as much.
  init(tables: [StaticString]) {
    var headers: [TypeLines] = []
    for table in tables {
      var rest = TableText(start: table.utf8Start, count: table.utf8CodeUnitCount)
      while let line = rest.cut(at: UInt8(ascii: "\n")) {
        if line.first == UInt8(ascii: "#") {
          headers.append(TypeLines(header: line))
        } else if !headers.isEmpty, !line.isEmpty {
          headers[headers.count - 1].lines.append(line)
        }
      }
    }
    let memory = UnsafeMutablePointer<NodeType>.allocate(capacity: max(headers.count, 1))
    var references: [TypeReference] = []
    var byName: [String: TypeReference] = [:]
    byName.reserveCapacity(headers.count)
    for (index, header) in headers.enumerated() {
      let reference = TypeReference(pointer: memory + index)
      references.append(reference)
      byName[header.name] = reference
    }
    var fields: [Field] = []
    for (index, header) in headers.enumerated() {
      fields.removeAll(keepingCapacity: true)
      for line in header.lines { Schema.append(line, to: &fields, byName) }
      (memory + index).initialize(to: Schema.type(header, fields))
    }
    types = references
    self.byName = byName
  }

  private static func type(_ header: TypeLines, _ fields: [Field]) -> NodeType {
    let table = UnsafeMutableBufferPointer<Field>.allocate(capacity: fields.count)
    _ = table.initialize(from: fields)
    var required: [ClosedRange<Int>] = []
    for field in fields where field.isRequired && required.last != field.group { required.append(field.group) }
    return NodeType(
      name: header.name, isResource: header.isResource, isAbstract: header.isAbstract, fields: table,
      names: NameTable(fields, isResource: header.isResource), required: required)
  }

  /// Adds the fields of one line: a choice is one for each of its types.
  private static func append(_ line: TableText, to fields: inout [Field], _ types: [String: TypeReference]) {
    var line = line
    let space = UInt8(ascii: " ")
    guard let name = line.cut(at: space), let least = line.cut(at: space), let most = line.cut(at: space),
      let flags = line.cut(at: space), var alternatives = line.cut(at: space)
    else { return }
    let binding = line.cut(at: space).map(\.text) ?? ""
    let isChoice = name.last == UInt8(ascii: "]")
    let stem = isChoice ? name.prefix(name.count - 3) : name
    let count = alternatives.reduce(1) { $0 + ($1 == UInt8(ascii: "|") ? 1 : 0) }
    let group = fields.count...(fields.count + count - 1)
    let pathName = stem.text
    while var alternative = alternatives.cut(at: UInt8(ascii: "|")) {
      let typeName = (alternative.cut(at: UInt8(ascii: "(")) ?? alternative).text
      var targets: [String] = []
      if !alternative.isEmpty {
        alternative = alternative.prefix(alternative.count - 1)
        while let target = alternative.cut(at: UInt8(ascii: ",")) { targets.append(target.text) }
      }
      let kind = FieldKind(primitive: typeName) ?? (typeName == "Resource" ? .resource : .node)
      fields.append(
        Field(
          name: isChoice ? choiceName(stem, typeName) : FieldName(stem.bytes), kind: kind,
          isList: most.first != UInt8(ascii: "1"), pathName: pathName, isRequired: least.first != UInt8(ascii: "0"),
          isSummary: flags.contains(UInt8(ascii: "s")), isModifier: flags.contains(UInt8(ascii: "m")),
          isAttribute: flags.contains(UInt8(ascii: "a")), group: group, type: kind == .node ? types[typeName] : nil,
          targets: targets, binding: binding))
    }
  }

  /// The name of a choice in JSON and XML: `value` and `dateTime` are `valueDateTime`.
  private static func choiceName(_ stem: TableText, _ typeName: String) -> FieldName {
    var suffix = Array(typeName.utf8)
    if let first = suffix.first, first &- 0x61 < 26 { suffix[0] = first &- 0x20 }
    return FieldName(Array(stem.bytes) + suffix)
  }
}

/// The lines of one type.
private struct TypeLines {
  let name: String
  let isResource: Bool
  let isAbstract: Bool
  var lines: [TableText] = []

  init(header: TableText) {
    var rest = header.dropFirst()
    name = rest.cut(at: UInt8(ascii: " "))?.text ?? ""
    isResource = rest.contains(UInt8(ascii: "R"))
    isAbstract = rest.contains(UInt8(ascii: "a"))
  }
}

/// A piece of a table. Tables are part of the program, so that the memory stays as long as the process.
private struct TableText: Sequence {
  private(set) var bytes: UnsafeBufferPointer<UInt8>

  init(start: UnsafePointer<UInt8>, count: Int) { bytes = UnsafeBufferPointer(start: start, count: count) }
  private init(_ bytes: UnsafeBufferPointer<UInt8>.SubSequence) { self.bytes = UnsafeBufferPointer(rebasing: bytes) }

  var count: Int { bytes.count }
  var isEmpty: Bool { bytes.isEmpty }
  var first: UInt8? { bytes.first }
  var last: UInt8? { bytes.last }
  var text: String { String(decoding: bytes, as: UTF8.self) }
  func prefix(_ count: Int) -> TableText { TableText(bytes.prefix(count)) }
  func dropFirst() -> TableText { TableText(bytes.dropFirst()) }
  func makeIterator() -> UnsafeBufferPointer<UInt8>.Iterator { bytes.makeIterator() }

  /// Takes what stands before the next `separator`, or all that is left; nil when nothing is left.
  mutating func cut(at separator: UInt8) -> TableText? {
    if bytes.isEmpty { return nil }
    let end = bytes.firstIndex(of: separator) ?? bytes.count
    let piece = TableText(bytes[..<end])
    bytes = UnsafeBufferPointer(rebasing: bytes[Swift.min(end + 1, bytes.count)...])
    return piece
  }
}
