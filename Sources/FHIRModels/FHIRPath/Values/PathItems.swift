/// A collection. Most hold one item or none, and cost no allocation.
enum PathItems: Sendable {
  case empty
  case one(PathValue)
  /// Two or more.
  case many([PathValue])

  init(_ values: [PathValue]) {
    switch values.count {
    case 0: self = .empty
    case 1: self = .one(values[0])
    default: self = .many(values)
    }
  }

  var count: Int {
    switch self {
    case .empty: 0
    case .one: 1
    case .many(let values): values.count
    }
  }

  var isEmpty: Bool {
    if case .empty = self { true } else { false }
  }

  var first: PathValue? {
    switch self {
    case .empty: nil
    case .one(let value): value
    case .many(let values): values.first
    }
  }

  var last: PathValue? {
    switch self {
    case .empty: nil
    case .one(let value): value
    case .many(let values): values.last
    }
  }

  /// All items.
  var array: [PathValue] {
    switch self {
    case .empty: []
    case .one(let value): [value]
    case .many(let values): values
    }
  }

  mutating func append(_ value: PathValue) {
    switch self {
    case .empty: self = .one(value)
    case .one(let first): self = .many([first, value])
    case .many(var values):
      // The case lets go of the array first, so that it grows in place.
      self = .empty
      values.append(value)
      self = .many(values)
    }
  }

  mutating func append(contentsOf other: PathItems) {
    if isEmpty {
      self = other
      return
    }
    switch other {
    case .empty: return
    case .one(let value): append(value)
    case .many(let more):
      var values = array
      self = .empty
      values.append(contentsOf: more)
      self = .many(values)
    }
  }

  static func boolean(_ value: Bool?) -> PathItems { value.map { .one(.boolean($0)) } ?? .empty }
  static func optional(_ value: PathValue?) -> PathItems { value.map { .one($0) } ?? .empty }
}
