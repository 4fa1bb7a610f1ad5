import CLibXML2

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

  private let bytes: [UInt8]
  private var buffer: XMLEventBuffer
  private let sink: XMLEventSink
  private let context: xmlParserCtxtPtr
  /// Bytes skipped at the start (a byte-order mark); libxml2 counts without them.
  private let skipped: Int
  /// Bytes that can be parsed, and why those behind them cannot.
  private let usable: Int
  private let unusable: XMLError?
  private var fed: Int
  private var isFinished = false
  /// What `next()` throws when the events before it are used up.
  private var fault: XMLError?
  private var position = -1
  private var chunkBytes = Self.smallestChunkBytes

  private static let smallestChunkBytes = 16 << 10

  /// - Throws: what can be said before parsing: size, a declared encoding, a tag with too many attributes.
  public init(_ bytes: [UInt8], limits: XMLLimits = .standard) throws(XMLError) {
    let checked = try XMLPrecheck.check(bytes, limits)
    let sink = XMLEventSink(lending: XMLEventBuffer(limits: limits))
    guard let context = XMLParserSetup.makeContext(reportingTo: sink) else {
      throw XMLError(.limit, "libxml2 has no memory for a parser")
    }
    buffer = XMLEventBuffer(limits: limits, bytes: bytes.count)
    buffer.context = context
    self.bytes = bytes
    self.sink = sink
    self.context = context
    skipped = checked.skipped
    usable = checked.usable
    unusable = checked.fault
    fed = skipped
  }

  deinit {
    xmlFreeParserCtxt(context)
  }

  // MARK: - Moving

  /// Moves to the next event; nil at the end of a well-formed document.
  public mutating func next() throws(XMLError) -> Event? {
    position += 1
    // A text at the end of the buffer may go on in bytes not fed yet.
    while !isFinished, position >= buffer.events.count || position == buffer.events.count - 1 && currentIsText {
      if position >= buffer.events.count {
        buffer.removeAll()
        position = 0
      }
      feed()
    }
    guard position < buffer.events.count else {
      position = buffer.events.count
      if let fault { throw fault }
      return nil
    }
    return buffer.events[position].kind
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
    return bytes[start..<byteOffset]
  }

  // MARK: - The current event

  private var current: XMLEventBuffer.Event { buffer.events[position] }
  private var currentIsText: Bool { buffer.events[position].kind == .text }

  /// Index of the local name of the element that starts or ends here; stable for the reader's life.
  public var nameIndex: Int { Int(current.name) }
  /// Index of the namespace, in the same numbering; 0 for none.
  public var namespaceIndex: Int { Int(current.namespace) }
  /// The name that has an index.
  public func name(at index: Int) -> String { buffer.names[index] }
  public var localName: String { buffer.names[nameIndex] }
  /// The namespace name, empty for none.
  public var namespace: String { buffer.names[namespaceIndex] }
  /// Elements open here; the start and the end of the root have 1, a text has its parent's.
  public var depth: Int { Int(current.depth) }
  /// The line where the event ends, from 1.
  public var line: Int { current.line }

  /// Offset in the input of the byte behind the event; for a start tag, at its `>` or `/>`.
  public var byteOffset: Int { skipped + current.offset }

  /// Offset of the `<` of the current start tag. No `<` may stand inside a tag, so the last one before its end is it.
  public var tagOffset: Int { bytes[..<byteOffset].lastIndex(of: 0x3C) ?? 0 }

  /// The current text, references resolved.
  public var text: String { withText { String(decoding: $0, as: UTF8.self) } }

  /// The bytes of the current text; empty when the event is not a text.
  public func withText<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let event = current
    guard event.kind == .text else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    return withArena(event.start, event.count, body)
  }

  /// True when the current text holds white space only.
  public var isWhitespace: Bool { withText { $0.allSatisfy(XMLCharacters.isSpace) } }

  /// Attributes of the current start tag, namespace declarations left out.
  public var attributeCount: Int { current.kind == .startElement ? current.count : 0 }

  public func attributeNameIndex(_ index: Int) -> Int { Int(attribute(index).name) }
  public func attributeName(_ index: Int) -> String { buffer.names[attributeNameIndex(index)] }
  public func attributeNamespaceIndex(_ index: Int) -> Int { Int(attribute(index).namespace) }
  public func attributeNamespace(_ index: Int) -> String { buffer.names[Int(attribute(index).namespace)] }
  public func attributeValue(_ index: Int) -> String {
    withAttributeValue(index) { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of an attribute's value, references resolved.
  public func withAttributeValue<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
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

  private func attribute(_ index: Int) -> XMLEventBuffer.Attribute { buffer.attributes[current.start + index] }

  private func withArena<R>(_ start: Int, _ count: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    buffer.arena.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<(start + count)])) }
  }

  // MARK: - Feeding libxml2

  /// Hands the next bytes to libxml2; a fault ends the reading and is kept.
  ///
  /// libxml2 looks through what it could not consume yet at each call: chunks grow while nothing comes of them, which
  /// keeps a long attribute linear.
  private mutating func feed() {
    let before = buffer.events.count
    let count = min(chunkBytes, usable - fed)
    let isEnd = fed + count == usable
    let isLast = isEnd && unusable == nil
    swap(&buffer, &sink.buffer)
    let status = bytes.withUnsafeBufferPointer { bytes -> Int32 in
      guard let base = bytes.baseAddress else { return 0 }
      return (base + fed).withMemoryRebound(to: CChar.self, capacity: count) {
        xmlParseChunk(context, $0, Int32(count), isLast ? 1 : 0)
      }
    }
    swap(&buffer, &sink.buffer)
    fed += count
    if let refusal = buffer.refusal {
      fault = located(refusal)
    } else if status != 0 || context.pointee.wellFormed == 0 || context.pointee.nsWellFormed == 0 {
      fault = located(unreported(status))
    } else if isLast, !buffer.isRootClosed {
      fault = located(truncation())
    } else if isEnd {
      fault = unusable
    }
    isFinished = isEnd || fault != nil
    chunkBytes = buffer.events.count == before ? chunkBytes * 2 : Self.smallestChunkBytes
  }

  private func located(_ error: XMLError) -> XMLError {
    XMLError(
      error.code, error.message, line: error.line, column: error.column, byteOffset: error.byteOffset + skipped)
  }

  private func truncation() -> XMLError {
    let input = context.pointee.input
    return XMLError(
      .truncated, "the document ends with \(buffer.openElements) elements open",
      line: Int(input?.pointee.line ?? 0), column: Int(input?.pointee.col ?? 0), byteOffset: bytes.count - skipped)
  }

  /// Never needed, as libxml2 reports what it refuses: so that nothing it counts as a fault passes.
  private func unreported(_ status: Int32) -> XMLError {
    XMLError(.malformed, "libxml2 error \(status)", line: 0, column: 0, byteOffset: fed - skipped)
  }
}
