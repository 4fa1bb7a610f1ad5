/// A FHIRPath Patch (R4, "FHIRPath Patch"): operations that a Parameters resource describes, applied in their order, all
/// or none.
///
/// - `add` appends to a list, or sets what is not there yet, of the one element at `path`.
/// - `insert` puts a value before the item `index` of the list at `path`.
/// - `delete` takes away the one element at `path`, and what it leaves without content; nothing there is no error.
/// - `replace` puts a value in the place of the one element at `path`.
/// - `move` takes the item `source` of the list at `path` and puts it in so that it has the index `destination`.
public struct FHIRPathPatch: Sendable {
  public enum Kind: String, Sendable {
    case add, insert, delete, replace, move
  }

  struct Operation: Sendable {
    let kind: Kind
    let path: FHIRPath
    var name: String?
    var value: Parameters.Parameter?
    var index: Int?
    var source: Int?
    var destination: Int?
  }

  let operations: [Operation]
  let limits: FHIRPatchLimits

  /// Reads the operations.
  ///
  /// Throws `syntax` for what R4 does not have in a patch, `path` for an expression that does not compile, `limit` for
  /// too many operations.
  public init(_ parameters: Parameters, limits: FHIRPatchLimits = FHIRPatchLimits()) throws(FHIRPatchError) {
    guard parameters.parameter.count <= limits.operations else {
      throw FHIRPatchError(.limit, "The patch has more than \(limits.operations) operations")
    }
    var operations: [Operation] = []
    for (index, parameter) in parameters.parameter.enumerated() {
      do throws(FHIRPatchError) {
        operations.append(try Operation(parameter))
      } catch {
        throw error.of(index, FHIRPathPatch.part("path", of: parameter).flatMap(FHIRPathPatch.text) ?? "")
      }
    }
    self.operations = operations
    self.limits = limits
  }

  /// How many operations there are.
  public var count: Int { operations.count }

  static func part(_ name: String, of parameter: Parameters.Parameter) -> Parameters.Parameter? {
    parameter.part.first { $0.name == name }
  }

  /// The value of a part that is a primitive.
  static func text(_ part: Parameters.Parameter) -> String? {
    FHIRItem(part, keepsPlaces: false).children(named: "value").first?.text
  }
}

extension FHIRPathPatch.Operation {
  fileprivate init(_ parameter: Parameters.Parameter) throws(FHIRPatchError) {
    guard parameter.name == "operation" else {
      throw FHIRPatchError(.syntax, "The parameters of a FHIRPath Patch are called \"operation\"")
    }
    var parts: [String: Parameters.Parameter] = [:]
    for part in parameter.part {
      guard let name = part.name, FHIRPathPatch.Operation.names.contains(name) else {
        throw FHIRPatchError(
          .syntax, "An operation has the parts \(FHIRPathPatch.Operation.names.joined(separator: ", ")) only")
      }
      guard parts.updateValue(part, forKey: name) == nil else {
        throw FHIRPatchError(.syntax, "The part \"\(name)\" stands twice")
      }
    }
    guard let type = parts["type"].flatMap(FHIRPathPatch.text), let kind = FHIRPathPatch.Kind(rawValue: type) else {
      throw FHIRPatchError(.syntax, "\"type\" must be add, insert, delete, replace or move")
    }
    guard let expression = parts["path"].flatMap(FHIRPathPatch.text) else {
      throw FHIRPatchError(.syntax, "\"path\" must be a FHIRPath")
    }
    do throws(FHIRPathError) {
      path = try FHIRPath(expression)
    } catch {
      throw FHIRPatchError(.path, error.description)
    }
    self.kind = kind
    name = parts["name"].flatMap(FHIRPathPatch.text)
    value = parts["value"]
    index = try FHIRPathPatch.Operation.integer("index", parts)
    source = try FHIRPathPatch.Operation.integer("source", parts)
    destination = try FHIRPathPatch.Operation.integer("destination", parts)
    try checkParts()
  }

  private static let names = ["type", "path", "name", "value", "index", "source", "destination"]

  private static func integer(_ name: String, _ parts: [String: Parameters.Parameter]) throws(FHIRPatchError) -> Int? {
    guard let part = parts[name] else { return nil }
    guard let number = FHIRPathPatch.text(part).flatMap({ Int32($0) }), number >= 0 else {
      throw FHIRPatchError(.syntax, "\"\(name)\" must be a whole number from 0")
    }
    return Int(number)
  }

  private func checkParts() throws(FHIRPatchError) {
    let needed: [(name: String, isThere: Bool)] =
      switch kind {
      case .add: [("name", name != nil), ("value", value != nil)]
      case .insert: [("index", index != nil), ("value", value != nil)]
      case .replace: [("value", value != nil)]
      case .move: [("source", source != nil), ("destination", destination != nil)]
      case .delete: []
      }
    for part in needed where !part.isThere {
      throw FHIRPatchError(.syntax, "\(kind.rawValue) needs the part \"\(part.name)\"")
    }
  }
}
