import CLibXML2

/// Where libxml2's callbacks find the buffer while `xmlParseChunk` runs; empty at all other times.
///
/// Belongs to one `XMLReader`, which lends its buffer for each call: callbacks and accessors then work on a struct, and
/// a callback pays one exclusivity check instead of one for every field.
final class XMLEventSink {
  var buffer: XMLEventBuffer

  init(lending buffer: XMLEventBuffer) { self.buffer = buffer }
}

/// What libxml2 reported and the reader has not handed on yet.
///
/// Strings are kept as ranges of one byte arena, names as indices of a table: an event costs no allocation.
@usableFromInline
struct XMLEventBuffer {
  @usableFromInline
  struct Event {
    @usableFromInline var kind: XMLReader.Event
    /// Index of the local name in `names`.
    @usableFromInline var name: Int32 = 0
    /// Index of the namespace in `names`, 0 for none.
    @usableFromInline var namespace: Int32 = 0
    /// First attribute of a start tag, or first byte of a text in `arena`.
    @usableFromInline var start: Int = 0
    /// Number of attributes, or of bytes.
    @usableFromInline var count: Int = 0
    /// Elements open at this place: the root's start and end both have 1.
    @usableFromInline var depth: Int32 = 0
    @usableFromInline var line: Int
    /// Offset behind the event, as libxml2 counts it.
    @usableFromInline var offset: Int
  }

  @usableFromInline
  struct Attribute {
    @usableFromInline var name: Int32
    @usableFromInline var namespace: Int32
    @usableFromInline var start: Int
    @usableFromInline var count: Int
  }

  private struct RecentName {
    var name: UnsafePointer<xmlChar>?
    var index: Int32 = 0
  }

  private(set) var limits: XMLLimits
  @usableFromInline var events: [Event] = []
  @usableFromInline var attributes: [Attribute] = []
  @usableFromInline var arena: [UInt8] = []
  /// Local names and namespace names in the order of their first appearance; entry 0 is the empty string.
  private(set) var names: [String] = [""]
  private var nameIndices: [UnsafePointer<xmlChar>: Int32] = [:]
  /// The names met last, by bits of their addresses: most names need no look-up in the dictionary.
  private var recentNames: [RecentName] = []
  /// Names that were met in earlier documents of this parser: they cost nothing again.
  private var inheritedNames = 0
  private(set) var refusal: XMLError?
  private var elements = 0
  private var depth = 0
  private(set) var isRootClosed = false
  /// The parser that calls back; set before the first byte is fed.
  var context: xmlParserCtxtPtr?

  /// A buffer without room.
  init(limits: XMLLimits) { self.limits = limits }

  /// A buffer with room for what comes of one piece of a document of `bytes`.
  init(limits: XMLLimits, bytes: Int) {
    self.limits = limits
    let piece = min(bytes, 16 << 10)
    events.reserveCapacity(piece / 24)
    attributes.reserveCapacity(piece / 32)
    arena.reserveCapacity(piece)
    names.reserveCapacity(64)
    nameIndices.reserveCapacity(64)
    recentNames = Array(repeating: RecentName(), count: 128)
  }

  var openElements: Int { depth }

  /// Whether so little is kept here that the next document may have it.
  var isSmall: Bool {
    names.count <= XMLEventBuffer.keptNames && events.capacity <= 4 << 10 && attributes.capacity <= 4 << 10
      && arena.capacity <= 64 << 10
  }

  private static let keptNames = 1 << 10

  /// Makes room for another document of the same parser, whose names have kept their addresses.
  mutating func begin(_ limits: XMLLimits) {
    self.limits = limits
    removeAll()
    inheritedNames = names.count - 1
    (refusal, elements, depth, isRootClosed) = (nil, 0, 0, false)
  }

  /// Offset of the byte that libxml2 parses next. The bytes are UTF-8, so that nothing was converted before they were
  /// counted, and `xmlByteConsumed` would say the same.
  @inline(__always)
  private static func offset(_ context: xmlParserCtxtPtr) -> Int {
    guard let input = context.pointee.input, let base = input.pointee.base, let current = input.pointee.cur else {
      return 0
    }
    return Int(input.pointee.consumed) + (current - base)
  }

