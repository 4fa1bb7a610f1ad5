/// The reduced definitions as values.
struct Definitions {
  struct Element {
    /// The last part of the path, `value[x]` for a choice.
    let name: String
    let min: String
    let max: String
    let flags: String
    let types: [TypeUse]
    /// The value set of a required or extensible binding.
    let binding: Binding?

    var requiredBinding: String? { binding?.strength == "required" ? binding?.address : nil }

    var isChoice: Bool { name.hasSuffix("[x]") }
    var stem: String { isChoice ? String(name.dropLast(3)) : name }
    var isList: Bool { max != "1" }
  }

  /// One type of an element. `name` is a primitive, a type, or the path of a backbone element.
  struct TypeUse: Equatable {
    let name: String
    let targets: [String]
  }

  struct TypeDefinition {
    /// The path: `Patient`, or `Patient.contact` for a backbone element.
    let path: String
    let isResource: Bool
    let isAbstract: Bool
    let isDomainResource: Bool
    var elements: [Element]
    /// Paths of the backbone elements directly inside.
    var nested: [String]
  }

  struct Binding {
    let strength: String
    let address: String
    /// What field tables call the set.
    var name: String { address.split(separator: "/").last.map(String.init) ?? address }
  }

  struct CodeSet {
    let address: String
    let name: String
    /// What checking a code would take; nil when the codes are all here.
    let missing: String?
    var systems: [(system: String, codes: [String])]

    var codes: [String] { systems.flatMap(\.codes) }
  }

  struct Invariant {
    let path: String
    let key: String
    let severity: String
    let expression: String
  }

  private(set) var types: [String: TypeDefinition] = [:]
  /// Top-level types in the order of the file.
  private(set) var order: [String] = []
  private(set) var codeSets: [String: CodeSet] = [:]
  private(set) var invariants: [Invariant] = []
  /// What each type is for, in a sentence without its full stop.
  private(set) var summaries: [String: String] = [:]
  /// The specification's own profiles and extensions: a StructureDefinition each.
  private(set) var profiles: [String] = []

  init(folder: String) throws {
    var top: (name: String, kind: String, base: String) = ("", "", "")
    var rows: [[String]] = []
    for line in try Definitions.rows("\(folder)/elements.tsv") {
      if line[0] == "type" {
        try add(top, rows)
        top = (line[1], line[2], line[3])
        rows = []
      } else {
        guard line.count == 6 else { throw Failure("elements.tsv: \(line.joined(separator: " "))") }
        rows.append(line)
      }
    }
    try add(top, rows)
    try readValueSets(folder)
    invariants = try Definitions.rows("\(folder)/invariants.tsv").map { line in
      guard line.count == 4 else { throw Failure("invariants.tsv: \(line.joined(separator: " "))") }
      return Invariant(path: line[0], key: line[1], severity: line[2], expression: line[3])
    }
    for line in try Definitions.rows("\(folder)/summaries.tsv") {
      guard line.count == 2, types[line[0]] != nil else {
        throw Failure("summaries.tsv: \(line.joined(separator: " "))")
      }
      summaries[line[0]] = line[1]
    }
    if let silent = order.first(where: { summaries[$0] == nil }) {
      throw Failure("summaries.tsv is silent on \(silent)")
    }
    profiles = String(decoding: try Files.read("\(folder)/profiles.ndjson"), as: UTF8.self).split(separator: "\n")
      .map(String.init)
  }

  private mutating func readValueSets(_ folder: String) throws {
    var address = ""
    for line in try Definitions.rows("\(folder)/valuesets.tsv") {
      if line[0] == "set", line.count == 5 {
        address = line[1]
        codeSets[address] = CodeSet(
          address: address, name: line[2], missing: line[4] == "-" ? nil : line[4], systems: [])
      } else if line[0] == "in", line.count > 2 {
        codeSets[address]?.systems.append((line[1], Array(line.dropFirst(2))))
      } else {
        throw Failure("valuesets.tsv: \(line.joined(separator: " "))")
      }
    }
  }

  private static func rows(_ path: String) throws -> [[String]] {
    String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n")
      .filter { $0.first != "#" }
      .map { $0.split(separator: "\t").map(String.init) }
  }

  private mutating func add(_ top: (name: String, kind: String, base: String), _ rows: [[String]]) throws {
    if top.name.isEmpty { return }
    order.append(top.name)
    let parents = Set(rows.map { String($0[0].prefix(upTo: $0[0].lastIndex(of: ".") ?? $0[0].endIndex)) })
    types[top.name] = TypeDefinition(
      path: top.name, isResource: top.kind.hasPrefix("resource"), isAbstract: top.kind.hasSuffix("abstract"),
      isDomainResource: top.base == "DomainResource", elements: [], nested: [])
    for row in rows {
      guard let dot = row[0].lastIndex(of: ".") else { throw Failure("elements.tsv: \(row[0])") }
      let parent = String(row[0].prefix(upTo: dot))
      let isBackbone = parents.contains(row[0])
      let uses: [TypeUse]
      if isBackbone {
        uses = [TypeUse(name: row[0], targets: [])]
        types[row[0]] = TypeDefinition(
          path: row[0], isResource: false, isAbstract: false, isDomainResource: false, elements: [], nested: [])
        types[parent]?.nested.append(row[0])
      } else if row[4].first == "#" {
        uses = [TypeUse(name: String(row[4].dropFirst()), targets: [])]
      } else {
        uses = Definitions.uses(row[4])
      }
      let binding = row[5].split(separator: ":", maxSplits: 1).map(String.init)
      let isBound = binding[0] == "required" || binding[0] == "extensible"
      types[parent]?.elements.append(
        Element(
          name: String(row[0].suffix(from: row[0].index(after: dot))), min: row[1], max: row[2], flags: row[3],
          types: uses, binding: isBound ? Binding(strength: binding[0], address: binding[1]) : nil))
    }
  }

  /// `A|B(T,U)` as uses; one name with several lists of targets becomes one use.
  private static func uses(_ text: String) -> [TypeUse] {
    var uses: [TypeUse] = []
    for part in text.split(separator: "|") {
      let name = String(part.prefix { $0 != "(" })
      let targets = part.dropFirst(name.count + 1).dropLast().split(separator: ",").map(String.init)
      if let place = uses.firstIndex(where: { $0.name == name }) {
        uses[place] = TypeUse(name: name, targets: uses[place].targets + targets)
      } else {
        uses.append(TypeUse(name: name, targets: targets))
      }
    }
    return uses
  }
}
