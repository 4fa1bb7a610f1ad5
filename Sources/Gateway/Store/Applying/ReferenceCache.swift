internal import Mappers
internal import Reactor

/// Practitioners and places that messages name again and again, by what they are named. Belongs to one loop's thread.
///
/// An entry is of use for a minute: then it is looked up again, in case somebody gave the record another name.
struct ReferenceCache {
  enum Reference: Hashable {
    case practitioner(PractitionerReference)
    case location(LocationReference)
  }

  private struct Key: Hashable {
    let clinicID: String
    let reference: Reference
  }

  private struct Entry {
    let id: String
    let until: UInt64
  }

  static let limit = 4_096
  private static let lifetime: UInt64 = 60_000_000_000
  private var entries: [Key: Entry] = [:]

  /// The id of the record that a reference means, if that is known.
  /// - Parameter now: monotonic nanoseconds.
  func id(of reference: Reference, clinicID: String, now: UInt64) -> String? {
    guard let entry = entries[Key(clinicID: clinicID, reference: reference)], entry.until > now else { return nil }
    return entry.id
  }

  /// Keeps what a committed transaction has found or made.
  mutating func learn(_ found: [Reference: String], clinicID: String, now: UInt64) {
    if entries.count + found.count > Self.limit { entries.removeAll(keepingCapacity: true) }
    for (reference, id) in found {
      entries[Key(clinicID: clinicID, reference: reference)] = Entry(id: id, until: now + Self.lifetime)
    }
  }
}
