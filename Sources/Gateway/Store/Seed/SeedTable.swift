internal import PostgresClient

/// Rows on their way into one relation: written as COPY text, staged, then inserted.
///
/// COPY into a table under forced row security is refused, so each relation has a temporary twin without it.
struct SeedTable {
  let relation: String
  let columns: [String]
  private(set) var rows = CopyText()

  init(_ relation: String, _ columns: String) {
    self.relation = relation
    self.columns = columns.split(separator: " ").map(String.init)
  }

  mutating func add(_ values: String?...) {
    precondition(values.count == columns.count, "\(relation): \(values.count) values for \(columns.count) columns")
    for value in values { rows.column(value) }
    rows.endRow()
  }

  mutating func take() -> [UInt8] { rows.take() }

  private var list: String { columns.map { "\"\($0)\"" }.joined(separator: ", ") }
  var createStaging: String {
    "create temporary table if not exists seed_\(relation) on commit delete rows as "
      + "select \(list) from clinic.\(relation) where false"
  }
  var copy: String { "copy seed_\(relation) (\(list)) from stdin" }
  var insert: String { "insert into clinic.\(relation) (\(list)) select \(list) from seed_\(relation)" }
}

/// All that a batch writes, in an order that foreign keys allow.
struct SeedBatch {
  var clinic = SeedTable(
    "clinic",
    "clinic_id id slug name legal_name country time_zone currency locale tax_regime phone line city postal_code")
  var payer = SeedTable("payer", "clinic_id id name kind claim_format country")
  var location = SeedTable("location", "clinic_id id kind name parent_id line city postal_code country")
  var practitioner = SeedTable("practitioner", "clinic_id id family given prefix gender")
  var role = SeedTable(
    "practitioner_role",
    "clinic_id id practitioner_id location_id specialty_system specialty_code specialty_display period_from")
  var patient = SeedTable(
    "patient",
    "clinic_id id updated_at family given gender birth_date birth_precision phone email language line city postal_code "
      + "country general_practitioner_id")
  var identifier = SeedTable(
    "identifier", "clinic_id id owner_type owner_id system value type_system type_code use")
  var telecom = SeedTable("patient_telecom", "clinic_id id patient_id system value use rank")
  var contact = SeedTable(
    "patient_contact",
    "clinic_id id patient_id relationship_system relationship_code relationship_display family given phone")
  var coverage = SeedTable(
    "coverage",
    "clinic_id id patient_id payer_id member_number relationship_system relationship_code rank rate period_from")
  var appointment = SeedTable(
    "appointment",
    "clinic_id id updated_at status start_at end_at patient_id practitioner_id location_id service_code service_display "
      + "created_at")
  var encounter = SeedTable(
    "encounter",
    "clinic_id id updated_at appointment_id patient_id practitioner_id location_id class status started_at ended_at "
      + "type_code type_display")
  var invoice = SeedTable(
    "invoice",
    "clinic_id id updated_at number status patient_id encounter_id practitioner_id issued_at due_at currency total_net "
      + "total_tax total_gross")
  var item = SeedTable(
    "invoice_item",
    "clinic_id id invoice_id sequence code_code code_display description quantity unit unit_price net exemption_reason "
      + "encounter_id practitioner_id served_at")
  var tax = SeedTable(
    "invoice_item_tax", "clinic_id id invoice_id invoice_item_id tax_code category rate base amount")
  var payment = SeedTable(
    "payment", "clinic_id id payer_type patient_id payer_id method amount currency paid_at reference")
  var allocation = SeedTable("payment_allocation", "clinic_id id payment_id invoice_id amount")

  static var order: [WritableKeyPath<SeedBatch, SeedTable>] {
    [
      \.clinic, \.payer, \.location, \.practitioner, \.role, \.patient, \.identifier, \.telecom, \.contact,
      \.coverage, \.appointment, \.encounter, \.invoice, \.item, \.tax, \.payment, \.allocation,
    ]
  }
}
