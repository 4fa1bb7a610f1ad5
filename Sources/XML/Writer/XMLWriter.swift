/// Writes one XML document as UTF-8 bytes, appending only.
///
/// Calls do not throw: the first fault (an illegal character, a bad name, an element left open, two roots) is kept and
/// thrown by `finish()`, so that a mapper reads as the document it writes. Names come with their prefix as they shall
/// stand (`cbc:ID`); a namespace is declared by `namespace(_:prefix:)` on the element that opens its scope. Same calls,
/// same bytes.
public struct XMLWriter: Sendable {
  /// What becomes of characters that XML 1.0 cannot carry (C0 controls, U+FFFE, U+FFFF).
  public enum IllegalCharacters: Sendable {
    /// `finish()` throws `XMLError.Code.illegalCharacter`.
    case refuse
    /// U+FFFD stands in their place.
    case replace
  }

  private struct Open: Sendable {
    var nameStart: Int
    var nameCount: Int
    var hasChildElements = false
    var hasText = false
  }

  private var bytes: [UInt8] = []
  private var open: [Open] = []
  private var isStartTagOpen = false
  private var hasRoot = false
  private var fault: XMLError?
  private let indentation: Int?
  private let illegalCharacters: IllegalCharacters

  /// - Parameters:
  ///   - indentation: spaces a level, each element that holds elements only on lines of its own; nil writes no
  ///     white space between elements.
  ///   - declaration: whether the document starts with `<?xml version="1.0" encoding="UTF-8"?>`.
  public init(
    indentation: Int? = nil, declaration: Bool = true, illegalCharacters: IllegalCharacters = .refuse,
    reservingBytes: Int = 4096
  ) {
    self.indentation = indentation
    self.illegalCharacters = illegalCharacters
    bytes.reserveCapacity(reservingBytes)
    if declaration {
      append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
      if indentation != nil { bytes.append(0x0A) }
    }
  }

  /// The fault met so far, if any: nothing is written after it.
  public var error: XMLError? { fault }

  /// Opens an element; attributes may follow until text or another element does.
  public mutating func startElement(_ name: String) {
    guard fault == nil else { return }
    closeStartTag()
    if let last = open.indices.last {
      open[last].hasChildElements = true
      if !open[last].hasText { breakLine(depth: open.count) }
    } else if hasRoot {
      return fail(.writer, "a second root element '\(name)'")
    }
    hasRoot = true
    bytes.append(0x3C)
    let start = bytes.count
    guard appendName(name) else { return }
    open.append(Open(nameStart: start, nameCount: bytes.count - start))
    isStartTagOpen = true
  }

  /// Opens an element whose name, as UTF-8, the caller knows to be one.
  public mutating func startElement(trusted name: UnsafeBufferPointer<UInt8>) {
    guard fault == nil else { return }
    closeStartTag()
    if let last = open.indices.last {
      open[last].hasChildElements = true
      if !open[last].hasText { breakLine(depth: open.count) }
    } else if hasRoot {
      return fail(.writer, "a second root element")
    }
    hasRoot = true
    bytes.append(0x3C)
    open.append(Open(nameStart: bytes.count, nameCount: name.count))
    bytes.append(contentsOf: name)
    isStartTagOpen = true
  }

  /// Adds an attribute whose name needs no check, and whose value is UTF-8, to the element just opened.
  public mutating func attribute(trusted name: UnsafeBufferPointer<UInt8>, utf8 value: UnsafeBufferPointer<UInt8>) {
    guard fault == nil else { return }
    guard isStartTagOpen else { return fail(.writer, "an attribute after the content of its element began") }
    bytes.append(0x20)
    bytes.append(contentsOf: name)
    bytes.append(0x3D)
    bytes.append(0x22)
    appendEscaped(value, inAttribute: true)
    bytes.append(0x22)
  }

  /// Adds an attribute to the element just opened. An attribute's name may stand once on an element: the caller's duty.
  public mutating func attribute(_ name: String, _ value: String) {
    guard fault == nil else { return }
    guard isStartTagOpen else { return fail(.writer, "attribute '\(name)' after the content of its element began") }
    bytes.append(0x20)
    guard appendName(name) else { return }
    bytes.append(0x3D)
    bytes.append(0x22)
    appendEscaped(value, inAttribute: true)
    bytes.append(0x22)
  }

  /// Declares `uri` for `prefix` (nil: for names without one) on the element just opened.
  public mutating func namespace(_ uri: String, prefix: String? = nil) {
    attribute(prefix.map { "xmlns:\($0)" } ?? "xmlns", uri)
  }

  /// Character data of the current element.
  public mutating func text(_ value: String) {
    guard fault == nil, !value.isEmpty else { return }
    guard let last = open.indices.last else { return fail(.writer, "text outside the root element") }
    closeStartTag()
    open[last].hasText = true
    appendEscaped(value, inAttribute: false)
  }

  /// Says that the open element holds text beside elements, so that indentation puts no white space in it.
  public mutating func mixedContent() {
    if let last = open.indices.last { open[last].hasText = true }
  }

  /// Appends bytes that are XML already (a stored XHTML narrative). They are not checked: use what `XMLReader` gave.
  public mutating func raw(_ xml: some Sequence<UInt8>) {
    guard fault == nil else { return }
    guard let last = open.indices.last else { return fail(.writer, "content outside the root element") }
    closeStartTag()
    open[last].hasText = true
    bytes.append(contentsOf: xml)
  }

