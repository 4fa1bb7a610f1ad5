/// Reads the lines of the generated tables that hold in one version.
struct HL7SchemaReader {
  /// The letter of the version: `a` for 2.1.
  private let letter: UInt8

  init(version: Int) {
    letter = UInt8(ascii: "a") + UInt8(version)
  }

  func segments() -> [UInt32: HL7SegmentDefinition] {
    var titles: [UInt32: String] = [:]
    var fields: [UInt32: [HL7PartDefinition?]] = [:]
    each(HL7SchemaTables.fields, from: 3) { columns, fact in
      guard let name = HL7SegmentName.pack(columns[0]), let number = Int(columns[1]) else { return }
      if number == 0 {
        titles[name] = columns[2]
      } else {
        Self.put(Self.part(columns[2], fact), at: number, in: &fields[name, default: []])
      }
    }
    var segments: [UInt32: HL7SegmentDefinition] = [:]
    for (name, fields) in fields {
      segments[name] = HL7SegmentDefinition(
        name: HL7SegmentName.text(name), title: titles[name] ?? "", fields: fields)
    }
    return segments
  }

  func types() -> [String: [HL7PartDefinition?]] {
    var types: [String: [HL7PartDefinition?]] = [:]
    each(HL7SchemaTables.types, from: 3) { columns, fact in
      guard let number = Int(columns[1]) else { return }
      Self.put(Self.part(columns[2], fact), at: number, in: &types[columns[0], default: []])
    }
    return types
  }

  /// The fact of each key.
  func facts(_ table: StaticString) -> [String: String] {
    var facts: [String: String] = [:]
    each(table, from: 1) { columns, fact in facts[columns[0]] = String(decoding: fact, as: UTF8.self) }
    return facts
  }

  func tables() -> [String: HL7TableDefinition] {
    var codes: [String: Set<String>] = [:]
    var kinds: [String: String] = [:]
    each(HL7SchemaTables.tables, from: 2) { columns, fact in
      kinds[columns[0]] = columns[1]
      let some = fact.split(separator: UInt8(ascii: "|")).map { String(decoding: $0, as: UTF8.self) }
      codes[columns[0], default: []].formUnion(some)
    }
    var tables: [String: HL7TableDefinition] = [:]
    for (number, codes) in codes {
      let kind = kinds[number] ?? ""
      tables[number] = HL7TableDefinition(
        isDefinedByHL7: kind.hasPrefix("h"), isOpen: kind.hasSuffix("o"), codes: codes)
    }
    return tables
  }

  // MARK: Lines

  private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

  /// Calls `body` with the first `count` columns and with each fact that holds in this version.
  private func each(_ table: StaticString, from count: Int, _ body: ([String], Bytes) -> Void) {
    table.withUTF8Buffer { bytes in
      for line in bytes.split(separator: .lineFeed) {
        let columns = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        var names: [String]?
        for column in columns.dropFirst(count) {
          guard let equals = column.firstIndex(of: UInt8(ascii: "=")), equals > column.startIndex,
            column[column.startIndex] <= letter, letter <= column[equals - 1]
          else { continue }
          let key = names ?? columns.prefix(count).map { String(decoding: $0, as: UTF8.self) }
          names = key
          body(key, column[(equals + 1)...])
        }
      }
    }
  }

  /// `TYPE LENGTH CARDINALITY TABLE`, such as `CX 250 R* 0203`.
  private static func part(_ name: String, _ fact: Bytes) -> HL7PartDefinition {
    let words = fact.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    let cardinality = words.count > 2 ? words[2] : "O1"
    return HL7PartDefinition(
      name: name, type: words.first ?? "ST", length: words.count > 1 ? Int(words[1]) : nil,
      optionality: cardinality.hasPrefix("R") ? .required : cardinality.hasPrefix("W") ? .withdrawn : .optional,
      maximum: Int(cardinality.dropFirst()), table: words.count > 3 && words[3] != "-" ? words[3] : nil)
  }

  private static func put(_ part: HL7PartDefinition, at number: Int, in parts: inout [HL7PartDefinition?]) {
    while parts.count < number { parts.append(nil) }
    parts[number - 1] = part
  }
}
