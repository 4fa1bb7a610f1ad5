/// Where a search finds the rows of one FHIR type, and where each parameter looks.
package struct SearchRelation: Sendable {
  package let type: String
  /// What follows `from`; the alias is `r`.
  let from: String
  var id = "r.id"
  var version = "r.version"
  /// Holds for rows that are there.
  var isLive = "r.deleted_at is null"
  /// Makes an order unique.
  var tieBreak = [SortColumn("r.id")]
  let sources: [String: SearchSource]
  /// The order when none is asked for and no criterion suggests one; empty is by id.
  var order: [SortColumn] = []
  /// The order of a search by `_lastUpdated` alone.
  var updatedOrder: [SortColumn] = [SortColumn("r.updated_at", as: "timestamptz")]

  /// Whether such a reference leaves a handful of rows: those of one patient or appointment.
  func isSmall(_ columns: [String: String]) -> Bool {
    columns.keys.allSatisfy { $0 == "Patient" || $0 == "Appointment" }
  }
}

/// A column that orders rows.
struct SortColumn: Sendable, Equatable {
  let expression: String
  /// The type that a bound value of it has.
  let cast: String
  let isNullable: Bool
  var isDescending: Bool

  init(_ expression: String, as cast: String = "text", nullable: Bool = false, descending: Bool = false) {
    self.expression = expression
    self.cast = cast
    isNullable = nullable
    isDescending = descending
  }

  func descending(_ isDescending: Bool) -> SortColumn {
    var column = self
    column.isDescending = isDescending
    return column
  }
}

/// Where a parameter looks.
enum SearchSource: Sendable {
  case id
  /// A moment.
  case instant(String, nullable: Bool = false)
  /// A stretch of time, either end open.
  case period(start: String, end: String)
  /// A day of some precision.
  case day(String, precision: String)
  /// A code with the URI of its code system, and its whole vocabulary where an index begins with the code.
  case code(String, system: String?, vocabulary: [String] = [])
  /// A code with a column for its system.
  case coding(system: String, code: String)
  /// Rows of `clinic.identifier`, and a column that holds one without a system.
  case identifier(owner: String, ownerColumn: String = "r.id", bare: String? = nil)
  /// Folded keys of a patient's names and telecoms, by kind.
  case patientKeys([String])
  /// Text in columns of the row itself.
  case texts([TextColumn])
  /// A telephone number or mail address in a column, compared by a function.
  case contact(String, function: String)
  /// Columns that hold ids, by the type they lead to.
  case reference([String: String])
  /// Several columns that hold ids of practitioners.
  case practitioners([String])
  /// Columns of an appointment, by type, and the rows of its participants.
  case participants([String: String])

  struct TextColumn: Sendable {
    let column: String
    /// The column's folded twin.
    let key: String
    var isArray = false
  }
}
