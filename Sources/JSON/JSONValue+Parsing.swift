extension JSONValue {
  /// Reads one document strictly (RFC 8259, no duplicate keys, limits of `limits`).
  public static func parse(_ bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) -> JSONValue {
    let result: Result<JSONValue, JSONError> = bytes.withUnsafeBytes { buffer in
      do throws(JSONError) {
        return .success(try parse(buffer, limits: limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads one document strictly from text.
  public static func parse(_ text: String, limits: JSONLimits = .default) throws(JSONError) -> JSONValue {
    try parse(Array(text.utf8), limits: limits)
  }

  /// Reads one document strictly from memory that need not outlive the call.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default
  ) throws(JSONError) -> JSONValue {
    var scanner = try JSONScanner(bytes, limits: limits)
    let value = try JSONValue(&scanner)
    try scanner.finish()
    return value
  }

  /// Reads the value at the scanner's place.
  public init(_ scanner: inout JSONScanner) throws(JSONError) {
    try scanner.countValue()
    switch try scanner.need("a value") {
    case UInt8(ascii: "{"): self = .object(try JSONObject(&scanner))
    case UInt8(ascii: "["):
      var items: [JSONValue] = []
      try scanner.enter()
      if !scanner.consume(UInt8(ascii: "]")) {
        repeat { items.append(try JSONValue(&scanner)) } while try scanner.hasNext(closing: UInt8(ascii: "]"))
      }
      scanner.leave()
      self = .array(items)
    case UInt8(ascii: "\""): self = .string(scanner.text(try scanner.scanString()))
    case UInt8(ascii: "t"):
      try scanner.scanLiteral("true")
      self = .bool(true)
    case UInt8(ascii: "f"):
      try scanner.scanLiteral("false")
      self = .bool(false)
    case UInt8(ascii: "n"):
      try scanner.scanLiteral("null")
      self = .null
    default:
      let range = try scanner.scanNumber()
      self = .number(String(decoding: scanner.bytes(range), as: UTF8.self))
    }
  }
}

extension JSONScanner {
  /// The text of a string of this document.
  public func text(_ token: JSONStringToken) -> String {
    JSONText.decode(bytes(token.range), hasEscapes: token.hasEscapes)
  }
}

extension JSONObject {
  /// Up to here a list is searched for duplicates, from here a set: a hostile object must not cost its square.
  private static let listedKeys = 12

  init(_ scanner: inout JSONScanner) throws(JSONError) {
    var members: [Member] = []
    var seen: Set<String> = []
    try scanner.enter()
    if !scanner.consume(UInt8(ascii: "}")) {
      repeat {
        _ = try scanner.need("a key in quotes")
        let place = scanner.offset
        let key = scanner.text(try scanner.scanKey())
        let isDuplicate: Bool
        if members.count < JSONObject.listedKeys {
          isDuplicate = members.contains { $0.key == key }
        } else {
          if seen.isEmpty { seen = Set(members.map(\.key)) }
          isDuplicate = !seen.insert(key).inserted
        }
        if isDuplicate {
          throw JSONError(.duplicateKey, at: place, "The key \"\(key.prefix(64))\" stands twice in one object")
        }
        members.append(Member(key: key, value: try JSONValue(&scanner)))
      } while try scanner.hasNext(closing: UInt8(ascii: "}"))
    }
    scanner.leave()
    self.init(distinct: members)
  }
}
