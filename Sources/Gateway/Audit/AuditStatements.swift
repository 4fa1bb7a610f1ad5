import ClinicModel
import Crypto
import PostgresClient

/// The SQL of the audit: one INSERT for any number of rows, so that concurrent requests share a commit.
enum AuditStatements {
  /// Adds rows; one array a column, an empty text being null.
  static func insert(_ rows: [AuditRow], chain: String) -> PostgresQuery {
    // In the order of `AuditEntry.columns`, which is the table's.
    let columns = (rows.first?.columns.indices ?? 0..<0).map { column in
      PostgresValue.textArray(rows.map { $0.columns[column] ?? "" })
    }
    return PostgresQuery(
      """
      insert into gateway.audit_event (chain, sequence, previous_hash, hash, at, clinic_id, partner_id, key_id,
        certificate, action, interaction, resource_type, resource_id, patient_id, query, outcome, status, reason,
        results, request_id, remote_address)
      select $1::uuid, r.sequence, decode(r.previous_hash, 'hex'), decode(r.hash, 'hex'), r.at::timestamptz,
        nullif(r.clinic_id, '')::uuid, nullif(r.partner_id, '')::uuid, nullif(r.key_id, ''), nullif(r.certificate, ''),
        r.action, r.interaction, nullif(r.resource_type, ''), nullif(r.resource_id, ''), nullif(r.patient_id, ''),
        nullif(r.query, ''), r.outcome::smallint, nullif(r.status, '')::integer, nullif(r.reason, ''),
        nullif(r.results, '')::integer, nullif(r.request_id, ''), nullif(r.remote_address, '')::inet
      from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
        $18::text[], $19::text[], $20::text[], $21::text[]) as r (sequence, previous_hash, hash, at, clinic_id,
        partner_id, key_id, certificate, action, interaction, resource_type, resource_id, patient_id, query, outcome,
        status, reason, results, request_id, remote_address)
      """,
      [
        .text(chain), .intArray(rows.map(\.link.sequence)), .textArray(rows.map { Hex.encode($0.link.previousHash) }),
        .textArray(rows.map { Hex.encode($0.link.hash) }),
      ] + columns)
  }

  /// Records where a chain stands.
  static func head(_ chain: AuditChain, reason: String, process: String) -> PostgresQuery {
    PostgresQuery(
      """
      insert into gateway.audit_chain_head (chain, sequence, hash, reason, process) values ($1::uuid, $2, $3, $4, $5)
      on conflict do nothing
      """,
      [.text(chain.id), .int(chain.sequence), .bytes(chain.hash), .text(reason), .text(process)])
  }

  /// Keeps a sample of callers that are nobody's partner.
  static func strangers(_ samples: [StrangerSample]) -> PostgresQuery {
    PostgresQuery(
      """
      insert into gateway.stranger_sample (reason, remote_address, request_id, count)
      select s.reason, nullif(s.remote_address, '')::inet, nullif(s.request_id, ''), s.count
      from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as s (reason, remote_address, request_id, count)
      """,
      [
        .textArray(samples.map(\.reason)), .textArray(samples.map { $0.remoteAddress ?? "" }),
        .textArray(samples.map(\.requestID)), .intArray(samples.map { Int64($0.count) }),
      ])
  }
}

/// A refusal of somebody unknown, kept as one row.
package struct StrangerSample: Sendable, Equatable {
  package var reason: String
  package var remoteAddress: String?
  package var requestID: String
  /// How many like it since the sample before.
  package var count: UInt64
}
