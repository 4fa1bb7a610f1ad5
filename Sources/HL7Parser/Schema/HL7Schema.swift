import Synchronization

/// What a version of the standard says of segments, data types, tables and messages.
///
/// Read from the generated tables when a version is first asked for, then kept: a few megabytes and milliseconds a
/// version. Sendable and immutable, but for the cache of message structures behind its lock.
public final class HL7Schema: Sendable {
  /// The version that is described.
  public let version: HL7Version
  private let segments: [UInt32: HL7SegmentDefinition]
  private let types: [String: [HL7PartDefinition?]]
  private let grammars: [String: String]
  private let events: [String: String]
  private let tables: [String: HL7TableDefinition]
  private let structures = Mutex<[String: HL7Structure]>([:])

  /// The schema of a version; that of the nearest one before it where the version is none of the standard's
  /// (`2.5.2`, `2.9`), and of 2.1 for what claims to be older.
  public static func of(_ version: HL7Version) -> HL7Schema {
    let index = HL7Version.supported.lastIndex { $0 <= version } ?? 0
    return switch index {
    case 0: v2_1
    case 1: v2_2
    case 2: v2_3
    case 3: v2_3_1
    case 4: v2_4
    case 5: v2_5
    case 6: v2_5_1
    case 7: v2_6
    case 8: v2_7
    case 9: v2_7_1
    case 10: v2_8
    case 11: v2_8_1
    default: v2_8_2
    }
  }

  private static let v2_1 = HL7Schema(0)
  private static let v2_2 = HL7Schema(1)
  private static let v2_3 = HL7Schema(2)
  private static let v2_3_1 = HL7Schema(3)
  private static let v2_4 = HL7Schema(4)
  private static let v2_5 = HL7Schema(5)
  private static let v2_5_1 = HL7Schema(6)
  private static let v2_6 = HL7Schema(7)
  private static let v2_7 = HL7Schema(8)
  private static let v2_7_1 = HL7Schema(9)
  private static let v2_8 = HL7Schema(10)
  private static let v2_8_1 = HL7Schema(11)
  private static let v2_8_2 = HL7Schema(12)

  private init(_ index: Int) {
    version = HL7Version.supported[index]
    let reader = HL7SchemaReader(version: index)
    segments = reader.segments()
    types = reader.types()
    grammars = reader.facts(HL7SchemaTables.structures)
    events = reader.facts(HL7SchemaTables.events)
    tables = reader.tables()
  }

  /// A segment by its three characters.
  public func segment(_ name: String) -> HL7SegmentDefinition? {
    HL7SegmentName.pack(name).flatMap { segments[$0] }
  }

  func segment(_ name: UInt32) -> HL7SegmentDefinition? { segments[name] }

  /// The components of a data type, the first at 0; `nil` for a data type that has none, such as ST.
  public func components(of type: String) -> [HL7PartDefinition?]? { types[type] }

  /// A table by its four digits.
  public func table(_ number: String) -> HL7TableDefinition? { tables[number] }

  /// The names of the message structures.
  public var structureNames: [String] { grammars.keys.sorted() }

  /// A message structure by its name, such as `ADT_A01`.
  public func structure(named name: String) -> HL7Structure? {
    guard let grammar = grammars[name] else { return nil }
    return structures.withLock { cache in
      if let known = cache[name] { return known }
      let structure = HL7Structure(name: name, grammar: grammar)
      cache[name] = structure
      return structure
    }
  }

  /// The structure of a message: the one that MSH-9.3 names, else the one of its event, else the one of its code alone
  /// (`ACK`); `nil` where the version has none of these.
  public func structure(of message: HL7Message) -> HL7Structure? {
    let type = message.header[9]
    if let named = type.component(3).string, let structure = structure(named: named) { return structure }
    guard let code = type.component(1).string else { return nil }
    if code == "ACK" { return structure(named: "ACK") }
    if let trigger = type.component(2).string {
      let event = "\(code)_\(trigger)"
      if let structure = structure(named: events[event] ?? event) { return structure }
    }
    return structure(named: code)
  }
}

/// A segment of a version: its title and its fields.
public struct HL7SegmentDefinition: Sendable {
  public let name: String
  public let title: String
  /// Field 1 at 0; `nil` where the version leaves a number out.
  public let fields: [HL7PartDefinition?]

  /// A field by its number, from 1.
  public func field(_ number: Int) -> HL7PartDefinition? {
    fields.indices.contains(number - 1) ? fields[number - 1] : nil
  }
}

/// A field of a segment, or a component of a data type.
public struct HL7PartDefinition: Sendable {
  public enum Optionality: Sendable {
    case required, optional
    /// Once part of the standard, and no longer to be used.
    case withdrawn
  }

  public let name: String
  /// The data type; `*` where the message itself says which, as OBX-2 does for OBX-5.
  public let type: String
  /// Characters at most; `nil` where the version states none.
  public let length: Int?
  public let optionality: Optionality
  /// Repetitions at most; `nil` for as many as there are.
  public let maximum: Int?
  /// The number of the table that its codes are from.
  public let table: String?
}

/// A table of codes.
public struct HL7TableDefinition: Sendable {
  /// Whether the codes are HL7's own; otherwise they are suggestions that a site replaces.
  public let isDefinedByHL7: Bool
  /// Whether other codes than those listed are foreseen.
  public let isOpen: Bool
  public let codes: Set<String>
}
