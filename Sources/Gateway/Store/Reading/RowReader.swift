import ClinicModel
import PostgresClient

/// Reads the columns of a row from left to right, as the statement lists them.
struct RowReader {
  let row: PostgresRow
  private var column = 0

  init(_ row: PostgresRow, from column: Int = 0) {
    self.row = row
    self.column = column
  }

  private mutating func next<Value>(
    _ read: (PostgresRow, Int) throws(PostgresError) -> Value
  ) throws(RecordReadingError) -> Value {
    defer { column += 1 }
    do throws(PostgresError) {
      return try read(row, column)
    } catch {
      throw RecordReadingError(error)
    }
  }

  mutating func text() throws(RecordReadingError) -> String {
    try next { (row, column) throws(PostgresError) in try row.string(column) }
  }
  mutating func optionalText() throws(RecordReadingError) -> String? {
    try next { (row, column) throws(PostgresError) in try row.optionalString(column) }
  }
  mutating func texts() throws(RecordReadingError) -> [String] {
    try next { (row, column) throws(PostgresError) in try row.strings(column) }
  }
  mutating func int() throws(RecordReadingError) -> Int {
    try next { (row, column) throws(PostgresError) in try row.int(column) }
  }
  mutating func optionalInt() throws(RecordReadingError) -> Int? {
    try next { (row, column) throws(PostgresError) in try row.optionalInt(column) }
  }
  mutating func bool() throws(RecordReadingError) -> Bool {
    try next { (row, column) throws(PostgresError) in try row.bool(column) }
  }

  /// A value of a closed vocabulary.
  mutating func word<Word: RawRepresentable<String>>(_ type: Word.Type = Word.self) throws(RecordReadingError) -> Word {
    guard let word: Word = try optionalWord() else { throw malformed("is null") }
    return word
  }

  mutating func optionalWord<Word: RawRepresentable<String>>(
    _ type: Word.Type = Word.self
  ) throws(RecordReadingError) -> Word? {
    guard let text = try optionalText() else { return nil }
    guard let word = Word(rawValue: text) else { throw malformed("is no \(Word.self)") }
    return word
  }

  /// Three columns: system, code, display.
  mutating func code() throws(RecordReadingError) -> Code? {
    let system = try optionalText()
    let code = try optionalText()
    let display = try optionalText()
    return code == nil && display == nil ? nil : Code(system: system, code: code, display: display)
  }

  mutating func instant() throws(RecordReadingError) -> Instant {
    guard let instant = try optionalInstant() else { throw malformed("is null") }
    return instant
  }

  mutating func optionalInstant() throws(RecordReadingError) -> Instant? {
    if row.isNull(column) {
      column += 1
      return nil
    }
    if let instant = row.utf8(column, { $0.flatMap { TimestampText.read($0) } }) {
      column += 1
      return instant
    }
    let text = try text()
    do throws(ClinicValueError) { return try Instant(text) } catch {
      throw malformed("is no moment of the years 1–9999")
    }
  }

  /// A `date` column.
  mutating func day() throws(RecordReadingError) -> CalendarDate? {
    guard let text = try optionalText() else { return nil }
    do throws(ClinicValueError) { return try CalendarDate(text) } catch {
      throw malformed("is no day of the years 1–9999")
    }
  }

  /// A `date` column and the column of its precision.
  mutating func dayWithPrecision() throws(RecordReadingError) -> CalendarDate? {
    let text = try optionalText()
    let precision: CalendarDate.Precision = try word()
    guard let text else { return nil }
    do throws(ClinicValueError) { return try CalendarDate(text, precision: precision) } catch {
      throw malformed("is no day of the years 1–9999")
    }
  }

  /// Two `date` columns.
  mutating func period() throws(RecordReadingError) -> DayPeriod? {
    let from = try day()
    let to = try day()
    return from == nil && to == nil ? nil : DayPeriod(from: from, to: to)
  }

  mutating func amount() throws(RecordReadingError) -> Amount {
    guard let amount = try optionalAmount() else { throw malformed("is null") }
    return amount
  }

  mutating func optionalAmount() throws(RecordReadingError) -> Amount? {
    guard let text = try optionalText() else { return nil }
    do throws(ClinicValueError) { return try Amount(text) } catch { throw malformed("is no amount") }
  }

  mutating func quantity() throws(RecordReadingError) -> Quantity {
    guard let quantity = try optionalQuantity() else { throw malformed("is null") }
    return quantity
  }

  mutating func optionalQuantity() throws(RecordReadingError) -> Quantity? {
    guard let text = try optionalText() else { return nil }
    do throws(ClinicValueError) { return try Quantity(text) } catch { throw malformed("is no quantity") }
  }

  /// Six columns: line, city, district, state, postal_code, country.
  mutating func address() throws(RecordReadingError) -> AddressRecord {
    var address = AddressRecord()
    address.line = try texts()
    address.city = try optionalText()
    address.district = try optionalText()
    address.state = try optionalText()
    address.postalCode = try optionalText()
    address.country = try optionalText()
    return address
  }

  /// Four columns: id, version, updated_at, deleted_at.
  mutating func meta(clinic: String) throws(RecordReadingError) -> RowMeta {
    let id = try text()
    let version = try int()
    let updatedAt = try instant()
    return RowMeta(
      clinicID: clinic, id: id, version: Int64(version), updatedAt: updatedAt, deletedAt: try optionalInstant())
  }

  private func malformed(_ what: String) -> RecordReadingError {
    RecordReadingError(malformed: "column \(column - 1) \(what)")
  }
}

/// The one spelling in which our sessions (ISO, UTC) show a moment of the years 1–9999: `2026-03-01 09:30:00.25+00`.
enum TimestampText {
  /// Nil for any other spelling.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Instant? {
    let count = bytes.count
    guard count >= 22, count <= 29, bytes[count - 3] == UInt8(ascii: "+"), bytes[count - 2] == UInt8(ascii: "0"),
      bytes[count - 1] == UInt8(ascii: "0"), bytes[4] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: " "),
      let century = pair(bytes, 0), let year = pair(bytes, 2), let month = pair(bytes, 5), let day = pair(bytes, 8),
      let hour = pair(bytes, 11), let minute = pair(bytes, 14), let second = pair(bytes, 17)
    else { return nil }
    var fraction = 0
    var places = 0
    if count > 22 {
      guard bytes[19] == UInt8(ascii: ".") else { return nil }
      for index in 20..<(count - 3) {
        let digit = Int(bytes[index]) - 48
        guard (0...9).contains(digit) else { return nil }
        fraction = fraction * 10 + digit
        places += 1
      }
      while places < 6 {
        fraction *= 10
        places += 1
      }
    }
    guard let date = CalendarDate(year: century * 100 + year, month: month, day: day) else { return nil }
    let seconds = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    return Instant(microseconds: seconds * 1_000_000 + Int64(fraction))
  }

  private static func pair(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int? {
    let tens = Int(bytes[index]) - 48
    let ones = Int(bytes[index + 1]) - 48
    guard (0...9).contains(tens), (0...9).contains(ones) else { return nil }
    return tens * 10 + ones
  }
}
