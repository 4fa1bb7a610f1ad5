/// `=` and `~` between items, and what sets of items are made with.
enum PathEquality {
  /// Whether two items are equal; nil where a part that only one of them has leaves it open.
  static func equals(_ left: PathValue, _ right: PathValue) -> Bool? {
    if case .item(let first) = left, case .item(let second) = right, let one = first.node, let other = second.node,
      one.storage === other.storage
    {
      return true
    }
    switch (left.plain, right.plain) {
    case (.boolean(let left), .boolean(let right)): return left == right
    case (.integer(let left), .integer(let right)): return left == right
    case (.string(let left), .string(let right)): return left.isSame(as: right)
    case (.temporal(let left), .temporal(let right)): return PathTemporal.equals(left, right)
    case (.quantity(let left), .quantity(let right)): return PathQuantity.order(left, right).map { $0 == 0 }
    case (.quantity(let quantity), let other), (let other, .quantity(let quantity)):
      guard let number = other.number else { return false }
      return PathQuantity.order(quantity, PathQuantity(number, unit: "1")).map { $0 == 0 }
    case (.type(let namespace, let name), .type(let otherNamespace, let otherName)):
      return namespace == otherNamespace && name == otherName
    case (.item(let left), .item(let right)): return left == right || areEqualDeep(left, right)
    case (let left, let right):
      guard let left = left.number, let right = right.number else { return false }
      return PathDecimal.order(left, right) == 0
    }
  }

  /// Whether the same children hold equal values: 1.0 and 1.00 are.
  private static func areEqualDeep(_ left: FHIRItem, _ right: FHIRItem) -> Bool {
    guard let first = left.node, let second = right.node, first.type == second.type else { return false }
    let children = left.children
    let others = right.children
    guard children.count == others.count else { return false }
    for (child, other) in zip(children, others) where equals(.item(child), .item(other)) != true { return false }
    return true
  }

  /// Whether two collections are equal, item by item.
  static func equals(_ left: PathItems, _ right: PathItems) -> Bool? {
    if case .one(let first) = left, case .one(let second) = right { return equals(first, second) }
    guard left.count == right.count else { return false }
    for (first, second) in zip(left, right) {
      guard let isEqual = equals(first, second) else { return nil }
      if !isEqual { return false }
    }
    return true
  }

  /// Whether two items say the same, case and white space of texts and the last digits of numbers aside.
  static func areEquivalent(_ left: PathValue, _ right: PathValue) -> Bool {
    switch (left.plain, right.plain) {
    case (.string(let left), .string(let right)): return left == right || folded(left) == folded(right)
    case (.temporal(let left), .temporal(let right)): return PathTemporal.isEquivalent(left, right)
    case (.quantity(let left), .quantity(let right)): return PathQuantity.isEquivalent(left, right)
    case (.item(let left), .item(let right)): return left == right || areEquivalentDeep(left, right)
    case (let first, let second):
      if let one = first.number, let other = second.number { return PathDecimal.isEquivalent(one, other) }
      return equals(first, second) ?? false
    }
  }

  private static func folded(_ text: String) -> String {
    text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func areEquivalentDeep(_ left: FHIRItem, _ right: FHIRItem) -> Bool {
    guard let first = left.node, let second = right.node, first.type == second.type else { return false }
    return areEquivalent(PathItems(left.children.map { .item($0) }), PathItems(right.children.map { .item($0) }))
  }

  /// Whether each item of one has its equivalent in the other, in any order.
  static func areEquivalent(_ left: PathItems, _ right: PathItems) -> Bool {
    guard left.count == right.count else { return false }
    if case .one(let first) = left, case .one(let second) = right { return areEquivalent(first, second) }
    var others = right.array
    for value in left {
      guard let found = others.firstIndex(where: { areEquivalent(value, $0) }) else { return false }
      others.remove(at: found)
    }
    return true
  }
}

/// Distinct items in the order in which they came.
struct PathSet {
  private(set) var values: [PathValue] = []
  /// Places in `values` by a hash that equal items share.
  private var places: [Int: [Int]] = [:]
  /// Comparisons made so far.
  private(set) var comparisons = 0

  /// Adds a value that none so far is equal to; says whether it did.
  mutating func insert(_ value: PathValue) -> Bool {
    let hash = PathSet.hash(value)
    if contains(value, hash) { return false }
    places[hash, default: []].append(values.count)
    values.append(value)
    return true
  }

  mutating func contains(_ value: PathValue) -> Bool { contains(value, PathSet.hash(value)) }

  private mutating func contains(_ value: PathValue, _ hash: Int) -> Bool {
    guard let candidates = places[hash] else { return false }
    for place in candidates {
      comparisons += 1
      if PathEquality.equals(values[place], value) == true { return true }
    }
    return false
  }

  /// Items that are equal have the same hash.
  private static func hash(_ value: PathValue) -> Int {
    switch value.plain {
    case .boolean(let flag): return flag ? 1 : 2
    case .integer(let integer): return integer.hashValue
    case .decimal(let decimal): return decimal.integer?.hashValue ?? decimal.normalized.significand.hashValue
    case .string(let text): return text.hashValue
    case .temporal(let moment): return moment.equalityHash
    case .quantity: return 4
    case .type(_, let name): return name.hashValue
    case .item(let item):
      guard let node = item.node else { return 5 }
      var hasher = Hasher()
      hasher.combine(node.type.pointer)
      hasher.combine(node.count)
      // The first texts tell most elements apart.
      for child in item.children.prefix(4) {
        if case .string(let text) = PathValue.item(child).plain { hasher.combine(text) }
      }
      return hasher.finalize()
    }
  }
}
