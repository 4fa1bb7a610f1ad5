/// What a method and a path below `/fhir/{clinic}` ask for (FHIR R4 http.html). Pure: the server authorises by it
/// before a byte of a body is read.
package enum FHIRRoute: Sendable, Equatable {
  case capabilities
  case read(type: String, id: String)
  /// By URL or, with `isForm`, by `_search`.
  case search(type: String, isForm: Bool)
  case create(type: String)
  /// Nothing that is served, with the answer's status, the methods that are, and why.
  case unserved(status: Int, allow: [String], diagnostics: String)

  /// - Parameter creates: the types that may be posted.
  package init(method: String, path: [String], creates: Set<String> = []) {
    let isGet = method == "GET" || method == "HEAD"
    switch path.count {
    case 1 where path[0] == "metadata":
      self = isGet ? .capabilities : Self.refuse(method, allow: ["GET", "HEAD"])
    case 1: self = Self.type(path[0], method, isGet, creates)
    case 2 where path[1] == "_search":
      guard SearchRelations.of(path[0]) != nil else { fallthrough }
      self = method == "POST" ? .search(type: path[0], isForm: true) : Self.refuse(method, allow: ["POST"])
    case 2:
      guard SearchRelations.of(path[0]) != nil || ServedType.unsearched.contains(path[0]) else {
        self = Self.unknown(path[0], creates)
        return
      }
      self = isGet ? .read(type: path[0], id: path[1]) : Self.refuse(method, allow: ["GET", "HEAD"])
    case 0:
      self = .unserved(
        status: 404, allow: [],
        diagnostics: "Nothing is served at the base itself: neither search across types nor batch. See metadata.")
    default:
      self = .unserved(
        status: 404, allow: [],
        diagnostics: "No such interaction. History, operations and compartments are not served; see metadata.")
    }
  }

  private static func type(_ type: String, _ method: String, _ isGet: Bool, _ creates: Set<String>) -> FHIRRoute {
    let isSearched = SearchRelations.of(type) != nil
    if isGet, isSearched { return .search(type: type, isForm: false) }
    if method == "POST", creates.contains(type) { return .create(type: type) }
    guard isSearched || creates.contains(type) else { return unknown(type, creates) }
    return refuse(method, allow: (isSearched ? ["GET", "HEAD"] : []) + (creates.contains(type) ? ["POST"] : []))
  }

  private static func refuse(_ method: String, allow: [String]) -> FHIRRoute {
    .unserved(
      status: 405, allow: allow,
      diagnostics: "\(method.prefix(20)) is not served here; \(allow.joined(separator: ", ")) is.")
  }

  private static func unknown(_ type: String, _ creates: Set<String>) -> FHIRRoute {
    let known = SearchParameterRegistry.types
    let hint =
      nearestName(to: type, in: known).map { "did you mean \($0)?" } ?? "served are \(known.joined(separator: ", "))."
    return .unserved(
      status: 404, allow: [],
      diagnostics: "The resource type \(String(type.prefix(40)).debugDescription) is not served; \(hint)")
  }

  /// What must be granted; nil for what anybody who may see the clinic may ask.
  package var access: (interaction: Interaction, type: String)? {
    switch self {
    case .capabilities, .unserved: nil
    case .read(let type, _): (.read, type)
    case .search(let type, _): (.searchType, type)
    case .create(let type): (.create, type)
    }
  }
}
