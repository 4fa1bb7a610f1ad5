public import HL7Parser
internal import XML

/// XML to ER7: the message that `HL7XMLWriter` wrote, or any other in the namespace of the encoding rules.
///
/// Groups are not looked at: the order of the segments is the message. Text becomes escaped text, `<escape V="…"/>` the
/// sequence that it names. The charset is the one of MSH-18, UTF-8 without. The bytes written are read again and must
/// have the segments and fields of the document, so that no value can create one.
public struct HL7XMLReader: ~Copyable {
  private var xml: XMLReader
  private let limits: HL7Limits
  /// In UTF-8 until the end, when MSH-18 is known.
  private var bytes: [UInt8] = []
  private var delimiters = HL7Delimiters.standard
  private var form = Form()
  /// What the bytes must turn out to hold.
  private var shape: [Shape] = []

  private struct Shape: Equatable {
    var name: String
    var fields: Int
  }

  /// What only ER7 has; see `HL7XML.formNamespace`.
  private struct Form {
    var leading: [UInt8] = []
    var terminator: [UInt8] = [0x0D]
    var final: [UInt8]?
    var charset: HL7Charset?
  }

  /// The bytes of the message in ER7.
  public static func message(
    _ document: [UInt8], limits: HL7Limits = HL7Limits()
  ) throws(HL7XMLError) -> [UInt8] {
    let bounds = XMLLimits(
      bytes: limits.messageBytes, depth: HL7XML.depthLimit, elements: HL7XML.elementLimit,
      textBytes: limits.messageBytes)
    let xml: XMLReader
    do throws(XMLError) { xml = try XMLReader(document, limits: bounds) } catch {
      throw HL7XMLError(error.description)
    }
    var reader = HL7XMLReader(xml: xml, limits: limits)
    try reader.root()
    return try reader.finish()
  }

  private init(xml: consuming XMLReader, limits: HL7Limits) {
    self.xml = xml
    self.limits = limits
  }

  // MARK: Message

  private mutating func root() throws(HL7XMLError) {
    guard try next() == .startElement else { throw fault("an element of a message is expected") }
    while let event = try next() {
      switch event {
      case .text: try blank()
      case .endElement: break
      case .startElement where xml.namespace == HL7XML.formNamespace: try formElement()
      case .startElement where !isOurs: throw fault("<\(xml.localName)> is in the namespace \(xml.namespace)")
      case .startElement where HL7XML.isSegment(xml.localName): try segment()
      case .startElement: break  // a group
      }
    }
  }

  private var isOurs: Bool { xml.namespace == HL7XML.namespace || xml.namespace.isEmpty }

  private mutating func formElement() throws(HL7XMLError) {
    switch xml.localName {
    case "form":
      guard shape.isEmpty else { throw fault("<form> stands before the first segment") }
      if let leading = try hexadecimal("leading", of: [0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0xEF, 0xBB, 0xBF]) {
        form.leading = leading
        bytes += leading
      }
      form.terminator = try hexadecimal("terminator", of: [0x0A, 0x0D]) ?? form.terminator
      form.final = try hexadecimal("final", of: Self.gapBytes)
      if let name = xml.attribute(named: "charset") {
        guard let charset = HL7Charset(named: name) else { throw fault("<form> names a charset that is not known") }
        form.charset = charset
      }
    case "gap":
      guard !shape.isEmpty, let gap = try hexadecimal("hex", of: Self.gapBytes) else {
        throw fault("<gap> stands behind a segment")
      }
      bytes.removeLast(form.terminator.count)
      bytes += gap
    default: throw fault("<\(xml.localName)> cannot stand here")
    }
    do throws(XMLError) { try xml.skipElement() } catch { throw HL7XMLError(error.description) }
  }

  private static let gapBytes: Set<UInt8> = [0x09, 0x0A, 0x0D, 0x20]

  private func hexadecimal(_ name: String, of allowed: Set<UInt8>) throws(HL7XMLError) -> [UInt8]? {
    guard let text = xml.attribute(named: name) else { return nil }
    guard let bytes = HL7XML.bytes(hexadecimal: text), allowed.isSuperset(of: bytes) else {
      throw fault("\(name)=\"…\" must be the digits of bytes that may stand there")
    }
    return bytes
  }

  // MARK: Segments

