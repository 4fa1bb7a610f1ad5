/// What an evaluation knows beside the item it begins with: variables, the time, and answers to what a document alone
/// cannot say.
public struct FHIRPathContext: Sendable {
  /// `%resource`: the resource that holds the item; the item itself unless set.
  public var resource: FHIRItem?
  /// `%rootResource`: the resource that contains `%resource`, or the same. References to `#id` are looked for in it.
  public var rootResource: FHIRItem?
  /// Variables of the caller, by their name without `%`.
  public var variables: [String: [FHIRPathValue]] = [:]
  /// What `now()` and its like say; the clock of the machine in UTC unless set.
  public var now: FHIRInstant?
  /// What an evaluation may cost; beyond it fails with `limit`.
  public var limits = FHIRPathLimits()
  /// Whether `as` picks from collections as `ofType` does. R4's search parameters need it; the language wants one item.
  public var asTakesCollections = false

  /// Finds what a reference or canonical points to, outside this document; nil when it cannot be found.
  public var resolve: (@Sendable (_ reference: String) -> FHIRItem?)?
  /// Whether a code, Coding or CodeableConcept is in the value set; nil when that cannot be told.
  public var memberOf: (@Sendable (_ item: FHIRItem, _ valueSet: String) -> Bool?)?
  /// Whether the first Coding or code subsumes the second; nil when that cannot be told.
  public var subsumes: (@Sendable (_ item: FHIRItem, _ other: FHIRItem) -> Bool?)?
  /// Whether the item conforms to the profile; nil when that cannot be told. Base types are known without it.
  public var conformsTo: (@Sendable (_ item: FHIRItem, _ profile: String) -> Bool?)?
  /// The ElementDefinition that describes an element; nil where none is known.
  public var elementDefinition: (@Sendable (_ item: FHIRItem) -> FHIRItem?)?
  /// Whether the item is of the slice `name` of the StructureDefinition `structure`; nil when that cannot be told.
  public var slice: (@Sendable (_ item: FHIRItem, _ structure: String, _ name: String) -> Bool?)?
  /// Told what `trace()` sees.
  public var trace: (@Sendable (_ name: String, _ values: [FHIRPathValue]) -> Void)?

  /// What `rootResource` contains, for those who evaluate much on one document.
  var targets: DocumentTargets?

  public init() {}
}
