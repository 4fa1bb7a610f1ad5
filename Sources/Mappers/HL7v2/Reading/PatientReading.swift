import ClinicModel
import HL7Parser

extension HL7Reading {
  /// Who the patient is; refused where PID has no identifier.
  mutating func patientKey(_ pid: HL7.PID) -> PatientKey? {
    var found = identifiers(pid.patientIdentifierList, of: .patient, at: pid.at(3))
    if found.isEmpty, let external = identifier(pid.patientID, of: .patient, at: pid.at(2)) {
      // Before version 2.3.1 a sender may know only the external id.
      found = [external]
    }
    guard !found.isEmpty else {
      missing(at: pid.at(3), "a patient identifier is required: number^^^authority^type")
      return nil
    }
    return PatientKey(identifiers: trusted(found))
  }

  /// All that PID and PD1 say about the patient.
  mutating func patient(_ pid: HL7.PID, _ pd1: HL7.PD1?, key: PatientKey) -> PatientChange {
    var change = PatientChange(key: key)
    readNames(of: pid, into: &change)
    change.birthDate = date(pid.dateTimeOfBirth, at: pid.at(7))
    change.gender = vocabulary(pid[8], .gender, table: HL7Tables.gender, number: "0001", at: pid.at(8))
    readAddresses(of: pid, into: &change)
    readTelecoms(of: pid, into: &change)
    change.language = language(pid.primaryLanguage, at: pid.at(15))
    change.maritalStatus = code(
      pid.maritalStatus, .maritalStatus, table: HL7Tables.maritalStatus, system: HL7Tables.uri("0002"), at: pid.at(16))
    readDeath(of: pid, into: &change)
    if let pd1 {
      change.generalPractitioner = practitioner(pd1.patientPrimaryCareProvider, at: pd1.at(4))
    }
    return change
  }

  /// PID-5 and PID-9. The first official name is the patient's, else the first customary one, else the first that is
  /// in use; the others are further names.
  private mutating func readNames(of pid: HL7.PID, into change: inout PatientChange) {
    if pid[5].isNull {
      (change.family, change.given, change.prefix) = (.clear, .clear, .clear)
    }
    let sent = repetitions(pid.patientName, at: pid.at(5))
    let names = sent.compactMap { number, value in
      name(value, at: pid.at(5, repetition: number)).map { (number: number, value: value, name: $0) }
    }
    let inUse = names.filter { $0.name.use != .old && $0.name.use != .maiden && $0.name.use != .nickname }
    let chosen =
      names.first { $0.name.use == .official } ?? names.first { $0.name.use == .usual } ?? inUse.first ?? names.first
    var further = names.filter { $0.number != chosen?.number }.map(\.name)
    if let chosen {
      change.family = chosen.name.family.map { .set($0) } ?? (chosen.value.element.part(1).isNull ? .clear : .leave)
      change.given =
        chosen.name.given.isEmpty ? (chosen.value.element.part(2).isNull ? .clear : .leave) : .set(chosen.name.given)
      change.prefix = chosen.name.prefix.map { .set($0) } ?? (chosen.value.element.part(5).isNull ? .clear : .leave)
      // The patient's own columns have no suffix: a name with one is kept whole beside them.
      if chosen.name.suffix != nil { further.insert(chosen.name, at: 0) }
    }
    for (number, value) in repetitions(pid.patientAlias, at: pid.at(9)) {
      guard var alias = name(value, at: pid.at(9, repetition: number)) else { continue }
      alias.use = alias.use ?? .nickname
      further.append(alias)
    }
    if !names.isEmpty || !further.isEmpty {
      change.names = .set(further)
    } else if pid[5].isNull || pid[9].isNull {
      change.names = .clear
    }
  }

  /// PID-11. The patient's own address is the first that is not of work, billing or the past.
  private mutating func readAddresses(of pid: HL7.PID, into change: inout PatientChange) {
    guard !pid[11].isNull else {
      (change.address, change.addresses) = (.clear, .clear)
      return
    }
    var addresses: [AddressRecord] = []
    for (number, value) in repetitions(pid.patientAddress, at: pid.at(11)) {
      if let address = address(value, at: pid.at(11, repetition: number)) { addresses.append(address) }
    }
    guard !addresses.isEmpty else { return }
    let own =
      addresses.firstIndex { $0.use == .home }
      ?? addresses.firstIndex { $0.use != .work && $0.use != .billing && $0.use != .old } ?? 0
    change.address = .set(addresses.remove(at: own))
    change.addresses = .set(addresses)
  }

