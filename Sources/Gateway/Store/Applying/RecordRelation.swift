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

  private let rank: Int
  private let insertText: String
  private let updateText: String
  private let lockText: String

  /// - Parameter rank: after those of the relations that this one refers to.
  private init(_ name: String, rank: Int, defaults: String, _ columns: String) {
    self.name = name
    self.rank = rank
    self.defaults = defaults
    self.columns = columns.split(separator: " ").map(String.init)
    let list = self.columns.map { "\"\($0)\"" }.joined(separator: ", ")
    let values = self.columns.map { "n.\"\($0)\"" }.joined(separator: ", ")
    insertText = """
      insert into clinic.\(name) (clinic_id, id, \(list))
      select $1::uuid, c.id, \(values)
      from unnest($2::text[], $3::jsonb[]) as c (id, fields),
        lateral jsonb_populate_record(null::clinic.\(name), '\(defaults)'::jsonb || c.fields) n
      on conflict do nothing
      """
    updateText = """
      update clinic.\(name) t set (\(list)) = row(\(values))
      from unnest($2::text[], $3::jsonb[], $4::jsonb[]) as c (id, fields, blanks)
      join clinic.\(name) o on o.clinic_id = $1::uuid and o.id = c.id,
        lateral gateway.with_changes(o, c.fields, c.blanks) n
      where t.clinic_id = o.clinic_id and t.id = o.id and n is distinct from o
      """
    // A statement sees what was committed before it began: locking first keeps what the platform writes meanwhile.
    lockText = """
      select 1 from clinic.\(name) where clinic_id = $1::uuid and id = any ($2::text[]) order by id for no key update
      """
  }

  /// Makes a record; nothing happens when its id is taken.
  func insert(_ id: String, _ fields: RecordFields) -> RecordWrite {
    RecordWrite(insertText, rank: rank, key: id, [[id], [String(decoding: fields.initial, as: UTF8.self)]])
  }

  /// Changes a record, if that makes a difference.
  func update(_ id: String, _ fields: RecordFields) -> [RecordWrite] {
    if fields.isEmpty { return [] }
    return [
      RecordWrite(lockText, rank: rank + 1, key: id, [[id]]),
      RecordWrite(
        updateText, rank: rank + 2, key: id,
        [[id], [String(decoding: fields.set, as: UTF8.self)], [String(decoding: fields.fill, as: UTF8.self)]]),
    ]
  }

  static let patient = RecordRelation(
    "patient", rank: 30,
    defaults: #"""
      {"gender":"unknown","birth_precision":"day","deceased":false,"given":[],"line":[],"active":true}
      """#,
    """
    family given prefix gender birth_date birth_precision deceased deceased_at phone email language marital_system \
    marital_code marital_display line city district state postal_code country general_practitioner_id replaced_by active
    """)

  static let coverage = RecordRelation(
    "coverage", rank: 50, defaults: #"{"rank":1,"status":"active"}"#,
    """
    patient_id payer_id type_system type_code type_display member_number relationship_system relationship_code \
    relationship_display plan group rank period_from period_to status
    """)

  static let encounter = RecordRelation(
    "encounter", rank: 80, defaults: #"{"class":"AMB","status":"unknown"}"#,
    """
    patient_id practitioner_id location_id account_id class type_system type_code type_display status started_at \
    ended_at reason_system reason_code reason_display disposition_system disposition_code disposition_display
    """)

  static let appointment = RecordRelation(
    "appointment", rank: 60, defaults: #"{"status":"booked"}"#,
    """
    status start_at end_at patient_id practitioner_id location_id service_system service_code service_display \
    reason_system reason_code reason_display cancel_system cancel_code cancel_display created_at
    """)

  static let observation = RecordRelation(
    "observation", rank: 120, defaults: #"{"kind":"result","status":"final","interpretation":[]}"#,
    """
    patient_id encounter_id practitioner_id requester_id kind report_id number_system number section code_system \
    code_code code_display status effective_at issued_at value_kind value_quantity value_quantity_2 value_comparator \
    value_unit value_unit_system value_unit_code value_text value_system value_code value_display interpretation \
    range_text range_low range_high comment
    """)

  static let document = RecordRelation(
    "document", rank: 130, defaults: #"{"status":"current"}"#,
    """
    patient_id encounter_id practitioner_id report_id number_system number type_system type_code type_display title \
    status stage content_type bytes sha256 content_location created_at replaces_id appends_id
    """)

  static let condition = RecordRelation(
    "condition", rank: 150, defaults: #"{"status":"active"}"#,
    """
    patient_id encounter_id practitioner_id code_system code_code code_display status verification use_system \
    use_code use_display rank recorded_at
    """)

  static let procedure = RecordRelation(
    "procedure", rank: 153, defaults: #"{"status":"completed"}"#,
    "patient_id encounter_id practitioner_id code_system code_code code_display status performed_at")

  static let allergy = RecordRelation(
    "allergy", rank: 156, defaults: #"{"status":"active"}"#,
    "patient_id code_system code_code code_display status category severity reaction recorded_on")

  static let movement = RecordRelation(
    "encounter_movement", rank: 160, defaults: #"{"status":"active"}"#,
    "encounter_id number event status started_at ended_at location_id unit")

  /// Before the encounters that are charged to it.
  static let account = RecordRelation(
    "account", rank: 75, defaults: #"{"status":"active"}"#, "patient_id name status period_from period_to")

  static let invoice = RecordRelation(
    "invoice", rank: 140,
    defaults:
      #"{"kind":"invoice","status":"draft","recipient_type":"patient","total_net":0,"total_tax":0,"total_gross":0}"#,
    "status kind patient_id recipient_type encounter_id account_id currency total_net total_tax total_gross")

  static let invoiceItem = RecordRelation(
    "invoice_item", rank: 141, defaults: #"{"quantity":1,"discount":0}"#,
    """
    invoice_id sequence code_system code_code code_display description quantity unit_price discount net encounter_id \
    practitioner_id served_at
    """)

  static let practitioner = RecordRelation(
    "practitioner", rank: 0, defaults: #"{"given":[],"active":true}"#, "family given prefix active")

  static let location = RecordRelation(
    "location", rank: 10, defaults: #"{"status":"active","line":[]}"#, "kind name parent_id status line")

  static let payer = RecordRelation(
    "payer", rank: 20, defaults: #"{"kind":"private","claim_format":"fhir","line":[]}"#,
    "name kind claim_format phone line city district state postal_code country")
}

/// Rows that belong to a record and are replaced as a list: what is gone is deleted, what is new is added, what stands
/// is not touched.
struct ChildRelation: Sendable {
  private let text: String
  private let rank: Int

  /// - Parameters:
  ///   - rank: after that of the parent's writes.
  ///   - scope: which of the parent's rows the list replaces; all of them when empty.
  private init(_ name: String, of parent: String, rank: Int, _ columns: String, scope: String = "true") {
    self.rank = rank
    let names = columns.split(separator: " ")
    let list = names.joined(separator: ", ")
    func values(_ alias: String) -> String { names.map { "\(alias).\($0)" }.joined(separator: ", ") }
    text = """
      with given as (
        select * from unnest($2::text[], $3::jsonb[], $4::text[]) as c (parent, items, seed)
      ), wanted as (
        select n.*, w.place, c.parent as wanted_by, c.seed from given c,
          jsonb_array_elements(c.items) with ordinality as w (item, place),
          lateral jsonb_populate_record(null::clinic.\(name), w.item) n
      ), standing as (
        select t.* from given c cross join lateral (
          select t.* from clinic.\(name) t
          where t.clinic_id = $1::uuid and t.\(parent) = c.parent and t.deleted_at is null and \(scope) offset 0) t
      ), gone as (
        delete from clinic.\(name) t using standing s
        where t.clinic_id = s.clinic_id and t.id = s.id
          and not exists (select from wanted w
            where w.wanted_by = s.\(parent) and row(\(values("w"))) is not distinct from row(\(values("s"))))
      )
      insert into clinic.\(name) (clinic_id, id, \(parent), \(list))
      select $1::uuid, w.seed || '-' || w.place, w.wanted_by, \(values("w")) from wanted w
      where not exists (select from standing s
        where s.\(parent) = w.wanted_by and row(\(values("s"))) is not distinct from row(\(values("w"))))
      """
  }

  /// The write that makes `rows`, a JSON array of objects, the parent's.
  /// - Parameter seed: begins the ids of new rows; never used before for this relation.
  func replace(_ parent: String, with rows: [UInt8], seed: String) -> RecordWrite {
    RecordWrite(text, rank: rank, key: parent, [[parent], [String(decoding: rows, as: UTF8.self)], [seed]])
  }

  static let names = ChildRelation(
    "patient_name", of: "patient_id", rank: 40, "use family given prefix suffix period_from period_to")
  static let homeTelecoms = ChildRelation(
    "patient_telecom", of: "patient_id", rank: 40, "system value use rank period_from period_to",
    scope: "t.use is distinct from 'work'")
  static let workTelecoms = ChildRelation(
    "patient_telecom", of: "patient_id", rank: 40, "system value use rank period_from period_to",
    scope: "t.use = 'work'")
  static let addresses = ChildRelation(
    "patient_address", of: "patient_id", rank: 40,
    "use line city district state postal_code country period_from period_to")
  static let contacts = ChildRelation(
    "patient_contact", of: "patient_id", rank: 40,
    """
    relationship_system relationship_code relationship_display family given gender phone email line city district \
    state postal_code country
    """)
  static let participants = ChildRelation(
    "appointment_participant", of: "appointment_id", rank: 70,
    "actor_type actor_id role_system role_code role_display required status", scope: "t.actor_type <> 'patient'")
}
