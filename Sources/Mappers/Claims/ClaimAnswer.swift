public import ClinicModel

/// Which claim an answer is about, as far as the answer says.
public struct ClaimReference: Sendable, Hashable {
  /// From `ClaimResponse.request.reference`: the id after `Claim/`.
  public var claimID: String?
  /// From `ClaimResponse.request.identifier.value`.
  public var controlNumber: String?
}

/// What an insurer decided about one claim.
public struct ClaimAnswer: Sendable, Equatable {
  /// One line of the claim.
  public struct Item: Sendable, Equatable {
    public var sequence: Int
    /// What the insurer recognises of the charge (`eligible`).
    public var allowed: Amount?
    /// What it pays of it (`benefit`).
    public var paid: Amount?
    /// Why less is paid than charged.
    public var reasons: [Code] = []
  }

  /// The payment that settles the claim.
  public struct Payment: Sendable, Equatable {
    public var amount: Amount
    /// The day of the payment, as precisely as the insurer said.
    public var date: CalendarDate?
    public var reference: String?
  }

  public var claimID: String
  public var outcome: ClaimOutcome
  public var disposition: String?
  /// The insurer's number for its decision.
  public var preAuthReference: String?
  /// What the insurer pays of the claim in all; nil when it has not decided.
  public var benefit: Amount?
  public var payment: Payment?
  public var items: [Item]
  /// Everything that changed an amount, line by line and for the whole claim.
  public var adjustments: [ClaimAdjustment]
  /// Why the claim could not be processed.
  public var errors: [Code]
  /// Where the claim stands after this answer.
  public var status: ClaimStatus

  /// The row that records this answer.
  public func record(row: RowMeta, receivedAt: Instant) -> ClaimResponseRecord {
    var record = ClaimResponseRecord(row: row, claimID: claimID, receivedAt: receivedAt, outcome: outcome)
    record.disposition = disposition
    record.paid = payment?.amount
    record.preAuthReference = preAuthReference
    record.adjustments = adjustments
    return record
  }
}

/// Why an answer to a claim was refused: everything found wrong, each at its FHIRPath.
public struct ClaimAnswerError: Error, Sendable, Equatable, CustomStringConvertible {
  public var issues: [MappingError]

  public var description: String { issues.map(\.description).joined(separator: "\n") }
}
