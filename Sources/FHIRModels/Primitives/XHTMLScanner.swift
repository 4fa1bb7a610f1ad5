/// Walks the XML of one narrative and throws at the first thing that XML 1.0 or `XHTMLNarrative` does not allow.
///
/// A scanner of its own and not libxml2: every narrative of a JSON document passes through it, and to set up a parser
/// for each would cost more than to read the rest of the document.
struct XHTMLScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var offset = 0
  /// Where the names of the open elements stand.
  private var open: [Range<Int>] = []

  /// Elements inside one another.
  static let depth = 64

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    open.reserveCapacity(16)
  }

  /// One `div` with white space around it at most.
  mutating func document() throws(XHTMLFault) {
    skipSpace()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "<") else { throw fault("it must begin with <div") }
    try markup()
    while !open.isEmpty {
      try text()
      guard offset < bytes.count else { throw fault("the text ends before </div>") }
      try markup()
    }
    guard isSpaceUpToEnd else { throw fault("something follows the div") }
  }

  private var isSpaceUpToEnd: Bool { bytes[offset...].allSatisfy(XHTMLScanner.isSpace) }

  /// What begins with `<`.
  private mutating func markup() throws(XHTMLFault) {
    offset += 1
    guard offset < bytes.count else { throw fault("a tag is not finished") }
    switch bytes[offset] {
    case UInt8(ascii: "/"): try endTag()
    case UInt8(ascii: "!"): try declaration()
    case UInt8(ascii: "?"): throw fault("processing instructions are not allowed")
    default: try startTag()
    }
  }

  private mutating func startTag() throws(XHTMLFault) {
    let name = try name()
    guard let base = bytes.baseAddress else { throw fault("it is empty") }
    let element = XHTMLNarrative.element(
      base + name.lowerBound, name.count, readable: bytes.count - name.lowerBound)
    guard element >= 0 else { throw fault("the element <\(shown(name))> is not allowed", at: name.lowerBound) }
    if open.isEmpty, element != XHTMLNarrative.root { throw fault("it must begin with <div", at: name.lowerBound) }
    var seen: UInt64 = 0
    while true {
      let hadSpace = skipSpace()
      guard offset < bytes.count else { throw fault("a tag is not finished") }
      if bytes[offset] == UInt8(ascii: ">") || bytes[offset] == UInt8(ascii: "/") { break }
      guard hadSpace else { throw fault("white space must stand before an attribute") }
      try attribute(of: element, &seen)
    }
    if open.isEmpty, seen & (1 << UInt64(XHTMLNarrative.xmlns)) == 0 {
      throw fault("the div must declare the namespace \(XHTMLNarrative.namespace)", at: name.lowerBound)
    }
    if bytes[offset] == UInt8(ascii: "/") {
      offset += 1
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: ">") else { throw fault("'/' must end the tag") }
      offset += 1
      return
    }
    offset += 1
    guard open.count < XHTMLScanner.depth else { throw fault("elements are nested deeper than \(XHTMLScanner.depth)") }
    open.append(name)
  }

  private mutating func attribute(of element: Int, _ seen: inout UInt64) throws(XHTMLFault) {
    let name = try name()
    guard let base = bytes.baseAddress else { return }
    let attribute = XHTMLNarrative.attribute(
      base + name.lowerBound, name.count, readable: bytes.count - name.lowerBound)
    guard attribute >= 0, XHTMLNarrative.permits(attribute, on: element) else {
      throw fault("the attribute \(shown(name)) is not allowed there", at: name.lowerBound)
    }
    guard seen & (1 << UInt64(attribute)) == 0 else { throw fault("an attribute stands twice", at: name.lowerBound) }
    seen |= 1 << UInt64(attribute)
    skipSpace()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "=") else { throw fault("an attribute has no value") }
    offset += 1
    skipSpace()
    guard offset < bytes.count, bytes[offset] == 0x22 || bytes[offset] == 0x27 else {
      throw fault("an attribute's value has no quotes")
    }
    let quote = bytes[offset]
    offset += 1
    let start = offset
    while true {
      guard offset < bytes.count else { throw fault("an attribute's value is not closed", at: start) }
      let byte = bytes[offset]
      if byte == quote { break }
      if byte == UInt8(ascii: "<") { throw fault("'<' stands in an attribute's value") }
      try character(byte)
    }
    try check(attribute, bytes[start..<offset], at: start)
    offset += 1
  }

  private func check(
    _ attribute: Int, _ value: UnsafeBufferPointer<UInt8>.SubSequence, at start: Int
  ) throws(XHTMLFault) {
    if attribute == XHTMLNarrative.xmlns {
      let namespace = XHTMLNarrative.namespace
      guard value.elementsEqual(UnsafeBufferPointer(start: namespace.utf8Start, count: namespace.utf8CodeUnitCount))
      else { throw fault("the namespace must be \(namespace)", at: start) }
    } else if XHTMLNarrative.isAddress(attribute), XHTMLScanner.isScript(value) {
      throw fault("an address must not run a script", at: start)
    }
  }

  /// Whether an address has a scheme that a browser runs. White space and controls are passed over as a browser does;
  /// a character reference before the path could hide a letter of it, so that it counts as one.
  private static func isScript(_ address: UnsafeBufferPointer<UInt8>.SubSequence) -> Bool {
    var scheme: [UInt8] = []
    for byte in address.prefix(64) where byte > 0x20 {
      if byte == UInt8(ascii: "#") { return scheme.last == UInt8(ascii: "&") }
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { return false }
      if byte == UInt8(ascii: ":") { return isRun(scheme) }
      scheme.append(byte | 0x20)
    }
    return false
  }

  private static func isRun(_ scheme: [UInt8]) -> Bool {
    scheme.elementsEqual("javascript".utf8) || scheme.elementsEqual("vbscript".utf8)
  }

  private mutating func endTag() throws(XHTMLFault) {
    offset += 1
    let name = try name()
    guard let expected = open.popLast(), bytes[expected].elementsEqual(bytes[name]) else {
      throw fault("</\(shown(name))> closes no open element", at: name.lowerBound)
    }
    skipSpace()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: ">") else { throw fault("an end tag is not finished") }
    offset += 1
  }

  /// A comment or CDATA; anything else with `<!` is a document type, which no narrative has.
  private mutating func declaration() throws(XHTMLFault) {
    let start = offset
    if starts(with: "!--") {
      guard !open.isEmpty else { throw fault("it must begin with <div") }
      offset += 3
      while !starts(with: "--") { try plain("a comment is not closed", start) }
      offset += 2
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: ">") else {
        throw fault("'--' stands in a comment")
      }
      offset += 1
    } else if starts(with: "![CDATA["), !open.isEmpty {
      offset += 8
      while !starts(with: "]]>") { try plain("CDATA is not closed", start) }
      offset += 3
    } else {
      throw fault("document types are not allowed")
    }
  }

  /// Character data up to the next `<`.
  private mutating func text() throws(XHTMLFault) {
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "<") { return }
      if byte == UInt8(ascii: "]"), starts(with: "]]>") { throw fault("']]>' stands in the text") }
      try character(byte)
    }
  }

  /// One byte of text or a reference.
  @inline(__always)
  private mutating func character(_ byte: UInt8) throws(XHTMLFault) {
    if byte >= 0x20, byte != UInt8(ascii: "&"), byte != 0xEF {
      offset &+= 1
    } else if byte == UInt8(ascii: "&") {
      try reference()
    } else {
      try plain("the text ends", offset)
    }
  }

  /// One byte that is a character of XML and nothing else.
  private mutating func plain(_ reason: StaticString, _ start: Int) throws(XHTMLFault) {
    guard offset < bytes.count else { throw fault("\(reason)", at: start) }
    let byte = bytes[offset]
    let isControl = byte < 0x20 && !XHTMLScanner.isSpace(byte)
    let isNoncharacter =
      byte == 0xEF && offset + 2 < bytes.count && bytes[offset + 1] == 0xBF && bytes[offset + 2] >= 0xBE
    if isControl || isNoncharacter { throw fault("a character that XML does not have") }
    offset += 1
  }

  /// `&name;` of the five that XML has, or `&#…;` of a character that XML has.
  private mutating func reference() throws(XHTMLFault) {
    let start = offset
    guard let end = bytes[start..<min(start + 12, bytes.count)].firstIndex(of: UInt8(ascii: ";")) else {
      throw fault("'&' must begin a reference such as &amp;")
    }
    let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
    offset = end + 1
    if name.first == "#" {
      let digits = name.dropFirst()
      let code = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
      guard let code, digits.utf8.first != UInt8(ascii: "+"), digits.utf8.dropFirst().first != UInt8(ascii: "+"),
        XHTMLScanner.isCharacter(code)
      else { throw fault("a character that XML does not have", at: start) }
    } else {
      guard ["amp", "lt", "gt", "quot", "apos"].contains(name) else {
        throw fault("XML has no such entity; write the character itself", at: start)
      }
    }
  }

  private static func isCharacter(_ code: UInt32) -> Bool {
    switch code {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }

  // MARK: Pieces

  private mutating func name() throws(XHTMLFault) -> Range<Int> {
    let start = offset
    while offset < bytes.count {
      let byte = bytes[offset]
      guard (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x3A || byte == 0x2D || byte == 0x5F else {
        break
      }
      offset &+= 1
    }
    if offset == start { throw fault("a name of ASCII letters is expected") }
    return start..<offset
  }

  @discardableResult
  private mutating func skipSpace() -> Bool {
    let start = offset
    while offset < bytes.count, XHTMLScanner.isSpace(bytes[offset]) { offset &+= 1 }
    return offset > start
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }

  private func starts(with text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard offset + count <= bytes.count else { return false }
    for index in 0..<count where bytes[offset + index] != text.utf8Start[index] { return false }
    return true
  }

  /// A name as a message may show it: it holds letters, digits and `:-_` only.
  private func shown(_ name: Range<Int>) -> String { String(decoding: bytes[name].prefix(40), as: UTF8.self) }

  private func fault(_ reason: String, at place: Int? = nil) -> XHTMLFault {
    XHTMLFault(reason: reason, offset: place ?? min(offset, bytes.count))
  }
}
