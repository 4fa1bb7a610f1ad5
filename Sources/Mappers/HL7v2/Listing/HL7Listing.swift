package import HL7Parser
package import JSON

/// A message as people and programs look at it: every value with its path and its name in the version's definitions.
package struct HL7Listing {
  private let message: HL7Message
  private let schema: HL7Schema
  private let structure: HL7Structure?

  /// - Parameter version: the version to name by; nil for the one of MSH-12, or 2.5.1 where it names none.
  package init(_ message: HL7Message, version: HL7Version? = nil) {
    self.message = message
    schema = .of(version ?? message.header[12].string.flatMap(HL7Version.init) ?? .v2_5_1)
    structure = schema.structure(of: message)
  }

  /// The message structure, such as `ADT_A01`, where the version defines it.
  package var structureName: String? { structure?.name }

  // MARK: Text

  /// A line for each value, such as `PID-3[2].4.1 Namespace ID: CLINIC`, under its segment, under its group.
  package var text: String {
    var lines: [String] = []
    var depth = 0
    var seen: [String: Int] = [:]
    func add(_ index: Int) {
      let segment = message.segments[index]
      seen[segment.name, default: 0] += 1
      lines += self.lines(segment, seen[segment.name] ?? 1, indent: String(repeating: "  ", count: depth))
    }
    if let structure {
      lines.append(structure.name)
      depth = 1
      for step in HL7Arrangement(message, by: structure).steps {
        switch step {
        case .open(let group):
          lines.append(String(repeating: "  ", count: depth) + group)
          depth += 1
        case .segment(let index): add(index)
        case .close: depth -= 1
        }
      }
    } else {
      for index in message.segments.indices { add(index) }
    }
    for notice in message.notices {
      lines.append("note: \(notice.kind.rawValue), \(notice.count) times, first at byte \(notice.offset)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func lines(_ segment: HL7Segment, _ occurrence: Int, indent: String) -> [String] {
    let definition = schema.segment(segment.name)
    let title = definition?.title ?? ""
    var lines = [indent + segment.name + (occurrence > 1 ? "[\(occurrence)]" : "") + (title.isEmpty ? "" : " \(title)")]
    for number in stride(from: 1, through: segment.fieldCount, by: 1) {
      let field = segment[number]
      guard !field.isAbsent else { continue }
      let part = definition?.field(number)
      let path = HL7Location(segment.name, occurrence: occurrence, field: number).description
      let type = part.map { $0.type == "*" && segment.name == "OBX" ? segment[2].string ?? "" : $0.type }
      var values: [(path: String, name: String, text: String)] = []
      for (index, repetition) in field.repetitions.enumerated() where !repetition.isAbsent {
        collect(repetition, path + (index > 0 ? "[\(index + 1)]" : ""), part?.name ?? "", type, into: &values)
      }
      if values.count == 1, values[0].path == path {
        lines.append("\(indent)  \(path)\(spaced(values[0].name)): \(values[0].text)")
      } else {
        lines.append("\(indent)  \(path)\(spaced(part?.name ?? ""))")
        lines += values.map { "\(indent)    \($0.path)\(spaced($0.name)): \($0.text)" }
      }
    }
    return lines
  }

  private func spaced(_ name: String) -> String { name.isEmpty ? "" : " \(name)" }

  private func collect(
    _ element: HL7Element, _ path: String, _ name: String, _ type: String?,
    into values: inout [(path: String, name: String, text: String)]
  ) {
    let parts = element.parts
    if element.isNull { return values.append((path, name, "\"\" (null: delete)")) }
    if element.isFinest || type == "TX" || type == "FT" || parts.count == 1 && parts[0].parts.count <= 1 {
      return values.append((path, name, printable(element.fullText ?? "")))
    }
    let components = type.flatMap { schema.components(of: $0) }
    for (index, part) in parts.enumerated() where !part.isAbsent {
      let inner = components.flatMap { $0.indices.contains(index) ? $0[index] : nil }
      collect(part, "\(path).\(index + 1)", inner?.name ?? "", inner?.type, into: &values)
    }
  }

  /// Without control characters, which a terminal would obey.
  private func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
    return text.unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? "\\x\(String(scalar.value, radix: 16))" : String(scalar)
    }.joined()
  }

  // MARK: JSON

  /// The message as an object: `segments`, each with its `fields`, each with its `repetitions`.
  ///
  /// A repetition is a text, or an object of its parts by their numbers: `{"1": "42", "4": {"1": "CLINIC"}}`. Null
  /// (`""`) is JSON's null, an empty repetition the empty text.
  package var json: JSONValue {
    var seen: [String: Int] = [:]
    let segments: [JSONValue] = message.segments.map { segment in
      seen[segment.name, default: 0] += 1
      let definition = schema.segment(segment.name)
      let fields: [JSONValue] = (1...max(segment.fieldCount, 1)).compactMap { number in
        let field = segment[number]
        guard !field.isAbsent else { return nil }
        let place = HL7Location(segment.name, occurrence: seen[segment.name] ?? 1, field: number)
        var object: JSONObject = ["path": .string(place.description)]
        if let part = definition?.field(number) {
          object["name"] = .string(part.name)
          object["type"] = .string(part.type == "*" && segment.name == "OBX" ? segment[2].string ?? "*" : part.type)
        }
        object["repetitions"] = .array(field.repetitions.map(value))
        return .object(object)
      }
      return ["name": .string(segment.name), "fields": .array(fields)]
    }
    let header = message.header
    return [
      "structure": structure.map { .string($0.name) } ?? .null,
      "messageType": .string(header[9].fullText ?? ""),
      "controlID": header[10].string.map { .string($0) } ?? .null,
      "version": header[12].string.map { .string($0) } ?? .null,
      "charset": .string(message.charset.name),
      "delimiters": .string(
        String(decoding: [message.delimiters.field] + message.delimiters.encodingCharacters, as: UTF8.self)),
      "notices": .array(
        message.notices.map {
          ["kind": .string($0.kind.rawValue), "count": .init($0.count), "byte": .init($0.offset)]
        }),
      "segments": .array(segments),
    ]
  }

  private func value(_ element: HL7Element) -> JSONValue {
    if element.isNull { return .null }
    let parts = element.parts
    if element.isFinest || parts.isEmpty || parts.count == 1 && parts[0].parts.count <= 1 {
      return .string(element.fullText ?? "")
    }
    var object = JSONObject()
    for (index, part) in parts.enumerated() where !part.isAbsent { object[String(index + 1)] = value(part) }
    return .object(object)
  }
}
