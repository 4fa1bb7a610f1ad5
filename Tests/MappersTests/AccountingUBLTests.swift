import ClinicModel
import Mappers
import TestSupport
import XCTest
import XML

final class AccountingUBLTests: XCTestCase {
  private let care = UBLSample.care

  private func reading(_ source: UBLInvoiceSource) throws -> UBLReading {
    try UBLReading(UBLInvoiceMapper.document(from: source))
  }

  private func sample(_ name: String) throws -> UBLInvoiceSource {
    try XCTUnwrap(UBLSample.all().first { $0.name == name }).source
  }

  /// What BR-CO-10, 13, 14, 15, 16 and 17 ask, on the written document.
  private func assertSums(_ document: UBLReading, root: String, _ label: String) throws {
    let lines = try Amount.sum(document.amounts("\(root)Line/LineExtensionAmount"))
    let total = "LegalMonetaryTotal"
    XCTAssertEqual(try document.amount("\(total)/LineExtensionAmount"), lines, label)
    XCTAssertEqual(try document.amount("\(total)/TaxExclusiveAmount"), lines, label)
    let taxes = try Amount.sum(document.amounts("TaxTotal/TaxSubtotal/TaxAmount"))
    XCTAssertEqual(try document.amount("TaxTotal/TaxAmount"), taxes, label)
    XCTAssertEqual(try document.amount("\(total)/TaxInclusiveAmount"), try lines.adding(taxes), label)
    let due = try lines.adding(taxes).subtracting(document.amount("\(total)/PrepaidAmount"))
    XCTAssertEqual(try document.amount("\(total)/PayableAmount"), due, label)
    let bases = try document.amounts("TaxTotal/TaxSubtotal/TaxableAmount")
    let rates = try document.all("TaxTotal/TaxSubtotal/TaxCategory/Percent").map { try Quantity($0) }
    for (index, rate) in rates.enumerated() {
      let amounts = try document.amounts("TaxTotal/TaxSubtotal/TaxAmount")
      XCTAssertEqual(amounts[index], try bases[index].percentage(rate), label)
    }
  }

  func testSamplesAddUpAndAreWrittenAlikeTwice() throws {
    let samples = try UBLSample.all()
    XCTAssertGreaterThanOrEqual(samples.count, 18)
    for sample in samples {
      let first = try UBLInvoiceMapper.document(from: sample.source)
      XCTAssertEqual(first, try UBLInvoiceMapper.document(from: sample.source), sample.name)
      let root = sample.source.invoice.kind == .creditNote ? "CreditNote" : "Invoice"
      try assertSums(try UBLReading(first), root: root, sample.name)
    }
  }

  func testMixedFrenchInvoice() throws {
    let document = try reading(sample("fr-mixed"))
    XCTAssertEqual(document.first("CustomizationID"), UBLInvoiceMapper.coreCustomization)
    XCTAssertEqual(document.first("IssueDate"), "2026-03-04", "23:00 UTC is the next day in Paris")
    XCTAssertEqual(document.first("InvoiceTypeCode"), "380")
    let seller = "AccountingSupplierParty/Party"
    XCTAssertEqual(document.first("\(seller)/PartyTaxScheme/CompanyID"), "FR44732829320")
    XCTAssertEqual(document.first("\(seller)/PartyLegalEntity/CompanyID"), "732829320")
    XCTAssertEqual(document.first("\(seller)/EndpointID"), "73282932000074")
    XCTAssertEqual(
      document.first("AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName"), "Zoé 😀 O'Neil <& \"Søn\">")
    XCTAssertEqual(document.all("TaxTotal/TaxSubtotal/TaxCategory/ID"), ["E", "S"])
    XCTAssertEqual(document.first("TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReasonCode"), care)
    XCTAssertEqual(document.all("InvoiceLine/Item/ClassifiedTaxCategory/ID"), ["E", "S"])
    XCTAssertEqual(document.first("LegalMonetaryTotal/PayableAmount"), "148.92")
    XCTAssertEqual(document.first("InvoiceLine/AllowanceCharge/Amount"), "0.01")
    XCTAssertEqual(document.all("InvoiceLine/Price/PriceAmount"), ["28.92", "33.335"])
  }

