internal import Crypto
internal import JSON

/// Rows that belong to a record and are replaced as a list: what is gone is deleted, what is new is added, what stands
/// is not touched.
struct ChildRelation: Sendable {
  /// Of the table: lists of different scope may share one.
  let name: String
  let places: [String: Int]
  /// Whether a row is one of those that the list replaces.
  let isInScope: @Sendable (StandingRow) -> Bool
  /// Reads the rows of parents, `$2`: id, parent, then the columns.
  let readText: String
  private let columns: [String]
  private let insertText: String
  private let updateText: String
  private let deleteText: String
  private let rank: Int

  /// - Parameter rank: after that of the parent's writes.
  private init(
    _ name: String, of parent: String, rank: Int, _ columns: String,
    isInScope: @escaping @Sendable (StandingRow) -> Bool = { _ in true }
  ) {
    self.name = name
    self.rank = rank
    self.isInScope = isInScope
    let names = columns.split(separator: " ").map(String.init)
    self.columns = names
    places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    let list = names.joined(separator: ", ")
    func values(_ alias: String) -> String { names.map { "\(alias).\($0)" }.joined(separator: ", ") }
    readText = """
      select id, \(parent), \(list) from clinic.\(name)
      where clinic_id = $1::uuid and \(parent) = any ($2::text[]) and deleted_at is null order by id
      """
    insertText = """
      insert into clinic.\(name) (clinic_id, id, \(parent), \(list))
      select $1::uuid, c.id, c.parent, \(values("n"))
      from unnest($2::text[], $3::text[], $4::jsonb[]) as c (id, parent, fields),
        lateral jsonb_populate_record(null::clinic.\(name), c.fields) n
      """
    updateText = """
      update clinic.\(name) t set (\(list)) = row(\(values("n")))
      from unnest($2::text[], $3::jsonb[]) as c (id, fields),
        lateral jsonb_populate_record(null::clinic.\(name), c.fields) n
      where t.clinic_id = $1::uuid and t.id = any ($2::text[]) and t.id = c.id
      """
    deleteText = "delete from clinic.\(name) where clinic_id = $1::uuid and id = any ($2::text[])"
  }

  /// The writes that make `rows` the parent's.
  /// - Parameters:
  ///   - seed: gives what the ids of new rows begin with; never used before for this relation.
  ///   - standing: the rows of the locked parent.
  /// - Returns: the writes, and the rows as they are then.
  func replace(
    _ parent: String, with rows: [JSONObject], seed: () throws(CryptoError) -> String, standing: [StandingRow]
  ) throws(CryptoError) -> (writes: [RecordWrite], rows: [StandingRow]) {
    var kept: [StandingRow] = []
    var gone = standing
    var come: [JSONObject] = []
    for row in rows {
      if let place = gone.firstIndex(where: { holds($0, row) }) {
        kept.append(gone.remove(at: place))
      } else {
        come.append(row)
      }
    }
    var writes: [RecordWrite] = []
    // What takes another's place takes over its row.
    for (row, fields) in zip(gone, come) {
      writes.append(
        RecordWrite(
          updateText, rank: rank, key: row.id, [[row.id], [JSONValue.object(fields).text]], effect: .update(name)))
      kept.append(row.with(fields))
    }
    for row in gone.dropFirst(come.count) {
      writes.append(RecordWrite(deleteText, rank: rank, key: row.id, [[row.id]], effect: .delete(name)))
    }
    guard come.count > gone.count else { return (writes, kept) }
    let seed = try seed()
    for (place, fields) in come.dropFirst(gone.count).enumerated() {
      let id = "\(seed)-\(place + 1)"
      writes.append(
        RecordWrite(
          insertText, rank: rank, key: nil, [[id], [parent], [JSONValue.object(fields).text]], effect: .insert(name)))
      kept.append(StandingRow(id: id, written: fields))
    }
    return (writes, kept)
  }

  private func holds(_ row: StandingRow, _ fields: JSONObject) -> Bool {
    columns.allSatisfy { row.holds($0, fields[$0] ?? .null) }
  }

  static let names = ChildRelation(
    "patient_name", of: "patient_id", rank: 40, "use family given prefix suffix period_from period_to")
  static let homeTelecoms = ChildRelation(
    "patient_telecom", of: "patient_id", rank: 40, "system value use rank period_from period_to",
    isInScope: { $0.text("use") != "work" })
  static let workTelecoms = ChildRelation(
    "patient_telecom", of: "patient_id", rank: 40, "system value use rank period_from period_to",
    isInScope: { $0.text("use") == "work" })
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
    "actor_type actor_id role_system role_code role_display required status",
    isInScope: { $0.text("actor_type") != "patient" })
}
