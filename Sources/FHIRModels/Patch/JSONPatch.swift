public import JSON

/// A JSON Patch (RFC 6902): operations on the JSON form of a document, applied in their order, all or none.
public struct JSONPatch: Sendable, Equatable {
  public struct Operation: Sendable, Equatable {
    public enum Kind: String, Sendable {
      case add, remove, replace, move, copy, test
    }

    public let kind: Kind
    public let path: JSONPointer
    /// Where `move` and `copy` take the value from.
    public let from: JSONPointer?
    /// What `add` and `replace` put there, and `test` expects.
    public let value: JSONValue?
    /// `path` as the patch has it.
    let text: String
  }

  public let operations: [Operation]
  private let limits: FHIRPatchLimits

  /// Reads a patch document.
  ///
  /// Throws `syntax` for what is no JSON or no patch, with the operation; `limit` for one that is too large.
  public init(json: [UInt8], limits: FHIRPatchLimits = FHIRPatchLimits()) throws(FHIRPatchError) {
    guard json.count <= limits.bytes else {
      throw FHIRPatchError(.limit, "The patch has more than \(limits.bytes) bytes")
    }
    let document: JSONValue
    do throws(JSONError) {
      var bounds = JSONLimits.default
      bounds.depth = limits.depth
      document = try JSONValue.parse(json, limits: bounds)
    } catch {
      throw FHIRPatchError(.syntax, "The patch is no JSON: \(error)")
    }
    try self.init(document, limits: limits)
  }

  /// Takes a patch that is read already.
  public init(_ document: JSONValue, limits: FHIRPatchLimits = FHIRPatchLimits()) throws(FHIRPatchError) {
    guard let items = document.array else { throw FHIRPatchError(.syntax, "A JSON Patch is an array of operations") }
    guard items.count <= limits.operations else {
      throw FHIRPatchError(.limit, "The patch has more than \(limits.operations) operations")
    }
    var operations: [Operation] = []
    for (index, item) in items.enumerated() {
      do throws(FHIRPatchError) {
        operations.append(try Operation(item))
      } catch {
        throw error.of(index, item["path"]?.string ?? "")
      }
    }
    self.operations = operations
    self.limits = limits
  }

  /// The document after all operations. Members that no operation touches keep their order and numbers their text.
  ///
  /// Throws `path` where a place is not there, `test` where a test does not hold, `limit` where copies grow too large.
  public func apply(to document: JSONValue) throws(FHIRPatchError) -> JSONValue {
    var edit = JSONEdit(document, limits)
    for (index, operation) in operations.enumerated() {
      do throws(FHIRPatchError) {
        try edit.apply(operation)
      } catch {
        throw error.of(index, operation.text)
      }
    }
    return edit.document
  }
}

extension JSONPatch.Operation {
  /// Members that no operation has are passed over (RFC 6902, section 4).
  init(_ item: JSONValue) throws(FHIRPatchError) {
    guard let object = item.object else { throw FHIRPatchError(.syntax, "An operation is an object") }
    guard let name = object["op"]?.string, let kind = Kind(rawValue: name) else {
      throw FHIRPatchError(.syntax, "\"op\" must be add, remove, replace, move, copy or test")
    }
    guard let text = object["path"]?.string, let path = JSONPointer(text) else {
      throw FHIRPatchError(.syntax, "\"path\" must be a JSON Pointer")
    }
    self.kind = kind
    self.path = path
    self.text = text
    switch kind {
    case .add, .replace, .test:
      guard let value = object["value"] else { throw FHIRPatchError(.syntax, "\(name) needs a \"value\"") }
      self.value = value
      from = nil
    case .move, .copy:
      guard let source = object["from"]?.string, let from = JSONPointer(source) else {
        throw FHIRPatchError(.syntax, "\(name) needs a JSON Pointer in \"from\"")
      }
      self.from = from
      value = nil
    case .remove:
      value = nil
      from = nil
    }
  }
}

extension AnyResource {
  /// The resource after a JSON Patch of its JSON form, read strictly. What no operation touches stays as it is written.
  ///
  /// Throws what the patch throws, and `result` when what came out is no valid resource.
  public func patched(by patch: JSONPatch) throws(FHIRPatchError) -> AnyResource {
    let document: JSONValue
    do throws(JSONError) {
      document = try JSONValue.parse(json())
    } catch {
      throw FHIRPatchError(.limit, "The resource is too large to be patched: \(error)")
    }
    return try AnyResource(patched: try patch.apply(to: document).serialized())
  }
}
