import ClinicModel
import HL7Parser

extension HL7Reading {
  static let identifierTypes = HL7Tables.uri("0203")

  /// An extended composite identifier; nil where it has no number.
  /// - Parameter owner: whose number of ours it may be, with the type that feeds write or none.
  mutating func identifier(
    _ value: HL7.CX, type: String? = nil, of owner: OwnerType? = nil, at location: HL7Location
  ) -> IdentifierValue? {
    guard let number = text(value.element.part(1), at: location, limit: Self.identifierBytes) else { return nil }
    let code = text(value.element.part(5), at: location, limit: Self.identifierBytes) ?? type
    let authority = value.assigningAuthority.hasValue ? value.assigningAuthority : value.assigningFacility
    if let owner, code == nil || code == owner.ownNumberType,
      isOwnAuthority(authority.namespaceID, authority.universalID)
    {
      return IdentifierValue(
        system: IdentifierValue.ownSystem(owner), value: number,
        type: code.map { Code(system: Self.identifierTypes, code: $0) })
    }
    let system = system(
      authority.namespaceID, authority.universalID, authority.universalIDType, type: code, at: location)
    let from = date(value.effectiveDate, at: location).initial
    let to = date(value.expirationDate, at: location).initial
    return IdentifierValue(
      system: system, value: number, type: code.map { Code(system: Self.identifierTypes, code: $0) },
      period: from == nil && to == nil ? nil : DayPeriod(from: from, to: to))
  }

  /// An entity identifier, such as a placer number.
  /// - Parameter owner: whose number of ours it may be.
  mutating func identifier(
    _ value: HL7.EI, type: String, of owner: OwnerType? = nil, at location: HL7Location
  ) -> IdentifierValue? {
    guard let number = text(value.element.part(1), at: location, limit: Self.identifierBytes) else { return nil }
    let system: String
    if let owner, isOwnAuthority(value.namespaceID, value.universalID) {
      system = IdentifierValue.ownSystem(owner)
    } else {
      system = self.system(value.namespaceID, value.universalID, value.universalIDType, type: type, at: location)
    }
    return IdentifierValue(
      system: system, value: number, type: Code(system: Self.identifierTypes, code: type))
  }

  /// A list of identifiers, each once, as sent.
  mutating func identifiers(
    _ repeats: HL7Repeats<HL7.CX>, of owner: OwnerType, at location: HL7Location
  ) -> [IdentifierValue] {
    var found: [IdentifierValue] = []
    for (number, value) in repetitions(repeats, at: location) {
      var place = location
      place.repetition = number
      guard let identifier = identifier(value, of: owner, at: place) else { continue }
      if !found.contains(where: identifier.matches) { found.append(identifier) }
    }
    return found
  }

  /// Identifiers in order of trust: numbers of ours, the profile's systems, the sender's own number, national ones, the others.
  func trusted(_ identifiers: [IdentifierValue]) -> [IdentifierValue] {
    let ranked = identifiers.enumerated().map { place, identifier in
      (rank: rank(identifier), place: place, identifier: identifier)
    }
    return ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map(\.identifier)
  }

  private func rank(_ identifier: IdentifierValue) -> Int {
    if identifier.isOurs(.patient) { return -1 }
    if let place = profile.trustedSystems.firstIndex(of: identifier.system) { return place }
    let others = profile.trustedSystems.count
    guard let type = identifier.type?.code else { return others + 2 }
    switch type {
    case "MR", "PI", "PT": return others
    case "NI", "SS", "HC", "INS", "NH": return others + 1
    case _ where type.utf8.count == 5 && type.hasPrefix("NN"): return others + 1
    default: return others + 2
    }
  }

  /// The URI of an assigning authority: the profile's, else by its universal id, else `urn:id:<namespace>`.
  mutating func system(
    _ namespace: String?, _ universalID: String?, _ universalIDType: String?, type: String?,
    at location: @autoclosure () -> HL7Location
  ) -> String {
    let names = [universalID, namespace].compactMap { $0.map(Self.cleaned) }.filter { !$0.isEmpty }
    let known = names.isEmpty ? [defaultAuthority] : names
    for name in known where !profile.identifierSystems.isEmpty {
      if let type, let system = profile.identifierSystems["\(name)^\(type)"] { return system }
      if let system = profile.identifierSystems[name] { return system }
    }
    guard let name = known.first else { return Self.uri(ofAuthority: defaultAuthority) }
    guard name.utf8.count <= Self.identifierBytes else {
      refuse(.valueTooLong, at: location(), "an assigning authority longer than \(Self.identifierBytes) bytes")
      return Self.uri(ofAuthority: defaultAuthority)
    }
    switch universalID == nil ? nil : universalIDType?.uppercased() {
    case "ISO": return "urn:oid:" + Self.escaped(name)
    case "UUID", "GUID": return "urn:uuid:" + Self.escaped(name.lowercased())
    case "URI", "URL": return name
    default: return Self.uri(ofAuthority: name)
    }
  }

  /// `urn:oid:…` for an OID, otherwise `urn:id:…` with what a URN does not allow in percent-encoding.
  static func uri(ofAuthority name: String) -> String { (isOID(name) ? "urn:oid:" : "urn:id:") + escaped(name) }

  /// Three arcs of digits or more, of which the first is 0, 1 or 2.
  private static func isOID(_ name: String) -> Bool {
    var dots = 0
    var last = UInt8(ascii: ".")
    for (place, byte) in name.utf8.enumerated() {
      switch (place, byte) {
      case (0, 0x30...0x32), (2..., 0x30...0x39): break
      case (1..., UInt8(ascii: ".")) where last != byte: dots += 1
      default: return false
      }
      last = byte
    }
    return dots >= 2 && last != UInt8(ascii: ".")
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x3A: true
    default: false
    }
  }

  private static func escaped(_ name: String) -> String {
    if name.utf8.allSatisfy(isUnreserved) { return name }
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in name.utf8 {
      bytes += isUnreserved(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
