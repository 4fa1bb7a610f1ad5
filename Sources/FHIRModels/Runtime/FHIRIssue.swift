/// One thing that is wrong, or was not understood, in a FHIR document.
public struct FHIRIssue: Sendable, Equatable, CustomStringConvertible {
  public var severity: IssueSeverity
  public var code: IssueType
  /// The FHIRPath of the place, such as `Patient.name[0].given[1]`; nil where the document has no type yet.
  public var expression: String?
  /// What was found and what belongs there. Holds no values of the document.
  public var diagnostics: String
  /// The byte of the document; nil for what was not read from one.
  public var offset: Int?

  public init(
    _ severity: IssueSeverity = .error, _ code: IssueType, at expression: String? = nil, _ diagnostics: String,
    offset: Int? = nil
  ) {
    self.severity = severity
    self.code = code
    self.expression = expression
    self.diagnostics = diagnostics
    self.offset = offset
  }

  public var description: String {
    let place = expression.map { "\($0): " } ?? ""
    let byte = offset.map { " (byte \($0))" } ?? ""
    return place + diagnostics + byte
  }
}

/// Why a document was refused: everything found wrong, in the order of the document, up to the limit of issues.
public struct FHIRDecodingError: Error, Sendable, Equatable, CustomStringConvertible {
  public var issues: [FHIRIssue]

  public init(issues: [FHIRIssue]) { self.issues = issues }

  public var description: String { issues.map(\.description).joined(separator: "\n") }

  /// The same as a resource to answer with.
  public var operationOutcome: OperationOutcome { OperationOutcome(issues: issues) }
}

extension OperationOutcome {
  public init(issues: [FHIRIssue]) {
    self.init()
    issue = issues.map { found in
      let bytes = found.offset.map { " (byte \($0))" } ?? ""
      return Issue(
        severity: found.severity, code: found.code, diagnostics: found.diagnostics + bytes,
        expression: found.expression.map { [$0] } ?? [])
    }
  }
}

/// How a document is read.
public struct FHIRDecodingOptions: Sendable, Equatable {
  /// Whether what the schema does not allow is kept and reported instead of refused.
  public var isLenient = false
  /// How large a document may be.
  public var limits = DocumentLimits()
  /// Issues collected; what is wrong beyond them is not listed.
  public var issues = 100

  public init() {}

  /// Every departure from the schema refuses the document.
  public static let strict = FHIRDecodingOptions()
  /// Departures are reported as warnings, and what does not fit is kept.
  public static let lenient: FHIRDecodingOptions = {
    var options = FHIRDecodingOptions()
    options.isLenient = true
    return options
  }()
}

/// How large a document may be.
public struct DocumentLimits: Sendable, Equatable {
  /// Bytes in the whole document.
  public var bytes = 64 << 20
  /// Objects and arrays, or elements, inside one another. No more than `deepest` counts.
  public var depth = 64
  /// What `depth` can be at most: readers and writers call themselves for each level.
  public static let deepest = 512
  /// Values of every kind.
  public var values = 8_000_000
  /// Members that a lenient reading keeps though the schema does not know them.
  public var kept = 100_000

  public init() {}
}
