import ClinicModel
import Mappers

/// Invented clinics, patients and invoices that the accounting and claim tests share.
enum Billing {
  static let issued = Instant(microseconds: 1_772_578_800_000_000)  // 2026-03-03T23:00:00Z: the 4th in Paris

  static func row(_ id: String) -> RowMeta {
    RowMeta(clinicID: "6f1c7d2e-0000-4000-8000-000000000001", id: id, updatedAt: issued)
  }

  static func identifier(_ owner: OwnerType, _ id: String, _ kind: String, _ value: String) -> IdentifierRecord {
    IdentifierRecord(
      ownerType: owner, ownerID: id, system: "https://passerelle.example/id/\(kind.lowercased())", value: value)
  }

  static func address(_ line: String..., city: String, postalCode: String, country: String, state: String? = nil)
    -> AddressRecord
  {
    var address = AddressRecord()
    address.line = line
    address.city = city
    address.postalCode = postalCode
    address.country = country
    address.state = state
    return address
  }

  static func paris() -> ClinicRecord {
    var clinic = ClinicRecord(
      row: row("clinic-fr"), slug: "dentaire-nation", name: "Cabinet dentaire Nation", country: "FR",
      timeZone: "Europe/Paris", currency: "EUR", taxRegime: .france)
    clinic.legalName = "SELARL Nation & Associés"
    clinic.phone = "+33140000000"
    clinic.email = "cabinet@nation.example"
    clinic.address = address("12 rue du Rendez-Vous", "Bât. B", city: "Paris", postalCode: "75012", country: "FR")
    clinic.identifiers = [
      identifier(.clinic, "clinic-fr", "SIREN", "732829320"),
      identifier(.clinic, "clinic-fr", "SIRET", "73282932000074"),
      identifier(.clinic, "clinic-fr", "VAT", "FR44732829320"),
    ]
    return clinic
  }

  static func casablanca() -> ClinicRecord {
    var clinic = ClinicRecord(
      row: row("clinic-ma"), slug: "kine-anfa", name: "Kiné Anfa", country: "MA", timeZone: "Africa/Casablanca",
      currency: "MAD", taxRegime: .morocco)
    clinic.address = address("7 boulevard d'Anfa", city: "Casablanca", postalCode: "20250", country: "MA")
    clinic.identifiers = [
      identifier(.clinic, "clinic-ma", "ICE", "001234567000089"), identifier(.clinic, "clinic-ma", "IF", "40123456"),
    ]
    return clinic
  }

  static func montreal() -> ClinicRecord {
    var clinic = ClinicRecord(
      row: row("clinic-ca"), slug: "physio-plateau", name: "Physio Plateau", country: "CA",
      timeZone: "America/Toronto", currency: "CAD", taxRegime: .canada)
    clinic.address = address(
      "4200 rue Saint-Denis", city: "Montréal", postalCode: "H2J 2K8", country: "CA", state: "QC")
    clinic.identifiers = [
      identifier(.clinic, "clinic-ca", "GST", "123456789RT0001"),
      identifier(.clinic, "clinic-ca", "QST", "1234567890TQ0001"),
    ]
    return clinic
  }

  static func patient() -> PatientRecord {
    var patient = PatientRecord(row: row("patient-1"))
    patient.family = "O'Neil <& \"Søn\">"
    patient.given = ["Zoé", "😀"]
    patient.gender = .female
    patient.birthDate = CalendarDate(year: 1984, month: 3)
    patient.address = address("3 impasse des Lilas", city: "Paris", postalCode: "75011", country: "FR")
    patient.identifiers = [identifier(.patient, "patient-1", "mrn", "MR-1")]
    return patient
  }

  static func mutuelle() -> PayerRecord {
    var payer = PayerRecord(row: row("payer-1"), name: "Mutuelle des Quais", kind: .mutual)
    payer.address = address("1 quai de Seine", city: "Paris", postalCode: "75019", country: "FR")
    payer.identifiers = [identifier(.payer, "payer-1", "SIREN", "552100554")]
    return payer
  }

  /// A line before pricing.
  static func item(
    _ sequence: Int, _ quantity: String, _ price: String, discount: String = "0", exempt: String? = nil,
    description: String = "Séance", code: String? = nil
  ) throws -> InvoiceItemRecord {
    var item = InvoiceItemRecord(
      row: row("item-\(sequence)"), invoiceID: "invoice-1", sequence: sequence, description: description,
      quantity: try Quantity(quantity), unitPrice: try Quantity(price), net: .zero)
    item.discount = try Amount(discount)
    item.exemptionReason = exempt
    item.code = code.map { Code(system: "https://passerelle.example/acts", code: $0, display: description) }
    item.servedAt = issued.adding(seconds: -3600 * sequence)
    item.practitionerID = "practitioner-1"
    return item
  }

  /// An issued invoice over `items`, priced by the clinic's regime.
  static func invoice(
    _ items: [InvoiceItemRecord], clinic: ClinicRecord, kind: InvoiceKind = .invoice, paid: String = "0"
  ) throws -> InvoiceRecord {
    var invoice = InvoiceRecord(
      row: row("invoice-1"), kind: kind, status: .issued, patientID: "patient-1", currency: clinic.currency)
    let day = issued.localTime().date
    invoice.items = try InvoiceTotals.price(
      items, rates: clinic.taxRegime.rates(region: clinic.address.state, on: day))
    let totals = try InvoiceTotals(items: invoice.items)
    (invoice.totalNet, invoice.totalTax, invoice.totalGross) = (totals.net, totals.tax, totals.gross)
    invoice.number = "F-2026-0042"
    invoice.issuedAt = issued
    invoice.dueAt = CalendarDate(year: 2026, month: 4, day: 3)
    invoice.practitionerID = "practitioner-1"
    invoice.amountPaid = try Amount(paid)
    return invoice
  }

  static func source(
    _ clinic: ClinicRecord, _ invoice: InvoiceRecord, buyer: UBLInvoiceSource.Buyer? = nil
  ) -> UBLInvoiceSource {
    UBLInvoiceSource(
      invoice: invoice, clinic: clinic, buyer: buyer ?? .patient(patient()), zone: ZoneOffsets(fixedSeconds: 3600),
      corrects: invoice.kind == .creditNote
        ? UBLInvoiceSource.Correction(number: "F-2026-0041", issuedAt: issued.adding(seconds: -86400)) : nil)
  }
}
