import ClinicModel
import HL7Parser

/// FT1.
extension HL7FeedDraft {
  mutating func writeCharges(_ invoice: InvoiceRecord) {
    writePatient()
    if let encounter = source.encounter { append(visit(encounter)) }
    for (place, item) in invoice.items.enumerated() { append(charge(item, of: invoice, place + 1)) }
  }

  /// One line. A credit note credits what its lines say, and so does the cancelling of an invoice.
  private func charge(_ item: InvoiceItemRecord, of invoice: InvoiceRecord, _ place: Int) -> HL7SegmentDraft {
    let isReversed = (invoice.kind == .creditNote) != (event == .chargesReversed)
    let isCredit = isReversed != (item.quantity.millionths < 0)
    let quantity = Quantity(millionths: abs(item.quantity.millionths))
    // Negative only where a discount is larger than the line.
    let net = item.quantity.millionths < 0 ? -item.net : item.net
    var ft1 = HL7SegmentDraft("FT1")
    ft1[1] = .number(place)
    ft1[2] = .text(item.id)
    ft1[4] = time(item.servedAt ?? invoice.issuedAt ?? source.at)
    ft1[5] = time(invoice.issuedAt)
    ft1[6] = isCredit ? "CD" : "CG"
    var code = item.code ?? Code(code: nil)
    code.display = item.description
    ft1[7] = codes.coded(code, .charge)
    if !isWithoutWithdrawn { ft1[8] = .text(item.description) }
    ft1[10] = .text(quantity.description)
    ft1[11] = price(net.description, invoice.currency)
    // With a discount the amount is not quantity times price, which receivers refuse: the amount alone counts then.
    if item.discount == .zero { ft1[12] = price(item.unitPrice.description, invoice.currency) }
    ft1[20] = person(item.practitionerID ?? invoice.practitionerID)
    return ft1
  }

  /// CP with an MO: `300.00&MAD`.
  private func price(_ amount: String, _ currency: String) -> HL7Content {
    .components([.subcomponents([.text(amount), .text(currency)])])
  }
}
