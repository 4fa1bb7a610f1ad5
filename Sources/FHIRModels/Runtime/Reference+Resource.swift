extension Reference {
  /// A relative reference to a resource by its type and id; nil when it has no id.
  public init?(to resource: some FHIRResource, display: String? = nil) {
    guard let id = resource.id else { return nil }
    self.init(reference: "\(resource.node.typeName)/\(id)", display: display)
  }

  /// The type and id of a relative or absolute reference `…/Type/id[/_history/version]`; nil for any other.
  public var target: (type: String, id: String)? {
    guard let reference, !reference.hasPrefix("#"), !reference.hasPrefix("urn:") else { return nil }
    var parts = reference.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count >= 4, parts[parts.count - 2] == "_history" { parts.removeLast(2) }
    guard parts.count >= 2, let id = parts.last, !id.isEmpty, !id.contains("?") else { return nil }
    let type = String(parts[parts.count - 2])
    guard Schema.shared.type(named: type)?.isResource == true else { return nil }
    return (type, String(id))
  }
}
