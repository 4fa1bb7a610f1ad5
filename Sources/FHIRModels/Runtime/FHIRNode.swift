/// One element of a FHIR document: the type's field table and the fields that are present, nothing else.
///
/// All generated types are faces over a node. A node is a value: its storage is shared until somebody writes.
///
/// Unchecked because the storage is a mutable class: it is written only by a node that holds the one reference to it.
public struct FHIRNode: @unchecked Sendable {
  var storage: NodeStorage

  init(type: TypeReference) { storage = NodeStorage.make(type: type, source: nil, capacity: 0) }

  /// An element of the type at `typeIndex` of the schema, without fields. Out of line, since every type's initialiser
  /// calls it.
  @inline(never)
  init(typeIndex: Int) { self.init(type: Schema.shared.types[typeIndex]) }

  init(storage: NodeStorage) { self.storage = storage }

  // Through pointers: a class property costs a check of exclusive access each time.
  var type: TypeReference { storage.withUnsafeMutablePointerToHeader { $0.pointee.type } }
  var count: Int { storage.withUnsafeMutablePointerToHeader { $0.pointee.count } }
  var isEmpty: Bool { count == 0 }

  /// The name of the type in the specification, such as `Patient` or `Patient.contact`.
  public var typeName: String { type.name }

  /// The type and how much it holds, not what: that may be a patient's.
  @inline(never)
  var summary: String { "\(typeName)(\(count) fields)" }

  /// The place of the first slot whose key is not below `key`.
  func position(of key: SlotKey) -> Int {
    storage.withUnsafeMutablePointers { header, slots in
      let count = header.pointee.count
      var position = 0
      while position < count, slots[position].key < key { position &+= 1 }
      return position
    }
  }

  /// What stands under `key`.
  func value(_ key: SlotKey) -> NodeValue? {
    guard storage.withUnsafeMutablePointerToHeader({ $0.pointee.present & key.bit != 0 }) else { return nil }
    return storage.withUnsafeMutablePointers { header, slots in
      let count = header.pointee.count
      var position = 0
      while position < count, slots[position].key < key { position &+= 1 }
      return position < count && slots[position].key == key ? slots[position].value : nil
    }
  }

  /// Puts `value` under `key`, or takes away what stands there.
  mutating func setValue(_ key: SlotKey, _ value: NodeValue?) {
    if value == nil, storage.withUnsafeMutablePointerToHeader({ $0.pointee.present & key.bit == 0 }) { return }
    let position = position(of: key)
    let count = storage.header.count
    let stands = position < count && storage.withUnsafeMutablePointerToElements { $0[position].key == key }
    guard let value else {
      if stands {
        makeWritable(room: 0)
        storage.remove(at: position)
      }
      return
    }
    makeWritable(room: stands ? 0 : 1)
    if stands {
      storage.withUnsafeMutablePointerToElements { $0[position].value = value }
    } else {
      storage.insert(NodeSlot(key: key, value: value), at: position)
    }
  }

  /// Ensures that the storage is this node's alone and has place for `room` more slots.
  private mutating func makeWritable(room: Int) {
    let isUnique = isKnownUniquelyReferenced(&storage)
    let needed = storage.header.count + room
    if isUnique, needed <= storage.header.capacity { return }
    let capacity = needed <= storage.header.capacity ? storage.header.capacity : max(4, needed + needed / 2)
    storage = isUnique ? storage.moved(capacity: capacity) : storage.copied(capacity: capacity)
  }

  /// Calls `body` with every slot in order.
  func forEachSlot(_ body: (SlotKey, NodeValue) -> Void) {
    storage.withUnsafeMutablePointers { header, slots in
      for position in 0..<header.pointee.count { body(slots[position].key, slots[position].value) }
    }
  }
}

struct NodeHeader {
  let type: TypeReference
  /// Kept for the bytes at `base`.
  let source: Source?
  /// The source's bytes, which stay in their place as long as it lives; nil without a source.
  let base: UnsafePointer<UInt8>?
  /// A bit for each field that is present, by its place modulo 64: most fields of most elements are absent, and this
  /// tells so without a search. A field that is taken away leaves its bit.
  var present: UInt64 = 0
  // A type has less than a hundred fields.
  private var slots: UInt16 = 0
  private let room: UInt16
  let isJSON: Bool
  /// Whether every slice of the source was found to be of its field's type.
  let isChecked: Bool

  init(type: TypeReference, source: Source?, capacity: Int) {
    self.type = type
    self.source = source
    base = source?.base
    isJSON = source?.isJSON ?? true
    isChecked = source?.isChecked ?? false
    room = UInt16(truncatingIfNeeded: capacity)
  }

  var capacity: Int { Int(room) }
  var count: Int {
    get { Int(slots) }
    set { slots = UInt16(truncatingIfNeeded: newValue) }
  }

  /// The bytes of a slice as they stand in the source. A slice is always within the source of its node.
  @inline(__always)
  func bytes(_ slice: Slice) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base.map { $0 + Int(slice.offset) }, count: base == nil ? 0 : slice.length)
  }
}

/// A node's slots behind their header in one allocation.
final class NodeStorage: ManagedBuffer<NodeHeader, NodeSlot> {
  static func make(type: TypeReference, source: Source?, capacity: Int) -> NodeStorage {
    let buffer = NodeStorage.create(minimumCapacity: capacity) { _ in
      NodeHeader(type: type, source: source, capacity: capacity)
    }
    return unsafeDowncast(buffer, to: NodeStorage.self)
  }

  deinit {
    // One by one: to deinitialize them together would ask the type's metadata how for each of them.
    withUnsafeMutablePointers { header, slots in
      for position in 0..<header.pointee.count { _ = (slots + position).move() }
    }
  }

  func copied(capacity: Int) -> NodeStorage {
    let copy = NodeStorage.make(type: header.type, source: header.source, capacity: capacity)
    withUnsafeMutablePointers { header, slots in
      copy.withUnsafeMutablePointerToElements { $0.initialize(from: slots, count: header.pointee.count) }
      copy.header.count = header.pointee.count
      copy.header.present = header.pointee.present
    }
    return copy
  }

  /// Moves the slots out; this storage is empty afterwards.
  func moved(capacity: Int) -> NodeStorage {
    let copy = NodeStorage.make(type: header.type, source: header.source, capacity: capacity)
    withUnsafeMutablePointers { header, slots in
      copy.withUnsafeMutablePointerToElements { $0.moveInitialize(from: slots, count: header.pointee.count) }
      copy.header.count = header.pointee.count
      copy.header.present = header.pointee.present
      header.pointee.count = 0
    }
    return copy
  }

  func insert(_ slot: NodeSlot, at position: Int) {
    withUnsafeMutablePointers { header, slots in
      let after = header.pointee.count - position
      (slots + position + 1).moveInitialize(from: slots + position, count: after)
      (slots + position).initialize(to: slot)
      header.pointee.count += 1
      header.pointee.present |= slot.key.bit
    }
  }

  func remove(at position: Int) {
    withUnsafeMutablePointers { header, slots in
      let after = header.pointee.count - position - 1
      (slots + position).deinitialize(count: 1)
      (slots + position).moveInitialize(from: slots + position + 1, count: after)
      header.pointee.count -= 1
    }
  }
}
