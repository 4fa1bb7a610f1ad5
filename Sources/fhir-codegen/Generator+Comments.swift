// What stands before each type and property: what the type is for, and what the definitions say of the element.
extension Generator {
  /// The comment of a type.
  func comment(on type: Definitions.TypeDefinition) -> [String] {
    guard let summary = definitions.summaries[type.path] else { return ["/// `\(type.path)` of FHIR R4."] }
    return ["/// \(summary).", "///", "/// `\(type.path)` of FHIR R4."]
  }

  /// The comment of a property: path, cardinality, then what the Swift type does not tell.
  func comment(on element: Definitions.Element, of path: String) -> String {
    let facts = types(of: element) + binding(of: element) + flags(of: element)
    let text = "/// `\(path).\(element.name)` \(element.min)..\(element.max)"
    return facts.isEmpty ? text : "\(text): \(facts.joined(separator: "; "))."
  }

  /// The specification's name of what Swift calls a String or an Int, and what references may point to.
  private func types(of element: Definitions.Element) -> [String] {
    guard !element.isChoice, let use = element.types.first else { return [] }
    let isOpen = use.targets.isEmpty || use.targets == ["Resource"]
    let targets = isOpen ? "any resource" : Generator.list(use.targets)
    switch use.name {
    case "Reference": return ["refers to \(targets)"]
    case "canonical": return [isOpen ? "`canonical`" : "the canonical of \(targets)"]
    case "markdown", "id", "uri", "url", "oid", "uuid", "base64Binary", "xhtml", "positiveInt", "unsignedInt":
      return ["`\(use.name)`"]
    default: return []
    }
  }

  private func binding(of element: Definitions.Element) -> [String] {
    guard let binding = element.binding else { return [] }
    return binding.strength == "required"
      ? ["of the codes in \(binding.address)"] : ["of the codes in \(binding.address), others where none of them fits"]
  }

  private func flags(of element: Definitions.Element) -> [String] {
    (element.flags.contains("m") ? ["changes what the rest means"] : [])
      + (element.flags.contains("s") ? ["part of the summary"] : [])
  }

  /// `A`, `A or B`, `A, B or C`.
  private static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " or " + last
  }
}
