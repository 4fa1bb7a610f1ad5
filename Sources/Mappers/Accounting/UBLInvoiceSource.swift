public import ClinicModel

/// Everything that one UBL invoice or credit note is made from.
public struct UBLInvoiceSource: Sendable {
  /// Who the invoice is addressed to.
  public enum Buyer: Sendable {
    case patient(PatientRecord)
    case payer(PayerRecord)
  }

  /// The invoice that a credit note corrects (BG-3).
  public struct Correction: Sendable {
    public var number: String
    public var issuedAt: Instant?

    public init(number: String, issuedAt: Instant? = nil) {
      self.number = number
      self.issuedAt = issuedAt
    }
  }

  /// With its items and their taxes, and `amountPaid` as the sum of the payments allocated to it.
  public var invoice: InvoiceRecord
  public var clinic: ClinicRecord
  public var buyer: Buyer
  /// The clinic's zone: days on the document are days on the clinic's wall.
  public var zone: ZoneOffsets
  /// Required when the invoice is a credit note.
  public var corrects: Correction?
  /// Payments that were allocated to the invoice, for the means of payment; may be empty.
  public var payments: [PaymentRecord]

  public init(
    invoice: InvoiceRecord, clinic: ClinicRecord, buyer: Buyer, zone: ZoneOffsets, corrects: Correction? = nil,
    payments: [PaymentRecord] = []
  ) {
    self.invoice = invoice
    self.clinic = clinic
    self.buyer = buyer
    self.zone = zone
    self.corrects = corrects
    self.payments = payments
  }
}
