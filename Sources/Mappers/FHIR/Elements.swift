public import ClinicModel
public import FHIRModels

// Values of the clinic as FHIR data types. Absent values give nil or an empty list, never an empty element.

extension Meta {
  init(_ row: RowMeta) {
    self.init(
      versionId: String(row.version), lastUpdated: FHIRInstant(epochMicroseconds: row.updatedAt.microseconds))
  }
}

extension CodeableConcept {
  /// A code with its system, or text alone where there is no code.
  public init?(_ code: Code?) {
    guard let code, code.code != nil || code.display != nil else { return nil }
    guard code.code != nil else {
      self.init(text: code.display)
      return
    }
    self.init(
      coding: [Coding(system: code.system, code: code.code, display: code.display)], text: code.display)
  }

  /// A code of a code system (`CodeSystemURI`).
  init(_ system: String, _ code: String, _ display: String? = nil, text: String? = nil) {
    self.init(coding: [Coding(system: system, code: code, display: display)], text: text)
  }
}

extension Identifier {
  init(_ record: IdentifierRecord) {
    self.init(
      use: record.use.map { FHIRModels.IdentifierUse(rawValue: $0.rawValue) }, type: CodeableConcept(record.type),
      system: record.system, value: record.value, period: Period(record.period))
  }
}

extension Period {
  init?(_ days: DayPeriod?) {
    guard let days, days.from != nil || days.to != nil else { return nil }
    self.init(
      start: days.from.flatMap { FHIRDateTime($0.description) }, end: days.to.flatMap { FHIRDateTime($0.description) })
  }
}

extension HumanName {
  init?(use: FHIRModels.NameUse?, family: String?, given: [String], prefix: String?, suffix: String? = nil) {
    guard family != nil || !given.isEmpty else { return nil }
    self.init(
      use: use, family: family, given: given, prefix: prefix.map { [$0] } ?? [], suffix: suffix.map { [$0] } ?? [])
  }

  init?(_ record: NameRecord) {
    self.init(
      use: record.use.map { FHIRModels.NameUse(rawValue: $0.rawValue) }, family: record.family, given: record.given,
      prefix: record.prefix, suffix: record.suffix)
    if let period = Period(record.period) { self.period = period }
  }
}

extension ContactPoint {
  init(_ record: TelecomRecord) {
    self.init(
      system: ContactPointSystem(rawValue: record.system.rawValue), value: record.value,
      use: record.use.map { ContactPointUse(rawValue: $0.rawValue) }, rank: record.rank, period: Period(record.period))
  }

  /// The telephone and mail columns, where they are filled.
  static func list(phone: String?, email: String?) -> [ContactPoint] {
    var points: [ContactPoint] = []
    if let phone { points.append(ContactPoint(system: .phone, value: phone)) }
    if let email { points.append(ContactPoint(system: .email, value: email)) }
    return points
  }
}

extension Address {
  init?(_ record: AddressRecord) {
    guard !record.isEmpty else { return nil }
    self.init(
      use: record.use.map { FHIRModels.AddressUse(rawValue: $0.rawValue) }, line: record.line, city: record.city,
      district: record.district, state: record.state, postalCode: record.postalCode, country: record.country,
      period: Period(record.period))
  }
}

extension FHIRModels.Money {
  init(_ amount: Amount, _ currency: String) {
    self.init(value: FHIRDecimal(minorUnits: amount.cents, scale: 2), currency: currency)
  }
}

extension Reference {
  /// A relative reference to a resource of the same clinic.
  init?(_ type: String, _ id: String?) {
    guard let id else { return nil }
    self.init(reference: "\(type)/\(id)")
  }
}

extension AdministrativeGender {
  init(_ gender: Gender) { self.init(rawValue: gender.rawValue) }
}

extension FHIRDate {
  /// The date with the precision that is known.
  init?(_ date: CalendarDate?) {
    guard let date else { return nil }
    self.init(date.description)
  }
}

/// Code systems that the mappers write.
enum CodeSystemURI {
  static let actCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
  static let participationType = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
  static let locationPhysicalType = "http://terminology.hl7.org/CodeSystem/location-physical-type"
  static let organizationType = "http://terminology.hl7.org/CodeSystem/organization-type"
  static let coverageClass = "http://terminology.hl7.org/CodeSystem/coverage-class"
  static let copayType = "http://terminology.hl7.org/CodeSystem/coverage-copay-type"
  static let conditionClinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
  static let conditionVerification = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
  static let conditionCategory = "http://terminology.hl7.org/CodeSystem/condition-category"
  static let allergyClinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
  static let allergyVerification = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
  static let dataAbsentReason = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
  static let interpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
  static let diagnosticService = "http://terminology.hl7.org/CodeSystem/v2-0074"
  static let ucum = "http://unitsofmeasure.org"
  static let bcp47 = "urn:ietf:bcp:47"
  /// UN/CEFACT 5305, duty or tax or fee category.
  static let dutyCategory = "urn:un:unece:uncefact:codelist:standard:UNECE:DutyTaxFeeCategoryCode"
  /// UNTDID 1001, document name.
  static let documentName = "urn:un:unece:uncefact:codelist:standard:UNECE:DocumentNameCode"
}
