internal import ClinicModel
internal import XML

/// One line of an invoice or credit note (BG-25).
struct UBLLine {
  let item: InvoiceItemRecord
  let taxes: [TaxLine]
  let source: UBLInvoiceSource
  let sign: UBLSign
  /// `Invoice` or `CreditNote`.
  let root: String

  private var currency: String { source.invoice.currency }

  /// Quantity and price with the same product and a price that is not negative (BR-27).
  private var quantityAndPrice: (Quantity, Quantity) {
    let quantity = sign.turn(item.quantity)
    guard item.unitPrice < .zero else { return (quantity, item.unitPrice) }
    return (
      Quantity(millionths: 0 &- quantity.millionths), Quantity(millionths: 0 &- item.unitPrice.millionths)
    )
  }

  func write(_ xml: inout XMLWriter) {
    let (quantity, price) = quantityAndPrice
    xml.element("cac:\(root)Line") { xml in
      xml.element("cbc:ID", String(item.sequence))
      xml.element(
        root == "Invoice" ? "cbc:InvoicedQuantity" : "cbc:CreditedQuantity", quantity.description, "unitCode", unit)
      xml.element("cbc:LineExtensionAmount", sign.text(item.net), "currencyID", currency)
      if let served = item.servedAt {
        let day = source.day(of: served).dayText
        xml.element("cac:InvoicePeriod") { xml in
          xml.element("cbc:StartDate", day)
          xml.element("cbc:EndDate", day)
        }
      }
      writeDiscount(&xml)
      writeLineTaxes(&xml)
      xml.element("cac:Item") { xml in
        xml.element("cbc:Name", name)
        if let code = item.code?.code, !code.isEmpty {
          xml.element("cac:SellersItemIdentification") { $0.element("cbc:ID", code) }
        }
        for tax in taxes {
          UBLTaxBreakdown.write(&xml, "cac:ClassifiedTaxCategory", UBLTaxBreakdown.category(of: tax))
        }
      }
      xml.element("cac:Price") { xml in
        xml.element("cbc:PriceAmount", price.text(minimumDecimals: 2), "currencyID", currency)
      }
    }
  }

  /// UN/ECE Recommendation 20; a line without a unit counts pieces (`C62`).
  private var unit: String { item.unit.flatMap { $0.isEmpty ? nil : $0 } ?? "C62" }

  /// BR-25 wants a name: the description, else the code's.
  private var name: String {
    let candidates = [item.description, item.code?.display, item.code?.code].compactMap { $0 }
    return candidates.first { $0.contains { !$0.isWhitespace } } ?? "Item \(item.sequence)"
  }

  /// What was taken off the line, or added to it when negative, in the direction of the document.
  private func writeDiscount(_ xml: inout XMLWriter) {
    guard item.discount != .zero else { return }
    let discount = sign.isTurned ? -item.discount : item.discount
    let isCharge = discount < .zero
    xml.element("cac:AllowanceCharge") { xml in
      xml.element("cbc:ChargeIndicator", isCharge ? "true" : "false")
      if !isCharge { xml.element("cbc:AllowanceChargeReasonCode", "95") }
      xml.element("cbc:AllowanceChargeReason", isCharge ? "Surcharge" : "Discount")
      xml.element("cbc:Amount", (isCharge ? -discount : discount).description, "currencyID", currency)
    }
  }

  /// Outside EN 16931 each line states its taxes; inside, only the document does (UBL-CR-561).
  private func writeLineTaxes(_ xml: inout XMLWriter) {
    guard !source.clinic.taxRegime.isEN16931 else { return }
    let total = taxes.reduce(Int64(0)) { $0 &+ $1.amount.cents }
    xml.element("cac:TaxTotal") { xml in
      xml.element("cbc:TaxAmount", sign.text(Amount(cents: total)), "currencyID", currency)
      for tax in taxes {
        xml.element("cac:TaxSubtotal") { xml in
          xml.element("cbc:TaxableAmount", sign.text(tax.base), "currencyID", currency)
          xml.element("cbc:TaxAmount", sign.text(tax.amount), "currencyID", currency)
          UBLTaxBreakdown.write(&xml, "cac:TaxCategory", UBLTaxBreakdown.category(of: tax))
        }
      }
    }
  }
}
