/// Names a record that has no number of the clinic's, by what its sender tells it from others by.
///
/// The same key always means the same record, and begins with the partner: none can write over another's results.
public struct FactKey: Sendable, Hashable {
  /// The relation that the record belongs to; the raw value is its name in the contract.
  public enum Relation: String, Sendable, CaseIterable {
    case observation, document, condition, procedure, allergy
    case slot
    case charge = "invoice_item"
    case payment
    case movement = "encounter_movement"
  }

  public var relation: Relation
  /// What it is part of: a report, a visit, an account. Messages about one source are applied one after the other.
  public var source: [String]
  /// What tells it from others of the same source.
  public var item: [String]

  public init(_ relation: Relation, source: [String], item: [String]) {
    self.relation = relation
    self.source = source
    self.item = item
  }
}

/// A visit that a message refers to without saying anything about it: the first number that an encounter holds, else
/// none.
public struct EncounterReference: Sendable, Hashable {
  public var identifiers: [IdentifierValue]

  public init(identifiers: [IdentifierValue]) { self.identifiers = identifiers }
}
