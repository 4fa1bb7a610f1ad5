/// How a resource is validated: limits, and what only the caller knows.
public struct ValidationOptions: Sendable {
  /// Errors collected before validation stops, and warnings before they are left out.
  public var issues = 200
  /// Elements inside one another.
  public var depth = 64
  /// Steps in all: an element visited, by the base rules or by a profile, is one.
  public var steps = 20_000_000
  /// What the invariants of one element may cost.
  public var pathLimits = FHIRPathLimits()
  /// Whether invariants are evaluated.
  public var checksInvariants = true
  /// Whether what could not be checked is named, as information: bindings that need a terminology server, invariants
  /// that need what nobody here knows.
  public var notesUnchecked = false
  /// Finds what a reference or canonical outside the document points to; nil for what is not there.
  public var resolve: (@Sendable (String) -> AnyResource?)?
  /// Whether a reference by type and id is an error when neither the document nor `resolve` has what it points to.
  public var requiresTargets = false
  /// Beginnings of urls of extensions that may stand though no profile at hand defines them. Nil for all; otherwise an
  /// extension that is neither is an error.
  public var extensionDomains: [String]?
  /// Whether text that looks like a tag is an error in strings and markdown, for systems that show it unescaped.
  public var refusesMarkup = false
  /// Whether addresses kept for examples (RFC 2606: `example.org`, `.example` and their like) are errors.
  public var refusesExamples = false

  public init() {}
}
