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
