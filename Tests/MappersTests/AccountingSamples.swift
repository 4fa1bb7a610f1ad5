import ClinicModel
import Mappers

/// The invoices that `Scripts/test-formats.sh` validates from outside, by file name.
///
/// `en16931` says whether the file must satisfy the EN 16931 rules or the UBL schema only.
struct UBLSample {
  var name: String
  var en16931: Bool
  var source: UBLInvoiceSource

  static let care = "VATEX-EU-132-1C"

  static func all() throws -> [UBLSample] { try french() + others() }

  private static func french() throws -> [UBLSample] {
    let paris = Billing.paris()
    func sample(_ name: String, _ items: [InvoiceItemRecord], paid: String = "0", kind: InvoiceKind = .invoice)
      throws -> UBLSample
    {
      UBLSample(
        name: name, en16931: true,
        source: Billing.source(paris, try Billing.invoice(items, clinic: paris, kind: kind, paid: paid)))
    }
    let exempt = try Billing.item(1, "1", "28.92", exempt: care, description: "Détartrage", code: "HBJD001")
    let whitening = try Billing.item(2, "3", "33.335", discount: "0.01", description: "Blanchiment <& \"or\"> 😀")
    var mixed = try sample("fr-mixed", [exempt, whitening])
    mixed.source.invoice.note = "Règlement à réception, merci & à bientôt"
    var peppol = try sample("fr-peppol-payer", [exempt, whitening])
    peppol.source.buyer = .payer(Billing.mutuelle())
    peppol.source.invoice.recipientType = .payer
    peppol.source.invoice.recipientID = "payer-1"
    var reasons = try sample(
      "fr-two-reasons",
      [exempt, try Billing.item(2, "1", "50", exempt: "Expertise médicale exonérée"), try Billing.item(3, "1", "9.99")])
    reasons.source.invoice.dueAt = nil
    var bare = try sample("fr-no-siren", [exempt])
    bare.source.clinic.identifiers = [Billing.identifier(.clinic, "clinic-fr", "VAT", "FR44732829320")]
    var sirenOnly = try sample("fr-siren-only", [exempt])
    sirenOnly.source.clinic.identifiers = [Billing.identifier(.clinic, "clinic-fr", "SIREN", "732829320")]
    var iban = try sample("fr-iban", [exempt, whitening])
    iban.source.clinic.identifiers.append(
      Billing.identifier(.clinic, "clinic-fr", "IBAN", "FR76 3000 6000 0112 3456 7890 189"))
    var paid = try sample("fr-paid", [exempt], paid: "28.92")
    paid.source.invoice.status = .balanced
    paid.source.payments = [
      PaymentRecord(
        row: Billing.row("payment-1"), payerType: .patient, method: .card,
        amount: Money(Amount(cents: 2892), "EUR"), paidAt: Billing.issued)
    ]
    return [
      mixed, peppol, reasons, bare, sirenOnly, iban, paid,
      try sample("fr-exempt", [exempt, try Billing.item(2, "2", "0", exempt: care)]),
      try sample("fr-standard", [try Billing.item(1, "1", "19.99"), try Billing.item(2, "0.333333", "10.01")]),
      try sample("fr-prepaid", [exempt, whitening], paid: "28.92"),
      try sample(
        "fr-lines",
        [
          try Billing.item(1, "1", "100"), try Billing.item(2, "-1", "30", description: "Retour"),
          try Billing.item(3, "1", "-5", description: "Geste commercial"),
          try Billing.item(4, "0", "12.5", description: "Offert"),
          try Billing.item(5, "1", "10", discount: "-2", description: "Urgence"),
          try Billing.item(6, "1", "20", discount: "20", description: "Remise totale"),
        ]),
      try sample(
        "fr-negative-invoice", [try Billing.item(1, "-1", "40"), try Billing.item(2, "-1", "9", exempt: care)]),
      try sample("fr-credit-note", [exempt, whitening], kind: .creditNote),
      try sample(
        "fr-credit-note-negative",
        [try Billing.item(1, "-1", "100", discount: "5"), try Billing.item(2, "-2", "28.92", exempt: care)],
        kind: .creditNote),
    ]
  }

  private static func others() throws -> [UBLSample] {
    let casablanca = Billing.casablanca()
    let montreal = Billing.montreal()
    var unnamed = casablanca
    unnamed.identifiers = [Billing.identifier(.clinic, "clinic-ma", "ICE", "001234567000089")]
    let sessions = try Billing.item(1, "10", "150", exempt: care, description: "Rééducation du rachis")
    let belt = try Billing.item(2, "1", "320.50", description: "Ceinture lombaire")
    func sample(_ name: String, _ en16931: Bool, _ clinic: ClinicRecord, _ items: [InvoiceItemRecord]) throws
      -> UBLSample
    {
      UBLSample(
        name: name, en16931: en16931, source: Billing.source(clinic, try Billing.invoice(items, clinic: clinic)))
    }
    return [
      try sample("ma-exempt", true, casablanca, [sessions]),
      try sample("ma-mixed", true, casablanca, [sessions, belt]),
      try sample("ma-ice-only", true, unnamed, [sessions, belt]),
      try sample(
        "ca-quebec", false, montreal,
        [
          try Billing.item(1, "1", "95", exempt: "Exempt supply of a health care service"),
          try Billing.item(2, "1", "10.05", description: "Massage"),
          try Billing.item(3, "1", "10.05", description: "Bande"),
        ]),
    ]
  }
}
