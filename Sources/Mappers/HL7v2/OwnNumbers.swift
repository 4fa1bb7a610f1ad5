public import ClinicModel

/// Numbers of the clinic's own: the ids of its records, as feeds tell them and partners send them back.
///
/// A feed writes them with its assigning authority; what comes back under that authority and type becomes an identifier
/// of a system that names the record itself (docs/mappings/feeds.md). It is looked up by id and never kept.
extension IdentifierValue {
  /// What the systems of our ids begin with; the kind of record follows.
  public static let ownSystemPrefix = "urn:passerelle:record:"

  /// The system of the ids of one kind of record.
  public static func ownSystem(_ owner: OwnerType) -> String { ownSystemPrefix + owner.rawValue }

  /// Whether it is the id of a record of this kind.
  public func isOurs(_ owner: OwnerType) -> Bool { Self.isOurs(system, owner) }

  /// The same of a system.
  public static func isOurs(_ system: String, _ owner: OwnerType) -> Bool {
    system.hasPrefix(ownSystemPrefix) && system == ownSystem(owner)
  }
}

extension OwnerType {
  /// CX.5 of a number of ours; nil where feeds write it without one.
  var ownNumberType: String? {
    switch self {
    case .patient: "PI"
    case .encounter: "VN"
    case .account: "AN"
    case .payer: "XX"
    default: nil
    }
  }
}

extension HL7Reading {
  /// Whether an assigning authority that the message names is the one of our own numbers: by universal id where both
  /// have one, else by namespace.
  func isOwnAuthority(_ namespace: String?, _ universalID: String?) -> Bool {
    guard let own = profile.ownAuthority else { return false }
    let parts = own.split(separator: "^", omittingEmptySubsequences: false)
    if parts.count > 1, !parts[1].isEmpty, let id = universalID.map(Self.cleaned), !id.isEmpty { return id == parts[1] }
    guard let name = namespace.map(Self.cleaned), !name.isEmpty else { return false }
    return name == parts[0]
  }
}
