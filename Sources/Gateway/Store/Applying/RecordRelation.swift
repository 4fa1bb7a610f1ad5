internal import JSON

/// A relation of the clinic contract that messages write: its columns, and the statements made of them.
///
/// A record's new state is a JSON object by column: Postgres lays it over the row that stands, so a column that is not
/// named keeps its value, null clears it, and a row that would not differ is not written at all.
struct RecordRelation: Sendable {
  let name: String
  /// What a message may write, key columns and bookkeeping excepted.
  let columns: [String]
  /// The place of each column in a row of `readText`, the id not counted.
  let places: [String: Int]
  /// What a new row holds where the message says nothing: the table's own defaults of columns that are never null.
  let defaults: String
  private let standard: JSONObject

  private let rank: Int
  private let insertText: String
  private let updateText: String
  /// Reads rows by id, `$2`, and locks them until the commit: id, then the columns.
  let readText: String

  /// - Parameter rank: after those of the relations that this one refers to.
  private init(_ name: String, rank: Int, defaults: String, _ columns: String) {
    self.name = name
    self.rank = rank
    self.defaults = defaults
    standard = (try? JSONValue.parse(defaults))?.object ?? [:]
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
      from unnest($2::text[], $3::jsonb[]) as c (id, fields)
      join clinic.\(name) o on o.clinic_id = $1::uuid and o.id = c.id,
        lateral jsonb_populate_record(o, c.fields) n
      where t.clinic_id = o.clinic_id and t.id = o.id and n is distinct from o
      """
    readText = """
      select id, \(list) from clinic.\(name)
      where clinic_id = $1::uuid and id = any ($2::text[]) and deleted_at is null order by id for no key update
      """
    places = Dictionary(uniqueKeysWithValues: self.columns.enumerated().map { ($1, $0) })
  }

  /// Makes a record; nothing happens when its id is taken.
  func insert(_ id: String, _ fields: RecordFields) -> RecordWrite {
    RecordWrite(
      insertText, rank: rank, key: id, [[id], [JSONValue.object(fields.initial).text]], effect: .insert(name))
  }

  /// The row of a record that was made so.
  func row(_ id: String, _ fields: RecordFields) -> StandingRow {
    StandingRow(id: id, written: standard).with(fields.initial)
  }

  /// Writes the columns of a record that differ from its locked row.
  func update(_ id: String, _ differences: JSONObject) -> RecordWrite {
    RecordWrite(
      updateText, rank: rank + 2, key: id, [[id], [JSONValue.object(differences).text]], effect: .update(name))
  }

  /// The relations that messages change, rather than only refer to, by name.
  static let written = Dictionary(
    uniqueKeysWithValues: [
      patient, coverage, encounter, appointment, observation, document, condition, procedure, allergy, movement,
      account, invoiceItem, payment,
    ].map { ($0.name, $0) })

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
    patient_id practitioner_id referrer_id consultant_id admitter_id location_id account_id class type_system \
    type_code type_display status started_at ended_at reason_system reason_code reason_display disposition_system \
    disposition_code disposition_display
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
    range_text range_low range_high comment sequence
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

  static let payment = RecordRelation(
    "payment", rank: 147, defaults: #"{"payer_type":"patient"}"#,
    "payer_type patient_id payer_id account_id method amount currency paid_at reference")

  static let practitioner = RecordRelation(
    "practitioner", rank: 0, defaults: #"{"given":[],"active":true}"#, "family given prefix active")

  static let location = RecordRelation(
    "location", rank: 10, defaults: #"{"status":"active","line":[]}"#, "kind name parent_id status line")

  static let payer = RecordRelation(
    "payer", rank: 20, defaults: #"{"kind":"private","claim_format":"fhir","line":[]}"#,
    "name kind claim_format phone line city district state postal_code country")
}
