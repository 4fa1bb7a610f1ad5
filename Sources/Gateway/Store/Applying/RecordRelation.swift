internal import PostgresClient

/// A relation of the clinic contract that messages write: its columns, and the statements made of them.
///
/// A record's new state is a JSON object by column: Postgres lays it over the row that stands (`with_changes`), so a
/// column that is not named keeps its value, null clears it, and a row that would not differ is not written at all.
struct RecordRelation: Sendable {
  let name: String
  /// What a message may write, key columns and bookkeeping excepted.
  let columns: [String]
  /// What a new row holds where the message says nothing: the table's own defaults of columns that are never null.
  let defaults: String

  private let insertText: String
  private let updateText: String
  private let lockText: String

  private init(_ name: String, defaults: String, _ columns: String) {
    self.name = name
    self.defaults = defaults
    self.columns = columns.split(separator: " ").map(String.init)
    let list = self.columns.map { "\"\($0)\"" }.joined(separator: ", ")
    let values = self.columns.map { "n.\"\($0)\"" }.joined(separator: ", ")
    insertText = """
      insert into clinic.\(name) (clinic_id, id, \(list))
      select $1::uuid, $2, \(values)
      from jsonb_populate_record(null::clinic.\(name), '\(defaults)'::jsonb || $3::jsonb) n
      on conflict do nothing
      """
    updateText = """
      update clinic.\(name) t set (\(list)) = row(\(values))
      from clinic.\(name) o, lateral gateway.with_changes(o, $3::jsonb, $4::jsonb) n
      where o.clinic_id = $1::uuid and o.id = $2 and t.clinic_id = o.clinic_id and t.id = o.id and n is distinct from o
      """
    // A statement sees what was committed before it began: locking first keeps what the platform writes meanwhile.
    lockText = "select 1 from clinic.\(name) where clinic_id = $1::uuid and id = $2 for no key update"
  }

  /// Makes a record; nothing happens when its id is taken.
  func insert(_ id: String, _ fields: RecordFields, clinic: PostgresValue) -> PostgresQuery {
    PostgresQuery(dynamic: insertText, [clinic, .text(id), .utf8(fields.initial)])
  }

  /// Changes a record, if that makes a difference.
  func update(_ id: String, _ fields: RecordFields, clinic: PostgresValue) -> [PostgresQuery] {
    if fields.isEmpty { return [] }
    return [
      PostgresQuery(dynamic: lockText, [clinic, .text(id)]),
      PostgresQuery(dynamic: updateText, [clinic, .text(id), .utf8(fields.set), .utf8(fields.fill)]),
    ]
  }

  static let patient = RecordRelation(
    "patient",
    defaults: #"""
      {"gender":"unknown","birth_precision":"day","deceased":false,"given":[],"line":[],"active":true}
      """#,
    """
    family given prefix gender birth_date birth_precision deceased deceased_at phone email language marital_system \
    marital_code marital_display line city district state postal_code country general_practitioner_id replaced_by active
    """)

  static let coverage = RecordRelation(
    "coverage", defaults: #"{"rank":1,"status":"active"}"#,
    """
    patient_id payer_id type_system type_code type_display member_number relationship_system relationship_code \
    relationship_display plan group rank period_from period_to status
    """)

  static let encounter = RecordRelation(
    "encounter", defaults: #"{"class":"AMB","status":"unknown"}"#,
    """
    patient_id practitioner_id location_id class type_system type_code type_display status started_at ended_at \
    reason_system reason_code reason_display disposition_system disposition_code disposition_display
    """)

  static let appointment = RecordRelation(
    "appointment", defaults: #"{"status":"booked"}"#,
    """
    status start_at end_at patient_id practitioner_id location_id service_system service_code service_display \
    reason_system reason_code reason_display cancel_system cancel_code cancel_display created_at
    """)

  static let practitioner = RecordRelation(
    "practitioner", defaults: #"{"given":[],"active":true}"#, "family given prefix active")

  static let location = RecordRelation(
    "location", defaults: #"{"status":"active","line":[]}"#, "kind name parent_id status line")

  static let payer = RecordRelation(
    "payer", defaults: #"{"kind":"private","claim_format":"fhir","line":[]}"#,
    "name kind claim_format phone line city district state postal_code country")
}

/// Rows that belong to a record and are replaced as a list: what is gone is deleted, what is new is added, what stands
/// is not touched.
struct ChildRelation: Sendable {
  private let text: String

  /// - Parameter scope: which of the parent's rows the list replaces; all of them when empty.
  private init(_ name: String, of parent: String, _ columns: String, scope: String = "true") {
    let names = columns.split(separator: " ")
    let list = names.joined(separator: ", ")
    func values(_ alias: String) -> String { names.map { "\(alias).\($0)" }.joined(separator: ", ") }
    text = """
      with wanted as (
        select n.*, w.place from jsonb_array_elements($3::jsonb) with ordinality as w (item, place),
          lateral jsonb_populate_record(null::clinic.\(name), w.item) n
      ), standing as (
        select t.* from clinic.\(name) t
        where t.clinic_id = $1::uuid and t.\(parent) = $2 and t.deleted_at is null and \(scope)
      ), gone as (
        delete from clinic.\(name) t using standing s
        where t.clinic_id = s.clinic_id and t.id = s.id
          and not exists (select from wanted w where row(\(values("w"))) is not distinct from row(\(values("s"))))
      )
      insert into clinic.\(name) (clinic_id, id, \(parent), \(list))
      select $1::uuid, $4 || '-' || w.place, $2, \(values("w")) from wanted w
      where not exists (select from standing s where row(\(values("s"))) is not distinct from row(\(values("w"))))
      """
  }

  /// The statement that makes `rows`, a JSON array of objects, the parent's.
  /// - Parameter seed: begins the ids of new rows; never used before for this relation.
  func replace(_ parent: String, with rows: [UInt8], seed: String, clinic: PostgresValue) -> PostgresQuery {
    PostgresQuery(dynamic: text, [clinic, .text(parent), .utf8(rows), .text(seed)])
  }

  static let names = ChildRelation(
    "patient_name", of: "patient_id", "use family given prefix suffix period_from period_to")
  static let homeTelecoms = ChildRelation(
    "patient_telecom", of: "patient_id", "system value use rank period_from period_to",
    scope: "t.use is distinct from 'work'")
  static let workTelecoms = ChildRelation(
    "patient_telecom", of: "patient_id", "system value use rank period_from period_to", scope: "t.use = 'work'")
  static let addresses = ChildRelation(
    "patient_address", of: "patient_id", "use line city district state postal_code country period_from period_to")
  static let contacts = ChildRelation(
    "patient_contact", of: "patient_id",
    """
    relationship_system relationship_code relationship_display family given gender phone email line city district \
    state postal_code country
    """)
  static let participants = ChildRelation(
    "appointment_participant", of: "appointment_id",
    "actor_type actor_id role_system role_code role_display required status", scope: "t.actor_type <> 'patient'")
}
