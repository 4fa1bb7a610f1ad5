internal import ClinicModel
internal import XML

/// An invoice with everything decided that its UBL document says; writing it cannot fail for want of data.
struct UBLInvoiceDraft {
  let source: UBLInvoiceSource
  let number: String
  let issueDate: CalendarDate
  let seller: UBLParty
  let buyer: UBLParty
  let taxes: UBLTaxBreakdown
  let lineTaxes: [[TaxLine]]
  let payable: Amount
  let sign: UBLSign

  private var invoice: InvoiceRecord { source.invoice }
  private var regime: TaxRegime { source.clinic.taxRegime }
  private var isCreditNote: Bool { invoice.kind == .creditNote }
  /// The root's name, which also begins the names of lines, quantities and type codes.
  private var root: String { isCreditNote ? "CreditNote" : "Invoice" }

  init(_ source: UBLInvoiceSource) throws(MappingError) {
    self.source = source
    let invoice = source.invoice
    guard let number = invoice.number, number.contains(where: { !$0.isWhitespace }) else {
      throw MappingError(.missing, "invoice.number", "an issued invoice has a number (BR-02)")
    }
    guard let issuedAt = invoice.issuedAt else {
      throw MappingError(.missing, "invoice.issued_at", "an issued invoice has a date (BR-03)")
    }
    self.number = number
    issueDate = source.day(of: issuedAt)
    seller = try UBLParty(seller: source.clinic)
    buyer = try UBLParty(buyer: source.buyer, country: source.clinic.country)
    taxes = try UBLTaxBreakdown(invoice.items, regime: source.clinic.taxRegime)
    var lineTaxes: [[TaxLine]] = []
    for item in invoice.items {
      lineTaxes.append(try UBLTaxBreakdown.taxes(of: item, regime: source.clinic.taxRegime))
    }
    self.lineTaxes = lineTaxes
    if source.clinic.taxRegime.isEN16931, !seller.hasTaxNumber {
      throw MappingError(
        .missing, "clinic.identifier",
        "an EN 16931 invoice names its seller by VAT number, SIREN, SIRET, ICE or IF (BR-CO-26, BR-E-02, BR-S-02)")
    }
    do {
      payable = try invoice.totalGross.subtracting(invoice.amountPaid)
    } catch {
      throw MappingError(.total, "invoice.total_gross", "the amount due overflows")
    }
    sign = UBLSign(isTurned: invoice.kind == .creditNote && invoice.totalGross < .zero)
  }

  // MARK: - Document

  func write(_ xml: inout XMLWriter) {
    xml.element(root) { xml in
      xml.namespace("urn:oasis:names:specification:ubl:schema:xsd:\(root)-2")
      xml.namespace("urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2", prefix: "cac")
      xml.namespace("urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2", prefix: "cbc")
      writeHead(&xml)
      if let corrects = source.corrects {
        xml.element("cac:BillingReference") { xml in
          xml.element("cac:InvoiceDocumentReference") { xml in
            xml.element("cbc:ID", corrects.number)
            xml.optional("cbc:IssueDate", corrects.issuedAt.map { source.day(of: $0).dayText })
          }
        }
      }
      writeParties(&xml)
      writeDelivery(&xml)
      writePayment(&xml)
      taxes.write(&xml, currency: invoice.currency, sign: sign)
      writeTotals(&xml)
      for (item, taxes) in zip(invoice.items, lineTaxes) {
        UBLLine(item: item, taxes: taxes, source: source, sign: sign, root: root).write(&xml)
      }
    }
  }

