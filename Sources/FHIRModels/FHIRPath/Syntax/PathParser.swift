/// Reads an expression (FHIRPath 2.0, grammar of appendix A) into a tree. Precedence climbing: one loop for all
/// operators.
struct PathParser {
  private var lexer: PathLexer
  private var token: PathToken
  /// The token after `token`.
  private var ahead: PathToken
  private let limits: FHIRPathLimits
  private var nesting = 0
  private var tree = PathTree()
  private var namePlaces: [String: Int] = [:]

  static func parse(_ expression: String, _ limits: FHIRPathLimits) throws(FHIRPathError) -> PathTree {
    guard expression.utf8.count <= limits.length else {
      throw FHIRPathError(.limit, "The expression is longer than \(limits.length) bytes", at: limits.length)
    }
    var parser = try PathParser(expression, limits)
    _ = try parser.expression(above: -1)
    guard parser.token.kind == .end else { throw parser.unexpected("an operator or the end") }
    return parser.tree
  }

  private init(_ expression: String, _ limits: FHIRPathLimits) throws(FHIRPathError) {
    lexer = PathLexer(expression)
    self.limits = limits
    token = try lexer.next()
    ahead = try lexer.next()
  }

  // MARK: Tokens

  private mutating func advance() throws(FHIRPathError) {
    token = ahead
    ahead = try lexer.next()
  }

  private func unexpected(_ expected: String) -> FHIRPathError {
    FHIRPathError(.syntax, "Expected \(expected)", at: token.offset)
  }

