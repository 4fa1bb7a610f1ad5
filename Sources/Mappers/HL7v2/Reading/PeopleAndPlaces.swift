import ClinicModel
import HL7Parser

extension HL7Reading {
  // MARK: Names

  /// One name of a person. Second and further given names stand in one component, separated by blanks.
  mutating func name(_ value: HL7.XPN, at location: HL7Location) -> NameRecord? {
    var name = NameRecord(
      use: value.nameTypeCode.flatMap { HL7Tables.nameUse[Self.cleaned($0).uppercased()] },
      family: family(value.familyNameParts, at: location))
    name.given = given(value.element.part(2), value.element.part(3), at: location)
    name.suffix = text(value.element.part(4), at: location)
    name.prefix = text(value.element.part(5), at: location)
    name.period = period(value.effectiveDate, value.expirationDate, at: location)
    return name.family == nil && name.given.isEmpty ? nil : name
  }

  /// The surname, with its own prefix where the parts were sent alone.
  private mutating func family(_ value: HL7.FN, at location: HL7Location) -> String? {
    if let surname = text(value.element.part(1), at: location) { return surname }
    let parts = [text(value.element.part(2), at: location), text(value.element.part(3), at: location)]
      .compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  mutating func given(_ first: HL7Element, _ further: HL7Element, at location: HL7Location) -> [String] {
    let rest = text(further, at: location)?.split(separator: " ").map(String.init) ?? []
    guard let first = text(first, at: location) else { return rest }
    // French senders repeat the first name in the list of all (IHE PAM, national extension).
    let words = first.split(separator: " ").map(String.init)
    return [first] + (rest.starts(with: words) ? rest.dropFirst(words.count) : rest[...])
  }

  mutating func period(_ from: HL7.DTM, _ to: HL7.DTM, at location: HL7Location) -> DayPeriod? {
    let from = date(from, at: location).initial
    let to = date(to, at: location).initial
    return from == nil && to == nil ? nil : DayPeriod(from: from, to: to)
  }

  // MARK: Addresses

  /// A postal address; nil where it has no part, or is where somebody was born or comes from.
  mutating func address(_ value: HL7.XAD, at location: HL7Location) -> AddressRecord? {
    let type = value.addressType.map { Self.cleaned($0).uppercased() }
    if let type, HL7Tables.addressesOfOrigin.contains(type) { return nil }
    var address = AddressRecord()
    address.line = [street(value.streetAddressParts, at: location), text(value.element.part(2), at: location)]
      .compactMap { $0 }
    address.city = text(value.element.part(3), at: location)
    address.state = text(value.element.part(4), at: location)
    address.postalCode = text(value.element.part(5), at: location)
    address.country = country(value.element.part(6), at: location)
    address.district = text(value.element.part(9), at: location)
    guard !address.isEmpty else { return nil }
    address.use = type.flatMap { HL7Tables.addressUse[$0] }
    address.period = period(value.effectiveDate, value.expirationDate, at: location)
    return address
  }

  private mutating func street(_ value: HL7.SAD, at location: HL7Location) -> String? {
    if let street = text(value.element.part(1), at: location) { return street }
    // Some send the name of the street and the number of the house alone.
    let parts = [text(value.element.part(3), at: location), text(value.element.part(2), at: location)]
      .compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  private mutating func country(_ element: HL7Element, at location: HL7Location) -> String? {
    guard let word = text(element, at: location) else { return nil }
    if let code = profile.codeMaps[.country]?[word]?.code ?? ISOCodes.country(word), code.utf8.count == 2 {
      return code
    }
    var place = location
    place.component = 6
    warn(.tableValueNotFound, at: place, "not a country of table 0399 (ISO 3166-1); left out")
    return nil
  }

  // MARK: Telecoms

  /// A telephone number, mail address or the like. The older form, a number alone in the first component, is a phone
  /// unless it has an at sign.
  mutating func telecom(_ value: HL7.XTN, at location: HL7Location) -> TelecomRecord? {
    let useCode = value.telecommunicationUseCode.map { Self.cleaned($0).uppercased() }
    let equipment = value.telecommunicationEquipmentType.map { Self.cleaned($0).lowercased() }
    let email = text(value.element.part(4), at: location)
    let number = text(value.element.part(1), at: location) ?? composedNumber(value, at: location)
    guard let content = email ?? number else { return nil }
    var system = equipment.flatMap { HL7Tables.telecomSystem[$0] } ?? .phone
    if useCode == "BPN" { system = .pager }
    if email != nil || useCode == "NET" || content.contains("@") { system = .email }
    var telecom = TelecomRecord(system: system, value: content)
    telecom.use = equipment == "cp" ? .mobile : useCode.flatMap { HL7Tables.telecomUse[$0] }
    telecom.rank = value.preferenceOrder.flatMap { Int($0) }.flatMap { (1...99).contains($0) ? $0 : nil }
    telecom.period = period(value.effectiveStartDate, value.expirationDate, at: location)
    return telecom
  }

  /// A number that was sent in parts: country, area, local number, extension.
  private mutating func composedNumber(_ value: HL7.XTN, at location: HL7Location) -> String? {
    if let whole = text(value.element.part(12), at: location) { return whole }
    guard let local = text(value.element.part(7), at: location) else { return nil }
    let country = text(value.element.part(5), at: location).map { $0.hasPrefix("+") ? $0 : "+" + $0 }
    let area = text(value.element.part(6), at: location)
    let further = text(value.element.part(8), at: location).map { "x" + $0 }
    return [country, area, local, further].compactMap { $0 }.joined(separator: " ")
  }

  mutating func telecoms(_ repeats: HL7Repeats<HL7.XTN>, at location: HL7Location) -> [TelecomRecord] {
    var found: [TelecomRecord] = []
    for (number, value) in repetitions(repeats, at: location) {
      var place = location
      place.repetition = number
      if let telecom = telecom(value, at: place), !found.contains(telecom) { found.append(telecom) }
    }
    return found
  }

  // MARK: References

  /// A practitioner by number and name; nil where neither was sent.
  mutating func practitioner(_ value: HL7.XCN, at location: HL7Location) -> PractitionerReference? {
    var reference = PractitionerReference(family: family(value.familyNameParts, at: location))
    reference.given = given(value.element.part(3), value.element.part(4), at: location)
    reference.prefix = text(value.element.part(6), at: location)
    if let number = text(value.element.part(1), at: location, limit: Self.identifierBytes) {
      reference.recordID = profile.codeMaps[.practitioner]?[number]?.code
      let type = text(value.element.part(13), at: location, limit: Self.identifierBytes)
      let authority = value.assigningAuthority
      var system = system(
        authority.namespaceID, authority.universalID, authority.universalIDType, type: type, at: location)
      if !authority.hasValue, let assumed = profile.practitionerSystem { system = assumed }
      if type == nil, isOwnAuthority(authority.namespaceID, authority.universalID) {
        system = IdentifierValue.ownSystem(.practitioner)
      }
      reference.identifiers = [
        IdentifierValue(
          system: system, value: number, type: type.map { Code(system: Self.identifierTypes, code: $0) })
      ]
    }
    return reference.identifiers.isEmpty && reference.family == nil ? nil : reference
  }

  /// The first practitioner of a list that has any.
  mutating func practitioner(
    _ repeats: HL7Repeats<HL7.XCN>, at location: HL7Location
  ) -> FieldChange<PractitionerReference> {
    if repeats.field.isNull { return .clear }
    for (number, value) in repetitions(repeats, at: location) {
      var place = location
      place.repetition = number
      if let reference = practitioner(value, at: place) { return .set(reference) }
    }
    return .leave
  }

  /// A place; nil where no name of it was sent.
  mutating func location(_ value: HL7.PL, at location: HL7Location) -> LocationReference? {
    let names = [1, 2, 3, 4].map { text(value.element.part($0), at: location) ?? "" }
    var reference = LocationReference()
    let kinds: [(LocationKind, Int)] = [(.site, 3), (.department, 0), (.room, 1), (.bed, 2)]
    reference.path = kinds.compactMap { kind, place in
      names[place].isEmpty ? nil : LocationReference.Step(kind, names[place])
    }
    reference.identifier = identifier(value.comprehensiveLocationIdentifier, type: "LOC", at: location)
    if reference.path.isEmpty, let description = text(value.element.part(9), at: location) {
      reference.path = [LocationReference.Step(.department, description)]
    }
    if let codes = profile.codeMaps[.location] {
      reference.recordID = codes[names.reversed().drop(while: \.isEmpty).reversed().joined(separator: "^")]?.code
    }
    return reference.path.isEmpty && reference.identifier == nil ? nil : reference
  }
}
