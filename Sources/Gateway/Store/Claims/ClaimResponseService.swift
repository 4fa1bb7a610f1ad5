package import ClinicModel
import Crypto
package import Mappers
package import PostgresClient

/// Takes an insurer's answers to claims: the claim moves on, and what is paid is booked on its invoice, in one
/// transaction.
///
/// Isolation: the pool's loop.
package struct ClaimResponseService: Sendable {
  /// What became of an answer.
  package enum Result: Sendable, Equatable {
    /// Applied now or before: the same answer has the same result and changes nothing more.
    case applied(Applied)
    /// Nothing was changed; every issue with its FHIRPath.
    case refused(status: Int, issues: [MappingError])
    /// The database is away or short; the same answer may be sent again.
    case unavailable
  }

  package struct Applied: Sendable, Equatable {
    /// The id under which the answer is kept.
    package let id: String
    package let claimID: String
    package let patientID: String
    /// Where the claim stands now.
    package let status: ClaimStatus
    /// It had been applied before.
    package let isRepeat: Bool
  }

  private let pool: PostgresPool

  /// - Parameter pool: of the role `passerelle_app`.
  package init(pool: PostgresPool) { self.pool = pool }

  /// Applies a ClaimResponse (or a Bundle with one) that `partner` has posted to a clinic.
  ///
  /// A claim of another payer, of another clinic and of nobody answer alike.
  package func apply(clinicID: String, partnerID: String, body: [UInt8]) async -> Result {
    let response: ClaimResponseMapper
    do throws(ClaimAnswerError) { response = try ClaimResponseMapper(json: body) } catch {
      let isKind = error.issues.allSatisfy { $0.code == .unsupported }
      return .refused(status: isKind ? 422 : 400, issues: error.issues)
    }
    let hash = SHA256.hash(body)
    // A loser of a race finds the winner's row when it looks again.
    for _ in 0..<3 {
      do {
        return try await pool.transaction { transaction in
          try await Self.apply(response, hash, clinicID, partnerID, ClaimStore(transaction, clinicID: clinicID))
        }
      } catch let refusal as Refusal {
        return .refused(status: refusal.status, issues: refusal.issues)
      } catch let error as PostgresError {
        guard ["40001", "40P01", "23505"].contains(error.sqlState) || error.code == .commitUnknown else {
          return .unavailable
        }
      } catch {
        return .unavailable
      }
    }
    return .unavailable
  }

  /// Ends the transaction without a change.
  private struct Refusal: Error {
    let status: Int
    let issues: [MappingError]

    init(_ status: Int, _ issues: [MappingError]) { (self.status, self.issues) = (status, issues) }
  }

  private static func apply(
    _ response: ClaimResponseMapper, _ hash: [UInt8], _ clinicID: String, _ partnerID: String, _ store: ClaimStore
  ) async throws -> Result {
    let reference = response.reference
    guard reference.claimID != nil || reference.controlNumber != nil else {
      throw Refusal(
        422, [MappingError(.missing, "ClaimResponse.request", "give Claim/<id> or the claim's control number")])
    }
    guard let claim = try await store.lockedClaim(reference, partnerID: partnerID) else {
      throw Refusal(
        422, [MappingError(.unknownReference, "ClaimResponse.request", "there is no such claim for this payer here")])
    }
    if let before = try await store.response(to: claim.id, hash: hash) {
      return .applied(
        Applied(
          id: before, claimID: claim.id, patientID: claim.patientID, status: claim.status, isRepeat: true))
    }
    let answer: ClaimAnswer
    do throws(ClaimAnswerError) { answer = try response.answer(to: claim) } catch { throw Refusal(422, error.issues) }
    let paidBefore = try await store.paid(on: claim.id)
    let step: ClaimStep
    do throws(MappingError) { step = try ClaimStep(from: claim, paidBefore: paidBefore, answer) } catch {
      throw Refusal(409, [error])
    }
    let id = identifier(claim.id, hash)
    try await store.record(answer, id: id, hash: hash)
    try await store.move(claim, to: step, items: answer.items)
    if let payment = answer.payment, payment.amount > .zero {
      try await store.book(payment, of: claim, responseID: id)
    }
    return .applied(
      Applied(id: id, claimID: claim.id, patientID: claim.patientID, status: step.status, isRepeat: false))
  }

  /// The same answer has the same id, whoever processes it.
  private static func identifier(_ claimID: String, _ hash: [UInt8]) -> String {
    String(Hex.encode(SHA256.hash(Array("\(claimID)|".utf8) + hash)).prefix(32))
  }
}
