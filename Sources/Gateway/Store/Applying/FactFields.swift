internal import ClinicModel
internal import JSON
internal import Mappers

/// The columns that results and documents write; references to other records are the planner's.
extension RecordFields {
  init(_ change: ObservationChange) {
    put("kind", .string((change.report == nil ? ObservationKind.report : .result).rawValue))
    if let number = change.number { put(number) }
    put("code", FieldChange<Code>.set(change.code))
    put("status", .string(change.status.rawValue))
    put("section", change.section)
    put("effective_at", change.effectiveAt)
    put("issued_at", change.issuedAt)
    put(change.value)
    put("interpretation", change.interpretation, empty: []) { .strings($0) }
    put("range_text", change.referenceRange) { .string($0.text) }
    put("range_low", change.referenceRange) { JSONValue($0.low) }
    put("range_high", change.referenceRange) { JSONValue($0.high) }
    put("comment", change.comment)
    // Corrections of a single result often number it anew: the first order stays.
    if let sequence = change.sequence { put("sequence", FieldChange.fill(sequence)) { .init($0) } }
  }

  init(_ change: DocumentChange) {
    if let number = change.number { put(number) }
    put("type", change.type)
    put("title", change.title)
    put("status", .string(change.status.rawValue))
    put("stage", change.stage) { .string($0.rawValue) }
    put("created_at", change.createdAt)
  }

  private mutating func put(_ number: IdentifierValue) {
    put("number_system", .string(number.system))
    put("number", .string(number.value))
  }

  /// A value takes all columns of the one before: its kind may be another.
  private mutating func put(_ change: FieldChange<ObservationValue>) {
    if change.isLeave { return }
    var columns: JSONObject = [:]
    switch change.initial {
    case nil: break
    case .quantity(let comparator, let number, let unit):
      columns = Self.unit(unit)
      columns["value_kind"] = "quantity"
      columns["value_comparator"] = JSONValue(comparator)
      columns["value_quantity"] = .string(number)
    case .range(let low, let high, let unit):
      columns = Self.unit(unit)
      columns["value_kind"] = "range"
      columns["value_quantity"] = JSONValue(low)
      columns["value_quantity_2"] = JSONValue(high)
    case .ratio(let numerator, let denominator, let unit):
      columns = Self.unit(unit)
      columns["value_kind"] = "ratio"
      columns["value_quantity"] = .string(numerator)
      columns["value_quantity_2"] = .string(denominator)
    case .text(let text): columns = ["value_kind": "text", "value_text": .string(text)]
    case .time(let text): columns = ["value_kind": "time", "value_text": .string(text)]
    case .code(let code):
      columns = [
        "value_kind": "code", "value_system": JSONValue(code.system), "value_code": JSONValue(code.code),
        "value_display": JSONValue(code.display),
      ]
    }
    for column in Self.valueColumns { put(column, columns[column] ?? .null) }
  }

  private static let valueColumns = [
    "value_kind", "value_comparator", "value_quantity", "value_quantity_2", "value_unit", "value_unit_system",
    "value_unit_code", "value_text", "value_system", "value_code", "value_display",
  ]

  private static func unit(_ unit: Code?) -> JSONObject {
    [
      "value_unit": JSONValue(unit?.display ?? unit?.code), "value_unit_system": JSONValue(unit?.system),
      "value_unit_code": JSONValue(unit?.code),
    ]
  }
}
