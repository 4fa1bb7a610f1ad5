// Rules across the entries of a Bundle (R4, "Resource Bundle"); those of each kind stand as invariants besides.
extension ValidationWalk {
  mutating func bundle(_ bundle: Bundle) {
    links(bundle)
    var seen: Set<String> = []
    let searched = bundle.searchedTypes
    for (place, entry) in bundle.entry.enumerated() {
      guard !findings.isFull else { return }
      at("entry", place, of: Bundle.type) { walk in
        walk.addresses(entry, bundle.type, &seen)
        walk.exchange(entry, bundle.type)
        if bundle.type == .searchset { walk.result(entry, of: searched) }
      }
    }
    if bundle.type == .document, let first = bundle.entry.first { composition(first) }
  }

  private mutating func links(_ bundle: Bundle) {
    var seen: Set<String> = []
    for (place, link) in bundle.link.enumerated() {
      guard let relation = link.relation, !seen.insert(relation).inserted else { continue }
      at("link", place, of: Bundle.type) { $0.report(.error, .duplicate, "A relation stands in one link only") }
    }
  }

  private mutating func addresses(_ entry: Bundle.Entry, _ type: BundleType?, _ seen: inout Set<String>) {
    let resource = entry.resource
    let isExchange =
      type == .transaction || type == .batch || type == .transactionResponse || type == .batchResponse
    guard let address = entry.fullUrl else {
      guard resource != nil, !isExchange else { return }
      // What a search or an operation answers may be resources that are not identified.
      let mayLackOne = type == .searchset || type == .history
      return report(mayLackOne ? .warning : .error, .required, "An entry with a resource has a fullUrl")
    }
    let version = resource.flatMap { Meta.version(of: $0.node) } ?? ""
    if type != .history, !seen.insert("\(address)|\(version)").inserted {
      report(.error, .duplicate, "bdl-7: Two entries have the same fullUrl and version")
    }
    guard address.isAbsoluteURI else { return report(.error, .value, "A fullUrl is absolute") }
    guard let resource, case .literal(let named, let id, .some)? = ReferenceShape(address) else { return }
    if let own = resource.id {
      if named != resource.resourceType || own != id {
        report(.error, .value, "The fullUrl does not end in the type and id of its resource")
      }
    } else if !isExchange {
      report(.error, .value, "The fullUrl is that of a resource on a server, and this resource has no id")
    }
  }

  /// What a search answers: matches of the types that were searched, which a server knows by their ids.
  private mutating func result(_ entry: Bundle.Entry, of searched: Set<String>) {
    guard let resource = entry.resource, let mode = entry.search?.mode else { return }
    let isOutcome = resource.resourceType == OperationOutcome.typeName
    if mode == .outcome, !isOutcome { report(.error, .structure, "An outcome of a search is an OperationOutcome") }
    guard mode == .match else { return }
    if resource.id == nil, !isOutcome { report(.error, .required, "What a search found has an id") }
    if !searched.isEmpty, !searched.contains(resource.resourceType) {
      report(.error, .structure, "A \(resource.resourceType) was not searched for")
    }
  }

  /// What a request of a transaction or batch needs.
  private mutating func exchange(_ entry: Bundle.Entry, _ type: BundleType?) {
    guard type == .transaction || type == .batch, let request = entry.request, let method = request.method else {
      return
    }
    let needsResource = method == .post || method == .put
    if needsResource, entry.resource == nil {
      report(.error, .required, "An entry whose request is \(method) has a resource")
    }
    if method == .get || method == .head || method == .delete, entry.resource != nil {
      report(.error, .structure, "An entry whose request is \(method) has no resource")
    }
    // An operation's url names what it is about, not what it is given.
    guard let url = request.url, !url.contains("$"), let resource = entry.resource, needsResource else { return }
    let named = String(url.prefix { $0 != "/" && $0 != "?" })
    if Schema.shared.type(named: named)?.isResource == true, named != resource.resourceType {
      report(.error, .value, "The request's url names another type than its resource is of")
    }
  }

  /// A document holds what its Composition refers to (R4, "FHIR Documents").
  private mutating func composition(_ entry: Bundle.Entry) {
    guard let composition = entry.resource?.as(Composition.self), let view = bundles.last else { return }
    let place = (path.expression ?? Bundle.typeName) + ".entry[0].resource"
    FHIRItem(composition).forEachDescendant { item in
      guard let reference = item.as(Reference.self)?.reference, !reference.hasPrefix("#"),
        view.index.strictMatches(reference, from: entry.fullUrl).count != 1
      else { return }
      let below = item.path.map { $0.dropFirst(Composition.typeName.count) } ?? ""
      findings.add(
        FHIRIssue(.error, .notFound, at: place + below, "Not one entry of the document is what this refers to"))
    }
  }
}

extension Bundle {
  /// The types that the search was for, by its own link: `Patient?…`, or `?_type=Patient,Observation`. Empty where that
  /// does not say.
  fileprivate var searchedTypes: Set<String> {
    guard let address = link.first(where: { $0.relation == "self" })?.url else { return [] }
    let parts = address.split(separator: "?", maxSplits: 1)
    let named = parts.first?.split(separator: "/").last.map(String.init) ?? ""
    if parts.count == 2, Schema.shared.type(named: named)?.isResource == true { return [named] }
    let parameters = parts.count == 2 ? parts[1].split(separator: "&") : []
    let types = parameters.filter { $0.hasPrefix("_type=") }.flatMap { $0.dropFirst(6).split(separator: ",") }
    return Set(types.map(String.init))
  }
}

extension Meta {
  /// The version of a resource of whichever type.
  static func version(of resource: FHIRNode) -> String? {
    FHIRItem(resource, keepsPlaces: false).children(named: "meta").first?.as(Meta.self)?.versionId
  }
}
