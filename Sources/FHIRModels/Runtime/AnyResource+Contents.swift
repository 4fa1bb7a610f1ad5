// From what holds any resource to the one that is wanted.

extension Bundle {
  /// The resources of the entries that are of `type`, in their order.
  public func resources<R: FHIRResource>(as type: R.Type = R.self) -> [R] { entry.compactMap { $0.resource(as: type) } }
}

extension Bundle.Entry {
  /// The entry's resource as `type`; nil when it has none or another.
  public func resource<R: FHIRResource>(as type: R.Type = R.self) -> R? { resource?.as(type) }
}

extension Parameters.Parameter {
  /// The parameter's resource as `type`; nil when it has none or another.
  public func resource<R: FHIRResource>(as type: R.Type = R.self) -> R? { resource?.as(type) }
}

extension FHIRResource {
  /// The contained resource with this id (without `#`) as `type`; nil when there is none or it is another.
  public func contained<R: FHIRResource>(_ id: String, as type: R.Type = R.self) -> R? {
    FHIRItem(self, keepsPlaces: false).children(named: "contained").lazy.compactMap(\.resource)
      .first { $0.id == id }?.as(type)
  }
}

extension FHIRElement {
  /// The first extension with this address; nil when there is none, or the type takes no extensions.
  public func `extension`(url: String) -> Extension? {
    FHIRItem(self, keepsPlaces: false).extensions.first { $0.url == url }
  }
}
