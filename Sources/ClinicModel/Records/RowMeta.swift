/// What every relation of the contract has: tenant, identity, version.
public struct RowMeta: Sendable, Hashable {
  /// The clinic's UUID in lower case.
  public var clinicID: String
  /// FHIR's id pattern: `[A-Za-z0-9\\-.]{1,64}`.
  public var id: String
  public var version: Int64
  public var updatedAt: Instant
  /// Set when the row was removed; it answers 410 from then on.
  public var deletedAt: Instant?

  public init(
    clinicID: String, id: String, version: Int64 = 1, updatedAt: Instant = Instant(microseconds: 0),
    deletedAt: Instant? = nil
  ) {
    self.clinicID = clinicID
    self.id = id
    self.version = version
    self.updatedAt = updatedAt
    self.deletedAt = deletedAt
  }
}

/// A record that is a row of its own relation.
public protocol ClinicRow {
  var row: RowMeta { get set }
}

extension ClinicRow {
  public var id: String { row.id }
  public var clinicID: String { row.clinicID }
}
