/// The entries of a Bundle by their full URL and by type and id; the resources of Parameters by type and id.
final class BundleIndex: Sendable {
  let type: BundleType?
  private let byAddress: [String: [FHIRNode]]
  private let byTypeAndId: [String: [FHIRNode]]

  init(_ bundle: Bundle) {
    type = bundle.type
    var byAddress: [String: [FHIRNode]] = [:]
    var byTypeAndId: [String: [FHIRNode]] = [:]
    for entry in bundle.entry {
      guard let resource = entry.resource else { continue }
      if let address = entry.fullUrl { byAddress[address, default: []].append(resource.node) }
      if let id = resource.id { byTypeAndId["\(resource.resourceType)/\(id)", default: []].append(resource.node) }
    }
    self.byAddress = byAddress
    self.byTypeAndId = byTypeAndId
  }

  init(_ parameters: Parameters) {
    type = nil
    byAddress = [:]
    var byTypeAndId: [String: [FHIRNode]] = [:]
    var waiting = parameters.parameter
    while let parameter = waiting.popLast() {
      waiting += parameter.part
      guard let resource = parameter.resource, let id = resource.id else { continue }
      byTypeAndId["\(resource.resourceType)/\(id)", default: []].append(resource.node)
    }
    self.byTypeAndId = byTypeAndId
  }

  /// The resource that `reference` names, seen from the entry with the full URL `entry`; by type and id alone where the
  /// full URLs do not say. Nil for none and for several.
  func find(_ reference: String, from entry: String?) -> FHIRNode? {
    var found = strictMatches(reference, from: entry)
    if found.isEmpty, !reference.isAbsoluteURI {
      found = byTypeAndId[ReferenceShape.withoutVersion(String(reference.prefix { $0 != "#" }))] ?? []
    }
    return found.count == 1 ? found[0] : nil
  }

  /// The resources that `reference` names by the full URLs (R4, "Resolving references in Bundles").
  func strictMatches(_ reference: String, from entry: String?) -> [FHIRNode] {
    var address = String(reference.prefix { $0 != "#" })
    if !address.isAbsoluteURI {
      guard let entry, case .literal(_, _, let root?) = ReferenceShape(entry) else { return [] }
      address = root + address
    }
    if let found = byAddress[address] { return found }
    let plain = ReferenceShape.withoutVersion(address)
    guard plain != address, let versions = byAddress[plain] else { return [] }
    let version = address.split(separator: "/").last.map(String.init)
    return versions.filter { Meta.version(of: $0) == version }
  }
}

/// A Bundle that is being visited, and which of its entries.
struct BundleView: Sendable {
  let index: BundleIndex
  var entryAddress: String?

  func find(_ reference: String) -> FHIRNode? { index.find(reference, from: entryAddress) }
}
