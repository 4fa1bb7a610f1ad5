import JSON

/// Reads FHIR JSON into nodes by their field tables.
///
/// The scanner's pointer is valid for the decoder's life: it is made, used and dropped inside `withUnsafeBytes` of the
/// source.
struct JSONNodeDecoder: ~Copyable {
  var scanner: JSONScanner
  var builder: NodeBuilder
  /// Whether the object that is open has a list with gaps, or a list of sides.
  var hasGaps = false
  /// The lists of the objects that are open which hold a null, and where each begins.
  var gapLists: [(field: UnsafeMutablePointer<Field>, isSide: Bool, start: Int)] = []

  init(_ bytes: UnsafeRawBufferPointer, _ source: Source, _ options: FHIRDecodingOptions) throws(JSONError) {
    var limits = JSONLimits()
    limits.bytes = min(options.limits.bytes, Slice.reach)
    limits.depth = min(options.limits.depth, DocumentLimits.deepest)
    limits.values = options.limits.values
    scanner = try JSONScanner(bytes, limits: limits)
    scanner.collectsInvalidUTF8 = !options.isLenient
    builder = NodeBuilder(source, options)
  }

  /// Reads an object of `type`; its opening brace is next.
  mutating func object(_ type: TypeReference) throws(JSONError) -> FHIRNode {
    let start = scanner.offset
    let base = builder.slots.count
    let table = type.pointer
    let hadGaps = hasGaps
    let outerGaps = gapLists.count
    hasGaps = false
    var sawResourceType = false
    try scanner.enter()
    if scanner.consume(UInt8(ascii: "}")) {
      scanner.leave()
      hasGaps = hadGaps
      report(.structure, "An object must have members", at: start)
      return FHIRNode(type: type)
    }
    repeat {
      _ = try scanner.need("a key in quotes")
      let place = scanner.offset
      let key = try scanner.scanKey()
      checkUTF8()
      let found =
        key.hasEscapes
        ? JSONNodeDecoder.findSlowly(scanner.text(key), in: table)
        : JSONNodeDecoder.find(key.range.count, scanner.bytes(key.range.lowerBound..<scanner.count), in: table)
      if found.field == NameTable.resourceType {
        // It is no element, so there is no `_resourceType` either.
        if found.isSide {
          try unknownMember(key, place, "is not an element of \(type.name)")
        } else {
          try resourceType(of: type, place, &sawResourceType)
        }
      } else if found.field >= 0 {
        try member(type.field(found.field), SlotKey(found.field, isSide: found.isSide), base, key, place)
      } else {
        try unknownMember(key, place, "is not an element of \(type.name)")
      }
    } while try scanner.hasNext(closing: UInt8(ascii: "}"))
    if !table.pointee.required.isEmpty { builder.checkRequired(type, base, start) }
    scanner.leave()
    if hasGaps {
      checkPairs(type, base)
      gapLists.removeSubrange(outerGaps...)
    }
    hasGaps = hadGaps
    return builder.close(type, base)
  }

  /// The field that a key names; a leading underscore means its side. `rest` is the document from the key's content on.
  ///
  /// Static, as `findSlowly` is: a method of the decoder that does not change it would be handed a copy of it.
  @inline(__always)
  private static func find(
    _ length: Int, _ rest: UnsafeBufferPointer<UInt8>, in table: UnsafeMutablePointer<NodeType>
  ) -> (field: Int, isSide: Bool) {
    guard length > 0, let base = rest.baseAddress else { return (NameTable.missing, false) }
    let isSide = base.pointee == UInt8(ascii: "_")
    let start = isSide ? 1 : 0
    return (table.pointee.names.find(base + start, length &- start, readable: rest.count &- start), isSide)
  }

  private static func findSlowly(
    _ key: String, in table: UnsafeMutablePointer<NodeType>
  ) -> (field: Int, isSide: Bool) {
    let isSide = key.hasPrefix("_")
    return (table.pointee.names.find(isSide ? String(key.dropFirst()) : key), isSide)
  }

