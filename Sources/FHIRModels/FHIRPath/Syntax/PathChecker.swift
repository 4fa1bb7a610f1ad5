/// Follows an expression over the types of the schema and refuses steps that no type has (FHIRPath 2.0, "strict mode"):
/// `Patient.name.given1`, `Observation.valueQuantity`.
///
/// Where the types cannot be known (what `resolve()` or `children()` answers, what the language makes) nothing is said.
struct PathChecker {
  let tree: PathTree
  /// What the expression begins with.
  let root: PathShape
  private let rootIsResource: Bool
  /// Operations that may still be looked at: a `repeat()` within another is followed several times.
  private var patience = 100_000

  init(_ tree: PathTree, root: TypeReference) {
    self.tree = tree
    self.root = PathShape(root)
    rootIsResource = root.isResource
  }

  mutating func check() throws(FHIRPathError) { _ = try shape(tree.root, root) }

  private func failure(_ place: PathTree.Index, _ message: String) -> FHIRPathError {
    FHIRPathError(.semantic, message, at: Int(tree.offsets[Int(place)]))
  }

  private mutating func shape(_ place: PathTree.Index?, _ this: PathShape) throws(FHIRPathError) -> PathShape {
    guard let place else { return this }
    patience -= 1
    if patience < 0 { return .open }
    switch tree.operations[Int(place)] {
    case .this: return this
    case .index, .total, .literal: return .open
    case .variable(let name):
      let name = tree.names[name]
      return name == "context" || name == "resource" && rootIsResource ? root : .open
    case .member(let receiver, let member):
      return try step(
        place, try shape(receiver, this), member)
    case .call(let receiver, let function, let range):
      let items = try shape(receiver, this)
      return try call(place, function, items, Array(tree.arguments[range]), this)
    case .item(let list, let at):
      _ = try shape(at, this)
      return try shape(list, this)
    case .negate(let operand):
      _ = try shape(operand, this)
      return .open
    case .binary(let symbol, let left, let right):
      var found = try shape(left, this)
      let other = try shape(right, this)
      guard symbol == .union else { return .open }
      found.formUnion(other)
      return found
    case .isType(let receiver, _):
      if let receiver { _ = try shape(receiver, this) }
      return .open
    case .asType(let receiver, let type, _), .ofType(let receiver, let type):
      if let receiver { _ = try shape(receiver, this) }
      return PathShape(tree.types[type])
    }
  }

  private func step(
    _ place: PathTree.Index, _ items: PathShape, _ member: PathMember
  ) throws(FHIRPathError) -> PathShape {
    guard items.isClosed else { return .open }
    let name = tree.names[member.name]
    if let type = member.type {
      let found = items.restricted(to: tree.types[type])
      if found.types.isEmpty { throw failure(place, "The path begins with \(name) where \(items.names) stands") }
      return found
    }
    if let number = member.number, let found = items.children(number) { return found }
    throw failure(place, "\(items.names) has no element \"\(name)\"")
  }

  private mutating func call(
    _ place: PathTree.Index, _ function: PathFunction, _ items: PathShape, _ arguments: [PathTree.Index],
    _ this: PathShape
  ) throws(FHIRPathError) -> PathShape {
    switch function {
    case .where, .all, .exists, .sort, .aggregate:
      for argument in arguments { _ = try shape(argument, items) }
      return function == .where || function == .sort ? items : .open
    case .select: return try shape(arguments[0], items)
    case .repeat: return try repetition(arguments[0], items)
    case .trace:
      for argument in arguments.dropFirst() { _ = try shape(argument, items) }
      return items
    case .iif: return try conditional(arguments, items)
    case .union, .combine:
      var found = items
      found.formUnion(try shape(arguments[0], this))
      return found
    default: break
    }
    for argument in arguments { _ = try shape(argument, this) }
    switch function {
    case .single, .first, .last, .tail, .skip, .take, .distinct, .exclude, .intersect, .checkModifiers, .slice:
      return items
    case .extension: return PathShape(Extension.type)
    case .elementDefinition: return PathShape(ElementDefinition.type)
    default: return .open
    }
  }

  /// What comes of repeating a projection: all that it leads to, until nothing new does.
  private mutating func repetition(_ body: PathTree.Index, _ items: PathShape) throws(FHIRPathError) -> PathShape {
    var all = try shape(body, items)
    while all.isClosed {
      // What a later round does not find ends the repetition and is no fault.
      guard let next = try? shape(body, all) else { return all }
      var more = all
      more.formUnion(next)
      if more == all { return all }
      all = more
    }
    return all
  }

  private mutating func conditional(_ arguments: [PathTree.Index], _ items: PathShape) throws(FHIRPathError)
    -> PathShape
  {
    if case .literal(let literal) = tree.operations[Int(arguments[0])], let value = tree.literals[literal].first,
      value.systemType != .boolean
    {
      throw failure(arguments[0], "The criterion of iif() must be true or false")
    }
    _ = try shape(arguments[0], items)
    var found = try shape(arguments[1], items)
    if arguments.count > 2 { found.formUnion(try shape(arguments[2], items)) }
    return found
  }
}
