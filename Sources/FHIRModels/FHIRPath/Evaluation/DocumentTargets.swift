/// What references inside one document can point to: what it contains, by id, and the entries of a Bundle, by full URL
/// and by type and id. Of several with one name the first is meant.
struct DocumentTargets: Sendable {
  private var contained: [String: FHIRItem] = [:]
  private var byAddress: [String: FHIRItem] = [:]
  private var byTypeAndId: [String: FHIRItem] = [:]

  init(_ document: FHIRItem) {
    self.init(contained: document.children(named: "contained"))
    guard document.node?.type == Bundle.type else { return }
    for entry in document.children(named: "entry") {
      guard let resource = entry.children(named: "resource").first else { continue }
      if let address = entry.children(named: "fullUrl").first?.text, byAddress[address] == nil {
        byAddress[address] = resource
      }
      guard let id = resource.id else { continue }
      let name = "\(resource.typeName)/\(id)"
      if byTypeAndId[name] == nil { byTypeAndId[name] = resource }
    }
  }

  init(contained: [FHIRItem]) {
    for item in contained {
      guard let id = item.id, self.contained[id] == nil else { continue }
      self.contained[id] = item
    }
  }

  /// The contained resource with this id.
  func contained(_ id: String) -> FHIRItem? { contained[id] }

  /// The resource of a Bundle whose full URL is the reference, or whose type and id a relative one names (R4, "Resolving
  /// references in Bundles").
  func entry(_ reference: String) -> FHIRItem? {
    if let found = byAddress[reference] { return found }
    if reference.contains(":") { return nil }
    return byTypeAndId[ReferenceShape.withoutVersion(reference)]
  }
}
