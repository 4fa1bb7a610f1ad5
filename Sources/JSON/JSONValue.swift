/// A JSON document as a tree. Members keep their order and numbers their text.
///
/// Two values are equal when they would be written alike: the order of members and the spelling of numbers count.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number as written, such as `1.00`.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// The member `key` of an object; nil when there is none or this is no object.
  public subscript(key: String) -> JSONValue? { object?[key] }

  /// The item at `index` of an array; nil when there is none or this is no array.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let items) = self, items.indices.contains(index) else { return nil }
    return items[index]
  }

  public var isNull: Bool { self == .null }

  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The text of a number.
  public var number: String? {
    if case .number(let text) = self { text } else { nil }
  }

  /// A number written as a whole number that fits.
  public var int: Int? { number.flatMap { Int($0) } }

  /// A number as the nearest binary fraction. Never for money: take `number`.
  public var double: Double? { number.flatMap { Double($0) } }

  public var array: [JSONValue]? {
    if case .array(let items) = self { items } else { nil }
  }

  public var object: JSONObject? {
    if case .object(let members) = self { members } else { nil }
  }

  /// An object of `members` in their order; of two with one key the last stands.
  public static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    var object = JSONObject()
    for (key, value) in members { object[key] = value }
    return .object(object)
  }
}

/// The members of a JSON object in their order. Keys are distinct.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral, RandomAccessCollection {
  public struct Member: Sendable, Equatable {
    public var key: String
    public var value: JSONValue

    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  private var members: [Member] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (key, value) in elements { self[key] = value }
  }

  /// Members that the caller knows to be distinct.
  init(distinct members: [Member]) { self.members = members }

  public var startIndex: Int { 0 }
  public var endIndex: Int { members.count }
  public subscript(position: Int) -> Member { members[position] }
  public var keys: [String] { members.map(\.key) }

  /// Reading searches in order. Writing keeps the place of a key that stands, appends a new one, and removes on nil.
  public subscript(key: String) -> JSONValue? {
    get { members.first { $0.key == key }?.value }
    set {
      let place = members.firstIndex { $0.key == key }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .number(String(value)) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(nilLiteral: ()) { self = .null }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }

  public init(_ value: Int) { self = .number(String(value)) }
  public init(_ value: Int64) { self = .number(String(value)) }
  public init(_ value: String) { self = .string(value) }
  public init(_ value: Bool) { self = .bool(value) }
  /// A string, or null for nil.
  public init(_ value: String?) { self = value.map { .string($0) } ?? .null }
}