  /// Reads the value of a field and puts it in its place on the stack.
  private mutating func member(
    _ field: UnsafeMutablePointer<Field>, _ key: SlotKey, _ base: Int, _ name: JSONStringToken, _ place: Int
  ) throws(JSONError) {
    if key.isSide, !field.pointee.hasSide {
      return try unknownMember(name, place, "is not an element: only primitive elements have an underscored name")
    }
    let position = builder.position(of: key, base)
    builder.path.push(field)
    if position > base, builder.slots[position &- 1].key == key {
      report(.structure, "The key stands twice in one object", at: place)
      try scanner.skipValue()
      return builder.path.pop()
    }
    if field.pointee.isChoice, builder.hasOther(of: field.pointee.group, than: key.field, base) {
      report(.structure, "Only one type of a choice may be present; \(field.pointee.jsonName) is another", at: place)
    }
    if let value = try value(of: field, isSide: key.isSide) {
      builder.slots.insert(NodeSlot(key: key, value: value), at: position)
    } else if builder.options.isLenient {
      keep(scanner.text(name), jsonFrom: name.range.upperBound)
    } else {
      // The document is refused. Its place is taken, so that it is neither missing nor may come again.
      builder.slots.insert(NodeSlot(key: key, value: .unknown([])), at: position)
    }
    builder.path.pop()
  }

  private mutating func resourceType(of type: TypeReference, _ place: Int, _ seen: inout Bool) throws(JSONError) {
    if seen { report(.structure, "The key resourceType stands twice in one object", at: place) }
    seen = true
    // Its value was read before the object was entered, to know which table to use.
    try scanner.skipValue()
  }

  /// A list of primitives and its sides must fit: as long as each other, and no place empty in both.
  private mutating func checkPairs(_ type: TypeReference, _ base: Int) {
    var index = base
    while index < builder.slots.count {
      let key = builder.slots[index].key
      let field = type.field(key.field)
      let items = builder.slots[index].value
      index += 1
      guard field.pointee.isList, field.pointee.kind.isPrimitive else { continue }
      var sides: NodeValue?
      if !key.isSide, index < builder.slots.count, builder.slots[index].key == SlotKey(key.field, isSide: true) {
        sides = builder.slots[index].value
        index += 1
      }
      builder.path.push(field)
      checkPair(field, items, isSide: key.isSide, sides)
      builder.path.pop()
    }
  }

  private mutating func checkPair(
    _ field: UnsafeMutablePointer<Field>, _ items: NodeValue, isSide: Bool, _ sides: NodeValue?
  ) {
    // One of them was refused itself.
    if case .unknown = items { return }
    if case .unknown? = sides { return }
    if let sides, sides.itemCount != items.itemCount {
      report(.structure, "The list and its underscored twin have different lengths", at: scanner.offset)
    }
    for place in 0..<items.itemCount {
      guard case .null? = items.item(at: place) else { continue }
      if case .node? = sides?.item(at: place) { continue }
      guard !builder.isFull else { return }
      builder.path.index = place
      let start = gapLists.last { $0.field == field && $0.isSide == isSide }?.start
      report(
        .structure, "null stands where neither a value nor an extension is given",
        at: start.flatMap { offset(ofItem: place, inListAt: $0) } ?? scanner.offset)
      builder.path.index = -1
    }
  }

  /// Where an item of a list begins that was read already.
  private func offset(ofItem place: Int, inListAt start: Int) -> Int? {
    var again = scanner
    again.offset = start
    do throws(JSONError) {
      try again.enter()
      for _ in 0..<place {
        try again.skipValue()
        _ = try again.hasNext(closing: UInt8(ascii: "]"))
      }
    } catch {
      return nil
    }
    return again.peek() == nil ? nil : again.offset
  }

  /// Reports the string that was read last when it is not UTF-8; reading goes on behind it.
  @inline(__always)
  mutating func checkUTF8() {
    if let place = scanner.takeInvalidUTF8() { report(.structure, "The bytes of a string are not UTF-8", at: place) }
  }

  mutating func report(_ code: IssueType, _ diagnostics: String, at offset: Int) {
    builder.report(code, diagnostics, at: offset)
  }
}
