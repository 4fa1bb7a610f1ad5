extension PathMachine {
  /// Evaluates a function on `items`. Arguments are evaluated where they are needed: criteria once for each item.
  mutating func call(
    _ function: PathFunction, _ items: PathItems, _ range: Range<Int>
  ) throws(FHIRPathError) -> PathItems {
    let arguments = tree.arguments[range]
    try spend(items.count)
    switch function {
    case .empty: return .boolean(items.isEmpty)
    case .count: return .one(.integer(items.count))
    case .not: return .boolean(try boolean(items).map { !$0 })
    case .subsetOf, .supersetOf, .distinct, .isDistinct:
      try spend(items.textBytes / 64)
      return try existence(function, items, arguments)
    case .exists, .all, .allTrue, .anyTrue, .allFalse, .anyFalse: return try existence(function, items, arguments)
    case .sort: return try sorted(items, arguments)
    case .where, .select, .repeat, .aggregate, .iif, .trace: return try projection(function, items, arguments)
    case .single: return .optional(try single(items))
    case .first: return .optional(items.first)
    case .last: return .optional(items.last)
    case .tail: return PathItems(Array(items.dropFirst()))
    case .skip, .take, .intersect, .exclude, .union, .combine: return try subset(function, items, arguments)
    case .children, .descendants, .extension, .hasValue, .getValue, .type, .resolve, .memberOf, .subsumes,
      .subsumedBy, .conformsTo, .htmlChecks, .checkModifiers, .elementDefinition, .slice:
      return try model(function, items, arguments)
    case .now, .today, .timeOfDay: return .optional(moment(function))
    case .lowBoundary, .highBoundary: return try boundary(function, items, arguments)
    case .abs, .ceiling, .exp, .floor, .ln, .log, .power, .round, .sqrt, .truncate, .precision, .comparable:
      return try math(function, items, arguments)
    case .toBoolean, .convertsToBoolean, .toInteger, .convertsToInteger, .toDate, .convertsToDate, .toDateTime,
      .convertsToDateTime, .toDecimal, .convertsToDecimal, .toQuantity, .convertsToQuantity, .toString,
      .convertsToString, .toTime, .convertsToTime:
      return try conversion(function, items, arguments)
    case .matches, .matchesFull, .replaceMatches: return try regularExpression(function, items, arguments)
    case .encode, .decode, .escape, .unescape: return try encoding(function, items, arguments)
    default: return try text(function, items, arguments)
    }
  }

  /// Evaluates an argument that is no criterion: `$this` stays what it is outside.
  mutating func argument(_ arguments: ArraySlice<PathTree.Index>, _ place: Int) throws(FHIRPathError) -> PathItems? {
    guard arguments.count > place else { return nil }
    let mine = offset
    let items = try evaluate(arguments[arguments.startIndex + place])
    offset = mine
    return items
  }

  // MARK: Existence

  private mutating func existence(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    switch function {
    case .exists:
      guard let criterion = arguments.first else { return .boolean(!items.isEmpty) }
      var isFound = false
      try each(items, criterion) { (machine, _, result) throws(FHIRPathError) in
        isFound = try machine.boolean(result) == true
        return !isFound
      }
      return .boolean(isFound)
    case .all:
      var areAll = true
      try each(items, arguments[arguments.startIndex]) { (machine, _, result) throws(FHIRPathError) in
        areAll = try machine.boolean(result) == true
        return areAll
      }
      return .boolean(areAll)
    case .subsetOf, .supersetOf:
      let others = try argument(arguments, 0) ?? .empty
      let inner = try set(of: function == .subsetOf ? items : others)
      var outer = try set(of: function == .subsetOf ? others : items)
      for value in inner.values where !(try isMember(value, of: &outer)) { return .boolean(false) }
      return .boolean(true)
    case .distinct, .isDistinct:
      let set = try set(of: items)
      return function == .distinct ? PathItems(set.values) : .boolean(set.values.count == items.count)
    default:
      let wanted = function == .allTrue || function == .anyTrue
      let isAny = function == .anyTrue || function == .anyFalse
      for value in items {
        guard case .boolean(let flag) = value.plain else { throw failure("All items must be true or false") }
        if isAny == (flag == wanted) { return .boolean(isAny) }
      }
      return .boolean(!isAny)
    }
  }

  // MARK: Filtering and projection

  private mutating func projection(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    guard let body = arguments.first else { return .empty }
    var result = PathItems.empty
    switch function {
    case .where:
      try each(items, body) { (machine, value, found) throws(FHIRPathError) in
        if try machine.boolean(found) == true { result.append(value) }
        return true
      }
      return result
    case .select:
      try each(items, body) { (machine, _, found) throws(FHIRPathError) in
        result.append(contentsOf: found)
        result = try machine.checked(result)
        return true
      }
      return result
    case .repeat: return try repetition(items, body)
    case .aggregate:
      let outer = total
      defer { total = outer }
      total = try argument(arguments, 1) ?? .empty
      try each(items, body) { (machine, _, found) throws(FHIRPathError) in
        machine.total = found
        return true
      }
      return total
    case .iif: return try conditional(items, arguments)
    default:
      let name = try string(try argument(arguments, 0) ?? .empty) ?? ""
      guard let trace = context.trace else { return items }
      if arguments.count > 1 {
        try each(items, arguments[arguments.startIndex + 1]) { (machine, _, found) throws(FHIRPathError) in
          result.append(contentsOf: found)
          return true
        }
      } else {
        result = items
      }
      trace(name, result.map { FHIRPathValue($0) })
      return items
    }
  }

  /// Projects again and again what came out, as long as something new does; so a cycle ends.
  private mutating func repetition(_ items: PathItems, _ body: PathTree.Index) throws(FHIRPathError) -> PathItems {
    var set = PathSet()
    var queue = items
    while !queue.isEmpty {
      var fresh = PathItems.empty
      try each(queue, body) { (machine, _, found) throws(FHIRPathError) in
        for value in found where try machine.insert(value, into: &set) { fresh.append(value) }
        _ = try machine.checked(PathItems(set.values))
        return true
      }
      queue = fresh
    }
    return PathItems(set.values)
  }

  private mutating func conditional(
    _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    let outer = this
    defer { this = outer }
    _ = try single(items)
    this = items
    let criterion = try argument(arguments, 0) ?? .empty
    return try argument(arguments, try boolean(criterion) == true ? 1 : 2) ?? .empty
  }

  // MARK: Subsetting and combining

  private mutating func subset(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    let other = try argument(arguments, 0) ?? .empty
    try spend(other.count + (items.textBytes + other.textBytes) / 64)
    switch function {
    case .skip:
      guard let number = try integer(other) else { return .empty }
      return number <= 0 ? items : PathItems(Array(items.dropFirst(number)))
    case .take:
      guard let number = try integer(other) else { return .empty }
      return number <= 0 ? .empty : PathItems(Array(items.prefix(number)))
    case .union: return try union(items, other)
    case .combine:
      var all = items
      all.append(contentsOf: other)
      return try checked(all)
    default:
      var others = try set(of: other)
      var (kept, common) = (PathItems.empty, PathSet())
      for value in items {
        let isCommon = try isMember(value, of: &others)
        if function == .exclude, !isCommon { kept.append(value) }
        if function == .intersect, isCommon { _ = try insert(value, into: &common) }
      }
      return function == .exclude ? kept : PathItems(common.values)
    }
  }
}
