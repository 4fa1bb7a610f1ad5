/// Where a string's content stands in the document, quotes left out.
public struct JSONStringToken: Sendable, Equatable {
  public let range: Range<Int>
  /// Whether the content holds escapes, so that its bytes are not yet its text.
  public let hasEscapes: Bool

  @inlinable
  public init(range: Range<Int>, hasEscapes: Bool) {
    self.range = range
    self.hasEscapes = hasEscapes
  }
}

extension JSONScanner {
  /// Consumes a string; the caller has seen its opening quote. Escapes, surrogate pairs and UTF-8 are checked in full.
  @inlinable
  public mutating func scanString() throws(JSONError) -> JSONStringToken {
    let start = offset &+ 1
    var position = start
    var hasEscapes = false
    while true {
      position = JSONScanner.firstSpecial(base, from: position, to: count)
      guard position < count else { throw unterminatedString() }
      let byte = base[position]
      if byte == 0x22 { break }
      if byte == 0x5C {
        hasEscapes = true
        position = try checkEscape(at: position)
      } else if byte >= 0x80 {
        position = try checkUTF8(at: position)
      } else {
        throw controlCharacter(at: position)
      }
    }
    if position &- start > limits.stringBytes { throw stringTooLong(at: start) }
    offset = position &+ 1
    return JSONStringToken(range: start..<position, hasEscapes: hasEscapes)
  }

  /// The first byte in `from..<to` that is a quote, a backslash, a control character or outside ASCII; `to` if none is.
  ///
  /// Eight bytes at a time: a byte below `n` borrows in `word - n`, which sets its high bit. A borrow can run on into
  /// higher bytes only, so the lowest marked byte is always a true one, and only the lowest is used.
  @inlinable
  static func firstSpecial(_ base: UnsafePointer<UInt8>, from: Int, to: Int) -> Int {
    var position = from
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    while position &+ 8 <= to {
      let word = UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
      let quote = word ^ (ones &* 0x22)
      let backslash = word ^ (ones &* 0x5C)
      let below = (word &- (ones &* 0x20)) | (quote &- ones) | (backslash &- ones)
      let marks = (below | word) & highs
      // A byte of 0x80 or more is marked by itself, so `& ~word` is not needed to tell borrows from high bits.
      if marks != 0 { return position &+ (marks.trailingZeroBitCount &>> 3) }
      position &+= 8
    }
    while position < to {
      let byte = base[position]
      if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { return position }
      position &+= 1
    }
    return to
  }

  /// Checks the escape at `position` and returns the place after it.
  @usableFromInline @inline(never)
  func checkEscape(at position: Int) throws(JSONError) -> Int {
    guard position + 1 < count else { throw unterminatedString() }
    switch base[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return position + 2
    case UInt8(ascii: "u"):
      let unit = try hexUnit(at: position)
      if unit == 0, !limits.permitsNUL {
        throw JSONError(.controlCharacter, at: position, "The character U+0000 is not accepted")
      }
      guard unit & 0xF800 == 0xD800 else { return position + 6 }
      let next = position + 6
      guard unit < 0xDC00, next + 1 < count, base[next] == UInt8(ascii: "\\"), base[next + 1] == UInt8(ascii: "u"),
        try hexUnit(at: next) & 0xFC00 == 0xDC00
      else { throw JSONError(.loneSurrogate, at: position, "An escaped surrogate stands without its other half") }
      return next + 6
    default:
      throw JSONError(.invalidEscape, at: position, "A backslash is followed by something that is no JSON escape")
    }
  }

  /// The code unit of the `\uXXXX` at `position`.
  private func hexUnit(at position: Int) throws(JSONError) -> UInt16 {
    guard position + 6 <= count else { throw unterminatedString() }
    var unit: UInt16 = 0
    for index in 2..<6 {
      guard let digit = JSONScanner.hexDigit(base[position + index]) else {
        throw JSONError(.invalidEscape, at: position, "\\u must be followed by four hexadecimal digits")
      }
      unit = unit << 4 | digit
    }
    return unit
  }

  static func hexDigit(_ byte: UInt8) -> UInt16? {
    switch byte {
    case 0x30...0x39: UInt16(byte - 0x30)
    case 0x41...0x46: UInt16(byte - 0x41 + 10)
    case 0x61...0x66: UInt16(byte - 0x61 + 10)
    default: nil
    }
  }

