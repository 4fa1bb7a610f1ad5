public import JSON

extension JSONValue {
  /// The same value with the members of every object in the order of their names, so that documents compare whatever
  /// the order they were written in.
  public var withSortedMembers: JSONValue {
    switch self {
    case .array(let items): return .array(items.map(\.withSortedMembers))
    case .object(let object):
      var result = JSONObject()
      for member in object.sorted(by: { $0.key < $1.key }) { result[member.key] = member.value.withSortedMembers }
      return .object(result)
    default: return self
    }
  }
}
