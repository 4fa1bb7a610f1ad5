package import Crypto
import JSON

/// What a page link carries: where the next page begins and which search it belongs to, sealed.
///
/// The whole query is inside, so a link shows nothing of what was searched for. Who may follow it (partner, clinic, type)
/// is the context of the seal: for anyone else the link is as wrong as a forged one. AES-256-GCM, then base64url.
package struct PageToken: Sendable, Equatable {
  /// The query as `QueryString.encoded()` gave it.
  package var query: String
  /// The sort keys and the id of the last row shown, as the SQL builder spells them; nil is a NULL key.
  package var after: [String?]
  /// Unix seconds.
  package var expiresAt: Int64

  package init(query: String, after: [String?], expiresAt: Int64) {
    self.query = query
    self.after = after
    self.expiresAt = expiresAt
  }

  /// Who may follow a link, and to what.
  package struct Owner: Sendable, Equatable {
    package var partnerID: String
    package var clinicID: String
    package var type: String

    package init(partnerID: String, clinicID: String, type: String) {
      self.partnerID = partnerID
      self.clinicID = clinicID
      self.type = type
    }

    fileprivate var context: [UInt8] {
      // Lengths before the parts: no two owners share a spelling.
      ["page", partnerID, clinicID, type].flatMap { Array("\($0.utf8.count):\($0)".utf8) }
    }
  }

  package enum Failure: Error, Sendable, Equatable {
    /// Forged, changed, cut off, or another's.
    case notValid
    case expired
  }

  package static let maximumCharacters = 32_768

  /// - Parameter key: 32 bytes, the same for every process that serves one base URL.
  package func sealed(for owner: Owner, key: [UInt8]) throws(CryptoError) -> String {
    let json = JSONValue.array([
      .string(query), .array(after.map { $0.map { .string($0) } ?? .null }), .string(String(expiresAt)),
    ])
    return Base64.encode(try AES256GCM.seal(json.serialized(), key: key, context: owner.context), alphabet: .url)
  }

  /// - Parameter now: Unix seconds.
  package init(opening text: String, for owner: Owner, key: [UInt8], now: Int64) throws(Failure) {
    guard text.utf8.count <= Self.maximumCharacters, let sealed = Base64.decode(text, alphabet: .url),
      let plain = try? AES256GCM.open(sealed, key: key, context: owner.context), let json = try? JSONValue.parse(plain),
      let query = json[0]?.string, let after = json[1]?.array, let expiresAt = json[2]?.string.flatMap({ Int64($0) })
    else { throw .notValid }
    guard now < expiresAt else { throw .expired }
    self.init(query: query, after: after.map(\.string), expiresAt: expiresAt)
  }
}
