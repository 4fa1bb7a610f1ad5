/// Finds a field by the bytes of its JSON name.
///
/// Open addressing over a hash of the name's first eight and last eight bytes, which are also what is compared: up to
/// sixteen bytes they are the whole name; beyond, the rest is compared too.
///
/// Unchecked because of the pointers: what they point to is written while the table is made, never again, nor freed.
struct NameTable: @unchecked Sendable {
  static let missing = -1
  /// What `resourceType` is found as in the table of a resource.
  static let resourceType = Int(Int16.max)

  private struct Entry {
    var first: UInt64 = 0
    var last: UInt64 = 0
    var length: UInt32 = 0
    var field: Int32 = -1
    var name: UnsafePointer<UInt8>?
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let shift: UInt64
  private let mask: Int

  init(_ fields: [Field], isResource: Bool) {
    self.init(room: fields.count + 1)
    for (index, field) in fields.enumerated() { insert(field.name.bytes, index) }
    if isResource { insert("resourceType", NameTable.resourceType) }
  }

  /// A table of names that are found by their place in the list.
  init(_ names: [StaticString]) {
    self.init(room: names.count)
    for (index, name) in names.enumerated() { insert(name, index) }
  }

  private init(room: Int) {
    var bits: UInt64 = 3
    while 1 << bits < room * 3 { bits += 1 }
    shift = 64 - bits
    mask = (1 << Int(bits)) - 1
    entries = .allocate(capacity: mask + 1)
    entries.initialize(repeating: Entry(), count: mask + 1)
  }

  private func insert(_ name: StaticString, _ field: Int) {
    insert(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), field)
  }

  private func insert(_ name: UnsafeBufferPointer<UInt8>, _ field: Int) {
    guard let base = name.baseAddress else { return }
    let (first, last) = NameTable.ends(base, name.count, readable: name.count)
    var place = home(first, last, name.count)
    while entries[place].field >= 0 { place = (place + 1) & mask }
    entries[place] = Entry(
      first: first, last: last, length: UInt32(name.count), field: Int32(field), name: base)
  }

  /// The field called by the `length` bytes at `base`, of which `readable` bytes may be read; `missing` if none is.
  @inline(__always)
  func find(_ base: UnsafePointer<UInt8>, _ length: Int, readable: Int) -> Int {
    let (first, last) = NameTable.ends(base, length, readable: readable)
    var place = home(first, last, length)
    while true {
      let entry = entries + place
      if entry.pointee.field < 0 { return NameTable.missing }
      if entry.pointee.first == first, entry.pointee.last == last, Int(entry.pointee.length) == length,
        length <= 16 || NameTable.areEqual(base, entry.pointee.name, length)
      {
        return Int(entry.pointee.field)
      }
      place = (place &+ 1) & mask
    }
  }

  /// The same for a name that stands alone.
  func find(_ name: String) -> Int {
    name.read { bytes in
      bytes.baseAddress.map { find($0, bytes.count, readable: bytes.count) } ?? NameTable.missing
    }
  }

  @inline(__always)
  private func home(_ first: UInt64, _ last: UInt64, _ length: Int) -> Int {
    let mixed = (first ^ (last &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(truncatingIfNeeded: length)) &* 0xFF51_AFD7_ED55_8CCD
    return Int(truncatingIfNeeded: mixed >> shift) & mask
  }

  @inline(__always)
  private static func ends(_ base: UnsafePointer<UInt8>, _ length: Int, readable: Int) -> (UInt64, UInt64) {
    if length >= 8 {
      let raw = UnsafeRawPointer(base)
      return (raw.loadUnaligned(as: UInt64.self), (raw + (length &- 8)).loadUnaligned(as: UInt64.self))
    }
    if readable >= 8 {
      let word = UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(as: UInt64.self))
      return (word & ((1 &<< UInt64(length &* 8)) &- 1), 0)
    }
    var word: UInt64 = 0
    for index in 0..<length { word |= UInt64(base[index]) << UInt64(index * 8) }
    return (word, 0)
  }

  private static func areEqual(_ base: UnsafePointer<UInt8>, _ name: UnsafePointer<UInt8>?, _ length: Int) -> Bool {
    guard let name else { return false }
    for index in 8..<length - 8 where base[index] != name[index] { return false }
    return true
  }
}