  /// Checks a run of multi-byte sequences and returns the place after it, or after the byte that is kept as wrong.
  @usableFromInline @inline(never)
  mutating func checkUTF8(at start: Int) throws(JSONError) -> Int {
    if invalidUTF8 >= 0 {
      var position = start
      while position < count, base[position] >= 0x80 { position &+= 1 }
      return position
    }
    do throws(JSONError) {
      return try endOfUTF8(from: start)
    } catch {
      guard collectsInvalidUTF8 else { throw error }
      invalidUTF8 = error.offset
      return error.offset + 1
    }
  }

  /// RFC 3629: no overlong form, no surrogate, nothing over U+10FFFF.
  private func endOfUTF8(from start: Int) throws(JSONError) -> Int {
    var position = start
    while position < count, base[position] >= 0x80 {
      let lead = base[position]
      var low: UInt8 = 0x80
      var high: UInt8 = 0xBF
      let length: Int
      switch lead {
      case 0xC2...0xDF: length = 2
      case 0xE0...0xEF:
        length = 3
        if lead == 0xE0 { low = 0xA0 }
        if lead == 0xED { high = 0x9F }
      case 0xF0...0xF4:
        length = 4
        if lead == 0xF0 { low = 0x90 }
        if lead == 0xF4 { high = 0x8F }
      default: throw notUTF8(at: position)
      }
      guard position + length <= count, base[position + 1] >= low, base[position + 1] <= high else {
        throw notUTF8(at: position)
      }
      var index = 2
      while index < length {
        guard base[position + index] & 0xC0 == 0x80 else { throw notUTF8(at: position) }
        index += 1
      }
      position += length
    }
    return position
  }

  private func notUTF8(at position: Int) -> JSONError {
    JSONError(.invalidUTF8, at: position, "The bytes of a string are not UTF-8")
  }

  @usableFromInline @inline(never)
  func unterminatedString() -> JSONError {
    JSONError(.unexpectedEnd, at: count, "The document ends inside a string")
  }

  @usableFromInline @inline(never)
  func controlCharacter(at position: Int) -> JSONError {
    JSONError(
      .controlCharacter, at: position, "A control character (byte \(base[position])) stands unescaped in a string")
  }

  @usableFromInline @inline(never)
  func stringTooLong(at position: Int) -> JSONError {
    JSONError(.stringTooLong, at: position, "A string is longer than \(limits.stringBytes) bytes")
  }
}

/// Turning the content of a checked string into text.
public enum JSONText {
  /// The text of a string's content that a scanner has checked.
  public static func decode(_ bytes: UnsafeBufferPointer<UInt8>, hasEscapes: Bool) -> String {
    guard hasEscapes else { return String(decoding: bytes, as: UTF8.self) }
    // Every escape is at least as long as the UTF-8 it stands for.
    return String(unsafeUninitializedCapacity: bytes.count) { unescape(bytes, into: $0) }
  }

  /// Writes the text of checked content to `output`, which holds at least `bytes.count`; returns the length.
  public static func unescape(
    _ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var read = 0
    var written = 0
    while read < bytes.count {
      guard bytes[read] == UInt8(ascii: "\\"), read + 1 < bytes.count else {
        output[written] = bytes[read]
        read += 1
        written += 1
        continue
      }
      let escape = bytes[read + 1]
      guard escape == UInt8(ascii: "u"), read + 6 <= bytes.count else {
        output[written] = simpleEscape(escape)
        read += 2
        written += 1
        continue
      }
      var scalar = hex(bytes, read + 2)
      read += 6
      if scalar & 0xFC00 == 0xD800, read + 6 <= bytes.count {
        scalar = 0x10000 + ((scalar & 0x3FF) << 10 | (hex(bytes, read + 2) & 0x3FF))
        read += 6
      }
      for byte in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
        output[written] = byte
        written += 1
      }
    }
    return written
  }

  /// How many bytes of checked content stand before the byte `place` of its text.
  public static func place(ofDecoded place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var read = 0
    var written = 0
    while read < bytes.count, written < place {
      guard bytes[read] == UInt8(ascii: "\\"), read + 1 < bytes.count else {
        read += 1
        written += 1
        continue
      }
      guard bytes[read + 1] == UInt8(ascii: "u"), read + 6 <= bytes.count else {
        read += 2
        written += 1
        continue
      }
      let unit = hex(bytes, read + 2)
      let isPair = unit & 0xFC00 == 0xD800
      read += isPair ? 12 : 6
      written += isPair ? 4 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3
    }
    return min(read, bytes.count)
  }

  private static func hex(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in at..<at + 4 { value = value << 4 | UInt32(JSONScanner.hexDigit(bytes[index]) ?? 0) }
    return value
  }

  private static func simpleEscape(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: byte
    }
  }
}