  /// PID-13 and PID-14. The first phone and the first mail address are the patient's own, those of home before those
  /// of work; what PID-13 says of work counts as PID-14's.
  private mutating func readTelecoms(of pid: HL7.PID, into change: inout PatientChange) {
    let sentHome = telecoms(pid.phoneNumberHome, at: pid.at(13))
    var work = telecoms(pid.phoneNumberBusiness, at: pid.at(14)).map { telecom in
      var telecom = telecom
      telecom.use = .work
      return telecom
    }
    var home = sentHome.filter { $0.use != .work }
    work += sentHome.filter { $0.use == .work && !work.contains($0) }
    if pid[13].isNull { (change.phone, change.email, change.homeTelecoms) = (.clear, .clear, .clear) }
    if pid[14].isNull { change.workTelecoms = .clear }
    let hasHome = !sentHome.isEmpty
    let hasWork = !work.isEmpty
    for system in [TelecomSystem.phone, .email] {
      let first: TelecomRecord?
      if let place = home.firstIndex(where: { $0.system == system }) {
        first = home.remove(at: place)
      } else if hasHome || pid[13].isNull, let place = work.firstIndex(where: { $0.system == system }) {
        // Only when PID-13 speaks: a number of work alone must not take the place of the one of home.
        first = work.remove(at: place)
      } else {
        first = nil
      }
      guard let first else { continue }
      if system == .phone { change.phone = .set(first.value) } else { change.email = .set(first.value) }
    }
    if hasHome { change.homeTelecoms = .set(home) }
    if hasWork { change.workTelecoms = .set(work) }
  }

  private mutating func language(_ value: HL7.CWE, at location: HL7Location) -> FieldChange<String> {
    if value.isNull { return .clear }
    guard let word = text(value.element.part(1), at: location) else { return .leave }
    if let mapped = profile.codeMaps[.language]?[word]?.code { return .set(mapped) }
    if let tag = ISOCodes.language(word) { return .set(tag) }
    warn(.tableValueNotFound, at: location, "not a language code of ISO 639; left out")
    return .leave
  }

  /// PID-29 and PID-30. A moment of death says that the patient is dead unless PID-30 denies it.
  private mutating func readDeath(of pid: HL7.PID, into change: inout PatientChange) {
    change.deceasedAt = instant(pid.patientDeathDateAndTime, at: pid.at(29))
    if case .set = change.deceasedAt { change.isDeceased = .set(true) }
    if pid[30].isNull { change.isDeceased = .clear }
    guard let indicator = text(pid[30], at: pid.at(30)) else { return }
    switch indicator.uppercased() {
    case "Y", "YES": change.isDeceased = .set(true)
    case "N", "NO":
      if case .set = change.deceasedAt {
        refuse(.dataTypeError, at: pid.at(30), "PID-30 says that the patient lives, PID-29 when the patient died")
      }
      (change.isDeceased, change.deceasedAt) = (.set(false), .clear)
    case "U", "UNK": break
    default: refuse(.tableValueNotFound, at: pid.at(30), "not a code of table 0136: Y or N")
    }
  }

  // MARK: Contacts

  /// The contacts that NK1 segments name; nil where there is none of them.
  mutating func contacts(_ segments: [HL7.NK1], of patient: PatientKey) -> ContactsChange? {
    guard !segments.isEmpty else { return nil }
    var contacts: [ContactValue] = []
    for nk1 in bounded(segments) {
      if let contact = contact(nk1) { contacts.append(contact) }
    }
    return ContactsChange(patient: patient, contacts: contacts)
  }

  private mutating func contact(_ nk1: HL7.NK1) -> ContactValue? {
    var contact = ContactValue()
    if let first = nk1.name.first, let name = name(first, at: nk1.at(2)) {
      contact.family = name.family
      contact.given = name.given
    }
    contact.relationship =
      coded(
        nk1.relationship, .contactRelationship, table: HL7Tables.contactRelationship, system: HL7Tables.uri("0063"),
        at: nk1.at(3))
      ?? coded(nk1.contactRole, .contactRelationship, system: HL7Tables.uri("0131"), at: nk1.at(7))
    for (number, value) in repetitions(nk1.address, at: nk1.at(4)) where contact.address.isEmpty {
      if let address = address(value, at: nk1.at(4, repetition: number)) { contact.address = address }
    }
    let numbers = telecoms(nk1.phoneNumber, at: nk1.at(5)) + telecoms(nk1.businessPhoneNumber, at: nk1.at(6))
    contact.phone = numbers.first { $0.system == .phone }?.value
    contact.email = numbers.first { $0.system == .email }?.value
    contact.gender = vocabulary(nk1[15], .gender, table: HL7Tables.gender, number: "0001", at: nk1.at(15)).initial
    let hasSomebody = contact.family != nil || !contact.given.isEmpty || contact.phone != nil || contact.email != nil
    return hasSomebody ? contact : nil
  }
}
