internal import ClinicModel

extension ClaimBundleSource {
  /// The claim's lines, each with the line of the invoice that it charges for.
  ///
  /// - Throws: when the records do not belong together or the claim does not add up.
  func checkedLines() throws(MappingError) -> [(claimed: ClaimItemRecord, item: InvoiceItemRecord)] {
    try checkBelonging()
    var items: [String: InvoiceItemRecord] = [:]
    for item in invoice.items { items[item.id] = item }
    var lines: [(claimed: ClaimItemRecord, item: InvoiceItemRecord)] = []
    for (index, claimed) in claim.items.enumerated() {
      let field = "claim_item[\(claimed.sequence)]"
      guard claimed.sequence == index + 1 else {
        throw MappingError(.invalid, "\(field).sequence", "found \(claimed.sequence), expected \(index + 1)")
      }
      guard let item = items.removeValue(forKey: claimed.invoiceItemID) else {
        throw MappingError(
          .unknownReference, "\(field).invoice_item_id", "not a line of the invoice, or a line claimed twice")
      }
      lines.append((claimed, item))
    }
    guard !lines.isEmpty else { throw MappingError(.missing, "claim_item", "a claim has at least one line") }
    do {
      let sum = try Amount.sum(claim.items.map(\.charged))
      guard sum == claim.total else {
        throw MappingError(
          .total, "claim.total", "found \(claim.total), expected \(sum): the sum of the lines' charges")
      }
    } catch let error as MappingError {
      throw error
    } catch {
      throw MappingError(.total, "claim.total", "the charges overflow")
    }
    return lines
  }

  private func checkBelonging() throws(MappingError) {
    guard claim.format == .fhir else {
      throw MappingError(.unsupported, "claim.format", "a \(claim.format.rawValue) claim is not sent as FHIR")
    }
    guard base.hasPrefix("https://") || base.hasPrefix("http://"), !base.hasSuffix("/") else {
      throw MappingError(.invalid, "base", "the FHIR base is an absolute URL without a slash at its end")
    }
    guard invoice.kind == .invoice, invoice.status == .issued || invoice.status == .balanced else {
      throw MappingError(
        .state, "invoice.status", "a \(invoice.status.rawValue) \(invoice.kind.rawValue) is not claimed")
    }
    guard claim.currency == invoice.currency else {
      throw MappingError(
        .currency, "claim.currency", "the claim is in \(claim.currency), its invoice in \(invoice.currency)")
    }
    let pairs: [(String, String, String)] = [
      ("claim.invoice_id", claim.invoiceID, invoice.id), ("claim.coverage_id", claim.coverageID, coverage.id),
      ("claim.payer_id", claim.payerID, payer.id), ("claim.patient_id", claim.patientID, patient.id),
      ("invoice.patient_id", invoice.patientID, patient.id), ("coverage.patient_id", coverage.patientID, patient.id),
      ("coverage.payer_id", coverage.payerID, payer.id),
    ]
    for (field, found, expected) in pairs where found != expected {
      throw MappingError(.unknownReference, field, "names '\(found)', the record given is '\(expected)'")
    }
    guard payer.id != clinic.id else {
      throw MappingError(.invalid, "payer.id", "the payer and the clinic cannot be the same organization")
    }
    guard !claim.controlNumber.isEmpty else {
      throw MappingError(.missing, "claim.control_number", "a claim has a control number")
    }
  }
}
