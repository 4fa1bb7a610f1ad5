extension PathMachine {
  mutating func model(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    switch function {
    case .children: return try children(items)
    case .descendants:
      var all = PathItems.empty
      var level = items
      while !level.isEmpty {
        level = try children(level)
        all.append(contentsOf: level)
        all = try checked(all)
      }
      return all
    case .type: return PathItems(items.array.map(PathMachine.type))
    case .hasValue:
      guard case .one(let value) = items else { return .boolean(false) }
      return .boolean(PathMachine.hasValue(value))
    case .getValue:
      guard case .one(let value) = items, PathMachine.hasValue(value) else { return .empty }
      return .one(value.plain)
    case .resolve: return try resolve(items)
    default: break
    }
    guard let given = try single(try argument(arguments, 0) ?? .empty) else { return .empty }
    if function == .subsumes || function == .subsumedBy { return try subsumption(function, items, given) }
    guard let url = try string(.one(given)) else { return .empty }
    switch function {
    case .extension: return try extensions(items, url)
    case .memberOf:
      guard case .item(let item)? = try single(items) else { return .empty }
      guard let memberOf = context.memberOf else { throw unanswered("memberOf") }
      return .boolean(memberOf(item, url))
    default: return try conformance(items, url)
    }
  }

  private func unanswered(_ name: String) -> FHIRPathError {
    FHIRPathError(.unsupported, "Nobody here can answer \(name)()", at: offset)
  }

  private mutating func children(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    var found: [PathValue] = []
    for case .item(let item) in items.array {
      let children = item.children
      try spend(children.count + 1)
      for child in children { found.append(.item(child)) }
    }
    return try checked(PathItems(found))
  }

  private static func hasValue(_ value: PathValue) -> Bool {
    switch value {
    case .item(let item): item.hasValue
    case .type: false
    default: true
    }
  }

  private static func type(_ value: PathValue) -> PathValue {
    guard case .item(let item) = value else {
      return .type(namespace: "System", name: value.systemType?.rawValue ?? "Any")
    }
    guard let node = item.node, node.typeName.contains(".") else {
      return .type(namespace: "FHIR", name: item.typeName)
    }
    return .type(namespace: "FHIR", name: PathType.lineage(of: node.type)[1])
  }

  private mutating func extensions(_ items: PathItems, _ url: String) throws(FHIRPathError) -> PathItems {
    guard let name = PathNames.shared.number(of: "extension") else { return .empty }
    var result = PathItems.empty
    for case .item(let item) in items.array {
      var found: [FHIRItem] = []
      item.appendChildren(named: name, to: &found)
      try spend(found.count)
      for child in found where child.as(Extension.self)?.url == url { result.append(.item(child)) }
    }
    return result
  }

  /// What references point to: a resource contained in the root, or what the caller finds.
  private mutating func resolve(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    var result = PathItems.empty
    for value in items.array {
      var reference: String?
      if case .item(let item) = value, let element = item.as(Reference.self) { reference = element.reference }
      if case .string(let text) = value.plain { reference = text }
      guard let reference else { continue }
      try spend(10)
      if reference.hasPrefix("#") {
        if let found = contained(String(reference.dropFirst())) { result.append(.item(found)) }
      } else if let found = context.resolve?(reference) {
        result.append(.item(found))
      }
    }
    return result
  }

  private func contained(_ id: String) -> FHIRItem? {
    guard case .item(let start)? = input.first, let root = context.rootResource ?? context.resource ?? Optional(start)
    else { return nil }
    return id.isEmpty ? root : root.children(named: "contained").first { $0.id == id }
  }

  private func subsumption(_ function: PathFunction, _ items: PathItems, _ given: PathValue) throws(FHIRPathError)
    -> PathItems
  {
    guard case .item(let item)? = try single(items), case .item(let other) = given else { return .empty }
    guard let subsumes = context.subsumes else { throw unanswered(function.rawValue) }
    return .boolean(function == .subsumes ? subsumes(item, other) : subsumes(other, item))
  }

  private func conformance(_ items: PathItems, _ profile: String) throws(FHIRPathError) -> PathItems {
    guard case .item(let item)? = try single(items) else { return .empty }
    let base = "http://hl7.org/fhir/StructureDefinition/"
    if profile.hasPrefix(base), let type = PathType(["FHIR", String(profile.dropFirst(base.count))]), type.isKnown {
      return .boolean(type.isMet(by: .item(item)))
    }
    guard let conformsTo = context.conformsTo else { throw unanswered("conformsTo") }
    return .boolean(conformsTo(item, profile))
  }
}
