/// What a request's header offers as proof, before anything is looked up.
package enum PresentedKey: Sendable, Equatable {
  case none
  case key(APIKey)

  /// Why the header cannot be taken as proof.
  package enum Failure: Error, Sendable, Equatable {
    /// Both headers, or one of them twice: 400, whichever is right.
    case ambiguous
    /// Another scheme than Bearer, or no key of ours: 401.
    case malformed
  }

  /// Takes the key from `Authorization: Bearer` (RFC 6750 §2.1) or `X-API-Key`.
  /// - Parameters:
  ///   - authorization: every value of that field, in order.
  ///   - xAPIKey: every value of that field, in order.
  package static func extract(authorization: [String], xAPIKey: [String]) throws(Failure) -> PresentedKey {
    guard authorization.count + xAPIKey.count <= 1 else { throw .ambiguous }
    if let text = xAPIKey.first { return .key(try parse(text)) }
    guard let value = authorization.first else { return .none }
    guard let space = value.firstIndex(of: " "), value[..<space].lowercased() == "bearer" else { throw .malformed }
    return .key(try parse(String(value[space...].drop { $0 == " " })))
  }

  private static func parse(_ text: String) throws(Failure) -> APIKey {
    do throws(APIKey.Failure) {
      return try APIKey(parsing: text)
    } catch {
      throw .malformed
    }
  }
}

/// What authorization needs of a client certificate that TLS has already verified (chain, dates, revocation).
///
/// The common name is not here on purpose: it is never matched (RFC 9525 §2).
package struct PresentedCertificate: Sendable, Equatable {
  /// Subject alternative names, one kind apart from the other so that a DNS name never passes for a URI.
  package var dnsNames: [String]
  package var uris: [String]
  package var emails: [String]
  package var addresses: [IPAddress]
  /// SHA-256 of the DER of SubjectPublicKeyInfo.
  package var publicKeySHA256: [UInt8]
  /// Whether extended key usage holds clientAuth (RFC 5280 §4.2.1.12).
  package var isForClients: Bool

  package init(
    dnsNames: [String] = [], uris: [String] = [], emails: [String] = [], addresses: [IPAddress] = [],
    publicKeySHA256: [UInt8],
    isForClients: Bool
  ) {
    self.dnsNames = dnsNames
    self.uris = uris
    self.emails = emails
    self.addresses = addresses
    self.publicKeySHA256 = publicKeySHA256
    self.isForClients = isForClients
  }
}

/// How a partner's certificate is known.
package enum CertificateRule: Sendable, Hashable {
  /// A DNS name in any case, exactly; a `*` on either side matches nothing but itself.
  case dnsName(String)
  /// A URI, byte for byte.
  case uri(String)
  /// A mailbox, byte for byte.
  case email(String)
  case address(IPAddress)
  /// SHA-256 of SubjectPublicKeyInfo, 32 bytes.
  case publicKey(sha256: [UInt8])

  /// Reads an alternative name as the gateway's tables write it: `DNS:host`, `URI:…`, `email:…`, `IP:…`.
  package init?(alternativeName text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let value = String(text[text.index(after: colon)...])
    guard !value.isEmpty, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    switch text[..<colon] {
    case "DNS": self = .dnsName(value)
    case "URI": self = .uri(value)
    case "email": self = .email(value)
    case "IP":
      guard let address = IPAddress(value) else { return nil }
      self = .address(address)
    default: return nil
    }
  }

  package func matches(_ certificate: PresentedCertificate) -> Bool {
    guard certificate.isForClients else { return false }
    switch self {
    case .dnsName(let name):
      return !name.isEmpty && certificate.dnsNames.contains { asciiLowercased($0) == asciiLowercased(name) }
    case .uri(let uri): return !uri.isEmpty && certificate.uris.contains { $0.utf8.elementsEqual(uri.utf8) }
    case .email(let email): return !email.isEmpty && certificate.emails.contains { $0.utf8.elementsEqual(email.utf8) }
    case .address(let address): return certificate.addresses.contains(address)
    case .publicKey(let sha256): return sha256.count == 32 && certificate.publicKeySHA256 == sha256
    }
  }

  /// Bytes, so that no Unicode folding can make two names one.
  private func asciiLowercased(_ text: String) -> [UInt8] {
    text.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }
  }
}

/// Whose certificate it is.
package enum CertificateMatch: Sendable, Equatable {
  case none
  /// Verified by TLS, but no partner's.
  case unknown
  case partner(String)
  /// Several partners claim it: nobody's, until an operator mends that.
  case ambiguous

  package static func match(
    _ certificate: PresentedCertificate?, rules: some Sequence<(partnerID: String, rule: CertificateRule)>
  ) -> CertificateMatch {
    guard let certificate else { return .none }
    var owner: String?
    for (partnerID, rule) in rules where rule.matches(certificate) {
      if let owner, owner != partnerID { return .ambiguous }
      owner = partnerID
    }
    return owner.map { .partner($0) } ?? .unknown
  }
}
