public import HL7Parser
public import XML

/// ER7 to XML: the elements of the version's message structure, segments, fields and data types.
///
///     <ADT_A01 xmlns="urn:hl7-org:v2xml"> <PID> <PID.3><CX.1>42</CX.1></PID.3> … <ADT_A01.PROCEDURE> <PR1> …
///
/// Segments stand in the groups that `HL7Arrangement` finds for them; one that the structure has no place for, and any
/// Z-segment, in the group then open. What was left empty is left out, but for the last of a list, which keeps its
/// length. `HL7XMLReader` gives back the same ER7, byte for byte.
public struct HL7XMLWriter {
  /// Spaces a level; nil for none.
  public var indentation: Int? = 2
  /// Whether what only ER7 has (line ends, unescaped delimiters) is kept in elements of our own; see
  /// `HL7XML.formNamespace`.
  public var keepsForm = true
  /// The version to name by; nil for the one of MSH-12, or 2.5.1 where it names none.
  public var version: HL7Version?

  public init() {}

  /// - Throws: `XMLError.Code.illegalCharacter` where bytes are no text in the message's charset and `keepsForm` is off.
  public func document(of message: HL7Message) throws(XMLError) -> [UInt8] {
    let named = message.header[12].string.flatMap(HL7Version.init)
    var pass = HL7XMLPass(
      message: message, schema: .of(version ?? named ?? .v2_5_1), keepsForm: keepsForm,
      xml: XMLWriter(indentation: indentation, reservingBytes: message.bytes.count * 4))
    pass.write()
    return try pass.xml.finish()
  }
}

/// One pass of `HL7XMLWriter`.
private struct HL7XMLPass {
  let message: HL7Message
  let schema: HL7Schema
  let keepsForm: Bool
  var xml: XMLWriter
  private var terminator: [UInt8] = [0x0D]

  init(message: HL7Message, schema: HL7Schema, keepsForm: Bool, xml: consuming XMLWriter) {
    self.message = message
    self.schema = schema
    self.keepsForm = keepsForm
    self.xml = xml
  }

  mutating func write() {
    let structure = schema.structure(of: message)
    let name = structure?.name ?? fallbackName
    xml.startElement(name)
    xml.namespace(HL7XML.namespace)
    if keepsForm { form() }
    if let structure {
      // A choice that the standard gives no name is not an element of its own.
      var isNamed: [Bool] = []
      for step in HL7Arrangement(message, by: structure).steps {
        switch step {
        case .open(let group):
          isNamed.append(group != "CHOICE")
          if group != "CHOICE" { xml.startElement("\(name).\(group)") }
        case .segment(let index): segment(index)
        case .close: if isNamed.popLast() ?? false { xml.endElement() }
        }
      }
    } else {
      for index in message.segments.indices { segment(index) }
    }
    xml.endElement()
  }

  /// The root of a message whose structure is not known.
  private var fallbackName: String {
    let type = message.header[9]
    if let named = type.component(3).string, HL7XML.isName(named), named.utf8.count > 3 { return named }
    let parts = [type.component(1).string, type.component(2).string].compactMap { $0 }
    let event = parts.joined(separator: "_")
    return HL7XML.isName(event) && parts.count == 2 ? event : "MESSAGE"
  }

  // MARK: What only ER7 has

  private mutating func form() {
    let gap = message.gap(after: 0)
    if gap.allSatisfy({ $0 == 0x0D || $0 == 0x0A }), (1...2).contains(gap.count), message.segments.count > 1 {
      terminator = Array(gap)
    }
    let declared = message.header[18].repetition(1)
    let implied = declared.hasValue ? HL7Charset.named(declared.bytes) : .utf8
    let final = Array(message.gap(after: message.segments.count - 1))
    var attributes: [(String, String)] = []
    if !message.leading.isEmpty { attributes.append(("leading", HL7XML.hexadecimal(message.leading))) }
    if terminator != [0x0D] { attributes.append(("terminator", HL7XML.hexadecimal(terminator))) }
    if final != terminator { attributes.append(("final", HL7XML.hexadecimal(final))) }
    if implied != message.charset { attributes.append(("charset", message.charset.name)) }
    guard !attributes.isEmpty else { return }
    xml.startElement("form")
    xml.namespace(HL7XML.formNamespace)
    for (name, value) in attributes { xml.attribute(name, value) }
    xml.endElement()
  }

