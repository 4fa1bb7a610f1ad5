internal import ClinicModel
internal import XML

/// Translates an issued invoice or credit note into UBL 2.1 (OASIS, November 2013).
///
/// Where the tax regime knows only VAT the document follows EN 16931; when both parties have an electronic address it
/// names itself a Peppol BIS Billing 3 document. Elsewhere (Canada) it is plain UBL with each tax under its own scheme.
/// Pure: the same records give the same bytes.
public enum UBLInvoiceMapper {
  /// The specification identifier (BT-24) of plain EN 16931.
  public static let coreCustomization = "urn:cen.eu:en16931:2017"
  /// The same for Peppol BIS Billing 3.
  public static let peppolCustomization =
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
  public static let peppolProfile = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

  /// The document as UTF-8.
  ///
  /// - Throws: `MappingError`: what is missing, or which amounts do not add up; nothing is written then.
  public static func document(from source: UBLInvoiceSource) throws(MappingError) -> [UInt8] {
    try check(source)
    let draft = try UBLInvoiceDraft(source)
    var xml = XMLWriter(indentation: 2, reservingBytes: 4096 + 1024 * source.invoice.items.count)
    draft.write(&xml)
    do {
      return try xml.finish()
    } catch {
      throw MappingError(.invalid, "invoice", "\(error.message); remove the character from the record")
    }
  }

  /// Refuses what is not a finished, consistent invoice.
  private static func check(_ source: UBLInvoiceSource) throws(MappingError) {
    let invoice = source.invoice
    guard invoice.status == .issued || invoice.status == .balanced else {
      throw MappingError(.state, "invoice.status", "a \(invoice.status.rawValue) invoice is not sent; issue it first")
    }
    guard invoice.currency.utf8.count == 3, invoice.currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw MappingError(
        .invalid, "invoice.currency", "a currency is three capital letters of ISO 4217, found '\(invoice.currency)'")
    }
    if invoice.kind == .creditNote, source.corrects == nil {
      throw MappingError(.missing, "invoice.corrects_id", "a credit note names the invoice that it corrects (BG-3)")
    }
    do {
      if let first = try invoice.discrepancies().first { throw MappingError(first) }
    } catch let error as MappingError {
      throw error
    } catch {
      throw MappingError(.total, "invoice", "the amounts overflow: \(error)")
    }
  }
}

extension MappingError {
  /// The first way in which an invoice does not add up, with both amounts.
  init(_ discrepancy: InvoiceDiscrepancy) {
    func amounts(_ field: String, _ expected: Amount, _ found: Amount, _ why: String) -> MappingError {
      MappingError(.total, field, "found \(found), expected \(expected): \(why)")
    }
    switch discrepancy {
    case .noItems: self = MappingError(.missing, "invoice_item", "an invoice has at least one line (BR-16)")
    case .sequence(let expected, let found):
      self = MappingError(.invalid, "invoice_item.sequence", "found \(found), expected \(expected)")
    case .lineNet(let sequence, let expected, let found):
      self = amounts("invoice_item[\(sequence)].net", expected, found, "quantity × unit price − discount")
    case .taxBase(let sequence, let tax, let expected, let found):
      self = amounts("invoice_item[\(sequence)].tax[\(tax)].base", expected, found, "the line's net")
    case .taxAmount(let tax, let rate, let expected, let found):
      self = amounts(
        "invoice_item_tax[\(tax)].amount", expected, found, "\(rate) % of the lines that bear it (BR-CO-17)")
    case .exemption(let sequence):
      self = MappingError(
        .invalid, "invoice_item[\(sequence)].exemption_reason",
        "an exempt line names its reason (BR-E-10) and a taxed line has a rate (BR-S-05)")
    case .totalNet(let expected, let found):
      self = amounts("invoice.total_net", expected, found, "the sum of the lines (BR-CO-10)")
    case .totalTax(let expected, let found):
      self = amounts("invoice.total_tax", expected, found, "the sum of the taxes (BR-CO-14)")
    case .totalGross(let expected, let found):
      self = amounts("invoice.total_gross", expected, found, "net and tax (BR-CO-15)")
    case .overpaid(let total, let paid):
      self = MappingError(.total, "payment_allocation.amount", "\(paid) is allocated to an invoice of \(total)")
    }
  }
}
