import ClinicModel
import HL7Parser

/// Numbers, names, addresses, people and places.
extension HL7FeedDraft {
  // MARK: Numbers

  /// The parts of an assigning authority (HD), and the type that the partner knows the number by.
  private func authority(of system: String, type: String?) -> (parts: [HL7Content], type: String?) {
    let names = profile.mapping.identifierSystems.filter { $0.value == system }.keys
    let named = names.sorted().compactMap { name -> (parts: [HL7Content], type: String?)? in
      let parts = name.split(separator: "^", maxSplits: 1).map(String.init)
      guard let authority = parts.first else { return nil }
      if parts.count == 2, let type, type != parts[1] { return nil }
      return (Self.authorityParts(authority), parts.count == 2 ? parts[1] : type)
    }
    if let first = named.first { return first }
    if system.hasPrefix("urn:uuid:") { return ([.absent, .text(String(system.dropFirst(9))), "UUID"], type) }
    if let name = HL7FeedCodes.name(ofURI: system) { return (Self.authorityParts(name), type) }
    return ([.absent, .text(system), "URI"], type)
  }

  /// An OID is a universal id, anything else a namespace.
  private static func authorityParts(_ name: String) -> [HL7Content] {
    HL7Reading.uri(ofAuthority: name).hasPrefix("urn:oid:") ? [.absent, .text(name), "ISO"] : [.text(name)]
  }

  private var ownAuthority: [HL7Content] {
    profile.authority.split(separator: "^", omittingEmptySubsequences: false).map { .text(String($0)) }
  }

  /// An identifier as CX.
  func number(_ identifier: IdentifierRecord) -> HL7Content {
    let (parts, type) = authority(of: identifier.system, type: identifier.type?.code)
    return .components([
      .text(identifier.value), .absent, .absent, .subcomponents(parts), .text(type), .absent,
      date(identifier.period?.from), date(identifier.period?.to),
    ])
  }

  /// The id of a record of the clinic as CX.
  func ownNumber(_ id: String, of owner: OwnerType) -> HL7Content { ownNumber(id, type: owner.ownNumberType) }

  func ownNumber(_ id: String, type: String?) -> HL7Content {
    .components([.text(id), .absent, .absent, .subcomponents(ownAuthority), .text(type)])
  }

  /// An identifier, or the id of the record, as EI.
  func entity(_ identifier: IdentifierRecord?, own id: String?) -> HL7Content {
    if let identifier {
      return .components(
        [.text(identifier.value)] + authority(of: identifier.system, type: identifier.type?.code).parts)
    }
    return id.map { .components([.text($0)] + ownAuthority) } ?? .absent
  }

  /// The first identifier of a type.
  func identifier(_ type: String, among identifiers: [IdentifierRecord]) -> IdentifierRecord? {
    identifiers.first { $0.type?.code == type && $0.use != .old }
  }

  // MARK: Names and addresses

  func name(_ name: NameRecord) -> HL7Content {
    .components([
      .text(name.family), .text(name.given.first), .text(name.given.dropFirst().joined(separator: " ")),
      .text(name.suffix), .text(name.prefix), .absent,
      .text(name.use.map { HL7FeedCodes.nameType[$0.rawValue] ?? "U" }),
    ])
  }

  func address(_ address: AddressRecord, type: AddressUse? = nil) -> HL7Content {
    let rest = address.line.dropFirst().joined(separator: ", ")
    let country = address.country.map {
      codes.theirs(.country, nil, $0) ?? ISOCodes.alpha3(ofCountry: $0) ?? $0
    }
    let content: [HL7Content] = [
      .text(address.line.first), .text(rest), .text(address.city), .text(address.state), .text(address.postalCode),
      .text(country),
    ]
    guard !content.allSatisfy(\.isAbsent) || address.district != nil else { return .absent }
    let use = (address.use ?? type).flatMap { HL7FeedCodes.addressType[$0.rawValue] }
    return .components(content + [.text(use), .absent, .text(address.district)])
  }

  // MARK: Telecoms

  func phone(_ number: String?, use: TelecomUse? = .home) -> HL7Content {
    guard let number else { return .absent }
    var telecom = TelecomRecord(system: .phone, value: number)
    telecom.use = use
    return self.telecom(telecom)
  }

  func email(_ address: String?) -> HL7Content {
    address.map { telecom(TelecomRecord(system: .email, value: $0)) } ?? .absent
  }

  /// XTN; absent for what it has no words for (a URL).
  func telecom(_ telecom: TelecomRecord) -> HL7Content {
    let isWork = telecom.use == .work
    if telecom.system == .email {
      return .components([.absent, .text(isWork ? "WPN" : "NET"), "Internet", .text(telecom.value)])
    }
    let equipment: String
    switch telecom.system {
    case .phone, .sms: equipment = telecom.use == .mobile ? "CP" : "PH"
    case .fax: equipment = "FX"
    case .pager: equipment = "BP"
    case .other: equipment = "MD"
    case .email, .url: return .absent
    }
    let use = isWork ? "WPN" : telecom.use == nil ? nil : "PRN"
    // XTN.1 was withdrawn in version 2.7 for XTN.12.
    if isWithoutWithdrawn {
      let gap = [HL7Content](repeating: .absent, count: 8)
      return .components([.absent, .text(use), .text(equipment)] + gap + [.text(telecom.value)])
    }
    return .components([.text(telecom.value), .text(use), .text(equipment)])
  }

  // MARK: People and places

  /// XCN of a practitioner of the clinic.
  func person(_ id: String?) -> HL7Content {
    guard let id, let practitioner = source.practitioners[id] else { return .absent }
    var (number, parts): (String, [HL7Content]) = (id, ownAuthority)
    var type: String?
    if let theirs = codes.theirs(.practitioner, nil, id) {
      (number, parts) = (theirs, [])
    } else if let identifier = practitioner.identifiers.first(where: { $0.use == .official })
      ?? practitioner.identifiers.first
    {
      number = identifier.value
      (parts, type) = authority(of: identifier.system, type: identifier.type?.code)
    }
    return .components([
      .text(number), .text(practitioner.family), .text(practitioner.given.first),
      .text(practitioner.given.dropFirst().joined(separator: " ")), .absent, .text(practitioner.prefix), .absent,
      .absent, .subcomponents(parts), "L", .absent, .absent, .text(type),
    ])
  }

  /// PL of a place of the clinic: department, room, bed and site as far as it lies in such.
  func place(_ id: String?) -> HL7Content {
    guard let id else { return .absent }
    if let theirs = codes.theirs(.location, nil, id) {
      return .components(theirs.split(separator: "^", omittingEmptySubsequences: false).map { .text(String($0)) })
    }
    var parts = [HL7Content](repeating: .absent, count: 4)
    var next: String? = id
    // A place within itself would never end.
    for _ in 0..<8 {
      guard let current = next, let location = source.locations[current] else { break }
      let component =
        switch location.kind {
        case .department: 0
        case .room: 1
        case .bed: 2
        case .site: 3
        }
      if parts[component].isAbsent { parts[component] = .text(location.name) }
      next = location.parentID
    }
    return .components(parts)
  }
}
