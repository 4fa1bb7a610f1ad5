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

  /// Evaluates on one item, which is `$this` and, unless the context says otherwise, `%resource`.
  ///
  /// Throws `type` where the language wants one item or another type, `limit` where the evaluation costs too much,
  /// `unsupported` where it needs a callback that the context lacks.
  public func evaluate(
    on item: FHIRItem, in context: FHIRPathContext = FHIRPathContext()
  ) throws(FHIRPathError) -> [FHIRPathValue] {
    try items(on: .one(.item(item)), context).array.map { FHIRPathValue($0) }
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

  private func items(on input: PathItems, _ context: FHIRPathContext) throws(FHIRPathError) -> PathItems {
    var machine = PathMachine(tree, context, input: input)
    return try machine.evaluate(tree.root)
  }

  public var description: String { expression }
}
