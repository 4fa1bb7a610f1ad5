/// Why an expression could not be compiled or evaluated.
public struct FHIRPathError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: RawRepresentable, Sendable, Equatable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The text is no expression.
    public static let syntax = Code(rawValue: "syntax")
    /// The expression names a function, type or variable that is not there, or an element that its type does not have.
    public static let semantic = Code(rawValue: "semantic")
    /// A value is not of the type or number that an operator or function takes.
    public static let type = Code(rawValue: "type")
    /// A limit of `FHIRPathLimits` was reached.
    public static let limit = Code(rawValue: "limit")
    /// The caller gave no callback for what the expression asks.
    public static let unsupported = Code(rawValue: "unsupported")
  }

  public var code: Code
  /// What is wrong; holds no value of the document.
  public var message: String
  /// The byte of the expression.
  public var offset: Int

  public init(_ code: Code, _ message: String, at offset: Int) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  public var description: String { "\(message) (at byte \(offset) of the expression)" }
}

/// What an expression may cost.
public struct FHIRPathLimits: Sendable, Equatable {
  /// Bytes of the expression.
  public var length = 65_536
  /// How deep the tree of the expression may be; also how long a chain of operators or steps.
  public var depth = 256
  /// Operations, items and comparisons of one evaluation.
  public var steps = 2_000_000
  /// Items in one collection.
  public var items = 200_000
  /// Bytes of one string that the expression makes.
  public var stringLength = 4_000_000

  public init() {}
}
