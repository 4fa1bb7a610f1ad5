/// Writes ElementDefinitions into a profile's tree, one after another as they stand in the profile.
struct ProfileWriter {
  private let root: ProfileElement
  private let valueSets: [String: CodeSet]
  /// The slice that was last named at a path: elements below belong to it when their ids do not say.
  private var current: [String: String] = [:]
  /// What is wrong with the profile.
  private(set) var faults: [String] = []
  /// What is not understood here.
  private(set) var problems: [String] = []

  init(root: ProfileElement, type: TypeReference, valueSets: [String: CodeSet]) {
    self.root = root
    self.valueSets = valueSets
  }

  mutating func write(_ definition: ElementDefinition) {
    guard let path = definition.path else { return }
    let segments = path.split(separator: ".").map(String.init)
    let slices = sliceNames(definition, path, segments)
    var element = root
    for (depth, segment) in segments.enumerated().dropFirst() {
      guard let next = step(from: element, segment, slice: slices[depth]) else {
        faults.append("\(path) is no element of \(root.name)")
        return
      }
      element = next
    }
    apply(definition, to: element)
  }

  /// The slice that each segment of the path is in, by the element's id or by what stood before.
  private mutating func sliceNames(
    _ definition: ElementDefinition, _ path: String, _ segments: [String]
  ) -> [String?] {
    var names: [String?] = segments.map { _ in nil }
    let parts = definition.id?.split(separator: ".", omittingEmptySubsequences: false) ?? []
    if parts.count == segments.count, definition.id?.contains(":") == true || definition.sliceName == nil {
      for (depth, part) in parts.enumerated() {
        if let colon = part.firstIndex(of: ":") { names[depth] = String(part[part.index(after: colon)...]) }
      }
    } else {
      var prefix = ""
      for (depth, segment) in segments.enumerated() {
        prefix += depth == 0 ? segment : "." + segment
        names[depth] = depth == segments.count - 1 ? definition.sliceName : current[prefix]
      }
    }
    current[path] = definition.sliceName
    // What was said of slices below ends with the element above them.
    for known in current.keys where known.hasPrefix(path + ".") { current[known] = nil }
    return names
  }

  /// The element below `parent` that a segment names, made when nothing was said of it yet.
  private func step(from parent: ProfileElement, _ segment: String, slice: String?) -> ProfileElement? {
    let isChoice = segment.hasSuffix("[x]")
    var name = isChoice ? String(segment.dropLast(3)) : segment
    var slice = slice
    var type: TypeReference?
    var typeName: String?
    if let table = parent.type {
      if let group = PathNames.shared.fields(named: name, of: table) {
        let field = table.field(group.lowerBound).pointee
        if !field.isChoice { type = field.type }
      } else if let field = table.pointer.pointee.fields.first(where: { $0.isChoice && $0.jsonName == segment }) {
        // `valueQuantity` stands for the slice of value[x] that is a Quantity.
        name = field.pathName
        slice = slice ?? segment
        type = field.type
        typeName = field.typeName
      } else {
        return nil
      }
    }
    var element = parent.child(name) ?? add(ProfileElement(name: name, type: type), to: parent)
    guard let slice else { return element }
    // `a/b` slices slice `a` again.
    for part in ProfileWriter.nested(slice) {
      element = element.slice(part) ?? add(slice: part, typeName, type ?? element.type, to: element)
    }
    return element
  }

  private func add(_ child: ProfileElement, to parent: ProfileElement) -> ProfileElement {
    parent.children.append(child)
    return child
  }

  private func add(
    slice name: String, _ typeName: String?, _ type: TypeReference?, to element: ProfileElement
  ) -> ProfileElement {
    let slice = ProfileElement(name: element.name, sliceName: name, type: type)
    if let typeName {
      slice.types = [.init(code: typeName, profiles: [], targetProfiles: [], aggregation: [])]
    } else if name.hasPrefix(element.name), element.type == nil {
      // A slice of a choice that is named by its type.
      let rest = String(name.dropFirst(element.name.count))
      let primitive = Names.uncapitalized(rest)
      if Schema.shared.type(named: rest) != nil {
        slice.type = Schema.shared.type(named: rest)
        slice.types = [.init(code: rest, profiles: [], targetProfiles: [], aggregation: [])]
      } else if FieldKind(primitive: Substring(primitive)) != nil {
        slice.types = [.init(code: primitive, profiles: [], targetProfiles: [], aggregation: [])]
      }
    }
    element.slices.append(slice)
    return slice
  }

  /// `a`, then `a/b`, for `a/b`.
  private static func nested(_ slice: String) -> [String] {
    var names: [String] = []
    for part in slice.split(separator: "/") { names.append(names.last.map { "\($0)/\(part)" } ?? String(part)) }
    return names
  }

  private enum Names {
    static func uncapitalized(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }
  }

  // MARK: What a definition says

