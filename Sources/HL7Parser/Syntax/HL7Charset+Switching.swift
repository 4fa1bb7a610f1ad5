/// Several sets in one text: ISO 2022 as HL7 narrows it (MSH-20 `ISO 2022-1994`), for parts of ISO 8859.
///
/// `ESC - F`, written so or as `\C2Dxx\`, says whose letters the bytes from 0xA0 on are until the next such sequence or
/// the end of the text; then it is the first set of MSH-18 again. `ESC ( B`, ASCII for the bytes below, changes nothing.
/// HL7 chapter 2, "Escape sequences supporting multiple character sets"; final bytes: ISO-IR register.
extension HL7Charset {
  private static let escape: UInt8 = 0x1B
  /// The part of ISO 8859 by the final byte.
  private static let parts: [UInt8: Int] = [
    0x41: 1, 0x42: 2, 0x43: 3, 0x44: 4, 0x4C: 5, 0x47: 6, 0x46: 7, 0x48: 8, 0x4D: 9, 0x56: 10, 0x54: 11, 0x59: 13,
    0x5F: 14, 0x62: 15,
  ]

  /// The set that a sequence of two bytes after ESC invokes; nil for one that is not read here.
  static func invoked(by first: UInt8, _ last: UInt8, from standing: HL7Charset) -> HL7Charset? {
    if first == 0x28, last == 0x42 { return standing }
    guard first == 0x2D, let part = parts[last] else { return nil }
    return HL7Charset(iso8859Part: part)
  }

  func decodeSwitching(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    var text = ""
    var standing = self
    var start = 0
    var at = 0
    func take(to end: Int) { text += standing.decodePlain(UnsafeBufferPointer(rebasing: bytes[start..<end])) }
    while at + 2 < bytes.count {
      guard bytes[at] == Self.escape, let next = Self.invoked(by: bytes[at + 1], bytes[at + 2], from: standing) else {
        at += 1
        continue
      }
      take(to: at)
      standing = next
      at += 3
      start = at
    }
    take(to: bytes.count)
    return text
  }
}