  private mutating func segment() throws(HL7XMLError) {
    let name = xml.localName
    guard (name == "MSH") == shape.isEmpty else {
      throw fault(shape.isEmpty ? "the first segment is MSH, not \(name)" : "a second MSH")
    }
    guard shape.count < limits.segments else { throw fault("more than \(limits.segments) segments") }
    bytes += name.utf8
    var written = 0
    if name == "MSH" { written = try header() }
    while let event = try next() {
      switch event {
      case .text: try blank()
      case .endElement:
        shape.append(Shape(name: name, fields: written))
        bytes += form.terminator
        return
      case .startElement: try field(of: name, after: &written)
      }
    }
  }

  /// MSH-1 and MSH-2, which say how the rest is written. Moves to the end of MSH-2.
  private mutating func header() throws(HL7XMLError) -> Int {
    var texts: [String] = []
    for number in 1...2 {
      while try next() == .text { try blank() }
      guard xml.localName == "MSH.\(number)" else { throw fault("MSH begins with MSH.1 and MSH.2") }
      do throws(XMLError) { texts.append(try xml.elementText()) } catch { throw HL7XMLError(error.description) }
    }
    guard let field = texts[0].utf8.first, texts[0].utf8.count == 1,
      let delimiters = HL7Delimiters(field: field, encodingCharacters: Array(texts[1].utf8))
    else { throw fault("MSH.1 and MSH.2 must be different punctuation characters, such as | and ^~\\&") }
    self.delimiters = delimiters
    bytes.append(field)
    bytes += delimiters.encodingCharacters
    return 2
  }

  private mutating func field(of segment: String, after written: inout Int) throws(HL7XMLError) {
    guard isOurs, xml.localName.hasPrefix(segment + "."), let number = partNumber else {
      throw fault("<\(xml.localName)> where a field of \(segment) should stand, such as <\(segment).1>")
    }
    guard number >= max(written, 1), segment != "MSH" || number > 2 else {
      throw fault("<\(segment).\(number)> comes after <\(segment).\(written)>; fields stand in their order")
    }
    if number == written {
      guard let repetition = delimiters.repetition else { throw fault("MSH.2 names no repetition separator") }
      bytes.append(repetition)
    } else {
      try append(delimiters.field, number - written)
      written = number
    }
    try value(.repetition)
  }

  // MARK: Values

  private enum Level { case repetition, component, subcomponent }

  /// The content of the element that has begun; moves to its end.
  private mutating func value(_ level: Level) throws(HL7XMLError) {
    var pieces: [HL7XMLPiece] = []
    var written = 0
    while let event = try next() {
      switch event {
      case .text:
        if written > 0 { try blank() } else { pieces.append(.text(xml.text)) }
      case .endElement:
        if written == 0 { try write(pieces) }
        return
      case .startElement where xml.namespace == HL7XML.formNamespace && xml.localName == "raw" && written == 0:
        pieces.append(.raw(try rawBytes()))
      case .startElement where isOurs && xml.localName == "escape" && written == 0:
        guard let sequence = xml.attribute(named: "V") else { throw fault("<escape> without V") }
        do throws(XMLError) { try xml.skipElement() } catch { throw HL7XMLError(error.description) }
        pieces.append(.escape(sequence))
      case .startElement:
        guard pieces.allSatisfy(\.isBlank) else { throw fault("text before <\(xml.localName)>") }
        try part(of: level, after: &written)
      }
    }
  }

  private mutating func part(of level: Level, after written: inout Int) throws(HL7XMLError) {
    guard isOurs, let number = partNumber else {
      throw fault("<\(xml.localName)> where a part should stand, such as <CX.1>")
    }
    guard number > written else { throw fault("<\(xml.localName)> is out of order, or stands twice") }
    let delimiter =
      switch level {
      case .repetition: Optional(delimiters.component)
      case .component: delimiters.subcomponent
      case .subcomponent: UInt8?.none
      }
    let needed = number - max(written, 1)
    if needed > 0 {
      guard let delimiter else { throw fault("<\(xml.localName)> is deeper than MSH.2 has separators for") }
      try append(delimiter, needed)
    }
    written = number
    // The only part of something that is not split further is that thing.
    try value(level == .repetition ? .component : .subcomponent)
  }

  private mutating func rawBytes() throws(HL7XMLError) -> [UInt8] {
    let named = xml.attribute(named: "hex")
    let text: String
    do throws(XMLError) { text = try xml.elementText() } catch { throw HL7XMLError(error.description) }
    guard let bytes = named.map({ HL7XML.bytes(hexadecimal: $0) }) ?? Array(text.utf8),
      !bytes.contains(where: { $0 == 0x0D || $0 == delimiters.field || $0 == delimiters.repetition })
    else { throw fault("<raw> holds what would end its field") }
    return bytes
  }

