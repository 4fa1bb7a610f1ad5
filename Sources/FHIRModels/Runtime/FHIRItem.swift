/// One element of a document for those who walk types they do not know: a resource, a data type, or a primitive with its
/// value and what stands beside it.
///
/// An item is a value. It says where it stands (`path`) as long as the walk began with an item that does.
public struct FHIRItem: Sendable {
  enum Content: Sendable {
    case element(FHIRNode)
    /// A primitive's value in the source of `owner`.
    case primitive(FieldKind, FHIRNode.Item, owner: FHIRNode)
  }

  let content: Content
  /// Nil where the walk keeps no places.
  let place: FHIRPlace?

  init(_ content: Content, at place: FHIRPlace?) {
    self.content = content
    self.place = place
  }

  /// The root of a walk. A walk that keeps no places is the faster one.
  public init(_ resource: AnyResource, keepsPlaces: Bool = true) { self.init(resource.node, keepsPlaces: keepsPlaces) }

  /// The root of a walk. A walk that keeps no places is the faster one.
  public init(_ element: some FHIRElement, keepsPlaces: Bool = true) {
    self.init(element.node, keepsPlaces: keepsPlaces)
  }

  init(_ node: FHIRNode, keepsPlaces: Bool) {
    self.init(.element(node), at: keepsPlaces ? FHIRPlace(root: node.type) : nil)
  }

  /// The type's name in the specification: `Patient`, `HumanName`, `Patient.contact`, `date`.
  public var typeName: String {
    switch content {
    case .element(let node): node.typeName
    case .primitive(let kind, _, _): "\(kind)"
    }
  }

  /// Whether it is a primitive, with a value or with extensions alone.
  public var isPrimitive: Bool { node == nil }
  /// Whether it is a resource: the root, an entry's or contained.
  public var isResource: Bool { node?.type.isResource ?? false }

  /// The element or resource; nil for a primitive.
  public var node: FHIRNode? {
    if case .element(let node) = content { node } else { nil }
  }

  /// The resource, whichever it is; nil for anything else.
  public var resource: AnyResource? { node.flatMap { $0.type.isResource ? AnyResource(node: $0) : nil } }

  /// The element as its type; nil when it is of another.
  public func `as`<T: FHIRElement>(_ type: T.Type = T.self) -> T? {
    guard let node, node.type == T.type else { return nil }
    return T(node: node)
  }

  /// A primitive's value as written; nil for elements, and where only an id or extensions are given.
  public var text: String? {
    guard case .primitive(_, let item, let owner) = content else { return nil }
    return item.value.flatMap { owner.text($0) }
  }

  /// The value of a boolean.
  public var bool: Bool? {
    guard case .primitive(_, let item, _) = content else { return nil }
    return item.value?.flag
  }

  /// Whether this is a primitive with a value, not only with extensions.
  public var hasValue: Bool {
    guard case .primitive(_, let item, _) = content else { return false }
    return item.value != nil
  }

  /// A primitive's id and extensions.
  public var side: PrimitiveElement? {
    guard case .primitive(_, let item, _) = content else { return nil }
    return item.side.map { PrimitiveElement(node: $0) }
  }

  /// The id of the resource or element.
  public var id: String? {
    switch content {
    case .element(let node): node.string(0)
    case .primitive(_, let item, _): item.side?.string(0)
    }
  }

  /// The extensions of the element or primitive.
  public var extensions: [Extension] {
    children(named: "extension").compactMap { $0.as(Extension.self) }
  }

  /// What the parent's table says of the field that the item stands in; nil at the root and where no places are kept.
  public var field: FHIRSchema.FieldDescription? { place?.field?.description }

  /// The item's index in a field that repeats.
  public var index: Int? { place.flatMap { $0.index >= 0 ? $0.index : nil } }

  /// The FHIRPath of the place, such as `Patient.name[0].given[1]`; nil where the walk keeps no places.
  public var path: String? { place?.description }
}

extension FHIRItem: Equatable {
  /// Whether both are of the same type with the same content, wherever they stand: `1.0` and `1.00` differ.
  public static func == (left: FHIRItem, right: FHIRItem) -> Bool {
    switch (left.content, right.content) {
    case (.element(let left), .element(let right)): left == right
    case (.primitive(let leftKind, let leftItem, _), .primitive(let rightKind, let rightItem, _)):
      leftKind == rightKind && leftItem.side == rightItem.side && left.text.isSame(as: right.text)
    default: false
    }
  }
}
