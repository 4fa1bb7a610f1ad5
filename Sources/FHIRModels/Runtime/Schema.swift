/// One field of a type as the interpreters need it. A choice is one field for each of its types.
struct Field {
  // What every document needs stands first and close together.

  /// The name in JSON, such as `birthDate` or `deceasedBoolean`.
  let name: FieldName
  let kind: FieldKind
  let isList: Bool
  /// The name in paths: `deceased` for `deceasedBoolean`.
  let pathName: String
  let isRequired: Bool
  let isSummary: Bool
  let isModifier: Bool
  /// Whether XML writes it as an attribute: the `id` of an element, the `url` of an extension.
  let isAttribute: Bool
  /// The fields of the choice that this one belongs to; itself alone when it is none.
  let group: ClosedRange<Int>
  /// The type of a `node` field, by its place in the schema.
  let type: TypeReference?
  /// The types that a Reference or canonical may point to; empty means any.
  let targets: [String]
  /// `required:NAME` or `extensible:NAME` of the value set, by its last path segment; empty for none.
  let binding: String

  /// Whether an id and extensions may stand beside the value: JSON's `_name`.
  var hasSide: Bool { kind.isPrimitive && kind != .xhtml && !isAttribute }
  var isChoice: Bool { group.count > 1 }
  var jsonName: String { String(decoding: name.bytes, as: UTF8.self) }
}

/// A field's name as JSON writes it. Its memory stays as long as the process.
struct FieldName {
  /// `,"name":` and, at once behind it, `,"_name":`.
  private let text: UnsafePointer<UInt8>
  private let count: Int

  init(_ name: some Collection<UInt8>) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * name.count + 9)
    var end = memory
    func put(_ byte: UInt8) {
      end.initialize(to: byte)
      end += 1
    }
    for isSide in [false, true] {
      put(UInt8(ascii: ","))
      put(UInt8(ascii: "\""))
      if isSide { put(UInt8(ascii: "_")) }
      for byte in name { put(byte) }
      put(UInt8(ascii: "\""))
      put(UInt8(ascii: ":"))
    }
    text = UnsafePointer(memory)
    count = name.count
  }

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text + 2, count: count) }

  /// The key of the field or of its side, with the comma before it and the colon behind.
  @inline(__always)
  func key(isSide: Bool) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: isSide ? text + (count &+ 4) : text, count: count &+ (isSide ? 5 : 4))
  }
}

/// The field table of one type. Tables are made once and live as long as the process.
struct NodeType {
  let name: String
  let isResource: Bool
  let isAbstract: Bool
  let fields: UnsafeMutableBufferPointer<Field>
  let names: NameTable
  /// The choices or single fields of which one must be present.
  let required: [ClosedRange<Int>]
}

/// A type of the schema. Unchecked because a pointer is not Sendable; what it points to is never written again once
/// `Schema.shared` stands, nor freed.
struct TypeReference: Equatable, @unchecked Sendable {
  let pointer: UnsafeMutablePointer<NodeType>

  var name: String { pointer.pointee.name }
  var isResource: Bool { pointer.pointee.isResource }
  func field(_ index: Int) -> UnsafeMutablePointer<Field> {
    pointer.pointee.fields.baseAddress.unsafelyUnwrapped + index
  }
}
