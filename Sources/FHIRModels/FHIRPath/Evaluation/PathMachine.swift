/// Evaluates a tree. One machine an evaluation; it counts what the evaluation costs.
struct PathMachine {
  let tree: PathTree
  let context: FHIRPathContext
  /// `%context`: what the evaluation began with.
  let input: PathItems
  private var steps = 0
  /// The byte of the expression that is being evaluated, for errors.
  var offset = 0
  // What the innermost iteration sets.
  var this: PathItems
  var index: PathItems = .empty
  var total: PathItems = .empty
  /// What the clock said when it was first asked.
  var clockReading: FHIRInstant?
  /// What references of the document point to; nil until one is followed.
  var targets: DocumentTargets?

  init(_ tree: PathTree, _ context: FHIRPathContext, input: PathItems) {
    self.tree = tree
    self.context = context
    self.input = input
    this = input
    targets = context.targets
  }

  // MARK: Limits and errors

  mutating func spend(_ count: Int) throws(FHIRPathError) {
    steps += count
    if steps > context.limits.steps {
      throw FHIRPathError(.limit, "The evaluation takes more than \(context.limits.steps) steps", at: offset)
    }
  }

  var stepsLeft: Int { context.limits.steps - steps }

  func checked(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    guard items.count <= context.limits.items else {
      throw FHIRPathError(.limit, "A collection has more than \(context.limits.items) items", at: offset)
    }
    return items
  }

  func failure(_ message: String) -> FHIRPathError { FHIRPathError(.type, message, at: offset) }

  // MARK: Operations

  mutating func evaluate(_ place: PathTree.Index) throws(FHIRPathError) -> PathItems {
    try spend(1)
    let mine = Int(tree.offsets[Int(place)])
    offset = mine
    switch tree.operations[Int(place)] {
    case .this: return this
    case .index: return index
    case .total: return total
    case .literal(let literal): return tree.literals[literal]
    case .variable(let name): return try variable(tree.names[name])
    case .member(let receiver, let member):
      let items = try evaluateReceiver(receiver)
      return try step(items, member)
    case .call(let receiver, let function, let arguments):
      let items = try evaluateReceiver(receiver)
      offset = mine
      return try call(function, items, arguments)
    case .item(let list, let at):
      let items = try evaluate(list)
      guard let number = try evaluateInteger(at, mine), number >= 0, number < items.count else { return .empty }
      return .one(items[number])
    case .negate(let operand):
      let items = try evaluate(operand)
      offset = mine
      return try negate(items)
    case .binary(let symbol, let left, let right): return try binary(symbol, left, right, mine)
    case .isType(let receiver, let type):
      let items = try evaluateReceiver(receiver)
      offset = mine
      guard let value = try single(items) else { return .empty }
      return .boolean(tree.types[type].isMet(by: value))
    case .asType(let receiver, let type, _):
      let items = try evaluateReceiver(receiver)
      offset = mine
      if !context.asTakesCollections { _ = try single(items) }
      return selected(items, tree.types[type])
    case .ofType(let receiver, let type):
      let items = try evaluateReceiver(receiver)
      return selected(items, tree.types[type])
    }
  }

  private mutating func evaluateReceiver(_ place: PathTree.Index?) throws(FHIRPathError) -> PathItems {
    guard let place else { return this }
    return try evaluate(place)
  }

  private func selected(_ items: PathItems, _ type: PathType) -> PathItems {
    PathItems(items.filter { type.selects($0) })
  }

  private mutating func step(_ items: PathItems, _ member: PathMember) throws(FHIRPathError) -> PathItems {
    if let type = member.type {
      let matching = items.filter { tree.types[type].isMet(by: $0) }
      return PathItems(matching)
    }
    var found: [FHIRItem] = []
    var result = PathItems.empty
    for value in items {
      switch value {
      case .item(let item):
        guard let number = member.number else { continue }
        found.removeAll(keepingCapacity: true)
        item.appendChildren(named: number, to: &found)
        try spend(found.count)
        for child in found { result.append(.item(child)) }
        guard result.count <= context.limits.items else { return try checked(result) }
      case .type(let namespace, let name):
        switch tree.names[member.name] {
        case "namespace": result.append(.string(namespace))
        case "name": result.append(.string(name))
        default: break
        }
      default: break
      }
    }
    return try checked(result)
  }

  private func variable(_ name: String) throws(FHIRPathError) -> PathItems {
    switch name {
    case "context": return input
    case "resource": return context.resource.map { .one(.item($0)) } ?? input
    case "rootResource": return (context.rootResource ?? context.resource).map { .one(.item($0)) } ?? input
    case "ucum": return .one(.string("http://unitsofmeasure.org"))
    case "sct": return .one(.string("http://snomed.info/sct"))
    case "loinc": return .one(.string("http://loinc.org"))
    default: break
    }
    if let values = context.variables[name] { return PathItems(values.map(\.value)) }
    if name.hasPrefix("vs-") { return .one(.string("http://hl7.org/fhir/ValueSet/\(name.dropFirst(3))")) }
    if name.hasPrefix("ext-") { return .one(.string("http://hl7.org/fhir/StructureDefinition/\(name.dropFirst(4))")) }
    throw FHIRPathError(.semantic, "There is no variable of this name", at: offset)
  }

  // MARK: One item

  func single(_ items: PathItems) throws(FHIRPathError) -> PathValue? {
    switch items {
    case .empty: return nil
    case .one(let value): return value
    case .many: throw failure("There must be one item at most here")
    }
  }

  /// One item as a boolean: anything that is none counts as true, since it is there.
  func boolean(_ items: PathItems) throws(FHIRPathError) -> Bool? {
    guard let value = try single(items) else { return nil }
    if case .boolean(let flag) = value.plain { return flag }
    return true
  }

  func integer(_ items: PathItems) throws(FHIRPathError) -> Int? {
    guard let value = try single(items) else { return nil }
    guard case .integer(let number) = value.plain else { throw failure("A whole number must stand here") }
    return number
  }

  func string(_ items: PathItems) throws(FHIRPathError) -> String? {
    guard let value = try single(items) else { return nil }
    guard case .string(let text) = value.plain else { throw failure("A string must stand here") }
    return text
  }

  private mutating func evaluateInteger(_ place: PathTree.Index, _ mine: Int) throws(FHIRPathError) -> Int? {
    let items = try evaluate(place)
    offset = mine
    return try integer(items)
  }

  /// Evaluates a criterion or projection once for each item, with `$this` and `$index` set to it. `body` answers
  /// whether to go on.
  mutating func each(
    _ items: PathItems, _ place: PathTree.Index,
    _ body: (inout PathMachine, PathValue, PathItems) throws(FHIRPathError) -> Bool
  ) throws(FHIRPathError) {
    let outer = (this, index)
    defer { (this, index) = outer }
    let mine = offset
    for (number, value) in items.enumerated() {
      this = .one(value)
      index = .one(.integer(number))
      let result = try evaluate(place)
      offset = mine
      guard try body(&self, value, result) else { return }
    }
  }
}
