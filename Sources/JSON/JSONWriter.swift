import Glibc

/// An append-only writer of JSON text. It places commas, quotes and escapes; the caller keeps begin and end in pairs.
///
/// It owns its memory, so it cannot be copied: pass it `inout`, and end with `finish()`.
public struct JSONWriter: ~Copyable {
  @usableFromInline var memory: UnsafeMutablePointer<UInt8>
  @usableFromInline var capacity: Int
  @usableFromInline var length = 0
  @usableFromInline var needsComma = false
  @usableFromInline var depth = 0
  @usableFromInline let isPretty: Bool
  /// Whether the next value follows its key on the same line.
  private var isAfterKey = false

  /// Bytes written so far.
  @inlinable public var count: Int { length }

  /// A writer, with white space and two spaces of indentation when `pretty`, else without any.
  public init(pretty: Bool = false, capacity: Int = 1024) {
    self.capacity = max(capacity, 64)
    memory = JSONWriter.allocate(nil, self.capacity)
    isPretty = pretty
  }

  deinit { free(memory) }

  /// A copy of what is written.
  public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: memory, count: count)) }

  /// What is written; the writer is gone.
  public consuming func finish() -> [UInt8] { bytes }

  /// What is written, without a copy.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    body(UnsafeRawBufferPointer(start: memory, count: count))
  }

  /// Forgets what is written and keeps the memory.
  public mutating func removeAll() {
    length = 0
    depth = 0
    needsComma = false
  }

  /// Ends the line of newline-delimited JSON that began at `start`, so that another value may follow.
  ///
  /// Line feeds in a value that was handed over as JSON can only be white space, and become spaces.
  public mutating func endLine(from start: Int) {
    for index in start..<length where memory[index] == UInt8(ascii: "\n") { memory[index] = UInt8(ascii: " ") }
    put(UInt8(ascii: "\n"))
    needsComma = false
  }

  // MARK: Structure

  @inlinable public mutating func beginObject() { begin(UInt8(ascii: "{")) }
  @inlinable public mutating func endObject() { end(UInt8(ascii: "}")) }
  @inlinable public mutating func beginArray() { begin(UInt8(ascii: "[")) }
  @inlinable public mutating func endArray() { end(UInt8(ascii: "]")) }

  public mutating func key(_ key: String) {
    separate()
    quoted(key)
    colon()
  }

  /// A key that needs no escapes.
  public mutating func key(_ key: StaticString) {
    rawKey(UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
  }

  /// A key that needs no escapes, as UTF-8.
  public mutating func rawKey(_ key: UnsafeBufferPointer<UInt8>) {
    separate()
    reserve(key.count &+ 4)
    memory[length] = UInt8(ascii: "\"")
    length &+= 1
    append(key)
    memory[length] = UInt8(ascii: "\"")
    length &+= 1
    colon()
  }

  /// A key that needs no escapes with what stands around it, `,"name":` as UTF-8; the comma is left out where it must.
  @inlinable
  public mutating func key(prepared text: UnsafeBufferPointer<UInt8>) {
    if isPretty { return rawKey(UnsafeBufferPointer(rebasing: text[2..<(text.count - 2)])) }
    let skipped = needsComma ? 0 : 1
    reserve(text.count)
    append(UnsafeBufferPointer(rebasing: text[skipped...]))
    needsComma = false
  }

  // MARK: Values

  public mutating func string(_ value: String) {
    separate()
    quoted(value)
    needsComma = true
  }

  /// Text as UTF-8 that the caller knows to be valid.
  public mutating func string(utf8 value: UnsafeBufferPointer<UInt8>) {
    separate()
    quoted(value)
    needsComma = true
  }

  /// The content of a JSON string that a scanner has checked, escapes as they stand.
  @inlinable
  public mutating func string(escaped content: UnsafeBufferPointer<UInt8>) {
    separate()
    reserve(content.count &+ 2)
    memory[length] = UInt8(ascii: "\"")
    length &+= 1
    append(content)
    memory[length] = UInt8(ascii: "\"")
    length &+= 1
    needsComma = true
  }

  public mutating func number(_ value: some BinaryInteger & CustomStringConvertible) {
    number(text: value.description)
  }

  /// A number as it shall stand. The caller vouches that it is one.
  public mutating func number(text: String) {
    var text = text
    text.withUTF8 { raw($0) }
  }

  public mutating func bool(_ value: Bool) { value ? raw("true") : raw("false") }

  public mutating func null() { raw("null") }

  /// A whole value that is JSON already.
  @inlinable
  public mutating func raw(_ value: UnsafeBufferPointer<UInt8>) {
    separate()
    reserve(value.count)
    append(value)
    needsComma = true
  }

  /// A whole value that is JSON already.
  public mutating func raw(_ value: [UInt8]) { value.withUnsafeBufferPointer { raw($0) } }

  private mutating func raw(_ literal: StaticString) {
    raw(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  // MARK: Members in one call

  public mutating func member(_ key: StaticString, _ value: String) {
    self.key(key)
    string(value)
  }

  /// Leaves the member out when there is no value.
  public mutating func member(_ key: StaticString, ifPresent value: String?) {
    if let value { member(key, value) }
  }

  public mutating func member(_ key: StaticString, _ value: Int) {
    self.key(key)
    number(value)
  }

  public mutating func member(_ key: StaticString, _ value: Bool) {
    self.key(key)
    bool(value)
  }

  public mutating func member(_ key: StaticString, _ value: JSONValue) {
    self.key(key)
    self.value(value)
  }

  /// A whole tree.
  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .number(let text): number(text: text)
    case .string(let text): string(text)
    case .array(let items):
      beginArray()
      for item in items { self.value(item) }
      endArray()
    case .object(let object):
      beginObject()
      for member in object {
        key(member.key)
        self.value(member.value)
      }
      endObject()
    }
  }

  // MARK: Bytes

  @inlinable @inline(__always)
  mutating func begin(_ byte: UInt8) {
    separate()
    put(byte)
    depth &+= 1
    needsComma = false
  }

  @inlinable @inline(__always)
  mutating func end(_ byte: UInt8) {
    depth &-= 1
    if isPretty, needsComma { newLine() }
    put(byte)
    needsComma = true
  }

  private mutating func colon() {
    put(UInt8(ascii: ":"))
    if isPretty { put(UInt8(ascii: " ")) }
    needsComma = false
    isAfterKey = true
  }

  @inlinable @inline(__always)
  mutating func separate() {
    if isPretty { return separateLines() }
    if needsComma { put(UInt8(ascii: ",")) }
  }

  @usableFromInline @inline(never)
  mutating func separateLines() {
    if needsComma { put(UInt8(ascii: ",")) }
    if depth > 0, !isAfterKey { newLine() }
    isAfterKey = false
  }

  @usableFromInline
  mutating func newLine() {
    put(UInt8(ascii: "\n"))
    for _ in 0..<max(depth, 0) {
      put(UInt8(ascii: " "))
      put(UInt8(ascii: " "))
    }
  }

  private mutating func quoted(_ value: String) {
    var value = value
    value.withUTF8 { quoted($0) }
  }

  private mutating func quoted(_ value: UnsafeBufferPointer<UInt8>) {
    reserve(value.count &+ 2)
    memory[length] = UInt8(ascii: "\"")
    length &+= 1
    if let base = value.baseAddress { escaped(base, value.count) }
    put(UInt8(ascii: "\""))
  }

  /// Copies runs that need no escape; room for `length` bytes and one more is reserved.
  private mutating func escaped(_ base: UnsafePointer<UInt8>, _ length: Int) {
    var start = 0
    var position = 0
    while true {
      position = JSONWriter.firstEscape(base, from: position, to: length)
      append(UnsafeBufferPointer(start: base + start, count: position &- start))
      guard position < length else { return }
      escape(base[position])
      position &+= 1
      start = position
      reserve(length &- start &+ 1)
    }
  }

  /// The first byte that must be escaped.
  private static func firstEscape(_ base: UnsafePointer<UInt8>, from: Int, to: Int) -> Int {
    let raw = UnsafeRawPointer(base)
    var position = from
    while position &+ 8 <= to {
      let marks = escapeMarks(raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      if marks != 0 { return position &+ (marks.trailingZeroBitCount &>> 3) }
      position &+= 8
    }
    if position == to { return to }
    if to &- from >= 8 {
      // The last word whole: those of its bytes that were looked at already held nothing.
      let marks = escapeMarks(raw.loadUnaligned(fromByteOffset: to &- 8, as: UInt64.self))
      return marks == 0 ? to : to &- 8 &+ (marks.trailingZeroBitCount &>> 3)
    }
    while position < to {
      let byte = base[position]
      if byte < 0x20 || byte == 0x22 || byte == 0x5C { return position }
      position &+= 1
    }
    return to
  }

  /// A word whose lowest set bit is that of the first byte to be escaped; zero when none is.
  ///
  /// The bits of bytes over 0x7F are masked: they stand as they are.
  @inline(__always)
  private static func escapeMarks(_ loaded: UInt64) -> UInt64 {
    let word = UInt64(littleEndian: loaded)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let below = (word &- (ones &* 0x20)) | (quote &- ones) | (backslash &- ones)
    return below & ~word & 0x8080_8080_8080_8080
  }

  private mutating func escape(_ byte: UInt8) {
    reserve(6)
    put(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): put(byte)
    case 0x08: put(UInt8(ascii: "b"))
    case 0x09: put(UInt8(ascii: "t"))
    case 0x0A: put(UInt8(ascii: "n"))
    case 0x0C: put(UInt8(ascii: "f"))
    case 0x0D: put(UInt8(ascii: "r"))
    default:
      let digits: StaticString = "0123456789abcdef"
      put(UInt8(ascii: "u"))
      put(UInt8(ascii: "0"))
      put(UInt8(ascii: "0"))
      put(digits.utf8Start[Int(byte >> 4)])
      put(digits.utf8Start[Int(byte & 15)])
    }
  }

  @inlinable @inline(__always)
  mutating func put(_ byte: UInt8) {
    reserve(1)
    memory[length] = byte
    length &+= 1
  }

  /// Appends bytes for which room is reserved.
  @inlinable @inline(__always)
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return }
    let size = bytes.count
    let source = UnsafeRawPointer(base)
    let target = UnsafeMutableRawPointer(memory + length)
    // Most texts are short: words that overlap cost less than a call.
    switch size {
    case 8...16:
      JSONWriter.copyWord(source, target)
      JSONWriter.copyWord(source + (size &- 8), target + (size &- 8))
    case 17...32:
      JSONWriter.copyWord(source, target)
      JSONWriter.copyWord(source + 8, target + 8)
      JSONWriter.copyWord(source + (size &- 16), target + (size &- 16))
      JSONWriter.copyWord(source + (size &- 8), target + (size &- 8))
    case 4..<8:
      let last = (source + (size &- 4)).loadUnaligned(as: UInt32.self)
      target.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
      (target + (size &- 4)).storeBytes(of: last, as: UInt32.self)
    default: target.copyMemory(from: source, byteCount: size)
    }
    length &+= size
  }

  @inlinable @inline(__always)
  static func copyWord(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) {
    target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
  }

  @inlinable @inline(__always)
  mutating func reserve(_ more: Int) {
    if capacity &- length < more { grow(more) }
  }

  /// Room for `more` bytes. The C library moves large blocks by their pages, without a copy.
  @usableFromInline @inline(never)
  mutating func grow(_ more: Int) {
    capacity = max(capacity * 2, length + more)
    memory = JSONWriter.allocate(memory, capacity)
  }

  private static func allocate(_ standing: UnsafeMutablePointer<UInt8>?, _ capacity: Int) -> UnsafeMutablePointer<UInt8>
  {
    guard let block = realloc(standing, capacity) else {
      preconditionFailure("No memory for a JSON document of \(capacity) bytes")
    }
    return block.assumingMemoryBound(to: UInt8.self)
  }
}

extension JSONValue {
  /// The value as JSON text in UTF-8, without white space unless `pretty`.
  public func serialized(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.value(self)
    return writer.finish()
  }
}
