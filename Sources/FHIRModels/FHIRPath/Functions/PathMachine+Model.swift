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
    case .type: return PathItems(items.map(PathMachine.type))
    case .hasValue:
      guard case .one(let value) = items else { return .boolean(false) }
      return .boolean(PathMachine.hasValue(value))
    case .getValue:
      guard case .one(let value) = items, PathMachine.hasValue(value) else { return .empty }
      return .one(value.plain)
    case .resolve: return try resolve(items)
    case .htmlChecks: return try htmlChecks(items)
    case .checkModifiers: return try checkModifiers(items, arguments)
    case .elementDefinition: return try elementDefinitions(items)
    case .slice: return try slice(items, arguments)
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

  func unanswered(_ name: String) -> FHIRPathError {
    FHIRPathError(.unsupported, "Nobody here can answer \(name)()", at: offset)
  }

  private mutating func children(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    var found: [FHIRItem] = []
    for case .item(let item) in items {
      let before = found.count
      item.appendChildren(to: &found)
      try spend(found.count - before + 1)
      guard found.count <= context.limits.items else { break }
    }
    return try checked(PathItems(found.map { .item($0) }))
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
    for case .item(let item) in items {
      var found: [FHIRItem] = []
      item.appendChildren(named: name, to: &found)
      try spend(found.count)
      for child in found where child.as(Extension.self)?.url == url { result.append(.item(child)) }
    }
    return result
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
