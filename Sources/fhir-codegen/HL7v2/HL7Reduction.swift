import JSON

/// Takes from public collections of HL7 v2 definitions the facts that validation and the typed faces need: names, types,
/// lengths, cardinalities, tables and message structures of every version, and none of their prose.
///
/// Each fact is written with the versions it holds in, as a range of letters: `a` is 2.1, `m` is 2.8.2. Versions alike
/// share one fact, so that thirteen of them cost little more than one.
struct HL7Reduction {
  static let versions = [
    "2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2",
  ]
  /// Whose names win: 2.5.1, what came after it in order, then what went before it.
  static let preference = [6, 7, 8, 9, 10, 11, 12, 5, 4, 3, 2, 1, 0]

  /// By version: fields, data types, events and tables of one collection; structures of another; lengths of a third.
  let fields: [JSONValue]
  let types: [JSONValue]
  let events: [JSONValue]
  let tables: [JSONValue]
  let structures: [JSONValue]
  let lengths: [JSONValue?]
  let titles: [JSONValue]

  init(folder: String) throws {
    func read(_ path: String) throws -> JSONValue { try JSONValue.parse(try Files.read("\(folder)/\(path)")) }
    func all(_ name: String) throws -> [JSONValue] { try Self.versions.map { try read("glion/v\($0)/\(name).json") } }
    fields = try all("fields")
    types = try all("datatypes")
    events = try all("event-map")
    tables = try all("tables")
    titles = try all("segments")
    // The second collection leaves 2.7.1 out, whose structures are those of 2.7.
    structures = try Self.versions.map { try read("hl7apy/v\($0 == "2.7.1" ? "2.7" : $0).json") }
    lengths = Self.versions.map { try? read("hl7-dictionary/v\($0).json") }
  }

  func files() -> [(String, String)] {
    [
      ("fields.tsv", fieldLines()), ("types.tsv", typeLines()), ("structures.tsv", structureLines()),
      ("events.tsv", eventLines()), ("tables.tsv", tableLines()),
    ]
  }

  // MARK: Fields

  /// Fields that the collection numbers otherwise than the standard: in 2.5.1 the performing organisation stands in
  /// OBX-23 to OBX-25, behind three reserved fields.
  private static let misplaced: [[String]: (version: Int, number: Int)] = [
    ["OBX", "20"]: (6, 23), ["OBX", "21"]: (6, 24), ["OBX", "22"]: (6, 25),
  ]

  private func fieldLines() -> String {
    var facts = HL7Facts()
    for (version, segments) in fields.enumerated() {
      for title in titles[version]["segments"]?.array ?? [] {
        guard let id = title["id"]?.string else { continue }
        facts.add([id, "000"], version, "", name: title["title"]?.string)
      }
      for segment in segments.object ?? [:] {
        for field in segment.value["fields"]?.array ?? [] {
          guard let number = field["sequence"]?.int else { continue }
          let place = Self.misplaced[[segment.key, String(number)]].flatMap { $0.version == version ? $0.number : nil }
          let fact = place.map { _ in Self.fact(field) } ?? fieldFact(field, segment.key, number, version)
          facts.add([segment.key, padded(place ?? number)], version, fact, name: field["name"]?.string)
        }
      }
    }
    return facts.text(
      "segment, field (0 is the segment itself), name, then VERSIONS=TYPE LENGTH CARDINALITY TABLE")
  }

  /// An optional field that repeats, as the standard has the misplaced ones.
  private static func fact(_ field: JSONValue) -> String {
    "\(type(field["datatype"]?.string ?? "ST")) \(field["maxLength"]?.int.map(String.init) ?? "-") O* -"
  }

  private func fieldFact(_ field: JSONValue, _ segment: String, _ number: Int, _ version: Int) -> String {
    let key = "\(segment)_\(number)"
    let other = structures[version]["fields"]?[key]
    let uses = structures[version]["segments"]?[segment]?.array?.first { $0["name"]?.string == key }
    var isWithdrawn = field["deprecated"]?.bool == true || uses?["max"]?.int == 0
    var type = field["datatype"]?.string ?? "ST"
    if let named = other?["datatype"]?.string {
      if named == "WD" { isWithdrawn = true } else { type = named }
    }
    let isRequired = field["required"]?.bool == true || (uses?["min"]?.int ?? 0) > 0
    var maximum = field["repeatable"]?.bool == true ? "*" : "1"
    if let stated = uses?["max"]?.int, stated != 0 { maximum = stated < 0 ? "*" : String(stated) }
    let length = field["maxLength"]?.int.map(String.init) ?? "-"
    return [
      Self.type(type), length, (isWithdrawn ? "W" : isRequired ? "R" : "O") + maximum,
      Self.table(field["table"]?.string),
    ].joined(separator: " ")
  }

  // MARK: Data types

