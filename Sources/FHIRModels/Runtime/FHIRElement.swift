/// A typed face over a node: a data type, a backbone element or a resource.
///
/// Faces are values. Setting an optional to nil, a list to `[]`, a text to `""` or an element to one without fields
/// takes the field away: FHIR has no empty values.
public protocol FHIRElement: Sendable, Equatable, CustomDebugStringConvertible {
  var node: FHIRNode { get set }
  /// A face over a node of this type; the typed initialisers check, this one does not.
  init(node: FHIRNode)
  /// The type's place in the schema.
  static var typeIndex: Int { get }
}

extension FHIRElement {
  /// An element without fields.
  public init() { self.init(node: FHIRNode(typeIndex: Self.typeIndex)) }

  /// An element that `build` fills: `Patient { $0.id = "p1" }`.
  public init(_ build: (inout Self) -> Void) {
    self.init()
    build(&self)
  }

  static var type: TypeReference { Schema.shared.types[Self.typeIndex] }

  /// The name of the type in the specification, such as `Patient` or `Patient.contact`.
  public static var typeName: String { type.name }

  /// Whether no field is present.
  public var isEmpty: Bool { node.isEmpty }

  public static func == (left: Self, right: Self) -> Bool { left.node == right.node }

  /// The type alone: the content may be a patient's.
  public var debugDescription: String { node.summary }
}

/// A resource of whichever type: a Bundle's entry, a contained resource, what a request carries.
public struct AnyResource: Sendable, Equatable {
  /// The element behind the face.
  public var node: FHIRNode

  init(node: FHIRNode) { self.node = node }

  /// Any resource, without its type.
  public init(_ resource: some FHIRResource) { node = resource.node }

  /// The name of the resource's type, such as `Patient`.
  public var resourceType: String { node.typeName }

  /// The resource as `type`; nil when it is another.
  public func `as`<R: FHIRResource>(_ type: R.Type = R.self) -> R? {
    node.type == R.type ? R(node: node) : nil
  }

  /// Whether the resource is of `type`.
  public func `is`<R: FHIRResource>(_ type: R.Type) -> Bool { node.type == R.type }

  /// The logical id, whatever the type.
  public var id: String? {
    get { node.string(0) }
    set { node.setString(0, newValue) }
  }
}
