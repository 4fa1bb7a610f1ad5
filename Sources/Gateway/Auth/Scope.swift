/// One scope in the grammar of SMART App Launch 2: `system/Patient.rs`, `system/*.r`.
///
/// Strict: only the `system` context (callers are machines), letters once and in the order `cruds`, and no `?` filters,
/// since a filter that is not enforced would grant more than it says. `passerelle/hl7v2.c`, outside that grammar, lets a
/// partner post HL7 v2 messages.
package struct Scope: Sendable, Hashable, CustomStringConvertible {
  /// A resource type, or `*` for all, or `hl7v2`.
  package let target: Target
  package let permissions: Permissions

  package enum Target: Sendable, Hashable {
    case all
    case type(String)
    case hl7v2
  }

  package static let hl7v2Text = "passerelle/hl7v2.c"

  /// Why a text is no scope, in words for the operator who wrote it.
  package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    package let scope: String
    package let message: String
    package var description: String { "scope \(scope.debugDescription): \(message)" }
  }

  /// - Parameter knownTypes: the resource types of this server; nil accepts any name of that form.
  package init(_ text: String, knownTypes: Set<String>? = nil) throws(Failure) {
    let shown = String(text.prefix(80))
    func failure(_ message: String) -> Failure { Failure(scope: shown, message: message) }
    if text == Self.hl7v2Text {
      (target, permissions) = (.hl7v2, .create)
      return
    }
    guard let slash = text.firstIndex(of: "/") else { throw failure("expected system/<Type>.<cruds>") }
    switch text[..<slash] {
    case "system": break
    case "patient", "user":
      throw failure("the context \(text[..<slash])/ is for people who sign in; partners are systems: system/…")
    default: throw failure("unknown context; expected system/<Type>.<cruds>")
    }
    let rest = text[text.index(after: slash)...]
    if rest.contains("?") { throw failure("filters after ? are not enforced here, so they are refused") }
    guard let dot = rest.firstIndex(of: ".") else { throw failure("expected . and permissions after the type") }
    target = try Self.readTarget(rest[..<dot], knownTypes: knownTypes, failure: failure)
    permissions = try Self.readPermissions(rest[rest.index(after: dot)...], failure: failure)
  }

  private static func readTarget(
    _ name: Substring, knownTypes: Set<String>?, failure: (String) -> Failure
  ) throws(Failure) -> Target {
    if name == "*" { return .all }
    guard (2...64).contains(name.utf8.count), let first = name.utf8.first, (65...90).contains(first),
      name.utf8.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) })
    else { throw failure("expected a resource type or * before the .") }
    let type = String(name)
    if let knownTypes, !knownTypes.contains(type) {
      let hint = nearestName(to: type, in: knownTypes).map { "; did you mean \($0)?" } ?? ""
      throw failure("unknown resource type \(type)\(hint)")
    }
    return .type(type)
  }

  private static func readPermissions(
    _ letters: Substring, failure: (String) -> Failure
  ) throws(Failure) -> Permissions {
    switch letters {
    case "read": throw failure("that is SMART v1; write .rs")
    case "write": throw failure("that is SMART v1; write .cud")
    case "*": throw failure("that is SMART v1; write .cruds")
    case "": throw failure("at least one of c r u d s must follow the .")
    default: break
    }
    var granted = Permissions()
    var next = 0
    for byte in letters.utf8 {
      guard let position = Permissions.letters.firstIndex(where: { $0.byte == byte }) else {
        throw failure("permissions are letters of c r u d s")
      }
      guard position >= next else { throw failure("permissions stand once each and in the order cruds") }
      granted.insert(Permissions.letters[position].permission)
      next = position + 1
    }
    return granted
  }

  package var description: String {
    switch target {
    case .all: "system/*.\(permissions)"
    case .type(let type): "system/\(type).\(permissions)"
    case .hl7v2: Self.hl7v2Text
    }
  }
}

/// All that a partner or a key may do; empty grants nothing.
package struct ScopeSet: Sendable, Equatable, CustomStringConvertible {
  package static let maximumScopes = 256

  private var everywhere = Permissions()
  private var byType: [String: Permissions] = [:]
  package private(set) var mayPostHL7v2 = false

  package init() {}

  package init(_ scopes: [Scope]) {
    for scope in scopes {
      switch scope.target {
      case .all: everywhere.formUnion(scope.permissions)
      case .type(let type): byType[type, default: []].formUnion(scope.permissions)
      case .hl7v2: mayPostHL7v2 = true
      }
    }
  }

  /// Reads scopes parted by single spaces, as OAuth 2 (RFC 6749 §3.3) writes them.
  package init(parsing text: String, knownTypes: Set<String>? = nil) throws(Scope.Failure) {
    let parts = text.isEmpty ? [] : text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count <= Self.maximumScopes else {
      throw Scope.Failure(scope: "…", message: "more than \(Self.maximumScopes) scopes")
    }
    var scopes: [Scope] = []
    for part in parts { scopes.append(try Scope(String(part), knownTypes: knownTypes)) }
    self.init(scopes)
  }

  /// Whether `interaction` on `type` is granted. System-wide interactions need a scope on `*`.
  package func allows(_ interaction: Interaction, on type: String) -> Bool {
    if everywhere.contains(interaction.permission) { return true }
    if interaction.isSystemWide { return false }
    return byType[type]?.contains(interaction.permission) ?? false
  }

  /// What both grant: a key narrows its partner, never widens it.
  package func intersection(_ other: ScopeSet) -> ScopeSet {
    var both = ScopeSet()
    both.everywhere = everywhere.intersection(other.everywhere)
    for type in Set(byType.keys).union(other.byType.keys) {
      let mine = everywhere.union(byType[type] ?? [])
      let granted = mine.intersection(other.everywhere.union(other.byType[type] ?? [])).subtracting(both.everywhere)
      if !granted.isEmpty { both.byType[type] = granted }
    }
    both.mayPostHL7v2 = mayPostHL7v2 && other.mayPostHL7v2
    return both
  }

  package var isEmpty: Bool { everywhere.isEmpty && byType.isEmpty && !mayPostHL7v2 }

  /// The canonical text: `*` first, then types in order.
  package var description: String {
    var parts: [String] = []
    if !everywhere.isEmpty { parts.append("system/*.\(everywhere)") }
    for (type, permissions) in byType.sorted(by: { $0.key < $1.key }) { parts.append("system/\(type).\(permissions)") }
    if mayPostHL7v2 { parts.append(Scope.hl7v2Text) }
    return parts.joined(separator: " ")
  }
}
