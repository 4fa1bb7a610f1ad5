/// An expression of FHIRPath (normative 2.0), compiled once and evaluated as often as wanted, from any thread.
///
/// Functions that are not there (docs/fhirmodels.md lists them) are refused when the expression is compiled.
public struct FHIRPath: Sendable, CustomStringConvertible {
  /// The text that was compiled.
  public let expression: String
  private let tree: PathTree

  /// Compiles `expression`.
  ///
  /// Throws `syntax` for what is no expression, `semantic` for functions and types that are not there, `limit` for one
  /// that is too long or too deep.
  public init(_ expression: String, limits: FHIRPathLimits = FHIRPathLimits()) throws(FHIRPathError) {
    self.expression = expression
    tree = try PathParser.parse(expression, limits)
  }

  /// Compiles `expression` and checks each of its steps against the elements that the types of R4 have, beginning with
  /// `typeName` (`Patient`, `HumanName`, `Patient.contact`).
  ///
  /// With `checksOrder`, what counts on an order (`first`, `last`, `tail`, `skip`, `take`, `[n]`) is refused after what
  /// has none by the specification: `children()`, `descendants()`, a union.
  ///
  /// Throws as the other initialiser does, and `semantic` for a step to an element that is not there, such as
  /// `Observation.valueQuantity` where `Observation.value` is meant. Nothing is said of steps from what no table knows:
  /// resolved references, `children()`, variables.
  public init(
    _ expression: String, for typeName: String, checksOrder: Bool = false, limits: FHIRPathLimits = FHIRPathLimits()
  ) throws(FHIRPathError) {
    try self.init(expression, limits: limits)
    guard let type = Schema.shared.type(named: typeName) else {
      throw FHIRPathError(.semantic, "R4 has no type \"\(typeName)\"", at: 0)
    }
    var checker = PathChecker(tree, root: type)
    try checker.check()
    if checksOrder { try tree.checkOrder() }
  }

  /// Evaluates on one item, which is `$this` and, unless the context says otherwise, `%resource`.
  ///
  /// Throws `type` where the language wants one item or another type, `limit` where the evaluation costs too much,
  /// `unsupported` where it needs a callback that the context lacks.
  public func evaluate(
    on item: FHIRItem, in context: FHIRPathContext = FHIRPathContext()
  ) throws(FHIRPathError) -> [FHIRPathValue] {
    try items(on: .one(.item(item)), context).map { FHIRPathValue($0) }
  }

  /// Evaluates on a resource. The items of the result say where they stand.
  public func evaluate(
    on resource: some FHIRResource, in context: FHIRPathContext = FHIRPathContext()
  ) throws(FHIRPathError) -> [FHIRPathValue] {
    try evaluate(on: FHIRItem(resource), in: context)
  }

  /// Whether the result is true, as an invariant's must be: a single `true`, or any other single item. Nil for no item.
  public func isTrue(
    on item: FHIRItem, in context: FHIRPathContext = FHIRPathContext()
  ) throws(FHIRPathError) -> Bool? {
    var machine = PathMachine(tree, context, input: .one(.item(item)))
    let items = try machine.evaluate(tree.root)
    return try machine.boolean(items)
  }

  /// Evaluates and takes what it cost from `steps`.
  func evaluate(on item: FHIRItem, spending steps: inout Int) throws(FHIRPathError) -> [FHIRPathValue] {
    try spend(on: item, &steps) { (machine) throws(FHIRPathError) in try machine.evaluate(tree.root) }
  }

  /// The elements that hold the list which the expression ends with, and its name: `Patient` and `name` of
  /// `Patient.name`. Nil where the expression does not end with a step to a name.
  func listTarget(
    on item: FHIRItem, spending steps: inout Int
  ) throws(FHIRPathError) -> (owners: [FHIRPathValue], name: String)? {
    guard case .member(let receiver, let member) = tree.operations[Int(tree.root)], member.type == nil else {
      return nil
    }
    let owners = try spend(on: item, &steps) { (machine) throws(FHIRPathError) in
      try receiver.map { (place) throws(FHIRPathError) in try machine.evaluate(place) } ?? .one(.item(item))
    }
    return (owners, tree.names[member.name])
  }

  private func spend(
    on item: FHIRItem, _ steps: inout Int, _ body: (inout PathMachine) throws(FHIRPathError) -> PathItems
  ) throws(FHIRPathError) -> [FHIRPathValue] {
    var context = FHIRPathContext()
    context.limits.steps = steps
    var machine = PathMachine(tree, context, input: .one(.item(item)))
    let items = try body(&machine)
    steps = machine.stepsLeft
    return items.map { FHIRPathValue($0) }
  }

  private func items(on input: PathItems, _ context: FHIRPathContext) throws(FHIRPathError) -> PathItems {
    var machine = PathMachine(tree, context, input: input)
    return try machine.evaluate(tree.root)
  }

  public var description: String { expression }
}
