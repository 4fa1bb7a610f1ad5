/// What generated accessors read and write: a Swift type that one value of a field can be seen as.
protocol FieldValue {
  /// The value seen as this type; nil where it cannot be.
  init?(_ value: NodeValue, of node: FHIRNode)
  var fieldValue: NodeValue { get }
}

/// The cases of a `value[x]`: one field of the table after another.
protocol ChoiceValue {
  /// The field's place within the choice, and what it holds.
  init?(_ index: Int, _ value: NodeValue, of node: FHIRNode)
  var choice: (index: Int, value: NodeValue) { get }
  static var count: Int { get }
}

// The accessors stay out of line: they are specialised once a type, not once a property.
extension FHIRNode {
  @inline(never)
  func get<T: FieldValue>(_ field: Int) -> T? {
    guard let value = value(SlotKey(field)) else { return nil }
    return T(value, of: self)
  }

  @inline(never)
  mutating func set<T: FieldValue>(_ field: Int, _ value: T?) {
    let value = value?.fieldValue
    setValue(SlotKey(field), value?.isEmpty == true ? nil : value)
  }

  /// The items of a repeating field. Gaps that only hold extensions are left out.
  @inline(never)
  func list<T: FieldValue>(_ field: Int) -> [T] {
    guard let value = value(SlotKey(field)) else { return [] }
    guard case .list(let items) = value else { return T(value, of: self).map { [$0] } ?? [] }
    var result: [T] = []
    result.reserveCapacity(items.count)
    for item in items {
      if let item = T(item, of: self) { result.append(item) }
    }
    return result
  }

  /// Replaces the items; what a primitive's items had beside them (`_name`) goes with them.
  @inline(never)
  mutating func setList<T: FieldValue>(_ field: Int, _ items: [T]) {
    let values = items.map(\.fieldValue).filter { !$0.isEmpty }
    setValue(SlotKey(field), values.isEmpty ? nil : .items(values))
    setValue(SlotKey(field, isSide: true), nil)
  }

  @inline(never)
  func choice<T: ChoiceValue>(_ first: Int) -> T? {
    let found: (Int, NodeValue)? = storage.withUnsafeMutablePointers { header, slots in
      for position in 0..<header.pointee.count {
        let key = slots[position].key
        if key.field >= first + T.count { return nil }
        if key.field >= first, !key.isSide { return (key.field - first, slots[position].value) }
      }
      return nil
    }
    guard let (index, value) = found else { return nil }
    return T(index, value, of: self)
  }

  @inline(never)
  mutating func setChoice<T: ChoiceValue>(_ first: Int, _ value: T?) {
    let chosen = value?.choice
    for index in 0..<T.count {
      setValue(SlotKey(first + index), nil)
      if index != chosen?.index { setValue(SlotKey(first + index, isSide: true), nil) }
    }
    if let chosen, !chosen.value.isEmpty { setValue(SlotKey(first + chosen.index), chosen.value) }
  }
}

extension String: FieldValue {
  init?(_ value: NodeValue, of node: FHIRNode) {
    guard let text = node.text(value) else { return nil }
    self = text
  }
  var fieldValue: NodeValue { .text(self) }
}

extension Bool: FieldValue {
  init?(_ value: NodeValue, of node: FHIRNode) {
    guard case .bool(let flag) = value else { return nil }
    self = flag
  }
  var fieldValue: NodeValue { .bool(self) }
}

extension Int: FieldValue {
  init?(_ value: NodeValue, of node: FHIRNode) {
    guard let text = node.text(value) else { return nil }
    self.init(text)
  }
  var fieldValue: NodeValue { .text(String(self)) }
}

extension FHIRElement {
  init?(_ value: NodeValue, of node: FHIRNode) {
    guard case .node(let child) = value else { return nil }
    self.init(node: child)
  }
  var fieldValue: NodeValue { .node(node) }
}
