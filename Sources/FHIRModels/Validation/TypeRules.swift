import Synchronization

/// A binding of an element to a value set.
struct Binding: Sendable {
  let set: CodeSet
  let isRequired: Bool
}

/// What validation needs to know of one field beyond the field table.
struct FieldRules: Sendable {
  var binding: Binding?
  /// Declared at the element, and evaluated on each of its items.
  var invariants: [Invariant] = []
}

/// What validation needs to know of one type.
final class TypeRules: Sendable {
  /// Types with rules that no table can say.
  enum Special: Sendable {
    case none, extensions, reference, coding, identifier, narrative, attachment, entry
  }

  let special: Special
  let fields: [FieldRules]
  /// Declared at the type.
  let invariants: [Invariant]

  init(_ type: TypeReference) {
    special =
      switch type.name {
      case "Extension": .extensions
      case "Reference": .reference
      case "Coding": .coding
      case "Identifier": .identifier
      case "Narrative": .narrative
      case "Bundle.entry": .entry
      case "Attachment": .attachment
      default: .none
      }
    let table = InvariantsByPath.shared
    invariants = table.invariants(at: type.name)
    fields = type.pointer.pointee.fields.map { field in
      var rules = FieldRules()
      let parts = field.binding.split(separator: ":", maxSplits: 1)
      if parts.count == 2, let set = CodeSets.shared.named(String(parts[1])) {
        rules.binding = Binding(set: set, isRequired: parts[0] == "required")
      }
      // A backbone element's invariants stand at its own type.
      let path = "\(type.name).\(field.pathName)"
      if field.type?.name != path { rules.invariants = table.invariants(at: field.isChoice ? path + "[x]" : path) }
      return rules
    }
  }
}

/// The rules of all types that were met so far; each is made when it is first asked for.
final class RuleBook: Sendable {
  static let shared = RuleBook()

  private let known = Mutex<[TypeRules?]>(Array(repeating: nil, count: Schema.shared.types.count))

  func rules(of type: TypeReference) -> TypeRules {
    let index = PathNames.shared.index(of: type)
    if let rules = known.withLock({ $0[index] }) { return rules }
    let rules = TypeRules(type)
    known.withLock { $0[index] = rules }
    return rules
  }
}
