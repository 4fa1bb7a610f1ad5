/// A claim for one invoice on one coverage (FHIR Claim).
public struct ClaimRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var invoiceID: String
  public var coverageID: String
  public var payerID: String
  public var patientID: String
  public var format: ClaimFormat
  public var status: ClaimStatus
  /// Never reused.
  public var controlNumber: String
  public var currency: String
  /// Sum of the items charged.
  public var total: Amount
  public var submittedAt: Instant?
  public var createdAt: Instant?
  public var allowed: Amount?
  public var paid: Amount?
  public var items: [ClaimItemRecord] = []

  public init(
    row: RowMeta, invoiceID: String, coverageID: String, payerID: String, patientID: String, format: ClaimFormat,
    status: ClaimStatus, controlNumber: String, currency: String, total: Amount
  ) {
    self.row = row
    self.invoiceID = invoiceID
    self.coverageID = coverageID
    self.payerID = payerID
    self.patientID = patientID
    self.format = format
    self.status = status
    self.controlNumber = controlNumber
    self.currency = currency
    self.total = total
  }
}

/// One line of a claim, and what the payer said of it.
public struct ClaimItemRecord: Sendable, Equatable {
  public var sequence: Int
  public var invoiceItemID: String
  public var charged: Amount
  public var allowed: Amount?
  public var paid: Amount?
  /// Why less was paid than charged.
  public var reasons: [Code] = []

  public init(sequence: Int, invoiceItemID: String, charged: Amount) {
    self.sequence = sequence
    self.invoiceItemID = invoiceItemID
    self.charged = charged
  }
}

/// A payer’s answer to a claim (FHIR ClaimResponse).
public struct ClaimResponseRecord: ClinicRow, Sendable, Equatable {
  public var row: RowMeta
  public var claimID: String
  public var receivedAt: Instant
  public var outcome: ClaimOutcome
  public var disposition: String?
  public var paid: Amount?
  /// The payer’s number for its decision.
  public var preAuthReference: String?
  public var adjustments: [ClaimAdjustment] = []

  public init(row: RowMeta, claimID: String, receivedAt: Instant, outcome: ClaimOutcome) {
    self.row = row
    self.claimID = claimID
    self.receivedAt = receivedAt
    self.outcome = outcome
  }
}

/// One amount by which a payer changed a claim or a line of it.
public struct ClaimAdjustment: Sendable, Equatable {
  /// FHIR adjudication: `submitted`, `benefit`, `deductible`…
  public var category: Code
  public var amount: Amount
  /// Nil for the whole claim.
  public var itemSequence: Int?
  public var reason: Code?

  public init(category: Code, amount: Amount) {
    self.category = category
    self.amount = amount
  }
}
