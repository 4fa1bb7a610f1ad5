/// Validates resources against FHIR R4, and against profiles.
///
/// Cardinality, the lexical rules of primitives, required and extensible bindings, reference targets, contained
/// resources, Bundles, narratives and invariants; of profiles what docs/fhirmodels.md lists. All findings are collected, each with its FHIRPath, up to
/// `ValidationOptions.issues`. A validator holds no state of its own: make one, use it from any thread.
public struct FHIRValidator: Sendable {
  public var options: ValidationOptions
  private let library: ProfileLibrary

  /// A validator that knows `profiles` beside the base specification: a resource that names one of them in
  /// `meta.profile`, and an extension with the url of one, are held against it too.
  ///
  /// - Parameter valueSets: what bindings of the profiles name, with their codes listed.
  public init(
    profiles: [StructureDefinition] = [], valueSets: [ValueSet] = [], options: ValidationOptions = ValidationOptions()
  ) {
    self.options = options
    library = ProfileLibrary(profiles, valueSets)
  }

  /// What of the profiles is not understood, and so not checked.
  public var profileIssues: [FHIRIssue] { library.issues }

  /// What is wrong with a resource. Warnings and information do not make it invalid (`areValid`).
  ///
  /// - Parameter profiles: the canonical addresses of profiles that it must conform to, besides those it names.
  public func validate(_ resource: AnyResource, against profiles: [String] = []) -> [FHIRIssue] {
    var walk = ValidationWalk(options, library)
    walk.resource(resource.node, against: profiles)
    return walk.findings.issues
  }

  /// What is wrong with a resource.
  public func validate(_ resource: some FHIRResource, against profiles: [String] = []) -> [FHIRIssue] {
    validate(AnyResource(resource), against: profiles)
  }

  /// Value sets of R4's bindings whose codes only a terminology server knows, with what each would take.
  public static var uncheckedValueSets: [(address: String, needs: String)] { CodeSets.shared.unchecked }

  /// Keys and expressions of R4's invariants that need a FHIRPath function that is not there.
  public static var uncheckedInvariants: [(key: String, expression: String)] {
    InvariantsByPath.shared.unchecked.map { ($0.key, $0.expression) }
  }
}

extension OperationOutcome {
  /// Findings as the resource to answer with; none is an informational issue that says so, as FHIR wants at least one.
  public init(findings: [FHIRIssue]) {
    self.init(
      issues: findings.isEmpty ? [FHIRIssue(.information, .informational, "No issues were found")] : findings)
  }
}

extension [FHIRIssue] {
  /// Whether what they are about is valid: warnings and information are no reason to refuse.
  public var areValid: Bool { !contains { $0.severity == .error || $0.severity == .fatal } }
}
