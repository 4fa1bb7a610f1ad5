import ClinicModel
import PostgresClient

/// Rows that belong to records of several types.
enum ChildRows {
  /// Reads owner_id, system, value, type_system, type_code, type_display, use, period_from, period_to.
  static func identifiers(
    _ result: PostgresResult, of type: OwnerType, _ add: (String, IdentifierRecord) -> Void
  ) throws(RecordReadingError) {
    for row in result {
      var reader = RowReader(row)
      let owner = try reader.text()
      var identifier = IdentifierRecord(
        ownerType: type, ownerID: owner, system: try reader.text(), value: try reader.text())
      identifier.type = try reader.code()
      identifier.use = try reader.optionalWord()
      identifier.period = try reader.period()
      add(owner, identifier)
    }
  }
}