  private func typeLines() -> String {
    var facts = HL7Facts()
    let segments = Set(fields.flatMap { $0.object?.keys ?? [] })
    for version in Self.versions.indices {
      for (type, components) in components(version) where !segments.contains(type) && type != "TX_CHALLENGE" {
        for (index, component) in components.enumerated() {
          facts.add([type, padded(index + 1)], version, component.fact, name: component.name)
        }
      }
    }
    return facts.text("data type, component, name, then VERSIONS=TYPE LENGTH CARDINALITY TABLE")
  }

  private func components(_ version: Int) -> [String: [(name: String?, fact: String)]] {
    var result: [String: [(name: String?, fact: String)]] = [:]
    for type in structures[version]["datatypes"]?.object ?? [:] {
      result[type.key] = (type.value.array ?? []).map { use in
        let component = structures[version]["components"]?[use["name"]?.string ?? ""]
        let name = component?["name"]?.string.map { Self.titleCase($0) }
        return (name, fact(component?["datatype"]?.string, use["min"]?.int == 1, component?["table"]?.string, nil))
      }
    }
    for type in types[version].object ?? [:] {
      let lengths = lengths[version]?["fields"]?[type.key]?["subfields"]?.array ?? []
      let known = (type.value["components"]?.array ?? []).enumerated().map { index, component in
        let tabled = structures[version]["components"]?["\(type.key)_\(index + 1)"]?["table"]?.string
        let length = lengths.indices.contains(index) ? lengths[index]["len"]?.int : nil
        return (
          name: component["name"]?.string,
          fact: fact(component["datatypeId"]?.string, component["required"]?.bool == true, tabled, length)
        )
      }
      // Where one collection has fewer components than the other it left some out, and the rest are misnumbered.
      if known.count >= result[type.key]?.count ?? 0 { result[type.key] = known }
    }
    return result.filter { !$0.value.isEmpty }
  }

  private func fact(_ type: String?, _ isRequired: Bool, _ table: String?, _ length: Int?) -> String {
    [Self.type(type ?? "ST"), length.map(String.init) ?? "-", isRequired ? "R1" : "O1", Self.table(table)]
      .joined(separator: " ")
  }

  // MARK: Spelling

  private static func type(_ name: String) -> String { ["var", "varies"].contains(name) ? "*" : name }

  private static func table(_ name: String?) -> String {
    guard let name, name.hasPrefix("HL7"), name != "HL79999" else { return "-" }
    return String(name.dropFirst(3))
  }

  private static func titleCase(_ name: String) -> String {
    name.split(separator: "_").map { word in
      ["ID", "OID", "DT"].contains(word) ? String(word) : word.prefix(1) + word.dropFirst().lowercased()
    }.joined(separator: " ")
  }

  private func padded(_ number: Int) -> String { String(String(1000 + number).dropFirst()) }
}

/// Facts by key and version, written so that versions that agree share one.
struct HL7Facts {
  private var facts: [[String]: [Int: String]] = [:]
  private var names: [[String]: [Int: String]] = [:]

  mutating func add(_ key: [String], _ version: Int, _ fact: String, name: String? = nil) {
    facts[key, default: [:]][version] = fact
    if let name, !name.isEmpty { names[key, default: [:]][version] = Self.plain(name) }
  }

  /// A line a key: its parts, its name where any has one, then `VERSIONS=FACT` for each run of versions.
  func text(_ columns: String) -> String {
    let lines = facts.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { key in
      let shown = key.map { Int($0).map(String.init) ?? $0 }
      return (shown + (names.isEmpty ? [] : [name(key)]) + runs(facts[key] ?? [:])).joined(separator: "\t")
    }
    return "# HL7 v2.1 to 2.8.2, by `fhir-codegen reduce-hl7`. Columns: \(columns).\n"
      + lines.joined(separator: "\n") + "\n"
  }

  private func name(_ key: [String]) -> String {
    let known = names[key] ?? [:]
    return HL7Reduction.preference.lazy.compactMap { known[$0] }.first ?? ""
  }

  /// `VERSIONS=FACT` for each run of versions that agree.
  private func runs(_ facts: [Int: String]) -> [String] {
    var runs: [(first: Int, last: Int, fact: String)] = []
    for version in facts.keys.sorted() {
      let fact = facts[version] ?? ""
      if let last = runs.last, last.last == version - 1, last.fact == fact {
        runs[runs.count - 1].last = version
      } else {
        runs.append((version, version, fact))
      }
    }
    return runs.map { HL7Facts.range($0.first, $0.last) + "=" + $0.fact }
  }

  static func range(_ first: Int, _ last: Int) -> String {
    let letters = Array("abcdefghijklm")
    return first == last ? String(letters[first]) : "\(letters[first])\(letters[last])"
  }

  private static func plain(_ name: String) -> String {
    var name = name
    for (entity, character) in [("&apos;", "'"), ("&amp;", "and"), ("&quot;", "\""), ("’", "'"), ("\t", " ")] {
      name = name.split(separator: entity, omittingEmptySubsequences: false).joined(separator: character)
    }
    return name.split(separator: " ").joined(separator: " ")
  }
}
