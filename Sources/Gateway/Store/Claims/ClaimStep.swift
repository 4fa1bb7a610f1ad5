import ClinicModel
import Mappers

/// Where an answer takes a claim, given what was paid on it before.
///
/// Answers may come late and in any order: a claim goes forward only, an earlier stage heard later is recorded and
/// changes nothing. Money adds up over several answers. What would take back money is refused: a reversal is settled by
/// hand.
struct ClaimStep: Equatable {
  let status: ClaimStatus
  /// In all, nil when nothing was ever paid.
  let paid: Amount?
  /// What the payer recognises in all; nil leaves it as it was.
  let allowed: Amount?

  /// - Throws: when the claim cannot take this answer; the message says what stands against it.
  init(from claim: ClaimRecord, paidBefore: Amount, _ answer: ClaimAnswer) throws(MappingError) {
    guard claim.status != .cancelled else {
      throw MappingError(.state, "ClaimResponse.request", "the claim is cancelled")
    }
    let paidNow = answer.payment?.amount ?? .zero
    let sum: Amount
    do { sum = try paidBefore.adding(paidNow) } catch {
      throw MappingError(.total, "ClaimResponse.payment.amount", "the payments overflow")
    }
    guard sum <= claim.total else {
      throw MappingError(
        .total, "ClaimResponse.payment.amount",
        "\(paidNow) more would make \(sum) paid on a claim of \(claim.total); \(paidBefore) is paid already")
    }
    if answer.status == .denied, paidBefore > .zero {
      throw MappingError(
        .state, "ClaimResponse.outcome", "\(paidBefore) is paid on this claim; a reversal is settled by hand")
    }
    let reached =
      paidNow > .zero ? (sum >= claim.total ? .paid : .partlyPaid) : answer.status
    status = Self.rank(reached) >= Self.rank(claim.status) ? reached : claim.status
    paid = sum > .zero || answer.status == .denied ? sum : claim.paid
    let parts = answer.items.compactMap(\.allowed)
    allowed = parts.isEmpty ? claim.allowed : try? Amount.sum(parts)
  }

  private static func rank(_ status: ClaimStatus) -> Int {
    switch status {
    case .owed: 0
    case .sent: 1
    case .acknowledged: 2
    case .accepted, .denied: 3
    case .partlyPaid: 4
    case .paid: 5
    case .cancelled: 6
    }
  }
}