  func testTwoReasonsAreOneRow() throws {
    let document = try reading(sample("fr-two-reasons"))
    XCTAssertEqual(document.all("TaxTotal/TaxSubtotal/TaxCategory/ID"), ["E", "S"])
    XCTAssertNil(document.first("TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReasonCode"))
    XCTAssertEqual(
      document.first("TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReason"),
      "Medical care, Directive 2006/112/EC article 132(1)(c); Expertise médicale exonérée")
    XCTAssertEqual(document.first("PaymentTerms/Note"), "Payable on receipt")
  }

  func testPeppolNeedsBothAddresses() throws {
    let document = try reading(sample("fr-peppol-payer"))
    XCTAssertEqual(document.first("CustomizationID"), UBLInvoiceMapper.peppolCustomization)
    XCTAssertEqual(document.first("ProfileID"), UBLInvoiceMapper.peppolProfile)
    XCTAssertEqual(document.first("AccountingCustomerParty/Party/EndpointID"), "552100554")
    XCTAssertEqual(document.first("BuyerReference"), "payer-1")
  }

  func testMoroccoHasNoCodesOfTheUnion() throws {
    let document = try reading(sample("ma-mixed"))
    XCTAssertEqual(document.first("DocumentCurrencyCode"), "MAD")
    XCTAssertNil(document.first("TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReasonCode"))
    XCTAssertEqual(document.first("TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReason"), "Exempt from tax")
    let seller = "AccountingSupplierParty/Party"
    XCTAssertEqual(document.first("\(seller)/PartyTaxScheme/CompanyID"), "40123456")
    XCTAssertEqual(document.first("\(seller)/PartyLegalEntity/CompanyID"), "001234567000089")
    XCTAssertNil(document.first("\(seller)/EndpointID"))
  }

  func testCanadaKeepsEachTaxUnderItsScheme() throws {
    let document = try reading(sample("ca-quebec"))
    XCTAssertNil(document.first("CustomizationID"))
    XCTAssertEqual(document.all("TaxTotal/TaxSubtotal/TaxCategory/TaxScheme/ID"), ["GST", "GST", "QST"])
    // 20.10 × 5 % = 1.005 and × 9.975 % = 2.004975: half up, on the invoice's base.
    XCTAssertEqual(document.all("TaxTotal/TaxSubtotal/TaxAmount"), ["0.00", "1.01", "2.00"])
    XCTAssertEqual(document.all("InvoiceLine/TaxTotal/TaxAmount"), ["0.00", "1.51", "1.50"])
  }

  func testNegativeCreditNoteIsStatedInPositiveFigures() throws {
    let document = try reading(sample("fr-credit-note-negative"))
    XCTAssertEqual(document.first("CreditNoteTypeCode"), "381")
    XCTAssertEqual(document.first("BillingReference/InvoiceDocumentReference/ID"), "F-2026-0041")
    XCTAssertEqual(document.all("CreditNoteLine/CreditedQuantity"), ["1", "2"])
    XCTAssertEqual(document.all("CreditNoteLine/LineExtensionAmount"), ["105.00", "57.84"])
    XCTAssertEqual(document.first("CreditNoteLine/AllowanceCharge/ChargeIndicator"), "true")
    XCTAssertEqual(document.first("LegalMonetaryTotal/PayableAmount"), "183.84")
  }

  func testPricesAreNeverNegative() throws {
    let document = try reading(sample("fr-lines"))
    XCTAssertEqual(document.all("InvoiceLine/InvoicedQuantity"), ["1", "-1", "-1", "0", "1", "1"])
    XCTAssertEqual(
      document.all("InvoiceLine/LineExtensionAmount"), ["100.00", "-30.00", "-5.00", "0.00", "12.00", "0.00"])
    for price in document.all("InvoiceLine/Price/PriceAmount") { XCTAssertFalse(price.hasPrefix("-")) }
  }

  // MARK: - Refusals

