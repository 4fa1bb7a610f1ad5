import ClinicModel
package import Mappers
package import PostgresClient

/// Why a document's records could not be read.
package enum DocumentReadError: Error, Sendable {
  /// Nothing is wrong with the document; the same may succeed later.
  case database(PostgresError)
  /// A record is missing or holds what the contract does not allow.
  case faulty(MappingError)
}

/// Reads the columns of one row from left to right, as records hold them.
struct RecordColumns {
  private let row: PostgresRow
  /// Names the relation in errors.
  private let relation: String
  private var next = 0

  init(_ row: PostgresRow, of relation: String) {
    self.row = row
    self.relation = relation
  }

  mutating func text() throws(DocumentReadError) -> String? {
    defer { next += 1 }
    do throws(PostgresError) { return try row.optionalString(next) } catch { throw .database(error) }
  }

  mutating func required() throws(DocumentReadError) -> String {
    guard let value = try text() else { throw fault("is null") }
    return value
  }

  mutating func flag() throws(DocumentReadError) -> Bool {
    defer { next += 1 }
    do throws(PostgresError) { return try row.bool(next) } catch { throw .database(error) }
  }

  mutating func integer() throws(DocumentReadError) -> Int {
    defer { next += 1 }
    do throws(PostgresError) { return try row.int(next) } catch { throw .database(error) }
  }

  mutating func list() throws(DocumentReadError) -> [String] {
    defer { next += 1 }
    do throws(PostgresError) { return try row.optionalStrings(next) ?? [] } catch { throw .database(error) }
  }

  /// A column of a closed vocabulary.
  mutating func word<Word: RawRepresentable>(_ type: Word.Type) throws(DocumentReadError) -> Word
  where Word.RawValue == String {
    guard let word = Word(rawValue: try required()) else { throw fault("holds a word that is not of its list") }
    return word
  }

  mutating func optionalWord<Word: RawRepresentable>(_ type: Word.Type) throws(DocumentReadError) -> Word?
  where Word.RawValue == String {
    try text().flatMap { Word(rawValue: $0) }
  }

  mutating func amount() throws(DocumentReadError) -> Amount {
    try value { text throws(ClinicValueError) in try Amount(text) }
  }

  mutating func optionalAmount() throws(DocumentReadError) -> Amount? {
    try optionalValue { text throws(ClinicValueError) in try Amount(text) }
  }

  mutating func quantity() throws(DocumentReadError) -> ClinicModel.Quantity {
    try value { text throws(ClinicValueError) in try ClinicModel.Quantity(text) }
  }

  mutating func instant() throws(DocumentReadError) -> Instant? {
    try optionalValue { text throws(ClinicValueError) in try Instant(text) }
  }

  mutating func day() throws(DocumentReadError) -> CalendarDate? {
    try optionalValue { text throws(ClinicValueError) in try CalendarDate(text) }
  }

  /// `…_system`, `…_code`, `…_display`.
  mutating func code() throws(DocumentReadError) -> Code? {
    let (system, code, display) = (try text(), try text(), try text())
    return code == nil && display == nil ? nil : Code(system: system, code: code, display: display)
  }

  /// `period_from`, `period_to`.
  mutating func period() throws(DocumentReadError) -> DayPeriod? {
    let (from, to) = (try day(), try day())
    return from == nil && to == nil ? nil : DayPeriod(from: from, to: to)
  }

  /// `line`, `city`, `district`, `state`, `postal_code`, `country`.
  mutating func address() throws(DocumentReadError) -> AddressRecord {
    var address = AddressRecord()
    address.line = try list()
    address.city = try text()
    address.district = try text()
    address.state = try text()
    address.postalCode = try text()
    address.country = try text()
    return address
  }

  private mutating func value<Value>(
    _ parse: (String) throws(ClinicValueError) -> Value
  ) throws(DocumentReadError) -> Value {
    guard let value = try optionalValue(parse) else { throw fault("is null") }
    return value
  }

  private mutating func optionalValue<Value>(
    _ parse: (String) throws(ClinicValueError) -> Value
  ) throws(DocumentReadError) -> Value? {
    guard let text = try text() else { return nil }
    do throws(ClinicValueError) { return try parse(text) } catch { throw fault("does not hold what it should") }
  }

  private func fault(_ what: String) -> DocumentReadError {
    .faulty(MappingError(.invalid, relation, "column \(next) of what was read \(what)"))
  }
}
