/// A cursor over one JSON document (RFC 8259), the only one in the house.
///
/// The scanner recognises tokens and their limits; what they mean is for its callers (`JSONValue`, the decoder of
/// FHIRModels). It reads memory that it does not own: use it inside `withUnsafeBytes` and let it go there. Every read
/// is checked against `count`.
public struct JSONScanner {
  @usableFromInline let base: UnsafePointer<UInt8>
  /// Bytes in the document.
  public let count: Int
  /// The next byte to read.
  public var offset = 0
  public let limits: JSONLimits
  /// Values begun so far, against `limits.values`.
  @usableFromInline var values = 0
  /// Containers open now, against `limits.depth`.
  @usableFromInline var depth = 0
  /// Whether reading goes on behind bytes that are not UTF-8, for a caller who refuses the document at its end: the first
  /// such byte since `takeInvalidUTF8` is kept instead of thrown.
  public var collectsInvalidUTF8 = false
  /// Where a string is not UTF-8; -1 for nowhere since this was last taken.
  @usableFromInline var invalidUTF8 = -1

  /// Refuses an empty document, one over `limits.bytes`, and one that begins with a byte order mark.
  public init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default) throws(JSONError) {
    guard let address = bytes.baseAddress, !bytes.isEmpty else {
      throw JSONError(.emptyInput, at: 0, "The document is empty; a JSON value is expected")
    }
    guard bytes.count <= limits.bytes else {
      throw JSONError(.tooLarge, at: limits.bytes, "The document is longer than \(limits.bytes) bytes")
    }
    base = address.assumingMemoryBound(to: UInt8.self)
    count = bytes.count
    self.limits = limits
    if count >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF {
      throw JSONError(.byteOrderMark, at: 0, "The document begins with a byte order mark; send UTF-8 without one")
    }
  }

  /// Where a string that was read since the last call is not UTF-8; nil for nowhere.
  @inlinable @inline(__always)
  public mutating func takeInvalidUTF8() -> Int? {
    if invalidUTF8 < 0 { return nil }
    defer { invalidUTF8 = -1 }
    return invalidUTF8
  }

  /// A place to come back to after reading ahead.
  public struct Mark: Sendable {
    fileprivate let offset: Int
    fileprivate let values: Int
    fileprivate let depth: Int
    fileprivate let invalidUTF8: Int
  }

  public var mark: Mark { Mark(offset: offset, values: values, depth: depth, invalidUTF8: invalidUTF8) }

  /// Goes back to where `mark` was taken; what was counted since is forgotten.
  public mutating func reset(to mark: Mark) {
    offset = mark.offset
    values = mark.values
    depth = mark.depth
    invalidUTF8 = mark.invalidUTF8
  }

  /// The next byte after white space, or nil at the end. Does not consume it.
  @inlinable @inline(__always)
  public mutating func peek() -> UInt8? {
    if offset < count, base[offset] > 0x20 { return base[offset] }
    return peekAfterSpace()
  }

  @inlinable
  mutating func peekAfterSpace() -> UInt8? {
    while offset < count {
      let byte = base[offset]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      offset &+= 1
      // Indentation, a word of spaces at a time.
      while offset &+ 8 <= count {
        let word = UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
        let others = word ^ 0x2020_2020_2020_2020
        offset &+= others.trailingZeroBitCount &>> 3
        if others != 0 { break }
      }
    }
    return nil
  }

  /// The next byte after white space; the end of input is an error that names what was `expected`.
  @inlinable
  public mutating func need(_ expected: StaticString) throws(JSONError) -> UInt8 {
    if let byte = peek() { return byte }
    throw unexpectedEnd(expected)
  }

  /// Consumes `byte` after white space.
  @inlinable
  public mutating func expect(_ byte: UInt8, _ expected: StaticString) throws(JSONError) {
    guard try need(expected) == byte else { throw unexpected(expected) }
    offset &+= 1
  }

  /// Consumes `byte` after white space if it is the next one.
  @inlinable
  public mutating func consume(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    offset &+= 1
    return true
  }

  /// The byte at `position`; the caller has it from this scanner.
  @inlinable
  public func byte(at position: Int) -> UInt8 {
    precondition(position >= 0 && position < count)
    return base[position]
  }

  /// The bytes of a token of this scanner.
  @inlinable
  public func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// Counts one value against the limit.
  @inlinable
  public mutating func countValue() throws(JSONError) {
    values &+= 1
    if values > limits.values { throw tooManyValues() }
  }

  /// Consumes `{` or `[`, which the caller has seen with `peek`, and goes one level deeper.
  @inlinable
  public mutating func enter() throws(JSONError) {
    depth &+= 1
    if depth > limits.depth { throw tooDeep() }
    offset &+= 1
  }

  /// Leaves a level entered by `enter`; the closing byte is already consumed.
  @inlinable
  public mutating func leave() { depth &-= 1 }

  /// After a member or an item: true if another follows, false if `close` ended the container (and is consumed).
  @inlinable
  public mutating func hasNext(closing close: UInt8) throws(JSONError) -> Bool {
    let byte = try need("',' or the end of the container")
    if byte == 0x2C {
      offset &+= 1
      return true
    }
    guard byte == close else { throw unexpected("',' or the end of the container") }
    offset &+= 1
    return false
  }

  /// The key of the next member and its colon.
  @inlinable
  public mutating func scanKey() throws(JSONError) -> JSONStringToken {
    guard try need("a key in quotes") == 0x22 else { throw unexpected("a key in quotes") }
    let key = try scanString()
    try expect(0x3A, "':'")
    return key
  }

  /// Nothing but white space may follow the document's value.
  public mutating func finish() throws(JSONError) {
    if peek() != nil {
      throw JSONError(.trailingBytes, at: offset, "Something follows the end of the document")
    }
  }

  /// Consumes `true`, `false` or `null`.
  @inlinable
  public mutating func scanLiteral(_ literal: StaticString) throws(JSONError) {
    let length = literal.utf8CodeUnitCount
    for index in 0..<length {
      guard offset &+ index < count else {
        offset = count
        throw unexpectedEnd(literal)
      }
      if base[offset &+ index] != literal.utf8Start[index] {
        offset &+= index
        throw unexpected(literal)
      }
    }
    offset &+= length
  }

  /// Consumes one value of any kind, checked in full except for duplicate keys.
  public mutating func skipValue() throws(JSONError) {
    try countValue()
    switch try need("a value") {
    case UInt8(ascii: "{"):
      try enter()
      if !consume(UInt8(ascii: "}")) {
        repeat {
          _ = try scanKey()
          try skipValue()
        } while try hasNext(closing: UInt8(ascii: "}"))
      }
      leave()
    case UInt8(ascii: "["):
      try enter()
      if !consume(UInt8(ascii: "]")) {
        repeat { try skipValue() } while try hasNext(closing: UInt8(ascii: "]"))
      }
      leave()
    case UInt8(ascii: "\""): _ = try scanString()
    case UInt8(ascii: "t"): try scanLiteral("true")
    case UInt8(ascii: "f"): try scanLiteral("false")
    case UInt8(ascii: "n"): try scanLiteral("null")
    default: _ = try scanNumber()
    }
  }
}

// Errors stand apart so that the paths above stay small enough to inline.
extension JSONScanner {
  @usableFromInline @inline(never)
  func unexpectedEnd(_ expected: StaticString) -> JSONError {
    JSONError(.unexpectedEnd, at: count, "The document ends where \(expected) is expected")
  }

  @usableFromInline @inline(never)
  func unexpected(_ expected: StaticString) -> JSONError {
    let byte = base[offset]
    let shown = byte > 0x20 && byte < 0x7F ? "'\(Unicode.Scalar(byte))'" : "byte \(byte)"
    return JSONError(.unexpectedByte, at: offset, "Found \(shown) where \(expected) is expected")
  }

  @usableFromInline @inline(never)
  func tooManyValues() -> JSONError {
    JSONError(.tooManyValues, at: offset, "The document holds more than \(limits.values) values")
  }

  @usableFromInline @inline(never)
  func tooDeep() -> JSONError {
    JSONError(.tooDeep, at: offset, "Objects and arrays are nested deeper than \(limits.depth)")
  }
}
