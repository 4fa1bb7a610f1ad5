// The kinds of elements, with the elements that all of a kind have (R4, "Element", "BackboneElement", "Resource",
// "DomainResource"). Their places in the field tables are the same for all. They are inlinable so that a caller that knows
// the type pays for no witness.

/// A data type, or an element inside another: it has an id and extensions.
public protocol FHIRDataType: FHIRElement {}

/// An element inside a resource, or a data type, that may have modifier extensions.
public protocol FHIRBackboneElement: FHIRDataType {}

/// A resource: an element that has an id and stands on its own.
public protocol FHIRResource: FHIRElement {}

/// A resource with a narrative, contained resources and extensions: any but Binary, Bundle and Parameters.
public protocol FHIRDomainResource: FHIRResource {}

extension FHIRDataType {
  /// `Element.id` 0..1
  @inlinable
  public var id: String? {
    get { node.string(0) }
    set { node.setString(0, newValue) }
  }

  /// `Element.extension` 0..*
  @inlinable
  public var `extension`: [Extension] {
    get { node.extensions(1) }
    set { node.setExtensions(1, newValue) }
  }
}

extension FHIRBackboneElement {
  /// `BackboneElement.modifierExtension` 0..*
  @inlinable
  public var modifierExtension: [Extension] {
    get { node.extensions(2) }
    set { node.setExtensions(2, newValue) }
  }
}

extension FHIRResource {
  /// The name that stands in `resourceType`.
  public static var resourceType: String { typeName }

  /// `Resource.id` 0..1
  @inlinable
  public var id: String? {
    get { node.string(0) }
    set { node.setString(0, newValue) }
  }

  /// `Resource.meta` 0..1
  @inlinable
  public var meta: Meta? {
    get { node.meta(1) }
    set { node.setMeta(1, newValue) }
  }

  /// `Resource.implicitRules` 0..1
  @inlinable
  public var implicitRules: String? {
    get { node.string(2) }
    set { node.setString(2, newValue) }
  }

  /// `Resource.language` 0..1
  @inlinable
  public var language: String? {
    get { node.string(3) }
    set { node.setString(3, newValue) }
  }
}

extension FHIRDomainResource {
  /// `DomainResource.text` 0..1
  @inlinable
  public var text: Narrative? {
    get { node.narrative(4) }
    set { node.setNarrative(4, newValue) }
  }

  /// `DomainResource.contained` 0..*
  @inlinable
  public var contained: [AnyResource] {
    get { node.resources(5) }
    set { node.setResources(5, newValue) }
  }

  /// `DomainResource.extension` 0..*
  @inlinable
  public var `extension`: [Extension] {
    get { node.extensions(6) }
    set { node.setExtensions(6, newValue) }
  }

  /// `DomainResource.modifierExtension` 0..*
  @inlinable
  public var modifierExtension: [Extension] {
    get { node.extensions(7) }
    set { node.setExtensions(7, newValue) }
  }
}

extension FHIRNode {
  @usableFromInline
  func extensions(_ field: Int) -> [Extension] { elements(field) }

  @usableFromInline
  mutating func setExtensions(_ field: Int, _ extensions: [Extension]) { setElements(field, extensions) }

  @usableFromInline
  func meta(_ field: Int) -> Meta? { element(field) }

  @usableFromInline
  mutating func setMeta(_ field: Int, _ meta: Meta?) { setElement(field, meta) }

  @usableFromInline
  func narrative(_ field: Int) -> Narrative? { element(field) }

  @usableFromInline
  mutating func setNarrative(_ field: Int, _ narrative: Narrative?) { setElement(field, narrative) }
}
