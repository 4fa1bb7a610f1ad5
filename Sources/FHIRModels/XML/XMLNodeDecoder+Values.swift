import XML

/// One element as read: a primitive may have a value, a side or both.
struct Item {
  var value: NodeValue?
  var side: NodeValue?
}

/// The repeating element whose items are being read.
struct OpenList {
  /// -1 for none.
  var field = -1
  var base = 0
  var sidesBase = 0
  var count = 0
  var hasValues = false
  var hasSides = false
}

extension XMLNodeDecoder {
  /// Reads the element whose start is the current event as one value of `field`; nil when it was reported.
  mutating func item(_ field: UnsafeMutablePointer<Field>) throws(XMLError) -> Item? {
    switch field.pointee.kind {
    case .node:
      guard let type = field.pointee.type else { return nil }
      return Item(value: .node(try object(type)))
    case .resource: return try wrappedResource().map { Item(value: .node($0)) }
    case .xhtml: return try narrative().map { Item(value: $0) }
    default: return try primitive(field)
    }
  }

  /// `contained`, `resource` and their like hold one element: the resource.
  private mutating func wrappedResource() throws(XMLError) -> FHIRNode? {
    let tagEnd = reader.byteOffset
    for index in 0..<reader.attributeCount { reportAttribute(index, "may not stand around a resource") }
    var node: FHIRNode?
    var count = 0
    while let event = try reader.next(), event != .endElement {
      if event == .text {
        if !reader.isWhitespace { report(.structure, "Text may not stand beside a resource", at: reader.byteOffset) }
        continue
      }
      count += 1
      if count == 1 {
        node = try resource()
      } else {
        report(.structure, "Only one resource may stand here", at: reader.tagOffset)
        try reader.skipElement()
      }
    }
    if count == 0 { report(.structure, "A resource is missing", at: tagOffset(endingAt: tagEnd)) }
    return node
  }

  // MARK: Primitives

  /// `value`, `id` and extensions of a primitive.
  private mutating func primitive(_ field: UnsafeMutablePointer<Field>) throws(XMLError) -> Item? {
    let base = builder.slots.count
    let tagEnd = reader.byteOffset
    let type = PrimitiveElement.type
    var item = Item()
    var hasAttribute = false
    for index in 0..<reader.attributeCount {
      hasAttribute = true
      if reader.attributeNamespaceIndex(index) == 0, valueName.matches(reader.attributeNameIndex(index), reader) {
        item.value = value(ofAttribute: index, field)
      } else if reader.attributeNamespaceIndex(index) == 0, idName.matches(reader.attributeNameIndex(index), reader) {
        let key = SlotKey(0)
        builder.path.push(type.field(0))
        if let id = value(ofAttribute: index, type.field(0)) { builder.slots.append(NodeSlot(key: key, value: id)) }
        builder.path.pop()
      } else {
        reportAttribute(index, "is not an attribute of a primitive")
      }
    }
    try children(type, base)
    if builder.slots.count > base || builder.hasKept {
      item.side = .node(builder.close(type, base))
    } else if item.value == nil, !hasAttribute {
      report(.structure, "An element must have a value or children", at: tagOffset(endingAt: tagEnd))
    }
    return item.value == nil && item.side == nil ? nil : item
  }

  private mutating func reportAttribute(_ index: Int, _ reason: String) {
    let name = NodeBuilder.shown(reader.attributeName(index), else: "An attribute")
    report(.structure, "\(name) \(reason)", at: reader.tagOffset)
  }

  /// The value of an attribute as `field` wants it; nil when it cannot be kept.
  mutating func value(ofAttribute index: Int, _ field: UnsafeMutablePointer<Field>) -> NodeValue? {
    let kind = field.pointee.kind
    let source = builder.source
    let place = textCount
    let (value, isValid) = reader.withAttributeValue(index) { bytes -> (NodeValue?, Bool) in
      if kind == .boolean {
        if bytes.elementsEqual("true".utf8) { return (.bool(true), true) }
        return bytes.elementsEqual("false".utf8) ? (.bool(false), true) : (nil, false)
      }
      let isValid =
        kind.isNumber
        ? FHIRDecimal.isNumber(bytes) && (kind == .decimal || PrimitiveSyntax.isInteger(bytes, kind))
        : PrimitiveSyntax.isValid(bytes, kind, hasEscapes: false)
      // What is no number could not be written as JSON.
      guard isValid || !kind.isNumber && !bytes.isEmpty else { return (nil, false) }
      return (XMLNodeDecoder.slice(bytes, in: source, at: place), isValid)
    }
    if case .slice(let slice)? = value { textCount += slice.length }
    if !isValid { report(.value, PrimitiveSyntax.expectation(kind), at: reader.tagOffset) }
    return value
  }

  /// Copies a text to the source and gives its slice; what finds no room there stays a text of its own.
  static func slice(_ bytes: UnsafeBufferPointer<UInt8>, in source: Source, at place: Int) -> NodeValue {
    guard source.write(bytes, at: place) else { return .text(String(decoding: bytes, as: UTF8.self)) }
    return .slice(Slice(offset: place, length: bytes.count, hasEscapes: false))
  }
}
