/// What stands beside a primitive's value: JSON writes it under `_name`.
extension FHIRElement {
  /// The id and extensions of the primitive `name` (its JSON name, such as `birthDate`); of a list, of item `index`.
  public func primitive(_ name: String, at index: Int = 0) -> PrimitiveElement? {
    guard let field = primitiveField(name),
      case .node(let side)? = node.value(SlotKey(field, isSide: true))?.item(at: index)
    else { return nil }
    return PrimitiveElement(node: side)
  }

  /// Sets the id and extensions of the primitive `name`; false when the type has no such primitive.
  ///
  /// In a list the item need not exist yet: the gap is written as null.
  @discardableResult
  public mutating func setPrimitive(_ name: String, at index: Int = 0, _ element: PrimitiveElement?) -> Bool {
    guard let field = primitiveField(name), index >= 0 else { return false }
    let key = SlotKey(field, isSide: true)
    let side = element.flatMap { $0.isEmpty ? nil : NodeValue.node($0.node) }
    guard Self.type.field(field).pointee.isList else {
      node.setValue(key, side)
      return true
    }
    var items = node.value(key)?.items ?? []
    while items.count <= index { items.append(.null) }
    items[index] = side ?? .null
    node.setValue(key, items.contains { if case .null = $0 { false } else { true } } ? .items(items) : nil)
    return true
  }

  private func primitiveField(_ name: String) -> Int? {
    let table = Self.type.pointer.pointee.fields
    return table.indices.first { table[$0].hasSide && table[$0].jsonName == name }
  }
}
