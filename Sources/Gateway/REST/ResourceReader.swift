/// Reads resources by id, as bytes. Belongs to one loop.
// @unchecked: every stored variable belongs to the loop's thread.
final class ResourceReader: @unchecked Sendable {
  private let loader: RecordLoader
  /// Reads the audit; nil where no auditor's role is at hand.
  private let auditLoader: RecordLoader?
  private var cache: RenderedCache
  private(set) var hits = 0
  private(set) var misses = 0

  init(loader: RecordLoader, auditLoader: RecordLoader?, cacheBytes: Int) {
    self.loader = loader
    self.auditLoader = auditLoader
    cache = RenderedCache(byteLimit: cacheBytes)
  }

  /// One resource as it is now; nil when there is none.
  func read(_ type: String, _ id: String, _ clinic: ClinicIdentity) async throws(RecordReadingError)
    -> RenderedResource?
  {
    guard let (served, loader) = reader(type) else { return nil }
    let key = RenderedCache.Key(place: cache.place(clinic: clinic.id, type: type), id: id)
    if let kept = cache.resource(key) {
      let current = try await served.versions(loader, clinic, [id])[id]
      if let current, current.version == kept.version, current.isDeleted == kept.isDeleted {
        hits += 1
        return kept
      }
      if current == nil { return nil }
    }
    misses += 1
    guard let resource = try await served.load(loader, clinic, [id]).first else { return nil }
    cache.keep(resource, for: key)
    return resource
  }

  /// The resources that a search found, in its order. What was deleted or changed since is left out or newer.
  func resources(
    _ type: String, _ found: [(id: String, version: Int64)], _ clinic: ClinicIdentity
  ) async throws(RecordReadingError) -> [RenderedResource] {
    guard let (served, loader) = reader(type) else { return [] }
    let place = cache.place(clinic: clinic.id, type: type)
    var resources: [RenderedResource?] = []
    resources.reserveCapacity(found.count)
    var missing: [String] = []
    for (id, version) in found {
      let kept = cache.resource(RenderedCache.Key(place: place, id: id))
      if let kept, kept.version == version {
        resources.append(kept)
      } else {
        resources.append(nil)
        missing.append(id)
      }
    }
    hits += found.count - missing.count
    misses += missing.count
    if !missing.isEmpty {
      var loaded: [String: RenderedResource] = [:]
      for resource in try await served.load(loader, clinic, missing) {
        loaded[resource.id] = resource
        cache.keep(resource, for: RenderedCache.Key(place: place, id: resource.id))
      }
      for index in resources.indices where resources[index] == nil { resources[index] = loaded[found[index].id] }
    }
    return resources.compactMap { $0?.isDeleted == false ? $0 : nil }
  }

  /// Lets rendered resources go that nobody asked for; to be called every `RenderedCache.turnMilliseconds`.
  func forgetUnasked() { cache.turn() }

  private func reader(_ type: String) -> (ServedType, RecordLoader)? {
    guard let served = ServedType.all[type] else { return nil }
    guard served.isAudit else { return (served, loader) }
    return auditLoader.map { (served, $0) }
  }
}
