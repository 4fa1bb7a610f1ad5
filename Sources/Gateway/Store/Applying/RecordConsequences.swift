internal import JSON
internal import PostgresClient

/// What a transaction has done to records that no write of its plan names: a merge moves what was the merged patient's,
/// lines change an invoice's totals, a payment balances it. Told by the change log, before the transaction is rolled back.
struct RecordConsequences {
  /// A record as it stood.
  private struct Former {
    let relation: String
    let id: String
    let body: JSONObject
  }

  private let former: [Former]

  /// The records that this transaction has changed, and their children, as they stood before it.
  private static let loggedText = """
    with changed as materialized (
      select relation, id, min(version) as first, bool_and(operation <> 'create') as stood from gateway.change_log
      where clinic_id = $1::uuid and xid = pg_current_xact_id() group by relation, id
    )
    select v.relation, v.id, v.body::text
    from changed c join gateway.record_version v
      on v.clinic_id = $1::uuid and v.relation = c.relation and v.id = c.id and v.version = c.first - 1
    where c.stood
    union all
    (select distinct on (v.relation, v.id) v.relation, v.id, v.body::text
    from changed c join gateway.record_version v
      on v.clinic_id = $1::uuid and v.parent_relation = c.relation and v.parent_id = c.id
    where v.replaced_in = pg_current_xact_id()
    order by v.relation, v.id, v.version)
    order by 1, 2
    """

  /// Columns that say nothing of the record itself, or follow from others.
  private static let bookkeeping: Set<String> = [
    "clinic_id", "id", "version", "updated_at", "changed_in", "family_key", "given_key", "name_key",
  ]

  private init(_ logged: PostgresResult) throws {
    var former: [Former] = []
    for row in logged {
      former.append(
        Former(
          relation: try row.string(0), id: try row.string(1), body: try JSONValue.parse(row.string(2)).object ?? [:]))
    }
    self.former = former
  }

  /// The differences of a plan with those that follow from it; the plan's own stand first.
  static func added(
    to planned: [RecordDifference], clinic: String, _ transaction: PostgresTransaction
  ) async throws -> [RecordDifference] {
    let clinic = PostgresValue.text(clinic)
    let found = try Self(await transaction.run([PostgresQuery(dynamic: loggedText, [clinic])])[0])
    let relations = Set(found.former.map(\.relation)).sorted()
    guard !relations.isEmpty else { return planned }
    // Relations are named by the triggers that log them.
    let bodies = try await transaction.run(
      relations.map { relation in
        PostgresQuery(
          dynamic: """
            select id, to_jsonb(t)::text from clinic."\(relation)" t where clinic_id = $1::uuid and id = any ($2::text[])
            """, [clinic, .textArray(found.former.filter { $0.relation == relation }.map(\.id))])
      })
    var present: [String: [String: JSONObject]] = [:]
    for (relation, rows) in zip(relations, bodies) {
      for row in rows {
        let id = try row.string(0)
        present[relation, default: [:]][id] = try JSONValue.parse(row.string(1)).object
      }
    }
    var differences = planned
    for record in found.former {
      let now = present[record.relation]?[record.id]
      let columns = columns(record.body, now ?? [:])
      if let place = planned.firstIndex(where: { $0.relation == record.relation && $0.id == record.id }) {
        differences[place].add(columns)
      } else if !columns.isEmpty {
        differences.append(
          RecordDifference(
            operation: now == nil ? .delete : .update, relation: record.relation, id: record.id, columns: columns))
      }
    }
    return differences
  }

  private static func columns(_ before: JSONObject, _ after: JSONObject) -> [RecordDifference.Column] {
    func text(_ value: JSONValue?) -> String? {
      value.flatMap { $0.isNull ? nil : $0.string ?? $0.text }
    }
    return before.compactMap { member in
      guard !bookkeeping.contains(member.key), member.value != after[member.key] ?? .null else { return nil }
      return RecordDifference.Column(
        name: member.key, before: text(member.value), after: text(after[member.key]))
    }
  }
}
