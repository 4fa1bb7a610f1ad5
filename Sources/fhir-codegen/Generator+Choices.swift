// The enums of the elements that may be of several types.
extension Generator {
  func choice(_ element: Definitions.Element, _ path: String) -> [String] {
    choiceEnum("`\(path).\(element.name)`", Names.capitalized(element.stem), element, path)
  }

  func openValue() -> [String] {
    let element = Definitions.Element(
      name: "value[x]", min: "0", max: "1", flags: "-", types: openTypes, binding: nil)
    return choiceEnum(
      "A value of any open type: that of an extension, of a parameter", "OpenValue", element, "Extension")
  }

  private func choiceEnum(_ about: String, _ name: String, _ element: Definitions.Element, _ path: String) -> [String] {
    let cases = element.types.map { use in
      (name: Names.uncapitalized(use.name), type: swiftType(use, element, path), access: accessor(use, element))
    }
    var lines = ["/// \(about).", "public enum \(name): Sendable, Equatable {"]
    lines += cases.map { "  case \(Names.quoted($0.name))(\($0.type))" }
    lines += [
      "", "  @inline(never)", "  init?(_ node: FHIRNode, _ first: Int) {",
      "    switch node.chosen(first, of: \(cases.count)) {",
    ]
    for (index, item) in cases.enumerated() {
      let place = index == 0 ? "first" : "first + \(index)"
      lines.append(
        "    case \(index): if let value: \(item.type) = node.\(item.access.getter(isList: false))(\(place)) "
          + "{ self = .\(item.name)(value) } else { return nil }")
    }
    lines += [
      "    default: return nil", "    }", "  }", "", "  var choice: (index: Int, value: NodeValue) {",
      "    switch self {",
    ]
    for (index, item) in cases.enumerated() {
      lines.append("    case .\(item.name)(let value): (\(index), \(item.access.stored("value")))")
    }
    return lines + ["    }", "  }", "}"]
  }
}
