/// A clinic: tenant, legal person and seller on its invoices (FHIR Organization).
public struct ClinicRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  /// The name in URLs: `[a-z0-9-]{1,63}`.
  public var slug: String
  public var name: String
  /// ISO 3166-1 alpha-2.
  public var country: String
  /// IANA name.
  public var timeZone: String
  /// ISO 4217.
  public var currency: String
  public var taxRegime: TaxRegime
  public var legalName: String?
  /// BCP 47.
  public var locale: String?
  public var phone: String?
  public var email: String?
  public var address: AddressRecord = AddressRecord()
  /// ICE, SIREN, GST number…
  public var identifiers: [IdentifierRecord] = []

  public init(
    row: RowMeta, slug: String, name: String, country: String, timeZone: String, currency: String, taxRegime: TaxRegime
  ) {
    self.row = row
    self.slug = slug
    self.name = name
    self.country = country
    self.timeZone = timeZone
    self.currency = currency
    self.taxRegime = taxRegime
  }
}

/// A site, department, room or bed (FHIR Location).
public struct LocationRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var kind: LocationKind
  public var name: String
  public var status: LocationStatus = .active
  public var parentID: String?
  public var address: AddressRecord = AddressRecord()
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, kind: LocationKind, name: String) {
    self.row = row
    self.kind = kind
    self.name = name
  }
}

/// Somebody who cares for patients (FHIR Practitioner).
public struct PractitionerRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var family: String
  public var given: [String] = []
  public var prefix: String?
  public var gender: Gender?
  public var phone: String?
  public var email: String?
  public var active: Bool = true
  /// INPE, RPPS, NPI, licence…
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, family: String) {
    self.row = row
    self.family = family
  }
}
