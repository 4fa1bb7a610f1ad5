package import Crypto
package import PostgresClient
import Reactor

/// Hash chains for rows that commit together with the work they tell of, in its own transaction.
///
/// A transaction borrows a chain, lets it make the statements for its rows, and says how it ended. One that nobody else
/// holds is always there: as many come to be as there are transactions at once. When it is unknown whether the rows were
/// committed the chain ends there, and the next transaction begins another.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to the loop's thread.
package final class AuditChains: @unchecked Sendable {
  /// A chain in the hands of one transaction.
  package struct Loan {
    fileprivate var chain: AuditChain
    fileprivate var isNew: Bool
    fileprivate var headDue: Deadline
    /// Where the chain stands if the transaction commits; nil while it has no rows.
    fileprivate var extended: AuditChain?
    fileprivate var wroteHead = false
  }

  package enum Ending: Sendable { case committed, undone, unknown }

  private let process: String
  private let headMilliseconds: Int
  private var idle: [Loan] = []

  /// - Parameter process: names this process in the chains' heads, such as `host:pid`.
  package init(process: String, headMilliseconds: Int = 60_000) {
    self.process = process
    self.headMilliseconds = headMilliseconds
  }

  package func borrow() throws(CryptoError) -> Loan {
    if let loan = idle.popLast() { return loan }
    return Loan(
      chain: AuditChain(id: try UUIDText.v4()), isNew: true, headDue: .after(milliseconds: headMilliseconds))
  }

  /// The statements that add the rows: one INSERT for all, and the chain's head where one is due. Made anew they
  /// replace those made before, for a transaction that had to go back.
  package func statements(_ entries: [AuditEntry], _ loan: inout Loan) -> [PostgresQuery] {
    guard !entries.isEmpty else { return [] }
    var next = loan.chain
    let rows = entries.map { next.append($0) }
    var queries: [PostgresQuery] = []
    if loan.isNew { queries.append(AuditStatements.head(loan.chain, reason: "start", process: process)) }
    queries.append(AuditStatements.insert(rows, chain: next.id))
    loan.wroteHead = loan.headDue.hasPassed
    if loan.wroteHead { queries.append(AuditStatements.head(next, reason: "interval", process: process)) }
    loan.extended = next
    return queries
  }

  package func giveBack(_ loan: Loan, _ ending: Ending) {
    var kept = loan
    kept.extended = nil
    kept.wroteHead = false
    if let extended = loan.extended {
      switch ending {
      case .unknown: return
      case .undone: break
      case .committed:
        kept.chain = extended
        kept.isNew = false
        if loan.wroteHead { kept.headDue = .after(milliseconds: headMilliseconds) }
      }
    }
    idle.append(kept)
  }

  /// Where the chains end, for the stop of the process.
  func lastHeads() -> [PostgresQuery] {
    idle.filter { !$0.isNew }.map { AuditStatements.head($0.chain, reason: "stop", process: process) }
  }
}