  private func writeHead(_ xml: inout XMLWriter) {
    if regime.isEN16931 {
      let isPeppol = seller.identifiers.endpoint != nil && buyer.identifiers.endpoint != nil
      xml.element(
        "cbc:CustomizationID",
        isPeppol ? UBLInvoiceMapper.peppolCustomization : UBLInvoiceMapper.coreCustomization)
      if isPeppol { xml.element("cbc:ProfileID", UBLInvoiceMapper.peppolProfile) }
    } else {
      xml.element("cbc:UBLVersionID", "2.1")
    }
    xml.element("cbc:ID", number)
    xml.element("cbc:IssueDate", issueDate.dayText)
    if isCreditNote {
      xml.element("cbc:CreditNoteTypeCode", "381")
    } else {
      xml.optional("cbc:DueDate", invoice.dueAt?.dayText)
      xml.element("cbc:InvoiceTypeCode", "380")
    }
    xml.optional("cbc:Note", invoice.note)
    xml.element("cbc:DocumentCurrencyCode", invoice.currency)
    xml.optional("cbc:BuyerReference", invoice.accountID ?? invoice.recipientID ?? invoice.patientID)
  }

  private func writeParties(_ xml: inout XMLWriter) {
    let hasVATNumbers = !(regime.isEN16931 && taxes.isOutsideVAT)
    xml.element("cac:AccountingSupplierParty") {
      seller.write(&$0, writesVATNumber: hasVATNumbers, needsTaxNumber: regime.isEN16931)
    }
    xml.element("cac:AccountingCustomerParty") {
      buyer.write(&$0, writesVATNumber: hasVATNumbers && buyer.identifiers.vat != nil, needsTaxNumber: true)
    }
  }

  /// The last day of service (BT-72).
  private func writeDelivery(_ xml: inout XMLWriter) {
    guard let last = invoice.items.compactMap(\.servedAt).max() else { return }
    xml.element("cac:Delivery") { $0.element("cbc:ActualDeliveryDate", source.day(of: last).dayText) }
  }

  private func writePayment(_ xml: inout XMLWriter) {
    let owes = payable > .zero && !isCreditNote
    let means = owes && seller.identifiers.iban != nil ? nil : source.payments.first.map { Self.code(of: $0.method) }
    if means != nil || (owes && seller.identifiers.iban != nil) || (isCreditNote && invoice.dueAt != nil) {
      xml.element("cac:PaymentMeans") { xml in
        xml.element("cbc:PaymentMeansCode", means ?? (owes && seller.identifiers.iban != nil ? "30" : "1"))
        if isCreditNote { xml.optional("cbc:PaymentDueDate", invoice.dueAt?.dayText) }
        if means == nil, owes, let iban = seller.identifiers.iban {
          xml.element("cbc:PaymentID", number)
          xml.element("cac:PayeeFinancialAccount") { $0.element("cbc:ID", iban) }
        }
      }
    }
    // BR-CO-25: what is due names a day or terms.
    if payable != .zero, invoice.dueAt == nil {
      xml.element("cac:PaymentTerms") { $0.element("cbc:Note", "Payable on receipt") }
    }
  }

  private func writeTotals(_ xml: inout XMLWriter) {
    let currency = invoice.currency
    xml.element("cac:LegalMonetaryTotal") { xml in
      xml.element("cbc:LineExtensionAmount", sign.text(invoice.totalNet), "currencyID", currency)
      xml.element("cbc:TaxExclusiveAmount", sign.text(invoice.totalNet), "currencyID", currency)
      xml.element("cbc:TaxInclusiveAmount", sign.text(invoice.totalGross), "currencyID", currency)
      if invoice.amountPaid != .zero {
        xml.element("cbc:PrepaidAmount", sign.text(invoice.amountPaid), "currencyID", currency)
      }
      xml.element("cbc:PayableAmount", sign.text(payable), "currencyID", currency)
    }
  }

  /// UNTDID 4461.
  private static func code(of method: PaymentMethod) -> String {
    switch method {
    case .cash: "10"
    case .cheque: "20"
    case .transfer: "42"
    case .card: "48"
    case .remittance: "97"
    }
  }
}

extension UBLInvoiceSource {
  /// The day on the clinic's wall.
  func day(of instant: Instant) -> CalendarDate {
    instant.localTime(offsetSeconds: zone.offsetSeconds(at: instant)).date
  }
}
