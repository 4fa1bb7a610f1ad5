public import ClinicModel
public import FHIRModels

/// InvoiceRecord → Invoice.
///
/// The price components of a line add up to its gross amount: `base` is quantity × unit price (its factor is the
/// quantity), `discount` is negative, each `tax` carries its rate as a factor. `totalNet` and `totalGross` are those of
/// the record, whose sums the store has checked.
public enum InvoiceMapper {
  /// - Throws: when a sum of amounts does not fit.
  public static func resource(_ record: InvoiceRecord, _ context: FHIRMappingContext) throws(ClinicValueError)
    -> Invoice
  {
    var invoice = Invoice()
    invoice.id = record.id
    invoice.meta = Meta(record.row)
    invoice.identifier = identifiers(record)
    invoice.status = FHIRModels.InvoiceStatus(rawValue: record.status.rawValue)
    let isCreditNote = record.kind == .creditNote
    invoice.type = CodeableConcept(
      CodeSystemURI.documentName, isCreditNote ? "381" : "380",
      text: isCreditNote ? "Credit note" : "Commercial invoice")
    invoice.subject = Reference("Patient", record.patientID)
    invoice.recipient =
      record.recipientType == .payer
      ? Reference("Organization", record.recipientID) : Reference("Patient", record.recipientID ?? record.patientID)
    invoice.date = record.issuedAt.map(context.dateTime)
    if let practitioner = Reference("Practitioner", record.practitionerID) {
      invoice.participant = [Invoice.Participant { $0.actor = practitioner }]
    }
    invoice.issuer = context.clinicOrganization
    invoice.account = Reference("Account", record.accountID)
    var lines: [Invoice.LineItem] = []
    for item in record.items { lines.append(try line(item, record.currency)) }
    invoice.lineItem = lines
    invoice.totalPriceComponent = try taxTotals(record)
    invoice.totalNet = FHIRModels.Money(record.totalNet, record.currency)
    invoice.totalGross = FHIRModels.Money(record.totalGross, record.currency)
    if let due = record.dueAt { invoice.paymentTerms = "Due \(due.dayText)" }
    if let note = record.note { invoice.note = [Annotation { $0.text = note }] }
    return invoice
  }

  private static func identifiers(_ record: InvoiceRecord) -> [Identifier] {
    var list = record.identifiers.map { Identifier($0) }
    if let number = record.number, !record.identifiers.contains(where: { $0.value == number }) {
      list.insert(Identifier(use: .official, value: number), at: 0)
    }
    return list
  }

  private static func line(_ item: InvoiceItemRecord, _ currency: String) throws(ClinicValueError) -> Invoice.LineItem {
    var components = [
      component(
        .base, try item.net.adding(item.discount), currency, factor: FHIRDecimal(item.quantity.description))
    ]
    if item.discount != .zero { components.append(component(.discount, -item.discount, currency)) }
    for tax in item.taxes {
      components.append(
        component(.tax, tax.amount, currency, factor: fraction(tax.rate), code: code(tax, reason: item.exemptionReason))
      )
    }
    return Invoice.LineItem {
      $0.sequence = item.sequence
      $0.chargeItem = .codeableConcept(
        CodeableConcept(
          coding: item.code.map { [Coding(system: $0.system, code: $0.code, display: $0.display)] } ?? [],
          text: item.description))
      $0.priceComponent = components
    }
  }

  private static func component(
    _ type: InvoicePriceComponentType, _ amount: Amount, _ currency: String, factor: FHIRDecimal? = nil,
    code: CodeableConcept? = nil
  ) -> Invoice.LineItem.PriceComponent {
    Invoice.LineItem.PriceComponent {
      $0.type = type
      $0.code = code
      $0.factor = factor
      $0.amount = FHIRModels.Money(amount, currency)
    }
  }

  /// The taxes of all lines, summed for each code, category and rate, in the order of their first line.
  private static func taxTotals(_ record: InvoiceRecord) throws(ClinicValueError)
    -> [Invoice.LineItem.PriceComponent]
  {
    var totals: [TaxLine] = []
    for tax in record.items.flatMap(\.taxes) {
      let known = totals.firstIndex {
        $0.taxCode == tax.taxCode && $0.category == tax.category && $0.rate == tax.rate
      }
      guard let known else {
        totals.append(tax)
        continue
      }
      totals[known].amount = try totals[known].amount.adding(tax.amount)
    }
    return totals.map { tax in
      component(.tax, tax.amount, record.currency, factor: fraction(tax.rate), code: code(tax, reason: nil))
    }
  }

  private static func code(_ tax: TaxLine, reason: String?) -> CodeableConcept {
    CodeableConcept(
      CodeSystemURI.dutyCategory, tax.category.rawValue, tax.taxCode,
      text: reason ?? tax.taxCode)
  }

  /// A percentage as a fraction, with two decimals at least: 9.975 is 0.09975, 20 is 0.20.
  private static func fraction(_ percent: ClinicModel.Quantity) -> FHIRDecimal? {
    var text = FHIRDecimal(minorUnits: percent.millionths, scale: 8).text
    guard let point = text.firstIndex(of: ".") else { return nil }
    while text.last == "0", text.distance(from: point, to: text.endIndex) > 3 { text.removeLast() }
    return FHIRDecimal(text)
  }
}