  private func assertRefused(
    _ code: MappingError.Code, _ field: String, says text: String = "", file: StaticString = #filePath,
    line: UInt = #line, _ change: (inout UBLInvoiceSource) -> Void
  ) throws {
    var source = try sample("fr-mixed")
    change(&source)
    XCTAssertThrowsError(try UBLInvoiceMapper.document(from: source), file: file, line: line) { error in
      let error = error as? MappingError
      XCTAssertEqual(error?.code, code, "\(String(describing: error))", file: file, line: line)
      XCTAssertEqual(error?.field, field, "\(String(describing: error))", file: file, line: line)
      XCTAssertTrue(
        text.isEmpty || error?.message.contains(text) == true, "\(String(describing: error))", file: file, line: line)
    }
  }

  func testTotalsThatDoNotAddUpAreRefusedWithBothAmounts() throws {
    try assertRefused(.total, "invoice.total_net", says: "128.93") { $0.invoice.totalNet = Amount(cents: 12893) }
    try assertRefused(.total, "invoice.total_tax") { $0.invoice.totalTax = .zero }
    try assertRefused(.total, "invoice.total_gross", says: "found 148.93, expected 148.92") {
      $0.invoice.totalGross = Amount(cents: 14893)
    }
    try assertRefused(.total, "invoice_item[1].net") { $0.invoice.items[0].net = .zero }
    try assertRefused(.total, "invoice_item[2].tax[VAT].base") { $0.invoice.items[1].taxes[0].base = .zero }
    try assertRefused(.total, "invoice_item_tax[VAT].amount") { $0.invoice.items[1].taxes[0].amount = .zero }
    try assertRefused(.total, "payment_allocation.amount") { $0.invoice.amountPaid = Amount(cents: 14893) }
  }

  func testWhatIsNotAnInvoiceIsRefused() throws {
    try assertRefused(.state, "invoice.status") { $0.invoice.status = .draft }
    try assertRefused(.state, "invoice.status") { $0.invoice.status = .cancelled }
    try assertRefused(.missing, "invoice.number") { $0.invoice.number = " " }
    try assertRefused(.missing, "invoice.issued_at") { $0.invoice.issuedAt = nil }
    try assertRefused(.missing, "invoice_item") { source in
      source.invoice.items = []
      source.invoice.totalNet = .zero
      source.invoice.totalTax = .zero
      source.invoice.totalGross = .zero
    }
    try assertRefused(.missing, "invoice.corrects_id") { source in
      source.invoice.kind = .creditNote
      source.corrects = nil
    }
    try assertRefused(.invalid, "invoice.currency") { $0.invoice.currency = "eur" }
  }

  func testPartiesAreChecked() throws {
    try assertRefused(.missing, "clinic.identifier", says: "SIREN") { $0.clinic.identifiers = [] }
    try assertRefused(.invalid, "clinic.identifier[SIREN]", says: "9 digits") {
      $0.clinic.identifiers[0].value = "73282932A"
    }
    try assertRefused(.invalid, "patient.country") { source in
      var patient = Billing.patient()
      patient.address.country = "FRA"
      source.buyer = .patient(patient)
    }
    try assertRefused(.missing, "patient.name") { source in
      var patient = Billing.patient()
      patient.family = nil
      patient.given = []
      source.buyer = .patient(patient)
    }
  }

  func testExemptionIsAFlagOnEachLine() throws {
    try assertRefused(.invalid, "invoice_item[1].exemption_reason") { $0.invoice.items[0].exemptionReason = nil }
    try assertRefused(.missing, "invoice_item[1].tax") { source in
      source.invoice.items[0].exemptionReason = nil
      source.invoice.items[0].taxes = []
    }
    try assertRefused(.unsupported, "invoice_item_tax.category") { $0.invoice.items[0].taxes[0].category = .outOfScope }
    try assertRefused(.unsupported, "invoice_item[1].tax") { $0.invoice.items[0].taxes[0].taxCode = "GST" }
  }

  func testControlCharactersAreRefusedAndNotRepeated() throws {
    try assertRefused(.invalid, "invoice", says: "cbc:Name") { $0.invoice.items[1].description = "secret\u{1}text" }
    var source = try sample("fr-mixed")
    source.invoice.items[1].description = "secret\u{1}text"
    XCTAssertThrowsError(try UBLInvoiceMapper.document(from: source)) {
      XCTAssertFalse("\($0)".contains("secret"))
    }
  }