  /// Forgets what the reader has consumed; names keep their indices.
  mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
    attributes.removeAll(keepingCapacity: true)
    arena.removeAll(keepingCapacity: true)
  }

  /// Stops the parser; the first refusal is the one reported.
  mutating func refuse(_ code: XMLError.Code, _ message: String) {
    note(code, message)
    if let context { xmlStopParser(context) }
  }

  private mutating func note(_ code: XMLError.Code, _ message: String) {
    guard let context, refusal == nil else { return }
    let input = context.pointee.input
    refusal = XMLError(
      code, message, line: Int(input?.pointee.line ?? 0), column: Int(input?.pointee.col ?? 0),
      byteOffset: XMLEventBuffer.offset(context))
  }

  /// Keeps the first fault that libxml2 reports, with its place: what it says later in the same piece counts no more.
  mutating func fault(_ code: Int32, isFatal: Bool, _ message: UnsafePointer<CChar>?) {
    guard isFatal || XMLError.Code(libxml2: code) == .namespace else { return }
    // libxml2 calls it extra content when the bytes end too early.
    if code == XML_ERR_DOCUMENT_END.rawValue, depth > 0 {
      return note(.truncated, "the document ends with \(depth) elements open")
    }
    var text = message.map { String(cString: $0) } ?? "libxml2 error \(code)"
    while text.last?.isNewline == true { text.removeLast() }
    // It may repeat a name, and names have no bound.
    note(XMLError.Code(libxml2: code), String(text.prefix(200)))
  }

  mutating func startElement(
    _ localName: UnsafePointer<xmlChar>, _ uri: UnsafePointer<xmlChar>?, namespaces: Int,
    _ attributeCount: Int, _ values: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
  ) {
    guard let context, refusal == nil else { return }
    elements += 1
    depth += 1
    if depth > limits.depth { return refuse(.limit, "elements are nested deeper than \(limits.depth)") }
    if elements > limits.elements { return refuse(.limit, "more than \(limits.elements) elements") }
    if attributeCount + namespaces > limits.attributesPerElement {
      return refuse(.limit, "an element has more than \(limits.attributesPerElement) attributes")
    }
    let first = attributes.count
    // Five pointers an attribute: local name, prefix, namespace, begin and end of the value.
    for index in 0..<attributeCount {
      guard let values, let name = values[index * 5], let begin = values[index * 5 + 3], let end = values[index * 5 + 4]
      else { continue }
      let start = arena.count
      arena.append(contentsOf: UnsafeBufferPointer(start: begin, count: end - begin))
      attributes.append(
        Attribute(name: nameIndex(name), namespace: nameIndex(values[index * 5 + 2]), start: start, count: end - begin))
    }
    events.append(
      Event(
        kind: .startElement, name: nameIndex(localName), namespace: nameIndex(uri), start: first,
        count: attributes.count - first, depth: Int32(depth), line: Int(context.pointee.input.pointee.line),
        offset: XMLEventBuffer.offset(context)))
  }

  mutating func endElement(_ localName: UnsafePointer<xmlChar>, _ uri: UnsafePointer<xmlChar>?) {
    guard let context, refusal == nil else { return }
    events.append(
      Event(
        kind: .endElement, name: nameIndex(localName), namespace: nameIndex(uri), depth: Int32(depth),
        line: Int(context.pointee.input.pointee.line), offset: XMLEventBuffer.offset(context)))
    depth -= 1
    if depth == 0 { isRootClosed = true }
  }

  /// Adds to the text event at the end of the buffer, or begins one.
  mutating func text(_ characters: UnsafePointer<xmlChar>, _ count: Int) {
    guard let context, refusal == nil, depth > 0 else { return }
    let start = arena.count
    arena.append(contentsOf: UnsafeBufferPointer(start: characters, count: count))
    let last = events.count - 1
    if last >= 0, events[last].kind == .text {
      events[last].count += count
    } else {
      events.append(
        Event(
          kind: .text, start: start, count: count, depth: Int32(depth),
          line: Int(context.pointee.input.pointee.line), offset: XMLEventBuffer.offset(context)))
    }
    if events[events.count - 1].count > limits.textBytes {
      refuse(.limit, "one text has more than \(limits.textBytes) bytes")
    }
  }

  /// The index of a name. libxml2 keeps names in a dictionary: equal names have one address while the parser lives.
  private mutating func nameIndex(_ name: UnsafePointer<xmlChar>?) -> Int32 {
    guard let name else { return 0 }
    let slot = Int(bitPattern: name) >> 3 & 127
    let recent = recentNames[slot]
    if recent.name == name { return recent.index }
    let index = nameIndices[name] ?? Int32(names.count)
    if index == names.count {
      if names.count - inheritedNames > limits.names { refuse(.limit, "more than \(limits.names) different names") }
      names.append(String(cString: name))
      nameIndices[name] = index
    }
    recentNames[slot] = RecentName(name: name, index: index)
    return index
  }
}
