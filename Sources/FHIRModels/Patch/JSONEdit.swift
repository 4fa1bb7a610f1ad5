import JSON

/// A JSON document in the making of a patch. Values are changed in place.
struct JSONEdit {
  private(set) var document: JSONValue
  private let limits: FHIRPatchLimits
  private var copied = 0

  init(_ document: JSONValue, _ limits: FHIRPatchLimits) {
    self.document = document
    self.limits = limits
  }

  mutating func apply(_ operation: JSONPatch.Operation) throws(FHIRPatchError) {
    let path = operation.path.tokens[...]
    switch operation.kind {
    case .add: try add(operation.value ?? .null, at: path)
    case .remove: _ = try remove(at: path)
    case .replace: try replace(at: path, with: operation.value ?? .null)
    case .move:
      let from = operation.from?.tokens ?? []
      guard !(from.count < path.count && path.starts(with: from)) else {
        throw FHIRPatchError(.path, "A value cannot be moved into itself")
      }
      if from.elementsEqual(path) {
        _ = try value(at: path)
      } else {
        try add(try remove(at: from[...]), at: path)
      }
    case .copy:
      let value = try value(at: (operation.from?.tokens ?? [])[...])
      copied += JSONEdit.count(value)
      guard copied <= limits.copiedValues else {
        throw FHIRPatchError(.limit, "The patch copies more than \(limits.copiedValues) values")
      }
      try add(value, at: path)
    case .test:
      guard JSONEdit.areEqual(try value(at: path), operation.value ?? .null) else {
        throw FHIRPatchError(.test, "The value is another than the test expects")
      }
    }
  }

  // MARK: Places

  private static let missing = FHIRPatchError(.path, "The path leads to nothing")

  private func value(at path: ArraySlice<String>) throws(FHIRPatchError) -> JSONValue {
    var value = document
    for token in path {
      switch value {
      case .object(let object):
        guard let member = object[token] else { throw JSONEdit.missing }
        value = member
      case .array(let items):
        guard let index = JSONPointer.index(token), index < items.count else { throw JSONEdit.missing }
        value = items[index]
      default: throw JSONEdit.missing
      }
    }
    return value
  }

  private mutating func add(_ value: JSONValue, at path: ArraySlice<String>) throws(FHIRPatchError) {
    guard path.count + JSONEdit.depth(value) <= limits.depth else {
      throw FHIRPatchError(.limit, "The result is deeper than \(limits.depth)")
    }
    guard let last = path.last else {
      document = value
      return
    }
    try JSONEdit.change(&document, path.dropLast()) { (parent) throws(FHIRPatchError) in
      switch parent {
      case .object(var object):
        parent = .null
        object[last] = value
        parent = .object(object)
      case .array(var items):
        let place = last == "-" ? items.count : JSONPointer.index(last)
        guard let place, place <= items.count else {
          throw FHIRPatchError(.path, "The array has no place of this index")
        }
        parent = .null
        items.insert(value, at: place)
        parent = .array(items)
      default: throw JSONEdit.missing
      }
    }
  }

  private mutating func remove(at path: ArraySlice<String>) throws(FHIRPatchError) -> JSONValue {
    guard let last = path.last else { throw FHIRPatchError(.path, "The whole document cannot be removed") }
    var removed = JSONValue.null
    try JSONEdit.change(&document, path.dropLast()) { (parent) throws(FHIRPatchError) in
      switch parent {
      case .object(var object):
        guard let value = object[last] else { throw JSONEdit.missing }
        removed = value
        parent = .null
        object[last] = nil
        parent = .object(object)
      case .array(var items):
        guard let index = JSONPointer.index(last), index < items.count else { throw JSONEdit.missing }
        parent = .null
        removed = items.remove(at: index)
        parent = .array(items)
      default: throw JSONEdit.missing
      }
    }
    return removed
  }

  private mutating func replace(at path: ArraySlice<String>, with value: JSONValue) throws(FHIRPatchError) {
    guard path.count + JSONEdit.depth(value) <= limits.depth else {
      throw FHIRPatchError(.limit, "The result is deeper than \(limits.depth)")
    }
    try JSONEdit.change(&document, path) { (place) throws(FHIRPatchError) in place = value }
  }

  /// Calls `body` with the value at `path`. Each value on the way lets go of its content first, so that it changes in
  /// place.
  private static func change(
    _ value: inout JSONValue, _ path: ArraySlice<String>, _ body: (inout JSONValue) throws(FHIRPatchError) -> Void
  ) throws(FHIRPatchError) {
    guard let token = path.first else { return try body(&value) }
    switch value {
    case .object(var object):
      guard var member = object[token] else { throw missing }
      value = .null
      object[token] = .null
      try change(&member, path.dropFirst(), body)
      object[token] = member
      value = .object(object)
    case .array(var items):
      guard let index = JSONPointer.index(token), index < items.count else { throw missing }
      value = .null
      var item = items[index]
      items[index] = .null
      try change(&item, path.dropFirst(), body)
      items[index] = item
      value = .array(items)
    default: throw missing
    }
  }

  // MARK: Seeing

  private static func count(_ value: JSONValue) -> Int {
    switch value {
    case .array(let items): items.reduce(1) { $0 + count($1) }
    case .object(let object): object.reduce(1) { $0 + count($1.value) }
    default: 1
    }
  }

  private static func depth(_ value: JSONValue) -> Int {
    switch value {
    case .array(let items): 1 + (items.map(depth).max() ?? 0)
    case .object(let object): 1 + (object.map { depth($0.value) }.max() ?? 0)
    default: 0
    }
  }

  /// Equality as `test` has it (RFC 6902, section 4.6): members in any order, numbers by their value, strings by their
  /// code points.
  static func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)):
      if left == right { return true }
      guard let first = PathDecimal(left), let second = PathDecimal(right) else { return false }
      return PathDecimal.order(first, second) == 0
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { areEqual($0, $1) }
    case (.object(let left), .object(let right)):
      guard left.count == right.count else { return false }
      // A table: a search for each member would cost the square of their number.
      let others = Dictionary(right.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
      return left.allSatisfy { member in others[member.key].map { areEqual(member.value, $0) } ?? false }
    case (.string(let left), .string(let right)): return left.isSame(as: right)
    default: return left == right
    }
  }
}
