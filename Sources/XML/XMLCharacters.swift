/// The character classes of XML 1.0 that are decided on UTF-8 bytes.
@usableFromInline
enum XMLCharacters {
  @inlinable
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// A byte that may begin a name: an ASCII letter, `_`, `:` or a part of a character beyond ASCII.
  static func startsName(_ byte: UInt8) -> Bool {
    (byte >= 0x61 && byte <= 0x7A) || (byte >= 0x41 && byte <= 0x5A) || byte == 0x5F || byte == 0x3A || byte >= 0x80
  }

  /// A byte that may stand inside a name.
  static func continuesName(_ byte: UInt8) -> Bool {
    startsName(byte) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2D || byte == 0x2E
  }

  /// True where U+FFFE or U+FFFF stands: `EF BF BE` and `EF BF BF` are the two non-characters that XML excludes.
  static func isExcludedNoncharacter(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Bool {
    first == 0xEF && second == 0xBF && third >= 0xBE
  }
}
