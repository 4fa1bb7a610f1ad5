import JSON

extension JSONNodeDecoder {
  /// Reads the value of `field`, or of its side; nil when it was reported and passed over.
  mutating func value(of field: UnsafeMutablePointer<Field>, isSide: Bool) throws(JSONError) -> NodeValue? {
    let first = try scanner.need("a value")
    guard field.pointee.isList else {
      if first == UInt8(ascii: "[") { return try mismatch("a single value, not an array") }
      return isSide ? try side(first) : try single(field, first)
    }
    guard first == UInt8(ascii: "[") else { return try mismatch("an array") }
    return try list(field, isSide: isSide)
  }

  private mutating func list(_ field: UnsafeMutablePointer<Field>, isSide: Bool) throws(JSONError) -> NodeValue? {
    let start = scanner.offset
    let base = builder.values.count
    var isSound = true
    try scanner.countValue()
    try scanner.enter()
    if scanner.consume(UInt8(ascii: "]")) {
      scanner.leave()
      report(.structure, "An array must have items", at: start)
      return nil
    }
    var index = 0
    repeat {
      builder.path.index = index
      let first = try scanner.need("a value")
      if first == UInt8(ascii: "n"), field.pointee.kind.isPrimitive {
        try scanner.scanLiteral("null")
        try scanner.countValue()
        builder.values.append(.null)
        if gapLists.last?.start != start { gapLists.append((field, isSide, start)) }
        hasGaps = true
      } else if let item = isSide ? try side(first) : try single(field, first) {
        builder.values.append(item)
      } else {
        isSound = false
      }
      index &+= 1
    } while try scanner.hasNext(closing: UInt8(ascii: "]"))
    builder.path.index = -1
    scanner.leave()
    if isSide { hasGaps = true }
    let items = builder.values.takeItems(from: base)
    return isSound ? items : nil
  }

  private mutating func side(_ first: UInt8) throws(JSONError) -> NodeValue? {
    guard first == UInt8(ascii: "{") else { return try mismatch("an object with id or extension") }
    try scanner.countValue()
    return .node(try object(PrimitiveElement.type))
  }

  private mutating func single(_ field: UnsafeMutablePointer<Field>, _ first: UInt8) throws(JSONError) -> NodeValue? {
    let kind = field.pointee.kind
    if kind == .node {
      guard first == UInt8(ascii: "{"), let type = field.pointee.type else { return try mismatch("an object") }
      try scanner.countValue()
      return .node(try object(type))
    }
    if kind == .resource {
      guard first == UInt8(ascii: "{") else { return try mismatch("a resource") }
      return try resource().map { .node($0) }
    }
    if kind == .boolean {
      switch first {
      case UInt8(ascii: "t"): try scanner.scanLiteral("true")
      case UInt8(ascii: "f"): try scanner.scanLiteral("false")
      default: return try mismatch("true or false")
      }
      try scanner.countValue()
      return .bool(first == UInt8(ascii: "t"))
    }
    try scanner.countValue()
    if kind.isNumber {
      guard first == UInt8(ascii: "-") || first &- 0x30 < 10 else { return try mismatch("a number") }
      let range = try scanner.scanNumber()
      if kind != .decimal, !PrimitiveSyntax.isInteger(scanner.bytes(range), kind) {
        report(.value, PrimitiveSyntax.expectation(kind), at: range.lowerBound)
      }
      return .slice(Slice(offset: range.lowerBound, length: range.count, hasEscapes: false))
    }
    guard first == UInt8(ascii: "\"") else { return try mismatch("a string") }
    let token = try scanner.scanString()
    checkUTF8()
    if kind == .xhtml {
      checkNarrative(token)
    } else if !PrimitiveSyntax.isValid(scanner.bytes(token.range), kind, hasEscapes: token.hasEscapes) {
      report(.value, PrimitiveSyntax.expectation(kind), at: token.range.lowerBound)
    }
    return .slice(Slice(offset: token.range.lowerBound, length: token.range.count, hasEscapes: token.hasEscapes))
  }

  /// A narrative is a document of its own (R4, "Narrative").
  private mutating func checkNarrative(_ token: JSONStringToken) {
    let problem =
      token.hasEscapes
      ? scanner.text(token).read(XHTMLNarrative.problem) : XHTMLNarrative.problem(scanner.bytes(token.range))
    guard let problem else { return }
    let place = JSONText.place(ofDecoded: problem.offset, in: scanner.bytes(token.range))
    report(.value, problem.diagnostics, at: token.range.lowerBound + place)
  }

  /// Reads a resource of whichever type; nil when its type is missing or unknown.
  mutating func resource() throws(JSONError) -> FHIRNode? {
    let start = scanner.offset
    guard let (name, place) = try peekResourceType() else {
      report(.structure, "A resource must name its type in resourceType", at: start)
      try scanner.skipValue()
      return nil
    }
    guard let type = Schema.shared.type(named: name), type.isResource, !type.pointer.pointee.isAbstract else {
      report(.structure, "resourceType names no resource of FHIR R4", at: place)
      try scanner.skipValue()
      return nil
    }
    try scanner.countValue()
    if builder.path.root.isEmpty { builder.path.root = name }
    return try object(type)
  }

  /// The value of `resourceType`, mostly the first member, and where it stands; the scanner stays where it is.
  private mutating func peekResourceType() throws(JSONError) -> (name: String, place: Int)? {
    let place = scanner.mark
    defer { scanner.reset(to: place) }
    try scanner.enter()
    if scanner.consume(UInt8(ascii: "}")) { return nil }
    repeat {
      let key = try scanner.scanKey()
      if isResourceType(key) {
        guard try scanner.need("a value") == UInt8(ascii: "\"") else { return nil }
        let place = scanner.offset
        return (scanner.text(try scanner.scanString()), place)
      }
      try scanner.skipValue()
    } while try scanner.hasNext(closing: UInt8(ascii: "}"))
    return nil
  }

  private func isResourceType(_ key: JSONStringToken) -> Bool {
    if key.hasEscapes { return scanner.text(key) == "resourceType" }
    let name: StaticString = "resourceType"
    guard key.range.count == name.utf8CodeUnitCount else { return false }
    return scanner.bytes(key.range).elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: key.range.count))
  }

  // MARK: What does not fit

  private mutating func mismatch(_ expected: StaticString) throws(JSONError) -> NodeValue? {
    report(.structure, "Expected \(expected)", at: scanner.offset)
    try scanner.skipValue()
    checkUTF8()
    return nil
  }

  mutating func unknownMember(_ key: JSONStringToken, _ place: Int, _ reason: String) throws(JSONError) {
    let name = scanner.text(key)
    report(.structure, NodeBuilder.shown(name, else: "A key") + " " + reason, at: place)
    let start = scanner.offset
    try scanner.skipValue()
    checkUTF8()
    builder.keep(
      UnknownMember(name: name, text: raw(start..<scanner.offset), format: .json), endingAt: scanner.offset)
  }

  /// Keeps a member whose value did not fit; its JSON lies between the key's end and the scanner.
  mutating func keep(_ name: String, jsonFrom keyEnd: Int) {
    var start = keyEnd + 1
    while start < scanner.offset, scanner.byte(at: start) != UInt8(ascii: ":") { start += 1 }
    let json = raw(start + 1..<scanner.offset)
    builder.keep(UnknownMember(name: name, text: json, format: .json), depthAbove: 1, endingAt: scanner.offset)
  }

  private func raw(_ range: Range<Int>) -> [UInt8] {
    Array(scanner.bytes(range).drop { $0 <= 0x20 })
  }
}
