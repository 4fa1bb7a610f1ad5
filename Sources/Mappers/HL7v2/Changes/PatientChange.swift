public import ClinicModel

/// What a message says about a patient, who is made if no identifier is known.
public struct PatientChange: Sendable, Equatable {
  public var key: PatientKey
  /// A29 sets false, A28 true; a patient is never deleted by a message.
  public var isActive: FieldChange<Bool> = .leave
  public var family: FieldChange<String> = .leave
  public var given: FieldChange<[String]> = .leave
  public var prefix: FieldChange<String> = .leave
  public var gender: FieldChange<Gender> = .leave
  public var birthDate: FieldChange<CalendarDate> = .leave
  public var isDeceased: FieldChange<Bool> = .leave
  public var deceasedAt: FieldChange<Instant> = .leave
  public var phone: FieldChange<String> = .leave
  public var email: FieldChange<String> = .leave
  /// BCP 47.
  public var language: FieldChange<String> = .leave
  public var maritalStatus: FieldChange<Code> = .leave
  public var address: FieldChange<AddressRecord> = .leave
  public var generalPractitioner: FieldChange<PractitionerReference> = .leave
  /// All further names; a set replaces them.
  public var names: FieldChange<[NameRecord]> = .leave
  /// All further addresses; a set replaces them.
  public var addresses: FieldChange<[AddressRecord]> = .leave
  /// Further telecoms that are not of use `work` (PID-13); a set replaces those.
  public var homeTelecoms: FieldChange<[TelecomRecord]> = .leave
  /// Further telecoms of use `work` (PID-14); a set replaces those.
  public var workTelecoms: FieldChange<[TelecomRecord]> = .leave

  public init(key: PatientKey) { self.key = key }

  /// Carries the change out on a record, identifiers and the general practitioner excepted: those need the store.
  public func apply(to patient: inout PatientRecord) {
    patient.active = isActive.applied(to: patient.active, empty: true)
    patient.family = family.applied(to: patient.family)
    patient.given = given.applied(to: patient.given, empty: [])
    patient.prefix = prefix.applied(to: patient.prefix)
    patient.gender = gender.applied(to: patient.gender, empty: .unknown)
    patient.birthDate = birthDate.applied(to: patient.birthDate)
    patient.isDeceased = isDeceased.applied(to: patient.isDeceased, empty: false)
    patient.deceasedAt = deceasedAt.applied(to: patient.deceasedAt)
    patient.phone = phone.applied(to: patient.phone)
    patient.email = email.applied(to: patient.email)
    patient.language = language.applied(to: patient.language)
    patient.maritalStatus = maritalStatus.applied(to: patient.maritalStatus)
    patient.address = address.applied(to: patient.address, empty: AddressRecord())
    patient.names = names.applied(to: patient.names, empty: [])
    patient.addresses = addresses.applied(to: patient.addresses, empty: [])
    patient.telecoms = telecoms(after: patient.telecoms)
  }

  /// The further telecoms after the change, those of home first.
  public func telecoms(after current: [TelecomRecord]) -> [TelecomRecord] {
    homeTelecoms.applied(to: current.filter { $0.use != .work }, empty: [])
      + workTelecoms.applied(to: current.filter { $0.use == .work }, empty: [])
  }
}

/// The people to call about a patient, all of them.
public struct ContactsChange: Sendable, Equatable {
  public var patient: PatientKey
  /// Empty where the sender said that there are none.
  public var contacts: [ContactValue]

  public init(patient: PatientKey, contacts: [ContactValue]) {
    self.patient = patient
    self.contacts = contacts
  }
}

/// Somebody to call about a patient; `PatientContactRecord` without its row.
public struct ContactValue: Sendable, Equatable {
  public var relationship: Code?
  public var family: String?
  public var given: [String] = []
  public var gender: Gender?
  public var phone: String?
  public var email: String?
  public var address: AddressRecord = AddressRecord()

  public init() {}

  public func record(row: RowMeta, patientID: String) -> PatientContactRecord {
    var record = PatientContactRecord(row: row, patientID: patientID)
    record.relationship = relationship
    record.family = family
    record.given = given
    record.gender = gender
    record.phone = phone
    record.email = email
    record.address = address
    return record
  }
}

/// One patient turns out to be another (A40).
///
/// The merged one stays and answers with `replaced_by`; its identifiers, coverages, encounters and appointments go
/// over to the survivor. A merged patient who is not known is condition 204 (unknown key identifier) at MRG-1.
public struct PatientMerge: Sendable, Equatable {
  /// PID-3; an `upsertPatient` for it stands before.
  public var survivor: PatientKey
  /// MRG-1.
  public var merged: PatientKey

  public init(survivor: PatientKey, merged: PatientKey) {
    self.survivor = survivor
    self.merged = merged
  }
}
