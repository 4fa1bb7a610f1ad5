/// An invoice or credit note (FHIR Invoice, UBL Invoice).
public struct InvoiceRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var kind: InvoiceKind
  public var status: InvoiceStatus
  public var patientID: String
  /// ISO 4217.
  public var currency: String
  /// Given when issued; unique in the clinic.
  public var number: String?
  /// The invoice that a credit note corrects.
  public var correctsID: String?
  public var recipientType: RecipientType = .patient
  /// Nil means the patient.
  public var recipientID: String?
  public var encounterID: String?
  public var accountID: String?
  public var practitionerID: String?
  public var issuedAt: Instant?
  public var dueAt: CalendarDate?
  public var totalNet: Amount = .zero
  public var totalTax: Amount = .zero
  public var totalGross: Amount = .zero
  /// Sum of the allocations to this invoice.
  public var amountPaid: Amount = .zero
  public var note: String?
  /// By sequence.
  public var items: [InvoiceItemRecord] = []
  public var identifiers: [IdentifierRecord] = []

  public init(row: RowMeta, kind: InvoiceKind, status: InvoiceStatus, patientID: String, currency: String) {
    self.row = row
    self.kind = kind
    self.status = status
    self.patientID = patientID
    self.currency = currency
  }
}

/// One line of an invoice (FHIR ChargeItem).
public struct InvoiceItemRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var invoiceID: String
  /// From 1, without gaps.
  public var sequence: Int
  public var description: String
  public var quantity: Quantity
  public var unitPrice: Quantity
  /// quantity × unitPrice − discount, to the cent.
  public var net: Amount
  public var code: Code?
  /// UN/ECE Recommendation 20: `C62`, `HUR`…
  public var unit: String?
  /// Taken off the line, positive.
  public var discount: Amount = .zero
  /// VATEX code or text. Exemption is a flag on the line, never inferred from a code.
  public var exemptionReason: String?
  public var encounterID: String?
  public var procedureID: String?
  public var practitionerID: String?
  public var servedAt: Instant?
  public var bodySite: Code?
  /// Several a line: GST and QST.
  public var taxes: [TaxLine] = []

  public init(
    row: RowMeta, invoiceID: String, sequence: Int, description: String, quantity: Quantity, unitPrice: Quantity,
    net: Amount
  ) {
    self.row = row
    self.invoiceID = invoiceID
    self.sequence = sequence
    self.description = description
    self.quantity = quantity
    self.unitPrice = unitPrice
    self.net = net
  }
}

/// One tax on one line of an invoice.
public struct TaxLine: Sendable, Equatable {
  /// `VAT`, `GST`, `HST`, `PST`, `QST`.
  public var taxCode: String
  public var category: TaxCategory
  /// Percent.
  public var rate: Quantity
  public var base: Amount
  public var amount: Amount

  public init(taxCode: String, category: TaxCategory, rate: Quantity, base: Amount, amount: Amount) {
    self.taxCode = taxCode
    self.category = category
    self.rate = rate
    self.base = base
    self.amount = amount
  }
}

/// Money received, from a patient or as a payer’s remittance over many invoices.
public struct PaymentRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var payerType: PayerOfPayment
  public var method: PaymentMethod
  public var amount: Money
  public var paidAt: Instant
  public var patientID: String?
  public var payerID: String?
  public var reference: String?

  public init(row: RowMeta, payerType: PayerOfPayment, method: PaymentMethod, amount: Money, paidAt: Instant) {
    self.row = row
    self.payerType = payerType
    self.method = method
    self.amount = amount
    self.paidAt = paidAt
  }
}