  public mutating func endElement() {
    guard fault == nil else { return }
    guard let element = open.popLast() else { return fail(.writer, "more elements closed than opened") }
    if isStartTagOpen {
      isStartTagOpen = false
      bytes.append(0x2F)
      bytes.append(0x3E)
      return
    }
    if element.hasChildElements, !element.hasText { breakLine(depth: open.count) }
    bytes.append(0x3C)
    bytes.append(0x2F)
    appendAgain(element.nameStart, element.nameCount)
    bytes.append(0x3E)
  }

  /// An element that holds text only: `<name>text</name>`.
  public mutating func element(_ name: String, _ text: String) {
    startElement(name)
    self.text(text)
    endElement()
  }

  /// An element with one attribute and text: `<name attribute="value">text</name>`.
  public mutating func element(_ name: String, _ text: String, _ attribute: String, _ value: String) {
    startElement(name)
    self.attribute(attribute, value)
    self.text(text)
    endElement()
  }

  /// An element whose content is what `content` writes.
  public mutating func element<Failure: Error>(
    _ name: String, _ content: (inout XMLWriter) throws(Failure) -> Void
  ) throws(Failure) {
    startElement(name)
    try content(&self)
    endElement()
  }

  /// The whole document.
  ///
  /// - Throws: the first fault; `XMLError.Code.writer` also when there is no root or an element is still open.
  public consuming func finish() throws(XMLError) -> [UInt8] {
    if let fault { throw fault }
    guard hasRoot else { throw XMLError(.writer, "no root element") }
    guard open.isEmpty else { throw XMLError(.writer, "\(open.count) elements are still open") }
    if indentation != nil { bytes.append(0x0A) }
    return bytes
  }

  // MARK: - Bytes

  private mutating func fail(_ code: XMLError.Code, _ message: String) {
    if fault == nil { fault = XMLError(code, message) }
  }

  private mutating func append(_ string: StaticString) {
    string.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Appends what stands in the document already.
  private mutating func appendAgain(_ start: Int, _ count: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { copy in
      bytes.withUnsafeBufferPointer { written in
        guard let base = written.baseAddress else { return }
        copy.baseAddress?.initialize(from: base + start, count: count)
      }
      bytes.append(contentsOf: UnsafeBufferPointer(copy))
    }
  }

  private mutating func closeStartTag() {
    guard isStartTagOpen else { return }
    isStartTagOpen = false
    bytes.append(0x3E)
  }

  private mutating func breakLine(depth: Int) {
    guard let indentation else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: depth * indentation))
  }

  /// Appends a name whose ASCII bytes are name characters; false and a fault otherwise.
  private mutating func appendName(_ name: String) -> Bool {
    var name = name
    let start = bytes.count
    let isName = name.withUTF8 { utf8 in
      guard let first = utf8.first, XMLCharacters.startsName(first) else { return false }
      for byte in utf8 where !XMLCharacters.continuesName(byte) { return false }
      bytes.append(contentsOf: utf8)
      return true
    }
    if isName { return true }
    bytes.removeSubrange(start...)
    fail(.writer, "'\(name)' is not an XML name")
    return false
  }

  /// Copies runs of plain bytes whole and escapes what stands between them.
  private mutating func appendEscaped(_ value: String, inAttribute: Bool) {
    var value = value
    value.withUTF8 { appendEscaped($0, inAttribute: inAttribute) }
  }

  private mutating func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>, inAttribute: Bool) {
    var run = 0
    var index = 0
    while index < utf8.count {
      let byte = utf8[index]
      // Bytes that are never special: everything printable but `"` `&` `<` `>`, and UTF-8 below U+F000.
      if byte >= 0x3F && byte < 0xEF || byte > 0xEF || byte >= 0x27 && byte < 0x3C {
        index += 1
        continue
      }
      guard let replacement = replacement(at: index, of: utf8, inAttribute: inAttribute) else {
        index += 1
        continue
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[run..<index]))
      append(replacement.text)
      index += replacement.width
      run = index
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[run...]))
  }

  /// What stands for the character at `index`, and how many bytes it replaces; nil keeps the byte.
  private mutating func replacement(
    at index: Int, of utf8: UnsafeBufferPointer<UInt8>, inAttribute: Bool
  ) -> (text: StaticString, width: Int)? {
    let byte = utf8[index]
    switch byte {
    case 0x26: return ("&amp;", 1)
    case 0x3C: return ("&lt;", 1)
    case 0x3E: return ("&gt;", 1)
    case 0x22: return inAttribute ? ("&quot;", 1) : nil
    // A parser would turn these into a space in an attribute, and a carriage return into a line feed anywhere.
    case 0x09: return inAttribute ? ("&#9;", 1) : nil
    case 0x0A: return inAttribute ? ("&#10;", 1) : nil
    case 0x0D: return ("&#13;", 1)
    case 0xEF:
      guard index + 2 < utf8.count,
        XMLCharacters.isExcludedNoncharacter(byte, utf8[index + 1], utf8[index + 2])
      else { return nil }
      return illegal("U+FFFE or U+FFFF", width: 3)
    case 0..<0x20: return illegal("control character 0x\(String(byte, radix: 16))", width: 1)
    default: return nil
    }
  }

  private mutating func illegal(_ what: String, width: Int) -> (text: StaticString, width: Int) {
    if illegalCharacters == .refuse {
      let element = open.last.map { open in
        String(decoding: bytes[open.nameStart..<(open.nameStart + open.nameCount)], as: UTF8.self)
      }
      fail(.illegalCharacter, "\(what) in <\(element ?? "")> cannot stand in an XML document")
    }
    return ("\u{FFFD}", width)
  }
}
