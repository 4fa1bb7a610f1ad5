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
    var lines = comment(on: type)
    lines += [
      "public struct \(name): \(kind(type).name) {",
      "  public static var typeIndex: Int { \(index(path)) }",
      "  public var node: FHIRNode",
      "  public init(node: FHIRNode) { self.node = node }",
    ]
    if !type.isResource { lines += initialiser(type).map { "  " + $0 } }
    var field = 0
    for (place, element) in type.elements.enumerated() {
      if place >= kind(type).inherited.count {
        lines.append("")
        lines += property(element, field, path).map { "  " + $0 }
      }
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

  /// The protocol that the type conforms to, and the elements that come with it: they are written once, by hand.
  private func kind(_ type: Definitions.TypeDefinition) -> (name: String, inherited: [String]) {
    let kinds = [
      (
        "FHIRDomainResource",
        ["id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"]
      ),
      ("FHIRResource", ["id", "meta", "implicitRules", "language"]),
      ("FHIRBackboneElement", ["id", "extension", "modifierExtension"]),
      ("FHIRDataType", ["id", "extension"]),
    ]
    let names = type.elements.map(\.name)
    return kinds.first { names.starts(with: $0.1) } ?? ("FHIRElement", [])
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
    let comment = comment(on: element, of: path)
    if element.isChoice {
      return [
        comment, "public var \(name): \(type)? {", "  get { \(type)(node, \(field)) }",
        "  set { node.setChoice(\(field), of: \(element.types.count), newValue?.choice) }", "}",
      ]
    }
    let access = element.types.first.map { accessor($0, element) } ?? .string
    return [
      comment, "public var \(name): \(element.isList ? "[\(type)]" : "\(type)?") {",
      "  get { node.\(access.getter(isList: element.isList))(\(field)) }",
      "  set { node.\(access.setter(isList: element.isList))(\(field), newValue) }", "}",
    ]
  }

  private func initialiser(_ type: Definitions.TypeDefinition) -> [String] {
    guard !type.elements.isEmpty else { return [] }
    let parameters = type.elements.map { element in
      let type = propertyType(element, type.path)
      let label = Names.quoted(element.stem)
      return element.isList ? "\(label): [\(type)] = []" : "\(label): \(type)? = nil"
    }
    return [
      "", "/// An element with these values; what is nil or empty is left out.",
      "public init(\(parameters.joined(separator: ", "))) {",
      "  self.init(node: FHIRNode(typeIndex: \(index(type.path))))",
    ]
      + type.elements.map { "  self.\(Names.quoted($0.stem)) = \(Names.quoted($0.stem))" } + ["}"]
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
    case "code": return codeSet(use, element).map { visible(codeName($0), path) } ?? "String"
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
}
