/// What one field of a node holds.
enum NodeValue: Sendable {
  /// A gap in a list of primitives, or of their sides.
  case null
  case bool(Bool)
  /// Text or a number as written, in the node's source.
  case slice(Slice)
  /// Text or a number set in code.
  case text(String)
  case node(FHIRNode)
  /// The items of a repeating field; never empty.
  case list([NodeValue])
  /// Members that the schema does not know, kept by a lenient reading.
  case unknown([UnknownMember])

  /// Values that FHIR does not have: setting one is setting none.
  var isEmpty: Bool {
    switch self {
    case .text(let text): text.isEmpty
    case .node(let node): node.isEmpty && !node.type.isResource
    case .list(let items): items.isEmpty
    default: false
    }
  }
}

/// A member or element that no field table knows, as it stood. It is written in its own format only.
struct UnknownMember: Sendable, Equatable {
  let name: String
  /// The member's JSON value, or the whole XML element.
  let text: [UInt8]
  let format: FHIRFormat
}

/// A field that is present: which, and what it holds.
///
/// The large field stands first: the key then fits behind the value's tag, 24 bytes in all and not 32.
struct NodeSlot: Sendable {
  var value: NodeValue
  let key: SlotKey

  init(key: SlotKey, value: NodeValue) {
    self.value = value
    self.key = key
  }
}

/// A field's place in its type's table, and which of the two sides of a primitive is meant: the value, or the
/// `id` and `extension` that JSON writes under `_name`. Slots stand in the order of their keys.
struct SlotKey: Sendable, Equatable, Comparable {
  let raw: UInt16

  init(_ field: Int, isSide: Bool = false) { raw = UInt16(truncatingIfNeeded: field << 1 | (isSide ? 1 : 0)) }
  private init(raw: UInt16) { self.raw = raw }

  /// The last slot of a node that keeps unknown members.
  static let unknown = SlotKey(raw: .max)

  var field: Int { Int(raw >> 1) }
  var isSide: Bool { raw & 1 == 1 }
  static func < (left: SlotKey, right: SlotKey) -> Bool { left.raw < right.raw }
}
