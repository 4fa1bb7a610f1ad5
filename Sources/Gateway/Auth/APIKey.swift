package import Crypto

/// An API key: `psl_<env>_<id>_<secret><crc>`.
///
/// `env` is the environment's name (2–8 of a–z), `id` 11 characters that find the key's row, `secret` 43 characters that
/// hold 32 random bytes, `crc` 6 characters that hold the CRC-32 of everything before. `id`, `secret` and `crc` are base
/// 62 of fixed length, so that a key is one word for a double click and `_` never stands inside a part. Only the SHA-256
/// of the whole text is stored. Printing a key shows its id and nothing more.
package struct APIKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  package static let prefix = "psl"
  static let idBytes = 8
  static let idLength = 11
  package static let secretBytes = 32
  static let secretLength = 43
  static let checksumLength = 6

  package let environment: String
  package let id: String
  private let text: String

  /// Why a text is no key; it never repeats the text.
  package enum Failure: Error, Sendable, Equatable {
    /// Not of the form, or a character outside base 62.
    case malformed
    /// Of the form, but its checksum is wrong: mistyped or cut off, never a guess worth a look-up.
    case checksum
  }

  /// Makes a new key from the system's randomness.
  package static func generate(environment: String) throws(CryptoError) -> APIKey {
    let id = Base62.encode(try secureRandomBytes(idBytes), length: idLength)
    let secret = Base62.encode(try secureRandomBytes(secretBytes), length: secretLength)
    return APIKey(environment: environment, id: id, unchecked: "\(prefix)_\(environment)_\(id)_\(secret)")
  }

  private init(environment: String, id: String, unchecked body: String) {
    self.environment = environment
    self.id = id
    text = body + Self.checksum(of: body)
  }

  /// Reads a key and verifies its checksum, before any database is asked.
  package init(parsing text: String) throws(Failure) {
    guard text.utf8.count <= 96 else { throw .malformed }
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == Self.prefix, ConfigurationForm.environmentName.accepts(String(parts[1])),
      parts[2].utf8.count == Self.idLength, parts[3].utf8.count == Self.secretLength + Self.checksumLength,
      parts[2].utf8.allSatisfy(Base62.isDigit), parts[3].utf8.allSatisfy(Base62.isDigit)
    else { throw .malformed }
    let body = text.dropLast(Self.checksumLength)
    guard Self.checksum(of: String(body)) == text.suffix(Self.checksumLength) else { throw .checksum }
    environment = String(parts[1])
    id = String(parts[2])
    self.text = text
  }

  private static func checksum(of body: String) -> String {
    let crc = CRC32.checksum(Array(body.utf8))
    return Base62.encode(
      (0..<4).map { UInt8(truncatingIfNeeded: crc >> (24 - 8 * UInt32($0))) }, length: checksumLength)
  }

  /// What is stored: SHA-256 of the whole text.
  package var hash: [UInt8] { SHA256.hash(text) }

  /// The key itself, to be shown once to whoever asked for it.
  package func reveal() -> String { text }

  /// Whether this is the key whose hash is stored; takes the same time whatever differs.
  package func matches(hash stored: [UInt8]) -> Bool { constantTimeEqual(hash, stored) }

  package var description: String { "\(Self.prefix)_\(environment)_\(id)_…" }
  package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// Base 62 of fixed length, most significant digit first: 0–9 A–Z a–z.
enum Base62 {
  private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  static func isDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  /// - Parameter length: enough digits for any value of that many bytes.
  static func encode(_ bytes: [UInt8], length: Int) -> String {
    var number = bytes
    var text = [UInt8](repeating: digits[0], count: length)
    for position in (0..<length).reversed() {
      var remainder = 0
      for index in number.indices {
        let value = remainder << 8 | Int(number[index])
        number[index] = UInt8(value / 62)
        remainder = value % 62
      }
      text[position] = digits[remainder]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
