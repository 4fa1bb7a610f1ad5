/// What a partner must show.
package enum PartnerRequirement: String, Sendable, CaseIterable { case key, certificate, both }

/// An organisation whose software may call, as the gateway's tables hold it.
package struct Partner: Sendable, Equatable {
  package var id: String
  package var slug: String
  package var isActive: Bool
  package var requirement: PartnerRequirement
  package var scopes: ScopeSet
  /// Ids of the clinics that it may see.
  package var clinics: Set<String>
  /// Where it may call from; empty is anywhere.
  package var addresses: [CIDR]
  package var rateLimit: RateLimit?

  package init(
    id: String, slug: String, isActive: Bool = true, requirement: PartnerRequirement, scopes: ScopeSet,
    clinics: Set<String>, addresses: [CIDR] = [], rateLimit: RateLimit? = nil
  ) {
    self.id = id
    self.slug = slug
    self.isActive = isActive
    self.requirement = requirement
    self.scopes = scopes
    self.clinics = clinics
    self.addresses = addresses
    self.rateLimit = rateLimit
  }
}

/// A key as it is stored; two may be live for a partner, so that one can replace the other.
package struct APIKeyRecord: Sendable, Equatable {
  package var id: String
  package var partnerID: String
  /// SHA-256 of the key's text.
  package var hash: [UInt8]
  /// Narrows the partner's scopes; nil leaves them.
  package var scopes: ScopeSet?
  /// Narrows the partner's addresses; empty leaves them.
  package var addresses: [CIDR]
  /// Unix seconds; nil is never.
  package var expiresAt: Int64?
  package var isRevoked: Bool

  package init(
    id: String, partnerID: String, hash: [UInt8], scopes: ScopeSet? = nil, addresses: [CIDR] = [],
    expiresAt: Int64? = nil, isRevoked: Bool = false
  ) {
    self.id = id
    self.partnerID = partnerID
    self.hash = hash
    self.scopes = scopes
    self.addresses = addresses
    self.expiresAt = expiresAt
    self.isRevoked = isRevoked
  }

  /// Whether `key` is this key and still good.
  /// - Parameter now: Unix seconds.
  package func accepts(_ key: APIKey, now: Int64) -> Bool {
    guard key.matches(hash: hash), key.id == id, !isRevoked else { return false }
    return expiresAt.map { now < $0 } ?? true
  }
}
