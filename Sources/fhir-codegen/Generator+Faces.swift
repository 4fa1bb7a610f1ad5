// The structs: a line or four for each property, and nothing that the runtime can do once for all of them.
extension Generator {
  /// The Swift name of a type by its path, from outside: `Patient.Contact`.
  func swiftName(_ path: String) -> String {
    let parts = path.split(separator: ".")
    let top = Emission.renamed[String(parts[0])] ?? String(parts[0])
    return ([top] + parts.dropFirst().map { nestedName($0) }).joined(separator: ".")
  }

  /// The name of a backbone element inside its parent. `Type` itself cannot be declared.
  private func nestedName(_ part: Substring) -> String { part == "type" ? "ElementType" : Names.capitalized(part) }

  /// The struct of `path` and of the backbone elements inside it.
  func face(_ path: String) -> [String] {
    guard let type = definitions.types[path] else { return [] }
    let isTop = !path.contains(".")
    let name = swiftName(path).split(separator: ".").last.map(String.init) ?? path
    var lines = [
      "/// `\(path)` of FHIR R4.",
      "public struct \(name): \(type.isResource ? "FHIRResource" : "FHIRElement"), FieldValue {",
      "  public static var typeIndex: Int { \(index(path)) }",
      "  public var node: FHIRNode",
      "  public init(node: FHIRNode) { self.node = node }",
    ]
    if !type.isResource { lines += initialiser(type).map { "  " + $0 } }
    var field = 0
    for element in type.elements {
      lines.append("")
      lines += property(element, field, path).map { "  " + $0 }
      field += element.types.count
    }
    for element in type.elements where element.isChoice && !isOpen(element) {
      lines.append("")
      lines += choice(element, path).map { "  " + $0 }
    }
    for nested in type.nested {
      lines.append("")
      lines += face(nested).map { "  " + $0 }
    }
    if isTop { lines += [""] + table(path).map { "  " + $0 } }
    return lines.map { $0.allSatisfy { $0 == " " } ? "" : $0 } + ["}"]
  }

  /// Whether the choice is of every open type, which is one enum for all.
  func isOpen(_ element: Definitions.Element) -> Bool {
    element.isChoice && element.types.map(\.name) == openTypes.map(\.name)
  }

  var openTypes: [Definitions.TypeUse] {
    definitions.types["Extension"]?.elements.first { $0.name == "value[x]" }?.types ?? []
  }

  private func property(_ element: Definitions.Element, _ field: Int, _ path: String) -> [String] {
    let name = Names.quoted(element.stem)
    let type = propertyType(element, path)
    let comment = "/// `\(path).\(element.name)` \(element.min)..\(element.max)"
    if element.isChoice {
      return [
        comment, "public var \(name): \(type)? {", "  get { node.choice(\(field)) }",
        "  set { node.setChoice(\(field), newValue) }", "}",
      ]
    }
    if element.isList {
      return [
        comment, "public var \(name): [\(type)] {", "  get { node.list(\(field)) }",
        "  set { node.setList(\(field), newValue) }", "}",
      ]
    }
    return [
      comment, "public var \(name): \(type)? {", "  get { node.get(\(field)) }",
      "  set { node.set(\(field), newValue) }", "}",
    ]
  }

  private func initialiser(_ type: Definitions.TypeDefinition) -> [String] {
    guard !type.elements.isEmpty else { return [] }
    let parameters = type.elements.map { element in
      let type = propertyType(element, type.path)
      let label = Names.quoted(element.stem)
      return element.isList ? "\(label): [\(type)] = []" : "\(label): \(type)? = nil"
    }
    return ["", "public init(\(parameters.joined(separator: ", "))) {", "  self.init(node: FHIRNode(type: Self.type))"]
      + type.elements.map { element in
        let name = Names.quoted(element.stem)
        return element.isList
          ? "  if !\(name).isEmpty { self.\(name) = \(name) }" : "  if let \(name) { self.\(name) = \(name) }"
      } + ["}"]
  }

  private func propertyType(_ element: Definitions.Element, _ path: String) -> String {
    if element.isChoice { return isOpen(element) ? "OpenValue" : Names.capitalized(element.stem) }
    return element.types.first.map { swiftType($0, element, path) } ?? "String"
  }

  /// The Swift type of one use, spelled so that it means the same inside `path`.
  func swiftType(_ use: Definitions.TypeUse, _ element: Definitions.Element, _ path: String) -> String {
    switch use.name {
    case "boolean": return "Bool"
    case "integer", "positiveInt", "unsignedInt": return "Int"
    case "decimal": return "FHIRDecimal"
    case "date": return "FHIRDate"
    case "dateTime": return "FHIRDateTime"
    case "instant": return "FHIRInstant"
    case "time": return "FHIRTime"
    case "Resource": return "AnyResource"
    case "code":
      guard let address = element.requiredBinding, usedCodes.contains(address),
        let set = definitions.codeSets[address]
      else { return "String" }
      return visible(codeName(set), path)
    case "string", "markdown", "id", "uri", "url", "canonical", "oid", "uuid", "base64Binary", "xhtml":
      return "String"
    default:
      let name = swiftName(use.name)
      return name.contains(".") ? name : visible(name, path)
    }
  }

  /// `name` with its module where a type inside the faces around `path` hides it.
  private func visible(_ name: String, _ path: String) -> String {
    var scope = path
    while true {
      let type = definitions.types[scope]
      let inside = (type?.nested ?? []).compactMap { $0.split(separator: ".").last.map(nestedName) }
      let choices = (type?.elements ?? []).filter { $0.isChoice && !isOpen($0) }.map { Names.capitalized($0.stem) }
      if inside.contains(name) || choices.contains(name) { return "FHIRModels.\(name)" }
      guard let dot = scope.lastIndex(of: ".") else { return name }
      scope = String(scope.prefix(upTo: dot))
    }
  }

  private func choice(_ element: Definitions.Element, _ path: String) -> [String] {
    let cases = element.types.map { use in (Names.uncapitalized(use.name), swiftType(use, element, path)) }
    return choiceEnum(
      "`\(path).\(element.name)`", Names.capitalized(element.stem), cases)
  }

  func openValue() -> [String] {
    let element = Definitions.Element(
      name: "value[x]", min: "0", max: "1", flags: "-", types: openTypes, binding: nil)
    let cases = openTypes.map { (Names.uncapitalized($0.name), swiftType($0, element, "Extension")) }
    return choiceEnum("A value of any open type: that of an extension, of a parameter", "OpenValue", cases)
  }

  private func choiceEnum(_ about: String, _ name: String, _ cases: [(name: String, type: String)]) -> [String] {
    var lines = ["/// \(about).", "public enum \(name): Sendable, Equatable, ChoiceValue {"]
    lines += cases.map { "  case \(Names.quoted($0.name))(\($0.type))" }
    lines += [
      "", "  static var count: Int { \(cases.count) }", "",
      "  init?(_ index: Int, _ value: NodeValue, of node: FHIRNode) {", "    switch index {",
    ]
    for (index, item) in cases.enumerated() {
      lines.append(
        "    case \(index): if let value = \(item.type)(value, of: node) { self = .\(item.name)(value) } else { return nil }"
      )
    }
    lines += [
      "    default: return nil", "    }", "  }", "", "  var choice: (index: Int, value: NodeValue) {",
      "    switch self {",
    ]
    for (index, item) in cases.enumerated() {
      lines.append("    case .\(item.name)(let value): (\(index), value.fieldValue)")
    }
    return lines + ["    }", "  }", "}"]
  }
}
