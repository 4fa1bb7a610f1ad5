/// A value to be written: text, null, or parts of the next finer kind.
public indirect enum HL7Content: Sendable, Hashable {
  case absent
  /// `""`: the receiver shall delete what it holds.
  case null
  case text(String)
  case repetitions([HL7Content])
  case components([HL7Content])
  case subcomponents([HL7Content])

  /// A text, absent where there is none or it is empty.
  public static func text(_ text: String?) -> HL7Content {
    guard let text, !text.isEmpty else { return .absent }
    let value: HL7Content = .text(text)
    return value
  }

  /// A number in digits, absent where there is none.
  public static func number(_ number: Int?) -> HL7Content {
    .text(number.map(String.init))
  }

  /// Whether nothing at all would be written.
  public var isAbsent: Bool {
    switch self {
    case .absent: true
    case .null: false
    case .text(let text): text.isEmpty
    case .repetitions(let parts), .components(let parts), .subcomponents(let parts): parts.allSatisfy(\.isAbsent)
    }
  }

  /// The content of a received element, decoded, for writing it with other delimiters or in another charset.
  public init(copying element: HL7Element) {
    switch element.level {
    case .field where element.repetitionCount > 1:
      self = .repetitions(element.repetitions.map { HL7Content(copying: $0) })
    case .field:
      self = HL7Content(copying: element.repetition(1))
    case .repetition where element.componentCount > 1:
      self = .components((1...element.componentCount).map { HL7Content(copying: element.component($0)) })
    case .component where element.subcomponentCount > 1:
      self = .subcomponents((1...element.subcomponentCount).map { HL7Content(copying: element.subcomponent($0)) })
    case .repetition:
      self = HL7Content(copying: element.component(1))
    case .component, .subcomponent, .literal:
      self = element.isNull ? .null : .text(element.string)
    }
  }
}

extension HL7Content: ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  public init(stringLiteral value: String) {
    self = .text(value)
  }

  public init(nilLiteral: ()) {
    self = .absent
  }
}

/// A segment to be written: fields set by number in any order.
public struct HL7SegmentDraft: Sendable, Hashable {
  /// The highest field number that a draft takes.
  public static let fieldLimit = 1000

  public let name: String
  var fields: [HL7Content] = []

  /// A draft of a segment; `name` is a capital letter followed by two capitals or digits.
  public init(_ name: String) {
    precondition(HL7SegmentName.pack(name) != nil, "a segment name has three characters")
    self.name = name
  }

  /// The content of a received segment, to be changed or written otherwise.
  public init(copying segment: HL7Segment) {
    name = segment.name
    fields = (1...max(1, segment.fieldCount)).map { HL7Content(copying: segment[$0]) }
  }

  /// A field by its number, from 1 to `fieldLimit`.
  public subscript(field: Int) -> HL7Content {
    get { fields.indices.contains(field - 1) ? fields[field - 1] : .absent }
    set {
      precondition((1...Self.fieldLimit).contains(field), "fields count from 1 to \(Self.fieldLimit)")
      while fields.count < field { fields.append(.absent) }
      fields[field - 1] = newValue
    }
  }
}
