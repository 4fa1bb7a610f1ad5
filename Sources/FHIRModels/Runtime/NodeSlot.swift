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
  /// The items of a repeating field, two or more. A single one stands without a list, which saves its allocation.
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

/// The items of a repeating field, however they are held.
extension NodeValue {
  /// The value of a field whose items these are; there must be one.
  static func items(_ items: [NodeValue]) -> NodeValue { items.count == 1 ? items[0] : .list(items) }

  var items: [NodeValue] {
    if case .list(let items) = self { items } else { [self] }
  }

  var itemCount: Int {
    if case .list(let items) = self { items.count } else { 1 }
  }

  func item(at index: Int) -> NodeValue? {
    if case .list(let items) = self { return items.indices.contains(index) ? items[index] : nil }
    return index == 0 ? self : nil
  }
}

extension Stack<NodeValue> {
  /// Takes what lies from `base` on off the stack, as the value of a repeating field.
  mutating func takeItems(from base: Int) -> NodeValue {
    let number = count - base
    return number == 1 ? removeLast() : .list(removeLast(number))
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
  /// The field's bit among those that are present.
  var bit: UInt64 { 1 &<< UInt64(raw &>> 1) }
  static func < (left: SlotKey, right: SlotKey) -> Bool { left.raw < right.raw }
}
