/// Reads one XML document, event by event, through libxml2's push parser.
///
/// `next()` moves to the next event; the other members describe the event that it returned. The document is right only
/// when `next()` has returned nil: events come while later parts are still unread, and all that stand before a fault
/// come before its error, so that the caller knows the place. Adjacent character data, CDATA and
/// references make one text event; comments and processing instructions are skipped; text outside the root is white
/// space and skipped. Document types, and with them entities, external files and networks, are refused.
///
/// Local names and namespaces have dense indices that stay the same for the reader's life (`nameIndex`), so that a
/// decoder can keep its own table from index to field and compare no strings.
public struct XMLReader: ~Copyable {
  public enum Event: UInt8, Hashable, Sendable {
    case startElement
    case endElement
    case text
  }

  /// The reader's own, freed with it. Behind a pointer, because a struct of its size would be copied for each accessor.
  @usableFromInline let state: UnsafeMutablePointer<XMLReaderState>

  /// - Throws: what can be said before parsing: size, a declared encoding, a tag with too many attributes.
  public init(_ bytes: [UInt8], limits: XMLLimits = .standard) throws(XMLError) {
    let checked = try XMLPrecheck.check(bytes, limits)
    guard let parser = XMLParserPool.take(limits, bytes: bytes.count) else {
      throw XMLError(.limit, "libxml2 has no memory for a parser")
    }
    state = .allocate(capacity: 1)
    state.initialize(to: XMLReaderState(bytes, checked, parser))
  }

  deinit {
    state.pointee.end()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  // MARK: - Moving

  /// Moves to the next event; nil at the end of a well-formed document.
  @inlinable
  public mutating func next() throws(XMLError) -> Event? {
    state.pointee.position &+= 1
    let position = state.pointee.position
    if position < state.pointee.buffer.events.count &- 1 { return state.pointee.buffer.events[position].kind }
    return try state.pointee.nextOfDocument()
  }

  /// Moves to the next start or end of an element, over white space; other text is an error that names the place.
  public mutating func nextTag() throws(XMLError) -> Event? {
    while let event = try next() {
      guard event == .text else { return event }
      guard isWhitespace else {
        throw XMLError(
          .malformed, "text where only elements may stand", line: line, column: 0, byteOffset: byteOffset)
      }
    }
    return nil
  }

  /// Moves to the end of the element whose start is the current event.
  public mutating func skipElement() throws(XMLError) {
    let depth = self.depth
    while let event = try next() {
      if event == .endElement, self.depth == depth { return }
    }
  }

  /// The text of the element whose start is the current event; moves to its end.
  ///
  /// - Throws: also `XMLError.Code.malformed` when the element holds other elements.
  public mutating func elementText() throws(XMLError) -> String {
    let name = localName
    var text = ""
    while let event = try next() {
      switch event {
      case .text: text += self.text
      case .endElement: return text
      case .startElement:
        throw XMLError(
          .malformed, "<\(name)> holds <\(localName)> where only text may stand", line: line, byteOffset: byteOffset)
      }
    }
    return text
  }

  /// The bytes of the element whose start is the current event, as they stand in the input; moves to its end.
  ///
  /// Namespace prefixes declared further out are not repeated in them.
  public mutating func elementSource() throws(XMLError) -> ArraySlice<UInt8> {
    let start = tagOffset
    try skipElement()
    return state.pointee.bytes[start..<byteOffset]
  }

  // MARK: - The current event

  @inlinable var current: XMLEventBuffer.Event {
    @inline(__always) get { state.pointee.buffer.events[state.pointee.position] }
  }

  /// Index of the local name of the element that starts or ends here; stable for the reader's life.
  @inlinable public var nameIndex: Int { Int(current.name) }
  /// Index of the namespace, in the same numbering; 0 for none.
  @inlinable public var namespaceIndex: Int { Int(current.namespace) }
  /// The name that has an index.
  public func name(at index: Int) -> String { state.pointee.buffer.names[index] }
  public var localName: String { state.pointee.buffer.names[nameIndex] }
  /// The namespace name, empty for none.
  public var namespace: String { state.pointee.buffer.names[namespaceIndex] }
  /// Elements open here; the start and the end of the root have 1, a text has its parent's.
  @inlinable public var depth: Int { Int(current.depth) }
  /// The line where the event ends, from 1.
  public var line: Int { current.line }

  /// Offset in the input of the byte behind the event; for a start tag, at its `>` or `/>`.
  public var byteOffset: Int { state.pointee.skipped + current.offset }

  /// Offset of the `<` of the current start tag. No `<` may stand inside a tag, so the last one before its end is it.
  public var tagOffset: Int { state.pointee.bytes[..<byteOffset].lastIndex(of: 0x3C) ?? 0 }

  /// The current text, references resolved.
  public var text: String { withText { String(decoding: $0, as: UTF8.self) } }

  /// The bytes of the current text; empty when the event is not a text.
  @inlinable public func withText<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let event = current
    guard event.kind == .text else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    return withArena(event.start, event.count, body)
  }

  /// True when the current text holds white space only.
  @inlinable public var isWhitespace: Bool { withText { $0.allSatisfy(XMLCharacters.isSpace) } }

  /// Attributes of the current start tag, namespace declarations left out.
  @inlinable public var attributeCount: Int { current.kind == .startElement ? current.count : 0 }

  @inlinable public func attributeNameIndex(_ index: Int) -> Int { Int(attribute(index).name) }
  public func attributeName(_ index: Int) -> String { state.pointee.buffer.names[attributeNameIndex(index)] }
  @inlinable public func attributeNamespaceIndex(_ index: Int) -> Int { Int(attribute(index).namespace) }
  public func attributeNamespace(_ index: Int) -> String {
    state.pointee.buffer.names[Int(attribute(index).namespace)]
  }
  public func attributeValue(_ index: Int) -> String {
    withAttributeValue(index) { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of an attribute's value, references resolved.
  @inlinable public func withAttributeValue<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let attribute = attribute(index)
    return withArena(attribute.start, attribute.count, body)
  }

  /// The value of the attribute with this local name and no namespace.
  public func attribute(named name: String) -> String? {
    for index in 0..<attributeCount where attribute(index).namespace == 0 && attributeName(index) == name {
      return attributeValue(index)
    }
    return nil
  }

  @inlinable @inline(__always) func attribute(_ index: Int) -> XMLEventBuffer.Attribute {
    state.pointee.buffer.attributes[current.start + index]
  }

  @inlinable @inline(__always) func withArena<R>(_ start: Int, _ count: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R)
    -> R
  {
    state.pointee.buffer.arena.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[start..<(start + count)]))
    }
  }
}
