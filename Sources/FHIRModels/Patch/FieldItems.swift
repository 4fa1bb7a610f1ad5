/// The items of one field with what stands beside them, to be changed together.
struct FieldItems {
  let field: Int
  var items: [FHIRNode.Item]

  init(_ node: FHIRNode, _ field: Int) {
    self.field = field
    var items: [FHIRNode.Item] = []
    node.forEachItem(of: field...field) { _, index, item in
      // A place that holds nothing at all is kept, so that indices stay what they are.
      while items.count < index { items.append(FHIRNode.Item(value: nil, side: nil)) }
      items.append(item)
    }
    self.items = items
  }

  /// No items: what stands in the field goes.
  init(replacing field: Int) {
    self.field = field
    items = []
  }

  func store(in node: inout FHIRNode) {
    let key = SlotKey(field)
    let side = SlotKey(field, isSide: true)
    guard node.type.field(field).pointee.isList else {
      node.setValue(key, items.first?.value)
      node.setValue(side, items.first?.side.map { .node($0) })
      return
    }
    let hasValues = items.contains { $0.value != nil }
    let hasSides = items.contains { $0.side != nil }
    node.setValue(key, hasValues ? .items(items.map { $0.value ?? .null }) : nil)
    node.setValue(side, hasSides ? .items(items.map { item in item.side.map { .node($0) } ?? .null }) : nil)
  }
}

extension FHIRNode.Item {
  var isEmpty: Bool { value == nil && side == nil }
}

extension FHIRNode {
  /// Appends to the list `name`, or sets the element of that name which is not there yet.
  mutating func append(_ value: PatchValue, named name: String) throws(FHIRPatchError) {
    let (field, item) = try value.item(named: name, of: type)
    var items = FieldItems(self, field)
    if !type.field(field).pointee.isList {
      for other in type.field(field).pointee.group where !FieldItems(self, other).items.isEmpty {
        throw FHIRPatchError(.value, "The element is there already: replace it")
      }
    }
    items.items.append(item)
    items.store(in: &self)
  }

  mutating func insert(_ value: PatchValue, named name: String, at index: Int) throws(FHIRPatchError) {
    guard let range = PathNames.shared.fields(named: name, of: type), type.field(range.lowerBound).pointee.isList else {
      throw FHIRPatchError(.path, "The element does not repeat")
    }
    let (field, item) = try value.item(named: name, of: type)
    var items = FieldItems(self, field)
    guard index <= items.items.count else {
      throw FHIRPatchError(.path, "The list has \(items.items.count) items: there is no place \(index)")
    }
    items.items.insert(item, at: index)
    items.store(in: &self)
  }

  mutating func moveItem(named name: String, from source: Int, to destination: Int) throws(FHIRPatchError) {
    guard let range = PathNames.shared.fields(named: name, of: type), type.field(range.lowerBound).pointee.isList else {
      throw FHIRPatchError(.path, "The element does not repeat")
    }
    var items = FieldItems(self, range.lowerBound)
    for index in [source, destination] where index >= items.items.count {
      throw FHIRPatchError(.path, "The list has \(items.items.count) items: there is no place \(index)")
    }
    items.items.insert(items.items.remove(at: source), at: destination)
    items.store(in: &self)
  }
}
