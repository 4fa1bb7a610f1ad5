/// What a profile says of one element: a tree of only those elements that it constrains.
///
/// Written while a profile is compiled, and never again afterwards: that is what makes the unchecked conformance sound.
final class ProfileElement: @unchecked Sendable {
  /// A type that the element may have, with the profiles that it must then conform to one of.
  struct TypeUse: Sendable {
    let code: String
    let profiles: [String]
    let targetProfiles: [String]
    let aggregation: [String]
  }

  struct Slicing: Sendable {
    enum Rules: Sendable { case open, closed, openAtEnd }
    let discriminators: [Discriminator]
    let isOrdered: Bool
    let rules: Rules
  }

  /// Where and how the items of one slice differ from those of others.
  struct Discriminator: Sendable {
    enum Kind: Sendable { case value, exists, type, profile }
    let kind: Kind
    let path: [Step]

    enum Step: Sendable, Equatable {
      case child(String)
      case `extension`(String)
      case resolve
      case ofType(String)
    }
  }

  /// The name in paths: `value` for `value[x]`, the type for a root.
  let name: String
  let sliceName: String?
  /// The element's type where the base says it; the children's names are of it.
  var type: TypeReference?

  var min: Int?
  /// `Int.max` for `*`.
  var max: Int?
  var types: [TypeUse] = []
  var fixed: FHIRItem?
  var pattern: FHIRItem?
  var minValue: FHIRItem?
  var maxValue: FHIRItem?
  var minLength: Int?
  var maxLength: Int?
  /// Whether extensions alone do not do for a primitive.
  var mustHaveValue = false
  /// Extensions of which one must stand where a primitive has no value; empty for any or none.
  var valueAlternatives: [String] = []
  var binding: Binding?
  /// The address of a binding whose set nobody gave.
  var unknownBinding: String?
  var invariants: [Invariant] = []
  var slicing: Slicing?
  var slices: [ProfileElement] = []
  var children: [ProfileElement] = []

  init(name: String, sliceName: String? = nil, type: TypeReference?) {
    self.name = name
    self.sliceName = sliceName
    self.type = type
  }

  func child(_ name: String) -> ProfileElement? { children.first { $0.name == name } }

  /// The slices, and the slices of slices.
  var allSlices: [ProfileElement] { slices.flatMap { [$0] + $0.allSlices } }

  func slice(_ name: String) -> ProfileElement? { slices.first { $0.sliceName == name } }

  /// A tree that can be written without changing this one.
  func copy() -> ProfileElement {
    let copy = ProfileElement(name: name, sliceName: sliceName, type: type)
    (copy.min, copy.max, copy.types, copy.fixed, copy.pattern) = (min, max, types, fixed, pattern)
    (copy.minValue, copy.maxValue, copy.minLength, copy.maxLength) = (minValue, maxValue, minLength, maxLength)
    (copy.mustHaveValue, copy.valueAlternatives) = (mustHaveValue, valueAlternatives)
    (copy.binding, copy.unknownBinding, copy.invariants, copy.slicing) = (binding, unknownBinding, invariants, slicing)
    copy.slices = slices.map { $0.copy() }
    copy.children = children.map { $0.copy() }
    return copy
  }
}

extension ProfileElement.Discriminator {
  /// Reads `code.coding`, `$this`, `extension('url').value`, `resolve()` and `value.ofType(Quantity)`; nil for more.
  init?(kind: String, path text: String) {
    switch kind {
    case "value", "pattern": self.kind = .value
    case "exists": self.kind = .exists
    case "type": self.kind = .type
    case "profile": self.kind = .profile
    default: return nil
    }
    var steps: [Step] = []
    for part in Self.parts(text) {
      if part == "$this" { continue }
      if part == "resolve()" {
        steps.append(.resolve)
      } else if part.hasPrefix("extension("), part.hasSuffix(")") {
        steps.append(.extension(String(part.dropFirst(10).dropLast().filter { $0 != "'" && $0 != "\"" })))
      } else if part.hasPrefix("ofType("), part.hasSuffix(")") {
        steps.append(.ofType(String(part.dropFirst(7).dropLast())))
      } else if part.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "[" || $0 == "]" }) {
        steps.append(.child(part.hasSuffix("[x]") ? String(part.dropLast(3)) : part))
      } else {
        return nil
      }
    }
    path = steps
  }

  /// The path at its dots, except those in quotes.
  private static func parts(_ text: String) -> [String] {
    var parts = [""]
    var isQuoted = false
    for character in text {
      if character == "'" || character == "\"" { isQuoted.toggle() }
      if character == ".", !isQuoted {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.filter { !$0.isEmpty }
  }
}
