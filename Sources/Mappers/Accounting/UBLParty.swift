internal import ClinicModel
internal import XML

/// A seller or buyer (BG-4, BG-7) as a `cac:Party`.
struct UBLParty {
  var name: String
  /// The registered name; the name when there is none.
  var legalName: String?
  /// The seller's own number for the party (BT-46), without a scheme.
  var localID: String?
  var address: AddressRecord
  /// ISO 3166-1 alpha-2, for an address that names no country.
  var country: String
  var phone: String?
  var email: String?
  var identifiers: BusinessIdentifiers
  /// The contract's table, to name fields in errors.
  var owner: String

  init(seller clinic: ClinicRecord) throws(MappingError) {
    name = clinic.name
    legalName = clinic.legalName
    address = clinic.address
    country = clinic.country
    phone = clinic.phone
    email = clinic.email
    owner = "clinic"
    identifiers = try BusinessIdentifiers(clinic.identifiers, owner: owner)
    try check()
  }

  /// A patient is named and addressed; national numbers and telecoms stay in the clinic.
  init(buyer: UBLInvoiceSource.Buyer, country: String) throws(MappingError) {
    self.country = country
    switch buyer {
    case .patient(let patient):
      owner = "patient"
      name = ((patient.given + [patient.family ?? ""]).filter { !$0.isEmpty }).joined(separator: " ")
      localID = patient.id
      address = patient.address
      identifiers = try BusinessIdentifiers([], owner: owner)
    case .payer(let payer):
      owner = "payer"
      name = payer.name
      localID = payer.id
      address = payer.address
      phone = payer.phone
      email = payer.email
      identifiers = try BusinessIdentifiers(payer.identifiers, owner: owner)
    }
    try check()
  }

  private func check() throws(MappingError) {
    guard name.contains(where: { !$0.isWhitespace }) else {
      throw MappingError(.missing, "\(owner).name", "an invoice needs the \(owner)'s name (BR-06, BR-07)")
    }
    let code = countryCode
    guard code.utf8.count == 2, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw MappingError(
        .invalid, "\(owner).country", "a country is two capital letters of ISO 3166-1, found '\(code.prefix(8))'")
    }
  }

  private var countryCode: String { address.country.flatMap { $0.isEmpty ? nil : $0 } ?? country }

  /// - Parameters:
  ///   - writesVATNumber: false outside VAT, where BR-O-02 forbids it.
  ///   - needsTaxNumber: a seller of taxed or exempt goods names a tax number (BR-S-02, BR-E-02); its legal number
  ///     stands in where it has no other.
  func write(_ xml: inout XMLWriter, writesVATNumber: Bool, needsTaxNumber: Bool) {
    xml.element("cac:Party") { xml in
      if let endpoint = identifiers.endpoint {
        xml.element("cbc:EndpointID", endpoint.value, "schemeID", endpoint.scheme)
      }
      if let localID { xml.element("cac:PartyIdentification") { $0.element("cbc:ID", localID) } }
      if owner != "patient" { xml.element("cac:PartyName") { $0.element("cbc:Name", name) } }
      writeAddress(&xml)
      if writesVATNumber { writeTaxNumbers(&xml, isRequired: needsTaxNumber) }
      xml.element("cac:PartyLegalEntity") { xml in
        xml.element("cbc:RegistrationName", legalName.flatMap { $0.isEmpty ? nil : $0 } ?? name)
        if let legal = identifiers.legal {
          if let scheme = legal.scheme {
            xml.element("cbc:CompanyID", legal.value, "schemeID", scheme)
          } else {
            xml.element("cbc:CompanyID", legal.value)
          }
        }
      }
      if !(phone ?? "").allSatisfy(\.isWhitespace) || !(email ?? "").allSatisfy(\.isWhitespace) {
        xml.element("cac:Contact") { xml in
          xml.optional("cbc:Telephone", phone)
          xml.optional("cbc:ElectronicMail", email)
        }
      }
    }
  }

  private func writeAddress(_ xml: inout XMLWriter) {
    let lines = address.line.filter { !$0.isEmpty }
    xml.element("cac:PostalAddress") { xml in
      xml.optional("cbc:StreetName", lines.first)
      xml.optional("cbc:AdditionalStreetName", lines.count > 1 ? lines[1] : nil)
      xml.optional("cbc:CityName", address.city)
      xml.optional("cbc:PostalZone", address.postalCode)
      xml.optional("cbc:CountrySubentity", address.state ?? address.district)
      if lines.count > 2 {
        xml.element("cac:AddressLine") { $0.element("cbc:Line", lines[2...].joined(separator: ", ")) }
      }
      xml.element("cac:Country") { $0.element("cbc:IdentificationCode", countryCode) }
    }
  }

  private func writeTaxNumbers(_ xml: inout XMLWriter, isRequired: Bool) {
    var numbers = identifiers.taxRegistrations
    // EN 16931 has room for one number beside VAT (UBL-SR-13).
    if isRequired { numbers = Array(numbers.prefix(1)) }
    if let vat = identifiers.vat { numbers.insert(("VAT", vat), at: 0) }
    if numbers.isEmpty, isRequired, let legal = identifiers.legal { numbers = [("LOC", legal.value)] }
    for number in numbers {
      xml.element("cac:PartyTaxScheme") { xml in
        xml.element("cbc:CompanyID", number.value)
        xml.element("cac:TaxScheme") { $0.element("cbc:ID", number.scheme) }
      }
    }
  }

  var hasTaxNumber: Bool {
    identifiers.vat != nil || !identifiers.taxRegistrations.isEmpty || identifiers.legal != nil
  }
}

extension XMLWriter {
  /// The element when there is text for it: an empty element is not allowed in these documents.
  mutating func optional(_ name: String, _ text: String?) {
    if let text, text.contains(where: { !$0.isWhitespace }) { element(name, text) }
  }
}
