internal import ClinicModel
internal import Mappers
internal import PostgresClient

/// A record as it stands, and what the last message said of it.
struct StandingRecord: Sendable {
  var id: String
  /// Nil until it is committed for the first time.
  var version: Int?
  /// Of the newest event that a message has brought to it.
  var eventAt: Instant?
  var fingerprint: String?
  /// The version that this message left.
  var fingerprintVersion: Int?
  /// For an encounter: when it began.
  var startedAt: Instant?
  /// A message of this transaction writes it.
  var isWritten = false

  /// Whether a message with this fingerprint has nothing to change.
  func alreadyHas(_ fingerprint: String) -> Bool {
    self.fingerprint == fingerprint && (isWritten || (version != nil && version == fingerprintVersion))
  }
}

/// A coverage of a patient whom a message names.
struct StandingCoverage: Sendable {
  var record: StandingRecord
  var patientID: String
  var payerID: String
  var memberNumber: String?
}

/// Everything that the messages of one transaction must be told by the database before they can be planned.
struct RecordLookup: Sendable {
  /// What to look for.
  struct Wanted: Sendable {
    var keys: Set<RecordKey> = []
    var practitionerFamilies: Set<String> = []
    var locationNames: Set<String> = []
    var payerNames: Set<String> = []
    /// Patients whose coverages, or encounters, matter.
    var coveragePatients: Set<RecordKey> = []
    var encounterPatients: Set<RecordKey> = []
    var encounterStarts: Set<Instant> = []
    var facts: Set<FactID> = []
    var chargedAccounts: Set<RecordKey> = []
  }

  struct Place: Sendable {
    var id: String
    var kind: String
    var nameKey: String
    var parentID: String?
  }

  struct Named: Sendable {
    var id: String
    var key: String
    var givenKey: String
  }

  /// Owners by identifier; a patient that was merged is its survivor.
  var owners: [RecordKey: [StandingRecord]] = [:]
  /// Ids of the very owners, merged ones too.
  var holders: [RecordKey: String] = [:]
  var coverages: [StandingCoverage] = []
  /// Encounters by patient, for those asked for by their beginning.
  var encounters: [(patientID: String, record: StandingRecord)] = []
  var facts: [FactID: StandingFact] = [:]
  /// Draft invoices by account and patient.
  var drafts: [String: [String: Draft]] = [:]
  /// The clinic's, where something is charged.
  var currency: String?
  var practitioners: [Named] = []
  var places: [Place] = []
  var payers: [Named] = []
  /// Rows of the records that are about to be written.
  var rows = StandingRows()

  /// The id of the first record that one of the keys finds.
  func owner(_ keys: [RecordKey]) -> String? { keys.lazy.compactMap { owners[$0]?.first?.id }.first }

  // MARK: Statements

  /// The state of the record that an identifier names: one branch runs. A patient's own row is there already; that of a
  /// survivor is not.
  private static func state(of kind: OwnerType) -> String {
    let standing = "clinic_id = $1::uuid and id = o.id and deleted_at is null"
    return switch kind {
    case .patient:
      """
      select p.version, null::timestamptz as started_at
        where k.kind = 'patient' and p.replaced_by is null and p.deleted_at is null and p.id is not null
      union all select version, null from clinic.patient
        where k.kind = 'patient' and p.replaced_by is not null and \(standing)
      """
    case .encounter: "select version, started_at from clinic.encounter where k.kind = 'encounter' and \(standing)"
    default:
      """
      select version, null::timestamptz as started_at from clinic.\(kind.rawValue)
        where k.kind = '\(kind.rawValue)' and \(standing)
      """
    }
  }
  static let lastEffect = """
    lateral (
      select event_at, fingerprint, version from gateway.message_effect m
      where m.clinic_id = $1::uuid and m.relation = {kind} and m.record_id = {id} and m.event_at is not null
      order by m.event_at desc, m.message_id desc limit 1
    )
    """
  static let stateColumns = """
    r.version, (extract(epoch from e.event_at) * 1000000)::bigint, e.fingerprint::text, e.version,
    (extract(epoch from r.started_at) * 1000000)::bigint
    """

  static func filled(_ fragment: String, kind: String, id: String) -> String {
    fragment.replacing("{kind}", with: kind).replacing("{id}", with: id)
  }

  /// Kinds that a message names by identifiers, in the order of the branches.
  private static let kinds: [OwnerType] = [
    .patient, .encounter, .appointment, .practitioner, .location, .payer, .account,
  ]

