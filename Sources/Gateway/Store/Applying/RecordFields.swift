internal import ClinicModel
internal import JSON
internal import Mappers

/// What a message says about the columns of one record, as JSON for `RecordRelation`.
struct RecordFields: Sendable {
  private var setMembers = JSONObject()
  private var fillMembers = JSONObject()

  /// What would change of a record that stands: the columns with what they shall hold.
  func differences(from row: StandingRow) -> JSONObject {
    var changed = JSONObject()
    for member in setMembers where !row.holds(member.key, member.value) { changed[member.key] = member.value }
    for member in fillMembers where setMembers[member.key] == nil && row.isBlank(member.key) {
      if !row.holds(member.key, member.value) { changed[member.key] = member.value }
    }
    return changed
  }

  /// What a new record holds.
  var initial: JSONObject {
    var all = fillMembers
    // A null would hide the default of a column that is never null.
    for member in setMembers where !member.value.isNull { all[member.key] = member.value }
    return all
  }

  /// Sets a column whatever it holds.
  mutating func put(_ column: String, _ value: JSONValue) { setMembers[column] = value }

  /// - Parameter empty: what clearing means: null, or the nothing of a column that is never null.
  mutating func put<Value>(
    _ column: String, _ change: FieldChange<Value>, empty: JSONValue = .null, _ json: (Value) -> JSONValue
  ) {
    switch change {
    case .leave: break
    case .clear: setMembers[column] = empty
    case .set(let value): setMembers[column] = json(value)
    case .fill(let value): fillMembers[column] = json(value)
    }
  }

  mutating func put(_ column: String, _ change: FieldChange<String>) { put(column, change) { .string($0) } }
  mutating func put(_ column: String, _ change: FieldChange<Bool>) { put(column, change, empty: false) { .bool($0) } }
  mutating func put(_ column: String, _ change: FieldChange<Instant>) { put(column, change) { .string($0.rfc3339()) } }
  mutating func put(_ column: String, _ change: FieldChange<CalendarDate>) {
    put(column, change) { .string($0.dayText) }
  }

  mutating func put<Word: RawRepresentable<String>>(_ column: String, _ change: FieldChange<Word>, empty: JSONValue) {
    put(column, change, empty: empty) { .string($0.rawValue) }
  }

  /// The three columns of a coded value.
  mutating func put(_ prefix: String, _ change: FieldChange<Code>) {
    put(prefix + "_system", change) { JSONValue($0.system) }
    put(prefix + "_code", change) { JSONValue($0.code) }
    put(prefix + "_display", change) { JSONValue($0.display) }
  }

  /// The columns of an address.
  mutating func put(_ change: FieldChange<AddressRecord>) {
    put("line", change, empty: []) { .array($0.line.map { .string($0) }) }
    put("city", change) { JSONValue($0.city) }
    put("district", change) { JSONValue($0.district) }
    put("state", change) { JSONValue($0.state) }
    put("postal_code", change) { JSONValue($0.postalCode) }
    put("country", change) { JSONValue($0.country) }
  }
}

extension JSONValue {
  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

/// Rows of child relations by column.
extension JSONObject {
  static func row(_ name: NameRecord) -> JSONObject {
    [
      "use": JSONValue(name.use?.rawValue), "family": JSONValue(name.family), "given": .strings(name.given),
      "prefix": JSONValue(name.prefix), "suffix": JSONValue(name.suffix),
      "period_from": JSONValue(name.period?.from?.dayText), "period_to": JSONValue(name.period?.to?.dayText),
    ]
  }

  static func row(_ telecom: TelecomRecord) -> JSONObject {
    [
      "system": .string(telecom.system.rawValue), "value": .string(telecom.value),
      "use": JSONValue(telecom.use?.rawValue), "rank": telecom.rank.map { JSONValue($0) } ?? .null,
      "period_from": JSONValue(telecom.period?.from?.dayText), "period_to": JSONValue(telecom.period?.to?.dayText),
    ]
  }

  static func row(_ address: AddressRecord) -> JSONObject {
    var row = columns(address)
    row["use"] = JSONValue(address.use?.rawValue)
    row["period_from"] = JSONValue(address.period?.from?.dayText)
    row["period_to"] = JSONValue(address.period?.to?.dayText)
    return row
  }

  static func row(_ contact: ContactValue) -> JSONObject {
    var row = columns(contact.address)
    row["relationship_system"] = JSONValue(contact.relationship?.system)
    row["relationship_code"] = JSONValue(contact.relationship?.code)
    row["relationship_display"] = JSONValue(contact.relationship?.display)
    row["family"] = JSONValue(contact.family)
    row["given"] = .strings(contact.given)
    row["gender"] = JSONValue(contact.gender?.rawValue)
    row["phone"] = JSONValue(contact.phone)
    row["email"] = JSONValue(contact.email)
    return row
  }

  static func participant(_ type: ParticipantType, _ id: String, role: Code?) -> JSONObject {
    [
      "actor_type": .string(type.rawValue), "actor_id": .string(id), "role_system": JSONValue(role?.system),
      "role_code": JSONValue(role?.code), "role_display": JSONValue(role?.display), "required": true,
      "status": "accepted",
    ]
  }

  private static func columns(_ address: AddressRecord) -> JSONObject {
    [
      "line": .strings(address.line), "city": JSONValue(address.city), "district": JSONValue(address.district),
      "state": JSONValue(address.state), "postal_code": JSONValue(address.postalCode),
      "country": JSONValue(address.country),
    ]
  }
}