  private mutating func write(_ pieces: [HL7XMLPiece]) throws(HL7XMLError) {
    if pieces == [.text("\"\"")] {
      bytes += [0x22, 0x22]
      return
    }
    for piece in pieces {
      switch piece {
      case .text(let text):
        // The escape of a whole `""` keeps it from being null; beside something else it is none.
        for part in text == "\"\"" ? ["\"", "\""] : [text] {
          let lost = HL7Escapes.encode(part, into: &bytes, delimiters: delimiters, charset: .utf8)
          guard lost == 0 else { throw fault("MSH.2 names no escape character, and a text needs one") }
        }
      case .escape(let sequence):
        guard let escape = delimiters.escape else { throw fault("MSH.2 names no escape character") }
        guard sequence.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && delimiters.escapeLetter(for: $0) == nil }) else {
          throw fault("V of <escape> holds a delimiter or a control character")
        }
        bytes.append(escape)
        bytes += sequence.utf8
        bytes.append(escape)
      case .raw(let raw): bytes += raw
      }
    }
    guard bytes.count <= limits.messageBytes else { throw fault("more than \(limits.messageBytes) bytes") }
  }

  // MARK: The whole

  /// The bytes in the message's charset, once they read as what the document says.
  private consuming func finish() throws(HL7XMLError) -> [UInt8] {
    guard !shape.isEmpty else { throw HL7XMLError("the document holds no segment") }
    if let final = form.final {
      bytes.removeLast(form.terminator.count)
      bytes += final
    }
    var options = HL7Options()
    options.limits = limits
    options.refusesCharsetMismatch = false
    let message: HL7Message
    do throws(HL7Error) {
      message = try HL7Message(parsing: bytes, options: options)
    } catch {
      throw HL7XMLError("what the document says is no message: \(error)")
    }
    guard message.segments.map({ Shape(name: $0.name, fields: $0.fieldCount) }) == shape else {
      throw HL7XMLError("a <raw> or a line feed would make a segment or a field of its own")
    }
    let declared = message.header[18].repetition(1)
    let named = declared.hasValue ? HL7Charset.named(declared.bytes) : .utf8
    guard let charset = form.charset ?? named else {
      throw HL7XMLError("MSH.18 names a charset that cannot be written; use UNICODE UTF-8 or 8859/1 to 8859/15")
    }
    let count = form.leading.count
    return try form.leading + Self.encode(Array(bytes[count...]), in: charset)
  }

  private static func encode(_ bytes: [UInt8], in charset: HL7Charset) throws(HL7XMLError) -> [UInt8] {
    guard charset != .utf8, bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
    var encoded: [UInt8] = []
    encoded.reserveCapacity(bytes.count)
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      guard let byte = charset.encode(scalar) else {
        throw HL7XMLError("\(charset.name) of MSH.18 has no U+\(String(scalar.value, radix: 16, uppercase: true))")
      }
      encoded.append(byte)
    }
    return encoded
  }

  // MARK: Events

  private mutating func next() throws(HL7XMLError) -> XMLReader.Event? {
    do throws(XMLError) { return try xml.next() } catch { throw HL7XMLError(error.description) }
  }

  /// The number behind the last point of the element's name.
  private var partNumber: Int? {
    let name = xml.localName
    guard let point = name.lastIndex(of: ".") else { return nil }
    let digits = name[name.index(after: point)...]
    guard digits.utf8.count <= 7, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return Int(digits).flatMap { $0 > 0 ? $0 : nil }
  }

  private mutating func append(_ delimiter: UInt8, _ count: Int) throws(HL7XMLError) {
    guard bytes.count + count <= limits.messageBytes, count <= limits.fields else {
      throw fault("<\(xml.localName)> is further on than a message can hold")
    }
    bytes.append(contentsOf: repeatElement(delimiter, count: count))
  }

  private func blank() throws(HL7XMLError) {
    guard xml.isWhitespace else { throw fault("text where only elements may stand") }
  }

  private func fault(_ text: String) -> HL7XMLError { HL7XMLError(text, line: xml.line) }
}

extension HL7XMLPiece {
  /// White space between elements.
  fileprivate var isBlank: Bool {
    guard case .text(let text) = self else { return false }
    return text.utf8.allSatisfy { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
  }
}
