/// The reduced definitions, as the generator reads them.
struct HL7Definitions {
  /// A field of a segment or a component of a data type, as the preferred version has it.
  struct Part {
    let number: Int
    let name: String
    let type: String
    let isRepeating: Bool
    /// How much the version is preferred; 0 is most.
    let rank: Int
  }

  /// Title and fields by segment.
  let segments: [String: (title: String, fields: [Part])]
  let types: [String: [Part]]
  /// The files as they are, without comments.
  let tables: [String: [String]]

  init(folder: String) throws {
    var tables: [String: [String]] = [:]
    for name in ["fields", "types", "structures", "events", "tables"] {
      let text = String(decoding: try Files.read("\(folder)/\(name).tsv"), as: UTF8.self)
      tables[name] = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }
    self.tables = tables
    var segments: [String: (title: String, fields: [Part])] = [:]
    for (owner, part) in try Self.parts(tables["fields"] ?? []) {
      if part.number == 0 {
        segments[owner, default: ("", [])].title = part.name
      } else {
        segments[owner, default: ("", [])].fields.append(part)
      }
    }
    self.segments = segments
    var types: [String: [Part]] = [:]
    for (owner, part) in try Self.parts(tables["types"] ?? []) { types[owner, default: []].append(part) }
    self.types = types
  }

  private static func parts(_ lines: [String]) throws -> [(String, Part)] {
    try lines.map { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count > 3, let number = Int(columns[1]) else { throw Failure("not a line of facts: \(line)") }
      var best: (rank: Int, fact: [String])?
      for run in columns[3...] {
        let halves = run.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { throw Failure("a fact without versions: \(line)") }
        let rank = Self.rank(halves[0])
        if rank < best?.rank ?? .max { best = (rank, halves[1].split(separator: " ").map(String.init)) }
      }
      let fact = best?.fact ?? []
      let part = Part(
        number: number, name: columns[2], type: fact.first ?? "",
        isRepeating: fact.count > 2 && !fact[2].hasSuffix("1"),
        rank: best?.rank ?? .max)
      return (columns[0], part)
    }
  }

  /// The place of the most preferred version of a range such as `fi`.
  private static func rank(_ range: Substring) -> Int {
    let letters = Array("abcdefghijklm")
    guard let first = range.first.flatMap({ letters.firstIndex(of: $0) }),
      let last = range.last.flatMap({ letters.firstIndex(of: $0) })
    else { return .max }
    return HL7Reduction.preference.firstIndex { (first...last).contains($0) } ?? .max
  }
}