  // MARK: Segments

  private mutating func segment(_ index: Int) {
    let segment = message.segments[index]
    let definition = schema.segment(segment.name)
    xml.startElement(segment.name)
    for number in stride(from: 1, through: segment.fieldCount, by: 1) {
      let field = segment[number]
      let name = "\(segment.name).\(number)"
      if segment.name == "MSH", number <= 2 {
        xml.element(name, String(decoding: field.bytes, as: UTF8.self))
      } else if !field.isAbsent {
        let type = type(definition?.field(number)?.type, of: segment)
        for repetition in field.repetitions {
          xml.startElement(name)
          value(repetition, type)
          xml.endElement()
        }
      } else if number == segment.fieldCount {
        xml.startElement(name)
        xml.endElement()
      }
    }
    xml.endElement()
    let gap = message.gap(after: index)
    if keepsForm, index + 1 < message.segments.count, !gap.elementsEqual(terminator) {
      xml.startElement("gap")
      xml.namespace(HL7XML.formNamespace)
      xml.attribute("hex", HL7XML.hexadecimal(gap))
      xml.endElement()
    }
  }

  /// The data type of a field; what OBX-2 and MFE-5 name where the definitions leave it to them.
  private func type(_ declared: String?, of segment: HL7Segment) -> String? {
    guard declared == "*" else { return declared }
    let named: String? =
      switch segment.name {
      case "OBX": segment[2].string
      case "MFE": segment[5].string
      default: nil
      }
    return named.flatMap { HL7XML.isName($0) ? $0 : nil }
  }

  // MARK: Values

  /// A repetition, component or sub-component, by its data type; nil for one that is not known.
  private mutating func value(_ element: HL7Element, _ type: String?) {
    guard !element.isAbsent else { return }
    guard !element.isFinest else { return leaf(element) }
    let components = type.flatMap { schema.components(of: $0) }
    let parts = element.parts
    let isFreeText = type == "TX" || type == "FT"
    let isWhole = components == nil && parts.count == 1 && (parts.first?.parts.count ?? 1) <= 1
    if isFreeText || isWhole || element.isNull { return leaf(element) }
    let name = type.flatMap { HL7XML.isName($0) ? $0 : nil } ?? HL7XML.unknownType
    for (index, part) in parts.enumerated() where !part.isAbsent || index == parts.count - 1 {
      xml.startElement("\(name).\(index + 1)")
      let inner = components.flatMap { $0.indices.contains(index) ? $0[index]?.type : nil }
      value(part, inner)
      xml.endElement()
    }
  }

  private mutating func leaf(_ element: HL7Element) {
    let text = HL7XMLText(element.bytes, delimiters: message.delimiters, charset: message.charset)
    if text.pieces.count > 1 { xml.mixedContent() }
    for piece in text.pieces {
      switch piece {
      case .text(let text): xml.text(text)
      case .escape(let sequence):
        xml.mixedContent()
        xml.startElement("escape")
        xml.attribute("V", sequence)
        xml.endElement()
      case .raw(let bytes): raw(bytes)
      }
    }
  }

  private mutating func raw(_ bytes: [UInt8]) {
    let isPrintable = bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    guard keepsForm else {
      // Without a place for them, delimiters become text; control characters cannot stand in XML at all.
      return xml.text(String(decoding: bytes, as: UTF8.self))
    }
    xml.mixedContent()
    xml.startElement("raw")
    xml.namespace(HL7XML.formNamespace)
    if isPrintable {
      xml.text(String(decoding: bytes, as: UTF8.self))
    } else {
      xml.attribute("hex", HL7XML.hexadecimal(bytes))
    }
    xml.endElement()
  }
}
