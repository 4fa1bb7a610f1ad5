package import ClinicModel

/// A resource as bytes, with what answers and audit need of it.
package struct RenderedResource: Sendable {
  package let id: String
  package let version: Int64
  package let updatedAt: Instant
  package let isDeleted: Bool
  /// Whose data it is.
  package let patientID: String?
  /// JSON without white space; empty when deleted.
  package let json: [UInt8]

  var etag: String { "W/\"\(version)\"" }
}

/// Rendered resources by clinic, type and id, each good for the one version that it was made of: whoever takes one
/// compares its version with the database's first, so nothing stale is ever answered.
///
/// Two generations: what was not asked for while the younger one filled goes. Belongs to one loop.
struct RenderedCache {
  struct Key: Hashable {
    let clinic: String
    let type: String
    let id: String
  }

  let byteLimit: Int
  private var young: [Key: RenderedResource] = [:]
  private var old: [Key: RenderedResource] = [:]
  private var youngBytes = 0

  /// Around what an entry costs beside its JSON.
  static let overhead = 256

  /// - Parameter byteLimit: of both generations; 0 keeps nothing.
  init(byteLimit: Int) { self.byteLimit = byteLimit }

  mutating func resource(_ key: Key) -> RenderedResource? {
    if let found = young[key] { return found }
    guard let found = old.removeValue(forKey: key) else { return nil }
    keep(found, for: key)
    return found
  }

  mutating func keep(_ resource: RenderedResource, for key: Key) {
    let bytes = resource.json.count + Self.overhead
    guard bytes <= byteLimit / 16 else { return }
    if youngBytes + bytes > byteLimit / 2 {
      old = young
      young = [:]
      youngBytes = 0
    }
    if let replaced = young.updateValue(resource, forKey: key) { youngBytes -= replaced.json.count + Self.overhead }
    youngBytes += bytes
  }
}