  /// Cents at the edge: 0.005 rounds away from zero, both ways, on lines and on taxes.
  func testHalfCentsRoundAwayFromZero() throws {
    let paris = Billing.paris()
    let items = [
      try Billing.item(1, "1", "0.005"), try Billing.item(2, "-1", "0.005"), try Billing.item(3, "0.5", "0.05"),
    ]
    let document = try reading(Billing.source(paris, Billing.invoice(items, clinic: paris)))
    XCTAssertEqual(document.all("InvoiceLine/LineExtensionAmount"), ["0.01", "-0.01", "0.03"])
    XCTAssertEqual(document.first("TaxTotal/TaxAmount"), "0.01")
    try assertSums(document, root: "Invoice", "half cents")
  }

  func testAmountsAtTheEdgeOfTheColumn() throws {
    let paris = Billing.paris()
    let large = try Billing.invoice([try Billing.item(1, "1", "999999999999.99", exempt: care)], clinic: paris)
    XCTAssertEqual(
      try reading(Billing.source(paris, large)).first("LegalMonetaryTotal/PayableAmount"), "999999999999.99")
    try assertRefused(.total, "invoice") { source in
      source.invoice.items[0].net = Amount(cents: .max)
      source.invoice.items[1].net = Amount(cents: .max)
    }
  }

  func testBlankPartsAreLeftOut() throws {
    var source = try sample("fr-mixed")
    source.invoice.note = " "
    source.clinic.phone = ""
    source.clinic.email = nil
    source.clinic.address.line = ["", "12 rue du Rendez-Vous", "Bât. B", "3e étage"]
    source.invoice.items[0].description = " "
    source.invoice.items[0].unit = ""
    let document = try reading(source)
    XCTAssertNil(document.first("Note"))
    let seller = "AccountingSupplierParty/Party"
    XCTAssertEqual(document.first("\(seller)/PostalAddress/StreetName"), "12 rue du Rendez-Vous")
    XCTAssertEqual(document.first("\(seller)/PostalAddress/AddressLine/Line"), "3e étage")
    XCTAssertEqual(document.first("InvoiceLine/Item/Name"), "Détartrage")
    let text = String(decoding: try UBLInvoiceMapper.document(from: source), as: UTF8.self)
    XCTAssertTrue(text.contains("unitCode=\"C62\""))
    XCTAssertFalse(text.contains("/>"), "an empty element is not allowed (PEPPOL-EN16931-R008)")
  }

  func testRandomInvoicesAddUp() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("AccountingUBLTests.testRandomInvoicesAddUp seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let clinics = [Billing.paris(), Billing.casablanca(), Billing.montreal()]
    for round in 0..<300 {
      let clinic = clinics[round % 3]
      let source = Billing.source(clinic, try random.invoice(clinic: clinic))
      try assertSums(reading(source), root: "Invoice", "seed \(seed) round \(round)")
    }
  }
}

/// Invoices at random.
extension SeededGenerator {
  mutating func invoice(clinic: ClinicRecord) throws -> InvoiceRecord {
    var items: [InvoiceItemRecord] = []
    for sequence in 1...Int.random(in: 1...25, using: &self) {
      let quantity = Quantity(millionths: Int64.random(in: -3_000_000...9_000_000, using: &self))
      let price = Quantity(millionths: Int64.random(in: -5_000_000...400_000_000, using: &self))
      var item = try Billing.item(
        sequence, quantity.description, price.description, exempt: Bool.random(using: &self) ? UBLSample.care : nil)
      if Int.random(in: 0..<4, using: &self) == 0 {
        item.discount = Amount(cents: Int64.random(in: -500...500, using: &self))
      }
      items.append(item)
    }
    var invoice = try Billing.invoice(items, clinic: clinic)
    if invoice.totalGross > .zero, Bool.random(using: &self) {
      invoice.amountPaid = Amount(cents: Int64.random(in: 0...invoice.totalGross.cents, using: &self))
    }
    return invoice
  }
}
