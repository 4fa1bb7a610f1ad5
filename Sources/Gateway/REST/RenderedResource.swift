package import ClinicModel
import HTTP

/// A resource as bytes, with what answers and audit need of it. Shared by the cache and every answer that shows it.
package final class RenderedResource: Sendable {
  package let id: String
  package let version: Int64
  package let updatedAt: Instant
  package let isDeleted: Bool
  /// Whose data it is.
  package let patientID: String?
  /// JSON without white space; empty when deleted.
  package let json: [UInt8]
  package let etag: String
  /// `updatedAt` as HTTP writes it.
  let lastModified: String

  package init(
    id: String, version: Int64, updatedAt: Instant, isDeleted: Bool, patientID: String?, json: [UInt8]
  ) {
    (self.id, self.version, self.updatedAt) = (id, version, updatedAt)
    (self.isDeleted, self.patientID, self.json) = (isDeleted, patientID, json)
    etag = "W/\"\(version)\""
    lastModified = HTTPDate.text(unixSeconds: updatedAt.microseconds / 1_000_000)
  }
}

/// Rendered resources by clinic, type and id, each good for the one version that it was made of: whoever takes one
/// compares its version with the database's first, so nothing stale is ever answered.
///
/// Two generations: what was not asked for while the younger one filled, or for `turnMilliseconds`, goes. Belongs to one
/// loop.
struct RenderedCache {
  struct Key: Hashable {
    /// From `place`.
    let place: Int
    let id: String
  }

  private struct Place: Hashable {
    let clinic: String
    let type: String
  }

  let byteLimit: Int
  private var young: [Key: RenderedResource] = [:]
  private var old: [Key: RenderedResource] = [:]
  private var youngBytes = 0
  /// Clinics and types in the order that they came: a page's keys are then told apart by their ids alone.
  private var places: [Place: Int] = [:]

  /// After how long a generation ends though it is not full: memory of a burst is not held for nobody.
  static let turnMilliseconds = 30_000
  /// Around what an entry costs beside its JSON.
  static let overhead = 256

  /// - Parameter byteLimit: of both generations; 0 keeps nothing.
  init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// The number that a clinic's resources of one type have in their keys.
  mutating func place(clinic: String, type: String) -> Int {
    let place = Place(clinic: clinic, type: type)
    if let known = places[place] { return known }
    places[place] = places.count
    return places.count - 1
  }

  mutating func resource(_ key: Key) -> RenderedResource? {
    if let found = young[key] { return found }
    guard let found = old.removeValue(forKey: key) else { return nil }
    keep(found, for: key)
    return found
  }

  mutating func keep(_ resource: RenderedResource, for key: Key) {
    let bytes = resource.json.count + Self.overhead
    guard bytes <= byteLimit / 16 else { return }
    if youngBytes + bytes > byteLimit / 2 { turn() }
    if let replaced = young.updateValue(resource, forKey: key) { youngBytes -= replaced.json.count + Self.overhead }
    youngBytes += bytes
  }

  /// Ends a generation: what was not asked for since the turn before goes.
  mutating func turn() {
    old = young
    young = [:]
    youngBytes = 0
  }
}
