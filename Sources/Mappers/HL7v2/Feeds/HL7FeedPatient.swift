import ClinicModel
import HL7Parser

/// PID, PD1, NK1, IN1 and MRG.
extension HL7FeedDraft {
  /// A28, A29, A31: the person, and where the message has room everything that belongs to it.
  mutating func writePerson() {
    writePatient()
    if event.tellsEverything { writeContacts() }
    var pv1 = HL7SegmentDraft("PV1")
    // The structure asks for PV1; N says that there is no visit in it.
    (pv1[1], pv1[2]) = ("1", "N")
    append(pv1)
    if event.tellsEverything { writeCoverages() }
  }

  mutating func writeMerge(_ merged: PatientRecord) {
    writePatient()
    var mrg = HL7SegmentDraft("MRG")
    mrg[1] = numbers(of: merged)
    mrg[7] = ownName(of: merged)
    append(mrg)
  }

  /// PID and PD1.
  mutating func writePatient() {
    let patient = source.patient
    var pid = HL7SegmentDraft("PID")
    pid[1] = "1"
    pid[3] = numbers(of: patient)
    pid[5] = .repetitions([ownName(of: patient)] + patient.names.map(name))
    pid[7] = emptied(date(patient.birthDate))
    pid[8] = .text(codes.word(patient.gender, .gender, HL7FeedCodes.gender))
    pid[11] = emptied(
      .repetitions(
        ([address(patient.address, type: .home)] + patient.addresses.map { address($0) }).filter { !$0.isAbsent }))
    let further = patient.telecoms.filter { $0.use != .work }
    pid[13] = emptied(
      .repetitions(
        ([phone(patient.phone), email(patient.email)] + further.map(telecom)).filter { !$0.isAbsent }))
    pid[14] = emptied(
      .repetitions(patient.telecoms.filter { $0.use == .work }.map(telecom).filter { !$0.isAbsent }))
    pid[15] = emptied(.text(patient.language.map { codes.theirs(.language, nil, $0) ?? $0 }))
    pid[16] = emptied(
      codes.coded(patient.maritalStatus, .maritalStatus, table: HL7FeedCodes.maritalStatus, tableName: "HL70002"))
    pid[18] = accountNumber
    pid[29] = emptied(time(patient.deceasedAt))
    pid[30] = patient.isDeceased || patient.deceasedAt != nil ? "Y" : event.isUpdate ? "N" : .absent
    append(pid)
    var pd1 = HL7SegmentDraft("PD1")
    pd1[4] = emptied(person(patient.generalPractitionerID))
    if !pd1[4].isAbsent { append(pd1) }
  }

  /// The clinic's own number first: it is there for every patient and never changes.
  private func numbers(of patient: PatientRecord) -> HL7Content {
    .repetitions([ownNumber(patient.id, of: .patient)] + patient.identifiers.filter { $0.use != .old }.map(number))
  }

  private func ownName(of patient: PatientRecord) -> HL7Content {
    var own = NameRecord(use: .official, family: patient.family, given: patient.given)
    own.prefix = patient.prefix
    return own.family == nil && own.given.isEmpty ? .absent : name(own)
  }

  /// PID-18: the account of the visit or of the invoice.
  private var accountNumber: HL7Content {
    if let account = source.account {
      return account.identifiers.first.map(number) ?? ownNumber(account.id, of: .account)
    }
    // An invoice without an account is one of its own, for the time being: of a type that does not name our accounts.
    guard case .invoice(let invoice) = source.subject else { return .absent }
    return ownNumber(invoice.id, type: "ANT")
  }

  // MARK: Contacts

  mutating func writeContacts() {
    for (place, contact) in source.patient.contacts.enumerated() {
      var nk1 = HL7SegmentDraft("NK1")
      nk1[1] = .number(place + 1)
      nk1[2] = name(NameRecord(use: nil, family: contact.family, given: contact.given))
      nk1[3] = codes.coded(
        contact.relationship, .contactRelationship, table: HL7FeedCodes.contactRelationship, tableName: "HL70063")
      nk1[4] = address(contact.address)
      nk1[5] = .repetitions([phone(contact.phone), email(contact.email)].filter { !$0.isAbsent })
      nk1[15] = .text(contact.gender.flatMap { codes.word($0, .gender, HL7FeedCodes.gender) })
      append(nk1)
    }
    guard source.patient.contacts.isEmpty, event.isUpdate, profile.sendsNulls else { return }
    var none = HL7SegmentDraft("NK1")
    (none[1], none[2]) = ("1", .null)
    append(none)
  }

  // MARK: Coverages

  /// IN1 of each coverage that counts.
  mutating func writeCoverages() {
    let coverages = source.coverages.filter { $0.status == .active && $0.row.deletedAt == nil }
    for (place, coverage) in coverages.enumerated() {
      guard let payer = source.payers[coverage.payerID] else { continue }
      var in1 = HL7SegmentDraft("IN1")
      in1[1] = .number(place + 1)
      // Required by the standard, so said even where it is not known.
      in1[2] = coverage.plan.map { .components([.absent, .text($0)]) } ?? .null
      if let theirs = codes.theirs(.payer, nil, payer.id) {
        in1[3] = .text(theirs)
      } else {
        let numbers = payer.identifiers.map(number)
        in1[3] = numbers.isEmpty ? ownNumber(payer.id, of: .payer) : .repetitions(numbers)
      }
      in1[4] = .text(payer.name)
      in1[5] = address(payer.address)
      in1[7] = phone(payer.phone, use: .work)
      in1[8] = emptied(.text(coverage.group))
      in1[12] = emptied(date(coverage.period?.from))
      in1[13] = emptied(date(coverage.period?.to))
      in1[15] = emptied(codes.coded(coverage.type, .coverageType, ofTable: "0086"))
      in1[17] = codes.coded(
        coverage.relationship, .subscriberRelationship, table: HL7FeedCodes.subscriberRelationship,
        tableName: "HL70063")
      in1[22] = .number(coverage.rank)
      in1[36] = emptied(.text(coverage.memberNumber))
      append(in1)
    }
  }
}
