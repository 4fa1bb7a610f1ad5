/// A place in a message, ready to be looked up: `PID-3[2].4.1`, `OBX[3]-5`, `MSH-9.2`.
///
/// All counts are from 1. `PID-3[2].4.1` is the second repetition of PID-3, its component 4, of that sub-component 1.
/// A part left out is the first, except that a path that ends with the field means the whole field.
public struct HL7Path: Sendable, Hashable, CustomStringConvertible {
  public let segment: String
  public let occurrence: Int
  public let field: Int
  public let repetition: Int?
  public let component: Int?
  public let subcomponent: Int?
  let packedName: UInt32

  /// Reads a path. The separator after the segment may be `-` or `.`.
  public init(_ text: String) throws(HL7Error) {
    var reader = Reader(text: text)
    let (name, packed) = try reader.name()
    segment = name
    packedName = packed
    occurrence = try reader.bracketed() ?? 1
    guard reader.take(UInt8(ascii: "-")) || reader.take(UInt8(ascii: ".")) else { throw reader.error("a field number") }
    field = try reader.number()
    repetition = try reader.bracketed()
    component = reader.take(UInt8(ascii: ".")) ? try reader.number() : nil
    subcomponent = component != nil && reader.take(UInt8(ascii: ".")) ? try reader.number() : nil
    guard reader.isAtEnd else { throw reader.error("the end") }
  }

  public var description: String { location.description }

  /// The same place as findings and ERR-2 name it.
  public var location: HL7Location {
    HL7Location(
      segment, occurrence: occurrence, field: field, repetition: repetition, component: component,
      subcomponent: subcomponent)
  }

  /// The element at this place of a segment; the path's own name and occurrence are not looked at.
  public func element(in segment: HL7Segment) -> HL7Element {
    var element = segment[field]
    if let repetition { element = element.repetition(repetition) }
    if let component { element = element.component(component) }
    if let subcomponent { element = element.subcomponent(subcomponent) }
    return element
  }

  private struct Reader {
    let text: String
    var rest: Substring.UTF8View

    init(text: String) {
      self.text = text
      rest = text[...].utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest.removeFirst()
      return true
    }

    mutating func name() throws(HL7Error) -> (String, UInt32) {
      let name = Array(rest.prefix(3))
      guard name.count == 3, HL7SegmentName.isValid(name[0], name[1], name[2]) else { throw error("a segment name") }
      rest = rest.dropFirst(3)
      return (String(decoding: name, as: UTF8.self), HL7SegmentName.pack(name[0], name[1], name[2]))
    }

    mutating func number() throws(HL7Error) -> Int {
      let digits = rest.prefix { $0.isASCIIDigit }
      guard digits.count <= 7, let number = Int(String(Substring(digits))), number >= 1 else {
        throw error("a number from 1")
      }
      rest = rest[digits.endIndex...]
      return number
    }

    mutating func bracketed() throws(HL7Error) -> Int? {
      guard take(UInt8(ascii: "[")) else { return nil }
      let value = try number()
      guard take(UInt8(ascii: "]")) else { throw error("]") }
      return value
    }

    func error(_ expected: String) -> HL7Error {
      let offset = text.utf8.count - rest.count
      return HL7Error(
        .invalidPath, "expected \(expected); a path is written like PID-3[2].4.1", condition: .applicationInternalError,
        offset: offset)
    }
  }
}
