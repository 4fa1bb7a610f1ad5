import JSON

/// Reads FHIR JSON into nodes by their field tables.
///
/// The slots of all objects that are open lie on one stack; an object that closes moves its own into a node of exactly
/// their number. The scanner's pointer is valid for the decoder's life: it is made, used and dropped inside
/// `withUnsafeBytes` of the source.
struct Decoder: ~Copyable {
  var scanner: JSONScanner
  let source: Source
  let options: FHIRDecodingOptions
  var issues: [FHIRIssue] = []
  var slots = Stack<NodeSlot>()
  var values = Stack<NodeValue>()
  var path: DocumentPath
  /// Members that a lenient reading keeps, with the depth of the object they belong to.
  var unknown: [(depth: Int, member: UnknownMember)] = []

  init(_ bytes: UnsafeRawBufferPointer, _ source: Source, _ options: FHIRDecodingOptions) throws(JSONError) {
    var limits = JSONLimits()
    limits.bytes = min(options.limits.bytes, Slice.reach)
    limits.depth = options.limits.depth
    limits.values = options.limits.values
    scanner = try JSONScanner(bytes, limits: limits)
    self.source = source
    self.options = options
    path = DocumentPath()
  }

  /// Reads an object of `type`; its opening brace is next.
  mutating func object(_ type: TypeReference) throws(JSONError) -> FHIRNode {
    let start = scanner.offset
    let base = slots.count
    let table = type.pointer
    var sawResourceType = false
    try scanner.enter()
    if scanner.consume(UInt8(ascii: "}")) {
      scanner.leave()
      report(.structure, "An object must have members", at: start)
      return FHIRNode(type: type)
    }
    repeat {
      _ = try scanner.need("a key in quotes")
      let place = scanner.offset
      let key = try scanner.scanKey()
      let found = find(key, in: table)
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
    if !table.pointee.required.isEmpty { checkRequired(type, base, start) }
    if !unknown.isEmpty { keepUnknown() }
    scanner.leave()
    return close(type, base)
  }

  /// The field that a key names; a leading underscore means its side.
  @inline(__always)
  private func find(_ key: JSONStringToken, in table: UnsafeMutablePointer<NodeType>) -> (field: Int, isSide: Bool) {
    if key.hasEscapes || key.range.isEmpty { return findSlowly(key, in: table) }
    let start = key.range.lowerBound
    let isSide = scanner.byte(at: start) == UInt8(ascii: "_")
    let name = isSide ? start &+ 1 : start
    let rest = scanner.bytes(name..<scanner.count)
    guard let base = rest.baseAddress else { return (NameTable.missing, false) }
    return (table.pointee.names.find(base, key.range.upperBound &- name, readable: rest.count), isSide)
  }

  private func findSlowly(
    _ key: JSONStringToken, in table: UnsafeMutablePointer<NodeType>
  ) -> (field: Int, isSide: Bool) {
    var text = scanner.text(key)
    let isSide = text.hasPrefix("_")
    if isSide { text.removeFirst() }
    let field = text.withUTF8 { bytes in
      bytes.baseAddress.map { table.pointee.names.find($0, bytes.count, readable: bytes.count) } ?? NameTable.missing
    }
    return (field, isSide)
  }

  /// Reads the value of a field and puts it in its place on the stack.
  private mutating func member(
    _ field: UnsafeMutablePointer<Field>, _ key: SlotKey, _ base: Int, _ name: JSONStringToken, _ place: Int
  ) throws(JSONError) {
    if key.isSide, !field.pointee.kind.isPrimitive {
      return try unknownMember(name, place, "is not an element: only primitives have a name with an underscore")
    }
    // Documents mostly follow the order of the tables, so that the end is the place.
    var position = slots.count
    while position > base, key < slots[position &- 1].key { position &-= 1 }
    if position > base, slots[position &- 1].key == key {
      path.push(field)
      report(.structure, "The key stands twice in one object", at: place)
      try scanner.skipValue()
      return path.pop()
    }
    path.push(field)
    if field.pointee.isChoice, hasOther(of: field.pointee.group, than: key.field, base) {
      report(.structure, "Only one type of a choice may be present; \(field.pointee.jsonName) is another", at: place)
    }
    if let value = try value(of: field, isSide: key.isSide) {
      slots.insert(NodeSlot(key: key, value: value), at: position)
    } else if options.isLenient {
      let start = name.range.upperBound
      keep(scanner.text(name), jsonFrom: start)
    }
    path.pop()
  }

  private func hasOther(of group: ClosedRange<Int>, than field: Int, _ base: Int) -> Bool {
    for index in base..<slots.count {
      let other = slots[index].key.field
      if other != field, group.contains(other) { return true }
    }
    return false
  }

  private mutating func resourceType(of type: TypeReference, _ place: Int, _ seen: inout Bool) throws(JSONError) {
    if seen { report(.structure, "The key resourceType stands twice in one object", at: place) }
    seen = true
    // Its value was read before the object was entered, to know which table to use.
    try scanner.skipValue()
  }

  private mutating func checkRequired(_ type: TypeReference, _ base: Int, _ start: Int) {
    for group in type.pointer.pointee.required {
      var isPresent = false
      for index in base..<slots.count where group.contains(slots[index].key.field) {
        isPresent = true
        break
      }
      if isPresent || unknown.contains(where: { $0.depth == path.count }) { continue }
      path.push(type.field(group.lowerBound))
      report(.required, "The element must be present", at: start)
      path.pop()
    }
  }

  /// Moves the slots of the object that closes into a node.
  private mutating func close(_ type: TypeReference, _ base: Int) -> FHIRNode {
    let count = slots.count - base
    checkPairs(type, base)
    let storage = NodeStorage.make(type: type, source: source, capacity: count)
    storage.withUnsafeMutablePointers { header, elements in
      slots.move(from: base, to: elements)
      header.pointee.count = count
    }
    return FHIRNode(storage: storage)
  }

  /// A list of primitives and its sides must fit: as long as each other, and no place empty in both.
  private mutating func checkPairs(_ type: TypeReference, _ base: Int) {
    var index = base
    while index < slots.count {
      guard case .list(let items) = slots[index].value else {
        index += 1
        continue
      }
      let key = slots[index].key
      guard type.field(key.field).pointee.kind.isPrimitive else {
        index += 1
        continue
      }
      var sides: [NodeValue] = []
      if !key.isSide, index + 1 < slots.count, slots[index + 1].key == SlotKey(key.field, isSide: true),
        case .list(let beside) = slots[index + 1].value
      {
        sides = beside
        index += 1
      }
      index += 1
      if !sides.isEmpty, sides.count != items.count {
        path.push(type.field(key.field))
        report(.structure, "The list and its underscored twin have different lengths", at: scanner.offset)
        path.pop()
      }
      for (place, item) in items.enumerated() {
        guard case .null = item else { continue }
        if sides.indices.contains(place), case .node = sides[place] { continue }
        path.push(type.field(key.field))
        path.index = place
        report(.structure, "null stands where neither a value nor an extension is given", at: scanner.offset)
        path.pop()
      }
    }
  }
}
