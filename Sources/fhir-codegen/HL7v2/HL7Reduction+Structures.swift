import JSON

// Message structures, the events that use them, and tables.
extension HL7Reduction {
  /// What one collection calls by another number than the standard.
  private static let renamedStructures = ["OMQ_O42": "OMQ_O57", "ORX_O43": "ORX_O58", "OSU_O41": "OSU_O51"]

  func structureLines() -> String {
    var facts = HL7Facts()
    for (version, definitions) in structures.enumerated() {
      for message in definitions["messages"]?.object ?? [:] {
        let name = Self.renamedStructures[message.key] ?? message.key
        facts.add([name], version, grammar(message.value, of: message.key, in: definitions))
      }
    }
    return facts.text(
      "structure, then VERSIONS=GRAMMAR: NAME(…) is a group, NAME<…|…> a choice; ? + * as usual, any is any segment")
  }

  private func grammar(_ content: JSONValue, of message: String, in definitions: JSONValue) -> String {
    let isChoice = content["type"]?.string == "choice"
    let children = (content["children"]?.array ?? []).map { child in
      let name = child["name"]?.string ?? ""
      let count = quantifier(child["min"]?.int ?? 0, child["max"]?.int ?? 1)
      guard child["kind"]?.string == "GRP", let group = definitions["groups"]?[name] else {
        return (name == "ANYHL7SEGMENT" ? "any" : name) + count
      }
      let inner = grammar(group, of: message, in: definitions)
      let own = name.hasPrefix(message + "_") ? String(name.dropFirst(message.count + 1)) : name
      return group["type"]?.string == "choice" ? "\(own)<\(inner)>\(count)" : "\(own)(\(inner))\(count)"
    }
    return children.joined(separator: isChoice ? "|" : " ")
  }

  private func quantifier(_ minimum: Int, _ maximum: Int) -> String {
    maximum == 1 ? (minimum == 0 ? "?" : "") : (minimum == 0 ? "*" : "+")
  }

  func eventLines() -> String {
    var facts = HL7Facts()
    for (version, map) in events.enumerated() {
      for event in map["event-map"]?["eventMap"]?.object ?? [:] {
        guard let structure = event.value.string, structure != event.key else { continue }
        facts.add([event.key], version, structure)
      }
    }
    return facts.text("event, then VERSIONS=STRUCTURE where the structure has another name than the event")
  }

  /// The codes of tables. One that leaves codes open (`99zzz`, `70 ... 72`, `...`) says so and is never held against
  /// a message.
  func tableLines() -> String {
    var kinds: [String: String] = [:]
    var held: [String: [String: [Int]]] = [:]
    var open: Set<String> = []
    for (version, tables) in tables.enumerated() {
      for table in tables.object ?? [:] where table.value["codes"]?.array?.isEmpty == false && table.key != "9999" {
        // The latest version says whether HL7 or the site defines the codes.
        kinds[table.key] = table.value["type"]?.string == "hl7" ? "h" : "u"
        for code in table.value["codes"]?.array ?? [] {
          guard let name = code["name"]?.string, !name.isEmpty else { continue }
          // Words in place of a code are remarks that slipped into the column.
          if name.contains(" "), name.contains(where: \.isLowercase) { continue }
          if Self.isPattern(name) {
            open.insert(table.key)
          } else {
            held[table.key, default: [:]][name, default: []].append(version)
          }
        }
      }
    }
    let lines = held.keys.sorted().map { table in
      var groups: [String: [String]] = [:]
      for (code, versions) in held[table] ?? [:] {
        for range in Self.ranges(versions) { groups[range, default: []].append(code) }
      }
      let kind = (kinds[table] ?? "u") + (open.contains(table) ? "o" : "")
      return
        ([table, kind] + groups.keys.sorted().map { "\($0)=\((groups[$0] ?? []).sorted().joined(separator: "|"))" })
        .joined(separator: "\t")
    }
    return "# HL7 v2.1 to 2.8.2, by `fhir-codegen reduce-hl7`. Columns: table, h by HL7 or u by the site and o where "
      + "open, then VERSIONS=CODES.\n" + lines.joined(separator: "\n") + "\n"
  }

  private static func isPattern(_ code: String) -> Bool {
    code.contains("...") || code.contains("zzz") || code.contains("nnn") || code.contains("xxx") || code.contains("(")
      || code.lowercased() == "not present" || code.contains("|") || code.contains(" - ")
  }

  private static func ranges(_ versions: [Int]) -> [String] {
    var runs: [(Int, Int)] = []
    for version in versions.sorted() {
      if let last = runs.last, version <= last.1 + 1 {
        runs[runs.count - 1].1 = version
      } else {
        runs.append((version, version))
      }
    }
    return runs.map { HL7Facts.range($0.0, $0.1) }
  }
}
