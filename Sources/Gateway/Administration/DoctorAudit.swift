import ClinicModel
import PostgresClient

/// Verifies the newest part of the audit: every hash anew, every link, and every recorded head of a chain.
///
/// Isolation: tasks of the pool's loop.
enum AuditChecks {
  static let pageRows = 2_000

  static func verify(_ pool: PostgresPool, rows limit: Int) async throws -> [Finding] {
    // A page boundary must be one moment's: rows keep coming.
    let newest = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select chain::text, min(sequence), max(sequence) from
          (select chain, sequence from gateway.audit_event order by at desc, chain, sequence desc limit $1) r
        group by chain order by chain
        """, [.int(limit)]),
    ])[1]
    var verified = 0
    for chain in newest {
      let outcome = try await verify(
        chain: try chain.string(0), from: try chain.int(1), through: try chain.int(2), pool)
      switch outcome {
      case .success(let count): verified += count
      case .failure(let broken):
        return [
          .fail(
            "audit", "chain \(try chain.string(0)) is broken at row \(broken.sequence): \(broken.reason)",
            next:
              "somebody changed or cut the audit, or the disk did: keep the database as it is and compare with backups")
        ]
      }
    }
    let heads = try await cutChains(pool)
    guard heads.isEmpty else {
      return [
        .fail(
          "audit", "rows are missing before the recorded heads of \(heads.joined(separator: ", "))",
          next: "somebody cut the audit: keep the database as it is and compare with backups")
      ]
    }
    return [.pass("audit", "\(verified) newest rows of \(newest.rowCount) chains verified")]
  }

  private struct Broken: Error {
    let sequence: Int
    let reason: String
  }

  private static func verify(
    chain: String, from first: Int, through last: Int, _ pool: PostgresPool
  ) async throws -> Result<Int, Broken> {
    var expected = first
    var previous: [UInt8]?
    while expected <= last {
      let rows = try await pool.run([
        CommandDatabase.actAsOwner,
        PostgresQuery(
          """
          select sequence, previous_hash, hash, at::text, clinic_id::text, partner_id::text, key_id, certificate, action,
            interaction, resource_type, resource_id, patient_id, query, outcome::text, status::text, reason,
            results::text, request_id, host(remote_address)
          from gateway.audit_event where chain = $1::uuid and sequence between $2::bigint and $3::bigint
          order by sequence limit $4
          """, [.text(chain), .int(expected), .int(last), .int(pageRows)]),
      ])[1]
      guard !rows.isEmpty else { return .failure(Broken(sequence: expected, reason: "the row is missing")) }
      for row in rows {
        let sequence = try row.int(0)
        guard sequence == expected else { return .failure(Broken(sequence: expected, reason: "the row is missing")) }
        let before = try row.bytes(1)
        if let previous, previous != before {
          return .failure(Broken(sequence: sequence, reason: "it does not follow the row before it"))
        }
        let hash = try row.bytes(2)
        var columns: [String?] = [try Instant(try row.string(3)).rfc3339()]
        for column in 4..<20 { columns.append(try row.optionalString(column)) }
        guard AuditChain.hash(of: columns, sequence: Int64(sequence), after: before) == hash else {
          return .failure(Broken(sequence: sequence, reason: "its content is not what was written"))
        }
        previous = hash
        expected += 1
      }
    }
    return .success(last - first + 1)
  }

  /// Chains whose recorded head has no row, or a row with another hash.
  private static func cutChains(_ pool: PostgresPool) async throws -> [String] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select distinct h.chain::text from gateway.audit_chain_head h
        where h.sequence > 0 and h.at > now() - interval '31 days' and not exists (
          select from gateway.audit_event e where e.chain = h.chain and e.sequence = h.sequence and e.hash = h.hash)
        order by 1 limit 5
        """),
    ])[1]
    return try rows.map { try $0.string(0) }
  }
}
