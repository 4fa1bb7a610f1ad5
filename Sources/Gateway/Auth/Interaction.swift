/// What a caller does to a type of resource (FHIR R4 http.html), each with the one permission that it needs.
package enum Interaction: String, Sendable, CaseIterable {
  case read
  case vread
  case historyInstance = "history-instance"
  case searchType = "search-type"
  case historyType = "history-type"
  case searchSystem = "search-system"
  case historySystem = "history-system"
  case create
  case update
  case patch
  case delete

  /// The letter of SMART App Launch 2 (scopes-and-launch-context) that grants it.
  package var permission: Permissions {
    switch self {
    case .read, .vread, .historyInstance: .read
    case .searchType, .historyType, .searchSystem, .historySystem: .search
    case .create: .create
    case .update, .patch: .update
    case .delete: .delete
    }
  }

  /// Whether it reaches every type at once, which only a scope on `*` grants.
  package var isSystemWide: Bool { self == .searchSystem || self == .historySystem }
}

/// The letters `cruds` of a scope.
package struct Permissions: OptionSet, Sendable, Hashable, CustomStringConvertible {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let create = Self(rawValue: 1)
  package static let read = Self(rawValue: 2)
  package static let update = Self(rawValue: 4)
  package static let delete = Self(rawValue: 8)
  package static let search = Self(rawValue: 16)

  /// The letters in the order that the grammar fixes.
  static let letters: [(byte: UInt8, permission: Permissions)] = [
    (UInt8(ascii: "c"), .create), (UInt8(ascii: "r"), .read), (UInt8(ascii: "u"), .update),
    (UInt8(ascii: "d"), .delete), (UInt8(ascii: "s"), .search),
  ]

  package var description: String {
    String(decoding: Self.letters.filter { contains($0.permission) }.map(\.byte), as: UTF8.self)
  }
}
