/// One field of a type as the interpreters need it. A choice is one field for each of its types.
struct Field {
  /// The name in JSON, such as `birthDate` or `deceasedBoolean`.
  let name: UnsafeBufferPointer<UInt8>
  /// The name in paths: `deceased` for `deceasedBoolean`.
  let pathName: String
  let kind: FieldKind
  let isList: Bool
  let isRequired: Bool
  let isSummary: Bool
  let isModifier: Bool
  /// The fields of the choice that this one belongs to; itself alone when it is none.
  let group: ClosedRange<Int>
  /// The type of a `node` field, by its place in the schema.
  let type: TypeReference?
  /// The types that a Reference or canonical may point to; empty means any.
  let targets: [String]
  /// `required:NAME` or `extensible:NAME` of the value set, by its last path segment; empty for none.
  let binding: String

  var isChoice: Bool { group.count > 1 }
  var jsonName: String { String(decoding: name, as: UTF8.self) }
}

/// The field table of one type. Tables are made once and live as long as the process.
struct NodeType {
  let name: String
  let isResource: Bool
  let isAbstract: Bool
  let fields: UnsafeMutableBufferPointer<Field>
  let names: NameTable
  /// The choices or single fields of which one must be present.
  let required: [ClosedRange<Int>]
}

/// A type of the schema. Unchecked because a pointer is not Sendable; what it points to is never written again once
/// `Schema.shared` stands, nor freed.
struct TypeReference: Equatable, @unchecked Sendable {
  let pointer: UnsafeMutablePointer<NodeType>

  var name: String { pointer.pointee.name }
  var isResource: Bool { pointer.pointee.isResource }
  func field(_ index: Int) -> UnsafeMutablePointer<Field> {
    pointer.pointee.fields.baseAddress.unsafelyUnwrapped + index
  }
}

/// Every type, read once from the tables that `fhir-codegen` wrote.
///
/// A table is text: a line `#Name flags` for each type, then one line for each element:
/// `name min max flags types [binding]`, types divided by `|`, targets in parentheses.
struct Schema: Sendable {
  let types: [TypeReference]
  private let byName: [String: TypeReference]

  static let shared = Schema(tables: schemaTables)

  func type(named name: String) -> TypeReference? { byName[name] }

  init(tables: [StaticString]) {
    var headers: [(name: String, flags: Substring, lines: [Substring])] = []
    for table in tables {
      for line in table.description.split(separator: "\n") {
        if line.first == "#" {
          let parts = line.dropFirst().split(separator: " ")
          headers.append((String(parts[0]), parts[1], []))
        } else if !headers.isEmpty {
          headers[headers.count - 1].lines.append(line)
        }
      }
    }
    let memory = UnsafeMutablePointer<NodeType>.allocate(capacity: max(headers.count, 1))
    var references: [TypeReference] = []
    var byName: [String: TypeReference] = [:]
    for (index, header) in headers.enumerated() {
      let reference = TypeReference(pointer: memory + index)
      references.append(reference)
      byName[header.name] = reference
    }
    for (index, header) in headers.enumerated() {
      let fields = Schema.fields(header.lines, byName)
      let table = UnsafeMutableBufferPointer<Field>.allocate(capacity: fields.count)
      _ = table.initialize(from: fields)
      var required: [ClosedRange<Int>] = []
      for field in fields where field.isRequired && required.last != field.group { required.append(field.group) }
      (memory + index).initialize(
        to: NodeType(
          name: header.name, isResource: header.flags.contains("R"), isAbstract: header.flags.contains("a"),
          fields: table, names: NameTable(fields, isResource: header.flags.contains("R")), required: required))
    }
    types = references
    self.byName = byName
  }

  private static func fields(_ lines: [Substring], _ types: [String: TypeReference]) -> [Field] {
    var fields: [Field] = []
    for line in lines {
      let parts = line.split(separator: " ")
      guard parts.count >= 5 else { continue }
      let isChoice = parts[0].hasSuffix("[x]")
      let stem = isChoice ? parts[0].dropLast(3) : parts[0]
      let alternatives = parts[4].split(separator: "|")
      let group = fields.count...(fields.count + alternatives.count - 1)
      for alternative in alternatives {
        let typeName = alternative.prefix { $0 != "(" }
        let targets = alternative.dropFirst(typeName.count + 1).dropLast().split(separator: ",").map(String.init)
        let suffix = isChoice ? typeName.prefix(1).uppercased() + typeName.dropFirst() : ""
        let kind = FieldKind(primitive: typeName) ?? (typeName == "Resource" ? .resource : .node)
        fields.append(
          Field(
            name: immortal(stem + suffix), pathName: String(stem), kind: kind, isList: parts[2] != "1",
            isRequired: parts[1] != "0", isSummary: parts[3].contains("s"), isModifier: parts[3].contains("m"),
            group: group, type: kind == .node ? types[String(typeName)] : nil, targets: targets,
            binding: parts.count > 5 ? String(parts[5]) : ""))
      }
    }
    return fields
  }

  private static func immortal(_ text: some StringProtocol) -> UnsafeBufferPointer<UInt8> {
    let bytes = Array(text.utf8)
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = memory.initialize(from: bytes)
    return UnsafeBufferPointer(memory)
  }
}
