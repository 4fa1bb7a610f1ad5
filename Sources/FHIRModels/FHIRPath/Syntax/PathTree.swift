/// A compiled expression: its operations in one list, where each names the places of those it works on. Those stand
/// before it, the whole expression last.
struct PathTree: Sendable {
  typealias Index = Int32

  enum Operation: Sendable {
    case this
    case index
    case total
    /// A place in `literals`.
    case literal(Int)
    /// A place in `names`.
    case variable(Int)
    /// A step to the children of a name; from `$this` where there is no receiver.
    case member(Index?, PathMember)
    /// A function; the arguments' places are in `arguments`.
    case call(Index?, PathFunction, arguments: Range<Int>)
    case item(Index, at: Index)
    case negate(Index)
    case binary(PathOperator, Index, Index)
    /// `is`, or `as` with what is left of it.
    case isType(Index?, Int)
    case asType(Index?, Int, isFunction: Bool)
    case ofType(Index?, Int)
  }

  var operations: [Operation] = []
  /// The byte of the expression that each operation comes from.
  var offsets: [Int32] = []
  /// How deep the tree is below each operation.
  var depths: [Int32] = []
  var arguments: [Index] = []
  var literals: [PathItems] = []
  var names: [String] = []
  var types: [PathType] = []
  /// The regular expressions that stand as literals, by the place of the literal.
  var regexes: [Index: PathRegex] = [:]
  /// The keys of `sort()` that go from the last to the first.
  var descending: Set<Index> = []

  var root: Index { Index(operations.count - 1) }
}

/// The name of a step.
struct PathMember: Sendable {
  /// A place in the tree's names.
  let name: Int
  /// The name in the tables; nil when no type has such a field.
  let number: PathNames.Name?
  /// A place in the tree's types: a type that the name could also be, as `Patient.name` begins with one.
  let type: Int?
}

enum PathOperator: String, Sendable {
  case multiply = "*", divide = "/", div, mod
  case add = "+", subtract = "-", concatenate = "&"
  case union = "|"
  case less = "<", lessOrEqual = "<=", more = ">", moreOrEqual = ">="
  case equal = "=", equivalent = "~", notEqual = "!=", notEquivalent = "!~"
  case `in`, contains
  case and, or, xor, implies

  /// How tightly it binds: more binds before less.
  var precedence: Int {
    switch self {
    case .multiply, .divide, .div, .mod: 9
    case .add, .subtract, .concatenate: 8
    case .union: 6
    case .less, .lessOrEqual, .more, .moreOrEqual: 5
    case .equal, .equivalent, .notEqual, .notEquivalent: 4
    case .in, .contains: 3
    case .and: 2
    case .or, .xor: 1
    case .implies: 0
    }
  }

  /// `is` and `as` stand between + and |.
  static let typePrecedence = 7
}
