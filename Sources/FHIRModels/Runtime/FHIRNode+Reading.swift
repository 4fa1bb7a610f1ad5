import JSON

// What generated getters call. The work is done by functions that are not generic, so that it is compiled once; a face or
// a code is only put around what they find.

extension FHIRNode {
  /// The slot of a field's value; nil where there is none.
  @inline(__always)
  private static func slot(
    _ field: Int, _ header: UnsafeMutablePointer<NodeHeader>, _ slots: UnsafeMutablePointer<NodeSlot>
  ) -> UnsafeMutablePointer<NodeSlot>? {
    let key = SlotKey(field)
    guard header.pointee.present & key.bit != 0 else { return nil }
    let count = header.pointee.count
    var position = 0
    while position < count, slots[position].key < key { position &+= 1 }
    return position < count && slots[position].key == key ? slots + position : nil
  }

  // MARK: One value

  @usableFromInline
  @inline(never)
  func string(_ field: Int) -> String? {
    storage.withUnsafeMutablePointers { header, slots in
      FHIRNode.slot(field, header, slots).flatMap { header.pointee.text($0.pointee.value) }
    }
  }

  @inline(__always)
  func code<T: FHIRCode>(_ field: Int) -> T? {
    guard let text = string(field) else { return nil }
    return T(rawValue: text)
  }

  @inline(never)
  func flag(_ field: Int) -> Bool? {
    storage.withUnsafeMutablePointers { header, slots in FHIRNode.slot(field, header, slots)?.pointee.value.flag }
  }

  @inline(never)
  func integer(_ field: Int) -> Int? {
    storage.withUnsafeMutablePointers { header, slots in
      guard let slot = FHIRNode.slot(field, header, slots) else { return nil }
      if case .slice(let slice) = slot.pointee.value, let value = PrimitiveSyntax.integer(header.pointee.bytes(slice)) {
        return value
      }
      return header.pointee.text(slot.pointee.value).flatMap { Int($0) }
    }
  }

  @inline(never)
  func primitive<T: TextPrimitive>(_ field: Int) -> T? {
    storage.withUnsafeMutablePointers { header, slots in
      guard let slot = FHIRNode.slot(field, header, slots), let text = header.pointee.text(slot.pointee.value) else {
        return nil
      }
      if header.pointee.isChecked, case .slice = slot.pointee.value { return T(checked: text) }
      return T(text)
    }
  }

  @inline(never)
  private func child(_ field: Int) -> FHIRNode? {
    storage.withUnsafeMutablePointers { header, slots in FHIRNode.slot(field, header, slots)?.pointee.value.node }
  }

  @inline(__always)
  func element<T: FHIRElement>(_ field: Int) -> T? {
    guard let child = child(field) else { return nil }
    return T(node: child)
  }

  @inline(__always)
  func resource(_ field: Int) -> AnyResource? {
    guard let child = child(field) else { return nil }
    return AnyResource(node: child)
  }

  /// Which of the `count` types of a choice is there, whose fields begin with `first`; nil when none is.
  @inline(never)
  func chosen(_ first: Int, of count: Int) -> Int? {
    storage.withUnsafeMutablePointers { header, slots in
      for position in 0..<header.pointee.count {
        let key = slots[position].key
        if key.field >= first + count { return nil }
        if key.field >= first, !key.isSide { return key.field - first }
      }
      return nil
    }
  }

  // MARK: Repeating fields. Gaps that only hold extensions are left out.

  @inline(never)
  func strings(_ field: Int) -> [String] {
    storage.withUnsafeMutablePointers { header, slots in
      guard let slot = FHIRNode.slot(field, header, slots) else { return [] }
      guard case .list(let items) = slot.pointee.value else {
        return header.pointee.text(slot.pointee.value).map { [$0] } ?? []
      }
      var texts: [String] = []
      texts.reserveCapacity(items.count)
      for item in items {
        if let text = header.pointee.text(item) { texts.append(text) }
      }
      return texts
    }
  }

  func codes<T: FHIRCode>(_ field: Int) -> [T] { strings(field).map { T(rawValue: $0) } }

  func integers(_ field: Int) -> [Int] { strings(field).compactMap { Int($0) } }

  func primitives<T: TextPrimitive>(_ field: Int) -> [T] { strings(field).compactMap { T($0) } }

  // A generated face holds its node and nothing else, so that an array of nodes is one of faces.

  @inline(__always)
  func elements<T: FHIRElement>(_ field: Int) -> [T] { unsafeBitCast(children(field), to: [T].self) }

  @usableFromInline
  func resources(_ field: Int) -> [AnyResource] { unsafeBitCast(children(field), to: [AnyResource].self) }

  @inline(never)
  private func children(_ field: Int) -> [FHIRNode] {
    storage.withUnsafeMutablePointers { header, slots in
      guard let slot = FHIRNode.slot(field, header, slots) else { return [] }
      guard case .list(let items) = slot.pointee.value else { return slot.pointee.value.node.map { [$0] } ?? [] }
      var nodes: [FHIRNode] = []
      nodes.reserveCapacity(items.count)
      for case .node(let node) in items { nodes.append(node) }
      return nodes
    }
  }
}

extension NodeHeader {
  /// The text of a primitive of the node; nil for what is no text.
  @inline(__always)
  func text(_ value: NodeValue) -> String? {
    switch value {
    case .slice(let slice):
      slice.hasEscapes
        ? JSONText.decode(bytes(slice), hasEscapes: true) : String(decoding: bytes(slice), as: UTF8.self)
    case .text(let text): text
    case .bool(let flag): flag ? "true" : "false"
    default: nil
    }
  }
}

/// A primitive that Swift has no type for, as the text that stands for it.
protocol TextPrimitive {
  var text: String { get }
  /// Nil for a text that is none of the type's.
  init?(_ text: String)
  /// Takes a text of the type as it is.
  init(checked text: String)
}
