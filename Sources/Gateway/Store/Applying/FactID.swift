internal import Crypto
internal import Mappers
internal import PostgresClient

/// The row of a fact: every process gives a `FactKey` the same id, so two that make it at once make it once.
struct FactID: Hashable, Sendable {
  let relation: FactKey.Relation
  let id: String

  init(_ key: FactKey, _ clinicID: String) {
    relation = key.relation
    id = DerivedID.of(clinicID, ["fact", key.relation.rawValue] + key.source + key.item)
  }

  init(_ relation: FactKey.Relation, id: String) {
    self.relation = relation
    self.id = id
  }

  /// The number of the advisory lock that whoever writes facts of a source holds until the commit.
  static func lock(_ source: [String], _ clinicID: String) -> Int64 {
    SHA256.hash((["fact-source", clinicID] + source).joined(separator: "\n")).prefix(8)
      .reduce(0) { $0 << 8 | Int64($1) }
  }
}

/// A fact as it stands.
struct StandingFact: Sendable {
  var record: StandingRecord
  var patientID: String
  var status: String
  /// Of a charge: its invoice.
  var parentID: String?
}

extension RecordLookup {
  /// Where a fact's patient and status stand, where it has no columns for them.
  private static func source(_ relation: FactKey.Relation) -> (table: String, patient: String, status: String) {
    switch relation {
    case .charge:
      (
        "clinic.invoice_item t join clinic.invoice v on v.clinic_id = t.clinic_id and v.id = t.invoice_id",
        "v.patient_id", "v.status"
      )
    case .movement:
      (
        "clinic.encounter_movement t join clinic.encounter v on v.clinic_id = t.clinic_id and v.id = t.encounter_id",
        "v.patient_id", "t.status"
      )
    case .slot: ("clinic.slot t", "''", "t.status")
    case .payment: ("clinic.payment t", "coalesce(t.patient_id, '')", "''")
    case .observation, .document, .condition, .procedure, .allergy:
      ("clinic.\(relation.rawValue) t", "t.patient_id", "t.status")
    }
  }

  /// Only the relations that are asked for take part: preparing to look at the others costs more than looking.
  private static func factsText(_ relations: Set<FactKey.Relation>) -> String {
    let relations = FactKey.Relation.allCases.filter(relations.contains).map { relation in
      let source = source(relation)
      return """
        select t.version, \(source.patient) as patient_id, \(source.status) as status,
          null::timestamptz as started_at, \(relation == .charge ? "t.invoice_id" : "null") as parent_id
          from \(source.table)
          where k.kind = '\(relation.rawValue)' and t.clinic_id = $1::uuid and t.id = k.id and t.deleted_at is null
        """
    }
    return """
      select k.kind, k.id, r.patient_id, r.status, \(stateColumns), r.parent_id
      from unnest($2::text[], $3::text[]) as k (kind, id)
      cross join lateral (\(relations.joined(separator: " union all ")) offset 0) r
      left join \(filled(lastEffect, kind: "k.kind", id: "k.id")) e on true
      """
  }

  static func query(_ facts: Set<FactID>, clinic: PostgresValue) -> PostgresQuery {
    let facts = Array(facts)
    return PostgresQuery(
      dynamic: factsText(Set(facts.map(\.relation))),
      [clinic, .textArray(facts.map(\.relation.rawValue)), .textArray(facts.map(\.id))])
  }

  mutating func readFacts(_ result: PostgresResult?) throws(PostgresError) {
    for row in result.map(Array.init) ?? [] {
      guard let relation = FactKey.Relation(rawValue: try row.string(0)) else { continue }
      let id = try row.string(1)
      facts[FactID(relation, id: id)] = StandingFact(
        record: try Self.record(row, id: id, at: 4), patientID: try row.string(2), status: try row.string(3),
        parentID: try row.optionalString(9))
    }
  }
}
