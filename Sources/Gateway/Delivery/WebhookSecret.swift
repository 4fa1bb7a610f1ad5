package import Crypto

/// The secrets that sign a partner's deliveries (Standard Webhooks): `whsec_` and base64 of 24 to 64 bytes.
///
/// During a rotation there are two, newest first, and each delivery carries a signature by both.
package struct WebhookSecrets: Sendable, Equatable {
  package static let prefix = "whsec_"
  package static let maximumCount = 4

  /// The keys themselves.
  package let keys: [[UInt8]]

  /// Reads secrets parted by spaces or line ends; nil when one is not of the form.
  package init?(_ text: String) {
    let parts = text.split(whereSeparator: { $0 == " " || $0.isNewline })
    guard (1...Self.maximumCount).contains(parts.count) else { return nil }
    var keys: [[UInt8]] = []
    for part in parts {
      guard part.hasPrefix(Self.prefix), let key = Base64.decode(part.dropFirst(Self.prefix.count)),
        (24...64).contains(key.count)
      else { return nil }
      keys.append(key)
    }
    self.keys = keys
  }

  /// As `init` reads them, newest first.
  package var text: String { keys.map { Self.prefix + Base64.encode($0) }.joined(separator: " ") }

  /// A new secret of 32 random bytes, as its text.
  package static func generate() throws(CryptoError) -> String {
    prefix + Base64.encode(try secureRandomBytes(32))
  }

  /// The text as `gateway.partner.delivery_secret_sealed` keeps it, bound to its partner.
  /// - Parameter text: one secret or several, as `init` reads them.
  package static func seal(_ text: String, partner slug: String, key: [UInt8]) throws(CryptoError) -> [UInt8] {
    guard WebhookSecrets(text) != nil else {
      throw CryptoError(.wrongLength, "a webhook secret is whsec_ and 24 to 64 bytes in base64")
    }
    return try AES256GCM.seal(Array(text.utf8), key: key, context: context(slug))
  }

  /// Opens what `seal` made.
  package init(sealed: [UInt8], partner slug: String, key: [UInt8]) throws(CryptoError) {
    let text = try AES256GCM.open(sealed, key: key, context: Self.context(slug))
    guard let secrets = WebhookSecrets(String(decoding: text, as: UTF8.self)) else {
      throw CryptoError(.notAuthentic, "what was sealed is no webhook secret")
    }
    self = secrets
  }

  private static func context(_ slug: String) -> [UInt8] { Array("delivery-secret:\(slug)".utf8) }

  // MARK: Signatures

  /// The `webhook-signature` of a message: `v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`, one a key.
  package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
    let message = Array("\(id).\(timestamp).".utf8) + body
    return keys.map { "v1," + Base64.encode(HMACSHA256.authenticationCode(for: message, key: $0)) }
      .joined(separator: " ")
  }

  /// Whether one of the signatures in the field is by one of these keys.
  package func accepts(_ field: String, id: String, timestamp: Int64, body: [UInt8]) -> Bool {
    let message = Array("\(id).\(timestamp).".utf8) + body
    for part in field.split(separator: " ").prefix(16) where part.hasPrefix("v1,") {
      guard let code = Base64.decode(part.dropFirst(3)) else { continue }
      if keys.contains(where: { HMACSHA256.isValid(code, for: message, key: $0) }) { return true }
    }
    return false
  }
}
