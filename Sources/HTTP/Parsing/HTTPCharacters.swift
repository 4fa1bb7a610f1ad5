/// The character classes of RFC 9110, section 5.6, as tables.
enum HTTPCharacters {
  /// For a token character its lower-case form, for any other byte 0.
  // Guarded by being written once, before anybody reads it.
  nonisolated(unsafe) private static let tokens: UnsafePointer<UInt8> = {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    table.initialize(repeating: 0, count: 256)
    for byte in "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".utf8 { table[Int(byte)] = byte }
    for byte in "ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8 { table[Int(byte)] = byte | 0x20 }
    return UnsafePointer(table)
  }()

  @inline(__always)
  static func lowerToken(_ byte: UInt8) -> UInt8 { tokens[Int(byte)] }

  /// The table itself, for loops.
  static var tokenTable: UnsafePointer<UInt8> { tokens }

  /// Horizontal tab, space, visible ASCII and the bytes above it: what a field value is made of.
  @inline(__always)
  static func isFieldContent(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

  static func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30
    case 0x41...0x46: Int(byte) - 0x37
    case 0x61...0x66: Int(byte) - 0x57
    default: nil
    }
  }

  /// Whether two byte strings are the same but for the case of ASCII letters.
  static func equalIgnoringCase(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { lower($0) == lower($1) }
  }

  static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
