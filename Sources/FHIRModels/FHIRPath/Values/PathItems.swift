/// A collection. Most hold one item or none, and cost no allocation.
enum PathItems: Sendable, RandomAccessCollection {
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

  var startIndex: Int { 0 }
  var endIndex: Int { count }

  subscript(position: Int) -> PathValue {
    switch self {
    case .empty: preconditionFailure("an index that no caller makes")
    case .one(let value): value
    case .many(let values): values[position]
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

  /// Bytes of all texts, near enough: what comparing or copying them costs.
  var textBytes: Int {
    switch self {
    case .empty: 0
    case .one(let value): value.textBytes
    case .many(let values): values.reduce(0) { $0 + $1.textBytes }
    }
  }

  static func boolean(_ value: Bool?) -> PathItems { value.map { .one(.boolean($0)) } ?? .empty }
  static func optional(_ value: PathValue?) -> PathItems { value.map { .one($0) } ?? .empty }
}

extension PathValue {
  fileprivate var textBytes: Int {
    switch self {
    case .string(let text): return text.utf8.count
    case .item(let item):
      guard case .primitive(_, let content, _) = item.content else { return 0 }
      switch content.value {
      case .slice(let slice)?: return slice.length
      case .text(let text)?: return text.utf8.count
      default: return 0
      }
    default: return 0
    }
  }
}
