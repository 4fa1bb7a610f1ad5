internal import ClinicModel
internal import XML

/// The tax part of a UBL document: categories of the lines and the breakdown that EN 16931 asks for.
///
/// EN 16931 wants exactly one row for category E however many reasons the lines give (BR-E-01), so reasons are joined.
struct UBLTaxBreakdown {
  /// One tax on a line, as a UBL TaxCategory.
  struct Category: Hashable {
    var id: String
    var percent: Quantity
    var scheme: String
  }

  struct Row {
    var category: Category
    var base: Amount
    var amount: Amount
    /// Distinct reasons in the order of the lines.
    var reasons: [String]
  }

  private(set) var rows: [Row] = []
  private(set) var total: Amount = .zero
  let regime: TaxRegime

  init(_ items: [InvoiceItemRecord], regime: TaxRegime) throws(MappingError) {
    self.regime = regime
    for item in items {
      for line in try Self.taxes(of: item, regime: regime) { try add(line, reason: item.exemptionReason) }
    }
    if regime.isEN16931, rows.contains(where: { $0.category.id == "O" }), rows.count > 1 {
      throw MappingError(
        .unsupported, "invoice_item_tax.category",
        "a line outside VAT (O) cannot share an EN 16931 document with taxed or exempt lines (BR-O-11)")
    }
  }

  var isOutsideVAT: Bool { rows.allSatisfy { $0.category.id == "O" } }

  /// The taxes of a line. An exempt line without a tax row is category E; any other line must have one.
  static func taxes(of item: InvoiceItemRecord, regime: TaxRegime) throws(MappingError) -> [TaxLine] {
    let field = "invoice_item[\(item.sequence)].tax"
    if item.taxes.isEmpty {
      if item.exemptionReason != nil || regime == .none {
        let category: TaxCategory = item.exemptionReason == nil ? .outOfScope : .exempt
        return [
          TaxLine(taxCode: regime.taxScheme, category: category, rate: .zero, base: item.net, amount: .zero)
        ]
      }
      throw MappingError(.missing, field, "the line has neither a tax nor an exemption reason")
    }
    guard regime.isEN16931 else { return item.taxes }
    guard item.taxes.count == 1, let tax = item.taxes.first, tax.taxCode == "VAT" else {
      let codes = item.taxes.map(\.taxCode).joined(separator: ", ")
      throw MappingError(.unsupported, field, "an EN 16931 line bears VAT once; this one bears \(codes)")
    }
    return item.taxes
  }

  static func category(of tax: TaxLine) -> Category {
    Category(id: tax.category.rawValue, percent: tax.rate, scheme: tax.taxCode)
  }

  private mutating func add(_ tax: TaxLine, reason: String?) throws(MappingError) {
    let category = Self.category(of: tax)
    let index = rows.firstIndex { $0.category == category } ?? rows.count
    if index == rows.count { rows.append(Row(category: category, base: .zero, amount: .zero, reasons: [])) }
    do {
      rows[index].base = try rows[index].base.adding(tax.base)
      rows[index].amount = try rows[index].amount.adding(tax.amount)
      total = try total.adding(tax.amount)
    } catch {
      throw MappingError(.total, "invoice_item_tax.amount", "the taxes overflow: \(error)")
    }
    if tax.category == .exempt || tax.category == .outOfScope, let reason, !rows[index].reasons.contains(reason) {
      rows[index].reasons.append(reason)
    }
  }

  // MARK: - XML

  /// `cac:TaxTotal` of the document; `sign` turns a credit note kept in negative amounts.
  func write(_ xml: inout XMLWriter, currency: String, sign: UBLSign) {
    xml.element("cac:TaxTotal") { xml in
      xml.element("cbc:TaxAmount", sign.text(total), "currencyID", currency)
      for row in rows {
        xml.element("cac:TaxSubtotal") { xml in
          xml.element("cbc:TaxableAmount", sign.text(row.base), "currencyID", currency)
          xml.element("cbc:TaxAmount", sign.text(row.amount), "currencyID", currency)
          Self.write(&xml, "cac:TaxCategory", row.category) { xml in writeReasons(&xml, row) }
        }
      }
    }
  }

  /// A TaxCategory or ClassifiedTaxCategory; one outside the tax has no rate (BR-O-05).
  static func write(
    _ xml: inout XMLWriter, _ name: String, _ category: Category, reasons: (inout XMLWriter) -> Void = { _ in }
  ) {
    xml.element(name) { xml in
      xml.element("cbc:ID", category.id)
      if category.id != "O" { xml.element("cbc:Percent", category.percent.text(minimumDecimals: 2)) }
      reasons(&xml)
      xml.element("cac:TaxScheme") { $0.element("cbc:ID", category.scheme) }
    }
  }

  /// The code of the VATEX list when it is the only reason and the law is the Union's; its meaning, or the texts
  /// given, beside it (BR-E-10, BR-O-10).
  private func writeReasons(_ xml: inout XMLWriter, _ row: Row) {
    guard row.category.id == "E" || row.category.id == "O" else { return }
    if row.reasons.count == 1, let code = row.reasons.first, code.hasPrefix("VATEX-"), regime == .france {
      xml.element("cbc:TaxExemptionReasonCode", code)
    }
    let texts = row.reasons.map { reason in
      guard reason.hasPrefix("VATEX-") else { return reason }
      if regime != .france { return "Exempt from tax" }
      return reason == "VATEX-EU-132-1C" ? "Medical care, Directive 2006/112/EC article 132(1)(c)" : reason
    }
    let text = texts.joined(separator: "; ")
    xml.element("cbc:TaxExemptionReason", text.isEmpty ? "Not subject to tax" : text)
  }
}

/// Whether amounts are written as they stand or turned: a UBL credit note states what is credited in positive figures.
struct UBLSign {
  let isTurned: Bool

  func text(_ amount: Amount) -> String { (isTurned ? -amount : amount).description }

  func turn(_ quantity: Quantity) -> Quantity {
    isTurned ? Quantity(millionths: 0 &- quantity.millionths) : quantity
  }
}
