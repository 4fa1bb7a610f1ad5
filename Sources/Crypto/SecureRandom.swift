import COpenSSL

/// Bytes that nobody can guess, from libcrypto's generator.
public func secureRandomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard RAND_bytes(&bytes, Int32(clamping: count)) == 1 else {
    ERR_clear_error()
    throw CryptoError(.noRandomness, "RAND_bytes could not give \(count) bytes")
  }
  return bytes
}

/// Universally unique identifiers (RFC 9562) as their lower-case text of 36 characters.
public enum UUIDText {
  /// Version 4: random.
  public static func v4() throws(CryptoError) -> String {
    text(of: try secureRandomBytes(16), version: 4)
  }

  /// Version 7: 48 bits of Unix time in milliseconds, then random, so that later ones sort after earlier ones.
  public static func v7(unixMilliseconds: Int64) throws(CryptoError) -> String {
    var bytes = try secureRandomBytes(16)
    for index in 0..<6 {
      bytes[index] = UInt8(truncatingIfNeeded: unixMilliseconds >> Int64(40 - 8 * index))
    }
    return text(of: bytes, version: 7)
  }

  static func text(of bytes: [UInt8], version: UInt8) -> String {
    var bytes = bytes
    bytes[6] = bytes[6] & 0x0F | version << 4
    bytes[8] = bytes[8] & 0x3F | 0x80
    return String(unsafeUninitializedCapacity: 36) { output in
      var position = 0
      for (index, byte) in bytes.enumerated() {
        if index == 4 || index == 6 || index == 8 || index == 10 {
          output[position] = UInt8(ascii: "-")
          position += 1
        }
        output[position] = Hex.digit(byte >> 4)
        output[position + 1] = Hex.digit(byte & 15)
        position += 2
      }
      return 36
    }
  }
}