  private static let states = Dictionary(uniqueKeysWithValues: kinds.map { ($0, state(of: $0)) })
  private static let lastEffectOfOwner = filled(lastEffect, kind: "k.kind", id: "o.id")

  /// The ids of whom an identifier `k` names: who holds it, and where it is a number of ours the record itself. That there
  /// is such a record is for the reader of the id to see.
  static func holders(_ kind: String, _ hasOurs: Bool) -> String {
    let held = """
      select owner_id from clinic.identifier i where i.clinic_id = $1::uuid and i.owner_type = \(kind)
        and i.value = k.value and i.system = k.system and i.deleted_at is null
      """
    guard hasOurs else { return held }
    return "\(held) union all select k.value where k.system = '\(IdentifierValue.ownSystemPrefix)' || \(kind)"
  }

  /// Only the kinds that are asked for take part, and numbers of ours only where there are some: preparing to look at the
  /// others costs more than looking at these.
  private static func ownersText(_ kinds: [OwnerType], _ hasOurs: Bool) -> String {
    """
    select k.n, i.owner_id, o.id, \(stateColumns)
    from unnest($2::int[], $3::text[], $4::text[], $5::text[]) as k (n, kind, system, value)
    cross join lateral (\(holders("k.kind", hasOurs)) offset 0) i
    left join clinic.patient p on k.kind = 'patient' and p.clinic_id = $1::uuid and p.id = i.owner_id
    cross join lateral (select coalesce(p.replaced_by, i.owner_id) as id offset 0) o
    join lateral (\(kinds.compactMap { states[$0] }.joined(separator: " union all "))) r on true
    left join \(lastEffectOfOwner) e on true
    order by k.n, i.owner_id
    """
  }
  /// A statement without and with the branch that numbers of ours need, both made once.
  struct Texts: Sendable {
    private let plain: String
    private let withOurs: String

    init(_ make: (_ hasOurs: Bool) -> String) { (plain, withOurs) = (make(false), make(true)) }

    subscript(hasOurs hasOurs: Bool) -> String { hasOurs ? withOurs : plain }
  }

  /// The patients that identifiers name, survivors of the merged ones. What is theirs is looked up patient by patient:
  /// `offset 0` keeps Postgres from reading all of a clinic instead.
  private static func patients(_ hasOurs: Bool) -> String {
    """
    (select distinct coalesce(p.replaced_by, p.id) as id from unnest($2::text[], $3::text[]) as k (system, value)
     cross join lateral (\(holders("'patient'", hasOurs))) i
     join clinic.patient p on p.clinic_id = $1::uuid and p.id = i.owner_id) p
    """
  }
  private static let coveragesTexts = Texts { hasOurs in
    """
    select r.id, r.patient_id, r.payer_id, r.member_number, \(stateColumns)
    from \(patients(hasOurs)) cross join lateral (
      select c.*, null::timestamptz as started_at from clinic.coverage c
      where c.clinic_id = $1::uuid and c.patient_id = p.id and c.deleted_at is null offset 0
    ) r
    left join \(filled(lastEffect, kind: "'coverage'", id: "r.id")) e on true
    order by r.rank, r.id
    """
  }
  private static let encountersTexts = Texts { hasOurs in
    """
    select r.id, r.patient_id, \(stateColumns)
    from \(patients(hasOurs)) cross join lateral (
      select * from clinic.encounter c
      where c.clinic_id = $1::uuid and c.patient_id = p.id and c.started_at = any ($4::timestamptz[])
        and c.deleted_at is null offset 0
    ) r
    left join \(filled(lastEffect, kind: "'encounter'", id: "r.id")) e on true
    order by r.id
    """
  }

