extension FHIRItem {
  /// What stands directly below, in the order of the specification. Of a primitive these are its id and extensions.
  public var children: [FHIRItem] {
    var found: [FHIRItem] = []
    appendChildren(to: &found)
    return found
  }

  func appendChildren(to found: inout [FHIRItem]) {
    guard let node = parentNode else { return }
    let count = node.type.pointer.pointee.fields.count
    if count > 0 { append(0...count - 1, of: node, to: &found) }
  }

  /// The children of a name in paths: `given`, or `value` for whichever type a choice has. Empty for a name that the
  /// type does not have.
  public func children(named name: String) -> [FHIRItem] {
    guard let number = PathNames.shared.number(of: name) else { return [] }
    var found: [FHIRItem] = []
    appendChildren(named: number, to: &found)
    return found
  }

  /// The item and all below it, parents first, in the order of the specification.
  public func forEachDescendant(_ body: (FHIRItem) -> Void) {
    body(self)
    for child in children { child.forEachDescendant(body) }
  }

  func appendChildren(named name: PathNames.Name, to found: inout [FHIRItem]) {
    guard let node = parentNode, let range = PathNames.shared.fields(name, of: node.type) else { return }
    append(range, of: node, to: &found)
  }

  /// The node whose fields are the children: of a primitive the one beside its value.
  var parentNode: FHIRNode? {
    switch content {
    case .element(let node): node
    case .primitive(_, let item, _): item.side
    }
  }

  private func append(_ range: ClosedRange<Int>, of node: FHIRNode, to found: inout [FHIRItem]) {
    node.forEachItem(of: range) { field, index, item in
      let below = place.map {
        FHIRPlace(parent: $0, field: FieldReference(type: node.type, index: field), index: index)
      }
      found.append(FHIRItem(item, node.type.field(field).pointee.kind, of: node, at: below))
    }
  }

  init(_ item: FHIRNode.Item, _ kind: FieldKind, of owner: FHIRNode, at place: FHIRPlace?) {
    if let node = item.value?.node {
      self.init(.element(node), at: place)
    } else {
      self.init(.primitive(kind, item, owner: owner), at: place)
    }
  }
}

/// A field of a type.
struct FieldReference: Sendable, Equatable {
  let type: TypeReference
  let index: Int

  var pointer: UnsafeMutablePointer<Field> { type.field(index) }
  var description: FHIRSchema.FieldDescription { FHIRSchema.FieldDescription(pointer.pointee) }
}

/// Where an item stands: the steps from the root, the last one first.
final class FHIRPlace: Sendable, CustomStringConvertible {
  let parent: FHIRPlace?
  /// Nil at the root.
  let field: FieldReference?
  /// -1 in a field that does not repeat.
  let index: Int
  private let rootName: String

  init(root: TypeReference) {
    parent = nil
    field = nil
    index = -1
    rootName = root.name
  }

  init(parent: FHIRPlace, field: FieldReference, index: Int) {
    self.parent = parent
    self.field = field
    self.index = index
    rootName = ""
  }

  var description: String {
    guard let parent, let field else { return rootName }
    let step = "\(parent).\(field.pointer.pointee.pathName)"
    return index >= 0 ? "\(step)[\(index)]" : step
  }

  /// Where the walk began.
  var root: FHIRPlace {
    var place = self
    while let parent = place.parent { place = parent }
    return place
  }
}
