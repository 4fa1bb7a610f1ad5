/// Why a patch was refused. Nothing was changed then: a patch is applied whole or not at all (RFC 5789, section 2).
public struct FHIRPatchError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: RawRepresentable, Sendable, Equatable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The patch itself is not what its format wants.
    public static let syntax = Code(rawValue: "syntax")
    /// A path leads nowhere, or to more than one place.
    public static let path = Code(rawValue: "path")
    /// A value does not fit where it should go.
    public static let value = Code(rawValue: "value")
    /// A `test` did not hold.
    public static let test = Code(rawValue: "test")
    /// The result is no resource of R4; `issues` names what is wrong with it.
    public static let result = Code(rawValue: "result")
    /// One of `FHIRPatchLimits` was reached.
    public static let limit = Code(rawValue: "limit")
  }

  public var code: Code
  /// What is wrong; holds no value of the document nor of the patch.
  public var message: String
  /// The operation, counted from 0; nil where the patch as a whole is meant.
  public var operation: Int?
  /// The path of the operation as the patch has it: a JSON Pointer or a FHIRPath.
  public var path: String?
  /// What strict reading finds wrong with the result.
  public var issues: [FHIRIssue]

  public init(
    _ code: Code, _ message: String, operation: Int? = nil, path: String? = nil, issues: [FHIRIssue] = []
  ) {
    self.code = code
    self.message = message
    self.operation = operation
    self.path = path
    self.issues = issues
  }

  /// Without the path, which may name a patient.
  public var description: String {
    let place = operation.map { "Operation \($0): " } ?? ""
    return place + message + (issues.isEmpty ? "" : ": " + issues.map(\.description).joined(separator: "; "))
  }

  /// The same as a resource to answer with; a FHIRPath stands in `expression`, a JSON Pointer in the diagnostics.
  public var operationOutcome: OperationOutcome {
    if !issues.isEmpty { return OperationOutcome(issues: issues) }
    let type: IssueType =
      switch code {
      case .limit: .tooCostly
      case .path: .notFound
      case .test: .conflict
      case .value: .value
      default: .structure
      }
    let isPointer = path?.isEmpty == true || path?.hasPrefix("/") == true
    let pointer = isPointer ? path.map { " (path \"\($0)\")" } ?? "" : ""
    return OperationOutcome(issues: [FHIRIssue(.error, type, at: isPointer ? nil : path, description + pointer)])
  }

  /// The same with the operation that it happened in.
  func of(_ operation: Int, _ path: String) -> FHIRPatchError {
    var error = self
    error.operation = operation
    error.path = path
    return error
  }
}

/// How large a patch may be and become.
public struct FHIRPatchLimits: Sendable, Equatable {
  /// Bytes of the patch.
  public var bytes = 4 << 20
  public var operations = 1_000
  /// Objects and arrays inside one another, of the patch and of the result.
  public var depth = 96
  /// Steps that the paths of a FHIRPath Patch may cost in all.
  public var steps = 5_000_000
  /// Values that the operations of a JSON Patch may copy in all.
  public var copiedValues = 1_000_000

  public init() {}
}

extension AnyResource {
  /// Reads strictly what a patch made of a resource.
  init(patched json: [UInt8]) throws(FHIRPatchError) {
    do throws(FHIRDecodingError) {
      try self.init(json: json)
    } catch {
      throw FHIRPatchError(.result, "The result is no valid resource", issues: error.issues)
    }
  }
}
