/// UTF-8 well-formedness, RFC 3629, without making a string.
enum HL7UTF8 {
  static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    let raw = UnsafeRawPointer(base)
    var at = 0
    while at < bytes.count {
      if at + 16 <= bytes.count {
        let lanes = raw.loadUnaligned(fromByteOffset: at, as: SIMD2<UInt64>.self)
        if (lanes.x | lanes.y) & 0x8080_8080_8080_8080 == 0 {
          at += 16
          continue
        }
      }
      if base[at] < 0x80 {
        at += 1
        continue
      }
      guard let length = sequenceLength(UnsafeBufferPointer(rebasing: bytes[at...])) else { return false }
      at += length
    }
    return true
  }

  /// The length of the multi-byte sequence that the bytes begin with; `nil` where there is none: cut short, overlong,
  /// a surrogate, or beyond U+10FFFF.
  private static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let (length, second): (Int, ClosedRange<UInt8>)
    switch bytes[0] {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard bytes.count >= length, second.contains(bytes[1]) else { return nil }
    for index in 2..<max(2, length) where bytes[index] & 0xC0 != 0x80 { return nil }
    return length
  }
}
