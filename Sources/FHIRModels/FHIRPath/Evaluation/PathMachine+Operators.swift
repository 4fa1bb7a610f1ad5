extension PathMachine {
  mutating func binary(
    _ symbol: PathOperator, _ left: PathTree.Index, _ right: PathTree.Index, _ mine: Int
  ) throws(FHIRPathError) -> PathItems {
    let first = try evaluate(left)
    offset = mine
    switch symbol {
    case .and, .or, .xor, .implies: return try logic(symbol, try boolean(first), right, mine)
    default: break
    }
    let second = try evaluate(right)
    offset = mine
    try spend(first.count + second.count + (first.textBytes + second.textBytes) / 64)
    switch symbol {
    case .union: return try union(first, second)
    case .equal: return .boolean(first.isEmpty || second.isEmpty ? nil : PathEquality.equals(first, second))
    case .notEqual:
      return .boolean(first.isEmpty || second.isEmpty ? nil : PathEquality.equals(first, second).map { !$0 })
    case .equivalent, .notEquivalent:
      // Each item looks for its like among the others.
      if first.count == second.count, first.count > 1 { try spend(first.count * second.count / 8) }
      let areEquivalent = PathEquality.areEquivalent(first, second)
      return .boolean(areEquivalent == (symbol == .equivalent))
    case .in: return try membership(first, second)
    case .contains: return try membership(second, first)
    case .concatenate: return try limited((try string(first) ?? "") + (try string(second) ?? ""))
    case .less, .lessOrEqual, .more, .moreOrEqual: return try comparison(symbol, first, second)
    default: return try arithmetic(symbol, first, second)
    }
  }

  /// Three-valued logic; the right side is evaluated only where the left leaves the answer open.
  private mutating func logic(
    _ symbol: PathOperator, _ left: Bool?, _ place: PathTree.Index, _ mine: Int
  ) throws(FHIRPathError) -> PathItems {
    switch (symbol, left) {
    case (.and, false?): return .boolean(false)
    case (.or, true?), (.implies, false?): return .boolean(true)
    default: break
    }
    let items = try evaluate(place)
    offset = mine
    let right = try boolean(items)
    switch symbol {
    case .and: return .boolean(right == false ? false : left == nil || right == nil ? nil : true)
    case .or: return .boolean(right == true ? true : left == nil || right == nil ? nil : false)
    case .implies: return .boolean(right == true ? true : left == nil || right == nil ? nil : false)
    default:
      guard let left, let right else { return .empty }
      return .boolean(left != right)
    }
  }

  mutating func union(_ left: PathItems, _ right: PathItems) throws(FHIRPathError) -> PathItems {
    var set = try set(of: left)
    for value in right { _ = try insert(value, into: &set) }
    return try checked(PathItems(set.values))
  }

  /// Distinct items. What finding them takes is spent as it is taken: many items may share a hash.
  mutating func set(of items: PathItems) throws(FHIRPathError) -> PathSet {
    var set = PathSet()
    for value in items { _ = try insert(value, into: &set) }
    return set
  }

  /// Adds a value; says whether none so far is equal to it.
  mutating func insert(_ value: PathValue, into set: inout PathSet) throws(FHIRPathError) -> Bool {
    let before = set.comparisons
    let isNew = set.insert(value)
    try spend(set.comparisons - before)
    return isNew
  }

  /// Whether a value is in a set.
  mutating func isMember(_ value: PathValue, of set: inout PathSet) throws(FHIRPathError) -> Bool {
    let before = set.comparisons
    let isFound = set.contains(value)
    try spend(set.comparisons - before)
    return isFound
  }

  private func membership(_ item: PathItems, _ list: PathItems) throws(FHIRPathError) -> PathItems {
    guard let value = try single(item) else { return .empty }
    return .boolean(list.contains { PathEquality.equals($0, value) == true })
  }

  // MARK: Comparison

  private func comparison(_ symbol: PathOperator, _ left: PathItems, _ right: PathItems) throws(FHIRPathError)
    -> PathItems
  {
    guard let first = try single(left), let second = try single(right), let order = try order(first, second) else {
      return .empty
    }
    switch symbol {
    case .less: return .boolean(order < 0)
    case .lessOrEqual: return .boolean(order <= 0)
    case .more: return .boolean(order > 0)
    default: return .boolean(order >= 0)
    }
  }

  /// Negative, zero or positive; nil where it cannot be told.
  func order(_ left: PathValue, _ right: PathValue) throws(FHIRPathError) -> Int? {
    switch (left.plain, right.plain) {
    case (.string(let left), .string(let right)):
      return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -1 : left.isSame(as: right) ? 0 : 1
    case (.temporal(let left), .temporal(let right)):
      switch PathTemporal.order(left, right) {
      case .less?: return -1
      case .same?: return 0
      case .more?: return 1
      case .unknown?: return nil
      case nil: throw failure("A time cannot be compared with a date")
      }
    case (.quantity(let left), .quantity(let right)): return PathQuantity.order(left, right)
    case (.quantity(let left), let right):
      guard let number = right.number else { throw failure("The two cannot be compared") }
      return PathQuantity.order(left, PathQuantity(number, unit: "1"))
    case (let left, .quantity(let right)):
      guard let number = left.number else { throw failure("The two cannot be compared") }
      return PathQuantity.order(PathQuantity(number, unit: "1"), right)
    case (let left, let right):
      // A primitive without a value compares with nothing.
      if case .item(let item) = left, item.isPrimitive { return nil }
      if case .item(let item) = right, item.isPrimitive { return nil }
      guard let left = left.number, let right = right.number else { throw failure("The two cannot be compared") }
      return PathDecimal.order(left, right)
    }
  }

  // MARK: Arithmetic

  func negate(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    guard let value = try single(items) else { return .empty }
    switch value.plain {
    case .integer(let number): return whole(-number)
    case .decimal(let number): return .one(.decimal(number.negated))
    case .quantity(let quantity): return .one(.quantity(quantity.with(quantity.value.negated)))
    default: throw failure("Only numbers have a sign")
    }
  }

  /// An integer of the language, which has 32 bits; what lies beyond is nothing.
  func whole(_ number: Int) -> PathItems { Int32(exactly: number) == nil ? .empty : .one(.integer(number)) }

  private func arithmetic(_ symbol: PathOperator, _ left: PathItems, _ right: PathItems) throws(FHIRPathError)
    -> PathItems
  {
    guard let first = try single(left)?.plain, let second = try single(right)?.plain else { return .empty }
    switch (first, second) {
    case (.string(let left), .string(let right)) where symbol == .add:
      return try limited(left + right)
    case (.integer(let left), .integer(let right)):
      switch symbol {
      case .add: return whole(left + right)
      case .subtract: return whole(left - right)
      case .multiply: return whole(left * right)
      case .div: return right == 0 ? .empty : whole(left / right)
      case .mod: return right == 0 ? .empty : whole(left % right)
      default: return decimals(symbol, PathDecimal(left), PathDecimal(right))
      }
    case (.temporal(let moment), .quantity(let span)) where symbol == .add || symbol == .subtract:
      return try moved(moment, span, isBack: symbol == .subtract)
    case (.quantity(let left), .quantity(let right)): return try quantities(symbol, left, right)
    case (.quantity(let left), let right):
      guard let number = right.number else { break }
      return try quantities(symbol, left, PathQuantity(number, unit: "1"))
    case (let left, .quantity(let right)):
      guard let number = left.number else { break }
      return try quantities(symbol, PathQuantity(number, unit: "1"), right)
    case (let left, let right):
      guard let left = left.number, let right = right.number else { break }
      return decimals(symbol, left, right)
    }
    throw failure("\(symbol.rawValue) does not take these two")
  }

  private func decimals(_ symbol: PathOperator, _ left: PathDecimal, _ right: PathDecimal) -> PathItems {
    let result: PathDecimal?
    switch symbol {
    case .add: result = PathDecimal.sum(left, right)
    case .subtract: result = PathDecimal.sum(left, right.negated)
    case .multiply: result = PathDecimal.product(left, right)
    case .divide: result = PathDecimal.quotient(left, right)
    case .div: return PathDecimal.wholeQuotient(left, right)?.integer.map { whole($0) } ?? .empty
    default: result = PathDecimal.remainder(left, right)
    }
    return .optional(result.map { .decimal($0) })
  }

  private func quantities(_ symbol: PathOperator, _ left: PathQuantity, _ right: PathQuantity) throws(FHIRPathError)
    -> PathItems
  {
    let result: PathQuantity?
    switch symbol {
    case .add: result = PathQuantity.sum(left, right)
    case .subtract: result = PathQuantity.sum(left, right.with(right.value.negated))
    case .multiply: result = PathQuantity.product(left, right)
    case .divide: result = PathQuantity.quotient(left, right)
    default: throw failure("\(symbol.rawValue) does not take amounts")
    }
    return .optional(result.map { .quantity($0) })
  }

  private func moved(_ moment: PathTemporal, _ span: PathQuantity, isBack: Bool) throws(FHIRPathError) -> PathItems {
    // UCUM's year and month are averages: only the calendar's can be added to a date.
    guard let unit = span.calendar ?? CalendarUnit(ucum: span.unit) ?? CalendarUnit(keyword: span.unit) else {
      throw failure("Only a span of calendar time can be added to a date or time")
    }
    let moved = moment.moved(by: isBack ? span.value.negated : span.value, unit)
    return .optional(moved.map { .temporal($0) })
  }
}
