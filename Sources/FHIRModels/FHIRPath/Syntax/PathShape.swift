/// What is known of a collection before the expression runs: the types of FHIR that its items can be of.
struct PathShape: Equatable {
  private(set) var types: [TypeReference] = []
  private(set) var primitives: [FieldKind] = []
  /// Whether there can be items of any other type.
  private(set) var isOpen = false

  static let open: PathShape = {
    var shape = PathShape()
    shape.isOpen = true
    return shape
  }()

  init() {}
  init(_ type: TypeReference) { types = [type] }

  /// Items that `type` selects.
  init(_ type: PathType) {
    types = Schema.shared.types.filter { type.accepts($0) }
    if let kind = type.primitive { primitives = [kind] }
    isOpen = types.isEmpty && primitives.isEmpty || type.system != nil || type.acceptsPrimitives
  }

  /// Types of a document: nothing that the language itself makes.
  var isClosed: Bool { !isOpen && !(types.isEmpty && primitives.isEmpty) }

  mutating func formUnion(_ other: PathShape) {
    for type in other.types where !types.contains(type) { types.append(type) }
    for kind in other.primitives where !primitives.contains(kind) { primitives.append(kind) }
    isOpen = isOpen || other.isOpen
  }

  /// The types that also are of `type`.
  func restricted(to type: PathType) -> PathShape {
    var shape = self
    shape.types = types.filter { type.accepts($0) }
    return shape
  }

  /// What a step to `name` leads to; nil where no type has such an element.
  func children(_ name: PathNames.Name) -> PathShape? {
    var found = PathShape()
    var isFound = false
    for type in types + (primitives.isEmpty ? [] : [PrimitiveElement.type]) {
      guard let range = PathNames.shared.fields(name, of: type) else { continue }
      isFound = true
      for index in range {
        let field = type.field(index).pointee
        if field.kind == .resource {
          found.isOpen = true
        } else if let type = field.type {
          found.formUnion(PathShape(type))
        } else if !found.primitives.contains(field.kind) {
          found.primitives.append(field.kind)
        }
      }
    }
    return isFound ? found : nil
  }

  /// The types by name, for a message.
  var names: String {
    let names = types.map(\.name) + primitives.map { "\($0)" }
    return names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and others" : "")
  }
}
