import JSON

// Rules that are expressions: invariants, and the regular expressions of primitives.
extension Reduction {
  /// Repeated on every element or resource: they are kept once, where they are declared.
  private static let inherited: Set<String> = ["ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6"]

  /// Expressions of 4.0.1 that do not say what their own words say, which later versions mended.
  private static let corrected = [
    // "If there are more than one enableWhen, enableBehavior must be specified"
    "que-12": "enableWhen.count() > 1 implies enableBehavior.exists()",
    // An answer is FHIR's boolean, and no element is the language's.
    "que-7": "operator = 'exists' implies (answer is boolean)",
  ]

  func invariants() throws -> String {
    var lines = [
      "# FHIR R4 4.0.1, profiles-types.json and profiles-resources.json, by `fhir-codegen reduce`.",
      "# path, key, severity, expression",
    ]
    let wanted = structures.filter { $0["derivation"]?.string != "constraint" }
    for structure in wanted.sorted(by: { name($0) < name($1) }) {
      let declared = structure["differential"]?["element"]?.array ?? []
      // A type has its ancestors' invariants; those of its elements stand with the element's type.
      let own = [structure["snapshot"]?["element"]?.array?.first].compactMap { $0 } + declared.dropFirst()
      let declaresAll = ["Element", "Extension", "DomainResource"].contains(name(structure))
      for element in own {
        for constraint in element["constraint"]?.array ?? [] {
          guard let path = element["path"]?.string, let key = constraint["key"]?.string,
            let severity = constraint["severity"]?.string, let expression = constraint["expression"]?.string
          else { throw Failure("an invariant without key, severity or expression in \(name(structure))") }
          if !declaresAll, Reduction.inherited.contains(key) { continue }
          let isElements = name(structure) != "Element" && key == "ele-1"
          if isElements { continue }
          let line = (Reduction.corrected[key] ?? expression).split { $0 == "\n" || $0 == "\r" || $0 == "\t" }.joined(
            separator: " ")
          lines.append([path, key, severity, line].joined(separator: "\t"))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  func primitives() -> String {
    var lines = [
      "# FHIR R4 4.0.1, profiles-types.json, by `fhir-codegen reduce`: primitive, regular expression.",
      "# The matchers in FHIRModels/Primitives are written by hand; a test holds them against these.",
    ]
    for structure in structures.sorted(by: { name($0) < name($1) })
    where structure["kind"]?.string == "primitive-type" {
      for element in structure["snapshot"]?["element"]?.array ?? []
      where element["path"]?.string == "\(name(structure)).value" {
        let extensions = element["type"]?[0]?["extension"]?.array ?? []
        let regex = extensions.first { $0["url"]?.string?.hasSuffix("/regex") == true }
        if let pattern = regex?["valueString"]?.string { lines.append("\(name(structure))\t\(pattern)") }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
