/// A rule that is a FHIRPath: true of every element that it stands at.
final class Invariant: Sendable {
  let key: String
  let severity: IssueSeverity
  let expression: String
  /// Nil when the expression does not compile.
  let path: FHIRPath?

  init(key: String, severity: IssueSeverity, expression: String) {
    self.key = key
    self.severity = severity
    self.expression = expression
    path = try? FHIRPath(expression)
  }

  /// Held by code and not by expression, because they stand at every element or resource, or are about text.
  static let inCode: Set<String> = [
    "ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "txt-1", "txt-2", "bdl-7",
  ]
}

/// The invariants that `fhir-codegen` wrote, by the path where they are declared.
struct InvariantsByPath: Sendable {
  static let shared = InvariantsByPath(invariantTable)

  private let byPath: [String: [Invariant]]
  /// The keys of all: snapshots of profiles repeat them.
  private let keys: Set<String>

  private init(_ table: StaticString) {
    var byPath: [String: [Invariant]] = [:]
    var keys = Invariant.inCode
    for line in table.description.utf8.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 3).map { String(Substring($0)) }
      guard parts.count == 4 else { continue }
      keys.insert(parts[1])
      if Invariant.inCode.contains(parts[1]) { continue }
      byPath[parts[0], default: []].append(
        Invariant(key: parts[1], severity: IssueSeverity(rawValue: parts[2]), expression: parts[3]))
    }
    self.byPath = byPath
    self.keys = keys
  }

  /// Whether an invariant of this key is the base specification's own.
  func isBase(_ key: String) -> Bool { keys.contains(key) }

  func invariants(at path: String) -> [Invariant] { byPath[path] ?? [] }

  /// Those whose expression needs a function that is not there.
  var unchecked: [Invariant] { byPath.values.joined().filter { $0.path == nil }.sorted { $0.key < $1.key } }
}