  private mutating func apply(_ definition: ElementDefinition, to element: ProfileElement) {
    if let min = definition.min { element.min = min }
    if let max = definition.max { element.max = max == "*" ? Int.max : Int(max) }
    types(definition, element)
    // With places: a pattern's parts are looked for by their names.
    let item = FHIRItem(definition)
    if let fixed = item.children(named: "fixed").first {
      if let before = element.fixed, before != fixed {
        faults.append("\(definition.path ?? element.name) is fixed by the base, and here to another value")
      }
      element.fixed = fixed
    }
    if let pattern = item.children(named: "pattern").first { element.pattern = pattern }
    if let value = item.children(named: "minValue").first { element.minValue = value }
    if let value = item.children(named: "maxValue").first { element.maxValue = value }
    if let length = definition.maxLength { element.maxLength = length }
    for rule in definition.extension { apply(rule, to: element) }
    if let binding = definition.binding { bind(binding, element) }
    for constraint in definition.constraint {
      guard let key = constraint.key, let expression = constraint.expression, let severity = constraint.severity,
        !InvariantsByPath.shared.isBase(key), !element.invariants.contains(where: { $0.key == key })
      else { continue }
      element.invariants.append(
        Invariant(key: key, severity: IssueSeverity(rawValue: severity.rawValue), expression: expression))
    }
    if let slicing = definition.slicing { slice(slicing, element) }
  }

  /// What R4 says by an extension, and what later versions say that profiles for R4 carry in one.
  private func apply(_ rule: Extension, to element: ProfileElement) {
    let later = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition."
    guard let url = rule.url, let value = rule.value else { return }
    switch (url, value) {
    case ("http://hl7.org/fhir/StructureDefinition/minLength", .integer(let length)): element.minLength = length
    case (later + "mustHaveValue", .boolean(let isMust)): element.mustHaveValue = isMust
    case (later + "valueAlternatives", .canonical(let address)): element.valueAlternatives.append(address)
    default: break
    }
  }

  private mutating func types(_ definition: ElementDefinition, _ element: ProfileElement) {
    guard !definition.type.isEmpty else { return }
    // A snapshot repeats what the base says: `id` is a FHIRPath string there.
    let uses = definition.type.compactMap { type -> ProfileElement.TypeUse? in
      guard let code = type.code, !code.hasPrefix("http://hl7.org/fhirpath/") else { return nil }
      return ProfileElement.TypeUse(
        code: ProfileCompiler.typeName(code), profiles: type.profile, targetProfiles: type.targetProfile,
        aggregation: type.aggregation.map(\.rawValue))
    }
    for use in uses {
      for profile in use.profiles {
        guard let type = ProfileLibrary.baseType(profile), type != use.code, !isAbstract(use.code, above: type) else {
          continue
        }
        faults.append("\(definition.path ?? element.name) is a \(use.code), and \(profile) is about another type")
      }
    }
    element.types = uses
    if uses.count == 1, let named = Schema.shared.type(named: uses[0].code), element.type == nil || named.isResource {
      element.type = named
    }
  }

  /// Whether a type is Resource or its like, and the other one of them.
  private func isAbstract(_ code: String, above type: String) -> Bool {
    ProfileLibrary.abstractTypes.contains(code) && FHIRTypeNames.isA(type, code)
  }

  private mutating func bind(_ binding: ElementDefinition.Binding, _ element: ProfileElement) {
    guard binding.strength == .required || binding.strength == .extensible, let canonical = binding.valueSet else {
      element.binding = nil
      return
    }
    let address = String(canonical.prefix { $0 != "|" })
    guard let set = valueSets[address] ?? CodeSets.shared.at(address) else {
      element.binding = nil
      element.unknownBinding = address
      if binding.strength == .required {
        problems.append("the value set \(address) of \(element.name) was not given: its codes are not checked")
      }
      return
    }
    element.binding = .init(set: set, isRequired: binding.strength == .required)
    element.unknownBinding = nil
  }

  private mutating func slice(_ slicing: ElementDefinition.Slicing, _ element: ProfileElement) {
    var discriminators: [ProfileElement.Discriminator] = []
    for item in slicing.discriminator {
      guard let type = item.type, let path = item.path else { continue }
      guard let found = ProfileElement.Discriminator(kind: type.rawValue, path: path) else {
        problems.append(
          "the discriminator \(type.rawValue):\(path) of \(element.name) is not understood; its slices are not checked")
        return
      }
      discriminators.append(found)
    }
    let rules: ProfileElement.Slicing.Rules =
      switch slicing.rules {
      case .some(.closed): .closed
      case .some(.openAtEnd): .openAtEnd
      default: .open
      }
    element.slicing = ProfileElement.Slicing(
      discriminators: discriminators, isOrdered: slicing.ordered ?? false, rules: rules)
  }
}

extension Field {
  /// The name of the field's type: a primitive's, an element's, or `Resource`.
  var typeName: String { type?.name ?? (kind == .resource ? "Resource" : "\(kind)") }
}