  private mutating func take(_ symbol: String) throws(FHIRPathError) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    try advance()
    return true
  }

  private mutating func need(_ symbol: String) throws(FHIRPathError) {
    guard try take(symbol) else { throw unexpected("\"\(symbol)\"") }
  }

  // MARK: Building

  private mutating func add(
    _ operation: PathTree.Operation, at offset: Int, above children: [PathTree.Index] = []
  ) throws(FHIRPathError) -> PathTree.Index {
    var depth: Int32 = 1
    for child in children { depth = max(depth, tree.depths[Int(child)] + 1) }
    guard depth <= limits.depth else {
      throw FHIRPathError(.limit, "The expression is deeper than \(limits.depth)", at: offset)
    }
    tree.operations.append(operation)
    tree.offsets.append(Int32(offset))
    tree.depths.append(depth)
    return tree.root
  }

  private mutating func literal(_ items: PathItems, at offset: Int) throws(FHIRPathError) -> PathTree.Index {
    tree.literals.append(items)
    return try add(.literal(tree.literals.count - 1), at: offset)
  }

  private mutating func name(_ text: String) -> Int {
    if let known = namePlaces[text] { return known }
    namePlaces[text] = tree.names.count
    tree.names.append(text)
    return tree.names.count - 1
  }

  // MARK: Expressions

  private mutating func expression(above precedence: Int) throws(FHIRPathError) -> PathTree.Index {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= limits.depth else {
      throw FHIRPathError(.limit, "The expression is deeper than \(limits.depth)", at: token.offset)
    }
    var left = try unary()
    while true {
      let offset = token.offset
      if case .word(let word) = token.kind, word == "is" || word == "as" {
        guard PathOperator.typePrecedence > precedence else { return left }
        try advance()
        let type = try typeSpecifier()
        left = try add(
          word == "is" ? .isType(left, type) : .asType(left, type, isFunction: false), at: offset, above: [left])
        continue
      }
      guard let found = binaryOperator, found.precedence > precedence else { return left }
      try advance()
      let right = try expression(above: found.precedence)
      left = try add(.binary(found, left, right), at: offset, above: [left, right])
    }
  }

  private var binaryOperator: PathOperator? {
    switch token.kind {
    case .symbol(let text), .word(let text): PathOperator(rawValue: text)
    default: nil
    }
  }

  private mutating func unary() throws(FHIRPathError) -> PathTree.Index {
    let offset = token.offset
    if try take("+") { return try nested() }
    if try take("-") {
      let operand = try nested()
      return try add(.negate(operand), at: offset, above: [operand])
    }
    return try steps()
  }

  private mutating func nested() throws(FHIRPathError) -> PathTree.Index {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= limits.depth else {
      throw FHIRPathError(.limit, "The expression is deeper than \(limits.depth)", at: token.offset)
    }
    return try unary()
  }

  /// A term and the steps and indices after it.
  private mutating func steps() throws(FHIRPathError) -> PathTree.Index {
    var value = try term()
    while true {
      let offset = token.offset
      if try take(".") {
        value = try invocation(on: value)
      } else if try take("[") {
        let place = try expression(above: -1)
        try need("]")
        value = try add(.item(value, at: place), at: offset, above: [value, place])
      } else {
        return value
      }
    }
  }

  private mutating func term() throws(FHIRPathError) -> PathTree.Index {
    let offset = token.offset
    switch token.kind {
    case .symbol("("):
      try advance()
      let inner = try expression(above: -1)
      try need(")")
      return inner
    case .symbol("{"):
      try advance()
      try need("}")
      return try literal(.empty, at: offset)
    case .string(let text):
      try advance()
      return try literal(.one(.string(text)), at: offset)
    case .number(let text):
      try advance()
      return try number(text, offset)
    case .temporal(let text):
      try advance()
      guard let value = PathParser.temporal(text) else {
        throw FHIRPathError(.syntax, "No such date or time", at: offset)
      }
      return try literal(.one(.temporal(value)), at: offset)
    case .constant(let text):
      try advance()
      let place = name(text)
      return try add(.variable(place), at: offset)
    case .word("true") where ahead.kind != .symbol("("), .word("false") where ahead.kind != .symbol("("):
      let isTrue = token.kind == .word("true")
      try advance()
      return try literal(.one(.boolean(isTrue)), at: offset)
    case .word, .name, .special: return try invocation(on: nil)
    default: throw unexpected("a value")
    }
  }

  private static func temporal(_ text: String) -> PathTemporal? {
    if text.hasPrefix("T") { return PathTemporal(time: text.dropFirst()) }
    return PathTemporal(dateTime: text)
  }

  /// A number, or an amount when a unit follows.
  private mutating func number(_ text: String, _ offset: Int) throws(FHIRPathError) -> PathTree.Index {
    guard let decimal = PathDecimal(text) else {
      throw FHIRPathError(.syntax, "The number has too many digits", at: offset)
    }
    if case .string(let unit) = token.kind {
      try advance()
      return try literal(.one(.quantity(PathQuantity(decimal, unit: unit))), at: offset)
    }
    if case .word(let word) = token.kind, let unit = CalendarUnit(keyword: word) {
      try advance()
      return try literal(.one(.quantity(PathQuantity(decimal, calendar: unit, written: word))), at: offset)
    }
    if text.utf8.contains(UInt8(ascii: ".")) { return try literal(.one(.decimal(decimal)), at: offset) }
    guard let integer = decimal.integer, integer <= Int(Int32.max) + 1 else {
      throw FHIRPathError(.syntax, "An integer is at most 2147483647; a larger number needs a fraction", at: offset)
    }
    return try literal(.one(.integer(integer)), at: offset)
  }

  /// A name, a function or `$this` and its like, from `receiver` or from `$this`.
  private mutating func invocation(on receiver: PathTree.Index?) throws(FHIRPathError) -> PathTree.Index {
    let offset = token.offset
    switch token.kind {
    case .special(let text):
      guard receiver == nil else { throw unexpected("a name") }
      try advance()
      switch text {
      case "this": return try add(.this, at: offset)
      case "index": return try add(.index, at: offset)
      case "total": return try add(.total, at: offset)
      default: throw FHIRPathError(.syntax, "There are $this, $index and $total", at: offset)
      }
    case .word(let text), .name(let text):
      if ahead.kind == .symbol("(") {
        try advance()
        try advance()
        return try function(text, on: receiver, at: offset)
      }
      let isWord = token.kind == .word(text)
      try advance()
      if receiver == nil, isWord, ["and", "or", "xor", "implies", "div", "mod"].contains(text) {
        throw FHIRPathError(.syntax, "\"\(text)\" needs a value before it", at: offset)
      }
      var root: Int?
      if receiver == nil, let type = PathType.root(named: text) {
        tree.types.append(type)
        root = tree.types.count - 1
      }
      let member = PathMember(name: name(text), number: PathNames.shared.number(of: text), type: root)
      return try add(.member(receiver, member), at: offset, above: receiver.map { [$0] } ?? [])
    default: throw unexpected("a name")
    }
  }

  private mutating func function(
    _ text: String, on receiver: PathTree.Index?, at offset: Int
  ) throws(FHIRPathError) -> PathTree.Index {
    let below = receiver.map { [$0] } ?? []
    if ["is", "as", "ofType"].contains(text) {
      let type = try typeSpecifier()
      try need(")")
      switch text {
      case "is": return try add(.isType(receiver, type), at: offset, above: below)
      case "as": return try add(.asType(receiver, type, isFunction: true), at: offset, above: below)
      default: return try add(.ofType(receiver, type), at: offset, above: below)
      }
    }
    guard let function = PathFunction(rawValue: text) else {
      throw FHIRPathError(.semantic, "There is no function of this name", at: offset)
    }
    var given: [PathTree.Index] = []
    if token.kind != .symbol(")") {
      repeat {
        given.append(try expression(above: -1))
        if function == .sort { given[given.count - 1] = try sortKey(given[given.count - 1]) }
      } while try take(",")
    }
    try need(")")
    guard function.arguments.contains(given.count) else {
      throw FHIRPathError(.semantic, "\(text)() takes \(function.argumentsText)", at: offset)
    }
    if let pattern = given.first, [.matches, .matchesFull, .replaceMatches].contains(function) {
      try compileRegex(pattern)
    }
    let start = tree.arguments.count
    tree.arguments.append(contentsOf: given)
    return try add(.call(receiver, function, arguments: start..<start + given.count), at: offset, above: below + given)
  }

  /// A key of `sort()`: `-` before it or `desc` after it turns its order round.
  private mutating func sortKey(_ place: PathTree.Index) throws(FHIRPathError) -> PathTree.Index {
    var key = place
    if case .negate(let operand) = tree.operations[Int(place)] {
      key = operand
      tree.descending.insert(key)
    }
    if token.kind == .word("desc") { tree.descending.insert(key) }
    if token.kind == .word("desc") || token.kind == .word("asc") { try advance() }
    return key
  }

  /// Compiles a pattern that is a literal, so that a wrong one is found here and a right one is compiled once.
  private mutating func compileRegex(_ place: PathTree.Index) throws(FHIRPathError) {
    guard case .literal(let literal) = tree.operations[Int(place)],
      case .one(.string(let pattern)) = tree.literals[literal]
    else { return }
    do throws(PathRegexError) {
      tree.regexes[place] = try PathRegex(pattern)
    } catch {
      throw FHIRPathError(.semantic, error.diagnostics, at: Int(tree.offsets[Int(place)]))
    }
  }

  /// `Patient`, `FHIR.Patient`, `System.String`.
  private mutating func typeSpecifier() throws(FHIRPathError) -> Int {
    let offset = token.offset
    var parts: [String] = []
    repeat {
      switch token.kind {
      case .word(let text), .name(let text): parts.append(text)
      default: throw unexpected("a type")
      }
      try advance()
      if parts.count == 2 { break }
    } while try take(".")
    guard let type = PathType(parts) else {
      throw FHIRPathError(.semantic, "There is no type of this name", at: offset)
    }
    tree.types.append(type)
    return tree.types.count - 1
  }
}
