/// One way in which an invoice does not add up.
public enum InvoiceDiscrepancy: Sendable, Equatable {
  case noItems
  case sequence(expected: Int, found: Int)
  case lineNet(sequence: Int, expected: Amount, found: Amount)
  /// A tax whose base is not the line's net.
  case taxBase(sequence: Int, taxCode: String, expected: Amount, found: Amount)
  /// A tax of the breakdown that is not rate × base to the cent.
  case taxAmount(taxCode: String, rate: Quantity, expected: Amount, found: Amount)
  /// An exempt line without a reason, or a taxed line with a rate of zero (EN 16931 BR-E-10, BR-S-05).
  case exemption(sequence: Int)
  case totalNet(expected: Amount, found: Amount)
  case totalTax(expected: Amount, found: Amount)
  case totalGross(expected: Amount, found: Amount)
  case overpaid(total: Amount, paid: Amount)
}

extension InvoiceRecord {
  /// Everything about the invoice that does not add up; empty when it does. Throws only when a sum overflows.
  public func discrepancies() throws(ClinicValueError) -> [InvoiceDiscrepancy] {
    var found: [InvoiceDiscrepancy] = items.isEmpty ? [.noItems] : []
    for (index, item) in items.enumerated() {
      if item.sequence != index + 1 { found.append(.sequence(expected: index + 1, found: item.sequence)) }
      found += try item.discrepancies()
    }
    let totals = try InvoiceTotals(items: items)
    for group in totals.groups {
      let expected = try group.base.percentage(group.rate)
      if expected != group.amount {
        found.append(
          .taxAmount(taxCode: group.taxCode, rate: group.rate, expected: expected, found: group.amount))
      }
    }
    if totals.net != totalNet { found.append(.totalNet(expected: totals.net, found: totalNet)) }
    if totals.tax != totalTax { found.append(.totalTax(expected: totals.tax, found: totalTax)) }
    if totals.gross != totalGross { found.append(.totalGross(expected: totals.gross, found: totalGross)) }
    if amountPaid > max(totalGross, .zero) { found.append(.overpaid(total: totalGross, paid: amountPaid)) }
    return found
  }
}

extension InvoiceItemRecord {
  func discrepancies() throws(ClinicValueError) -> [InvoiceDiscrepancy] {
    var found: [InvoiceDiscrepancy] = []
    let expected = try InvoiceTotals.lineNet(quantity: quantity, unitPrice: unitPrice, discount: discount)
    if expected != net { found.append(.lineNet(sequence: sequence, expected: expected, found: net)) }
    for tax in taxes {
      if tax.base != net {
        found.append(.taxBase(sequence: sequence, taxCode: tax.taxCode, expected: net, found: tax.base))
      }
      let isBare =
        tax.category == .standard
        ? tax.rate == .zero : tax.rate != .zero || (tax.category == .exempt && exemptionReason == nil)
      if isBare { found.append(.exemption(sequence: sequence)) }
    }
    return found
  }
}