  /// The statements of one pipeline, in the order in which `init` reads their results.
  static func queries(_ wanted: Wanted, clinic: PostgresValue) -> (queries: [PostgresQuery], keys: [RecordKey]) {
    let keys = Array(wanted.keys)
    let asked = Set(keys.map(\.owner))
    let kinds = Self.kinds.filter(asked.contains)
    var queries: [PostgresQuery] = [
      PostgresQuery(
        dynamic: ownersText(kinds.isEmpty ? [.patient] : kinds, keys.contains(where: \.isOurs)),
        [
          clinic, .intArray(keys.indices.map { Int64($0) }), .textArray(keys.map(\.owner.rawValue)),
          .textArray(keys.map(\.system)), .textArray(keys.map(\.value)),
        ])
    ]
    if !wanted.coveragePatients.isEmpty {
      queries.append(
        PostgresQuery(
          dynamic: coveragesTexts[hasOurs: wanted.coveragePatients.contains(where: \.isOurs)],
          [clinic] + columns(of: wanted.coveragePatients)))
    }
    if !wanted.encounterPatients.isEmpty {
      let starts = PostgresValue.textArray(wanted.encounterStarts.map { $0.rfc3339() })
      queries.append(
        PostgresQuery(
          dynamic: encountersTexts[hasOurs: wanted.encounterPatients.contains(where: \.isOurs)],
          [clinic] + columns(of: wanted.encounterPatients) + [starts]))
    }
    if !wanted.practitionerFamilies.isEmpty {
      queries.append(
        PostgresQuery(
          """
          select id, family_key, given_key from clinic.practitioner
          where clinic_id = $1::uuid and family_key = any ($2::text[]) and deleted_at is null order by id
          """, [clinic, .textArray(Array(wanted.practitionerFamilies))]))
    }
    if !wanted.locationNames.isEmpty {
      queries.append(
        PostgresQuery(
          """
          select id, kind, name_key, parent_id from clinic.location
          where clinic_id = $1::uuid and name_key = any ($2::text[]) and deleted_at is null order by id
          """, [clinic, .textArray(Array(wanted.locationNames))]))
    }
    if !wanted.payerNames.isEmpty {
      queries.append(
        PostgresQuery(
          """
          select id, name_key, '' from clinic.payer
          where clinic_id = $1::uuid and name_key = any ($2::text[]) and deleted_at is null order by id
          """, [clinic, .textArray(Array(wanted.payerNames))]))
    }
    if !wanted.facts.isEmpty { queries.append(Self.query(wanted.facts, clinic: clinic)) }
    if !wanted.chargedAccounts.isEmpty {
      queries.append(Self.query(draftsOf: wanted.chargedAccounts, clinic: clinic))
    }
    return (queries, keys)
  }

  static func columns(of keys: Set<RecordKey>) -> [PostgresValue] {
    let keys = Array(keys)
    return [.textArray(keys.map(\.system)), .textArray(keys.map(\.value))]
  }

  // MARK: Results

  /// Nothing was found.
  init() {}

  /// Reads the results of `queries`.
  init(_ results: some Sequence<PostgresResult>, _ wanted: Wanted, keys: [RecordKey]) throws(PostgresError) {
    var results = Array(results).makeIterator()
    for row in results.next().map(Array.init) ?? [] {
      let key = keys[try row.int(0)]
      if holders[key] == nil { holders[key] = try row.string(1) }
      owners[key, default: []].append(try Self.record(row, id: row.string(2), at: 3))
    }
    if !wanted.coveragePatients.isEmpty {
      for row in results.next().map(Array.init) ?? [] {
        coverages.append(
          StandingCoverage(
            record: try Self.record(row, id: row.string(0), at: 4), patientID: try row.string(1),
            payerID: try row.string(2), memberNumber: try row.optionalString(3)))
      }
    }
    if !wanted.encounterPatients.isEmpty {
      for row in results.next().map(Array.init) ?? [] {
        encounters.append((try row.string(1), try Self.record(row, id: row.string(0), at: 2)))
      }
    }
    if !wanted.practitionerFamilies.isEmpty { practitioners = try Self.named(results.next()) }
    if !wanted.locationNames.isEmpty {
      for row in results.next().map(Array.init) ?? [] {
        places.append(
          Place(
            id: try row.string(0), kind: try row.string(1), nameKey: try row.string(2),
            parentID: try row.optionalString(3)))
      }
    }
    if !wanted.payerNames.isEmpty { payers = try Self.named(results.next()) }
    if !wanted.facts.isEmpty { try readFacts(results.next()) }
    if !wanted.chargedAccounts.isEmpty { try readDrafts(results.next()) }
  }

  private static func named(_ result: PostgresResult?) throws(PostgresError) -> [Named] {
    var found: [Named] = []
    for row in result.map(Array.init) ?? [] {
      found.append(Named(id: try row.string(0), key: try row.string(1), givenKey: try row.string(2)))
    }
    return found
  }

  static func record(_ row: PostgresRow, id: String, at column: Int) throws(PostgresError) -> StandingRecord {
    StandingRecord(
      id: id, version: try row.optionalInt(column),
      eventAt: try row.optionalInt(column + 1).map { Instant(microseconds: Int64($0)) },
      fingerprint: try row.optionalString(column + 2), fingerprintVersion: try row.optionalInt(column + 3),
      startedAt: try row.optionalInt(column + 4).map { Instant(microseconds: Int64($0)) })
  }
}
