/// Why a caller is refused, what it is told, and what the audit keeps.
package struct AccessRefusal: Error, Sendable, Equatable {
  /// For the audit and the metrics; some reasons share one answer, so that the answer teaches nothing.
  package enum Reason: String, Sendable, CaseIterable {
    case ambiguousCredentials = "ambiguous-credentials"
    case malformedCredentials = "malformed-credentials"
    case noCredentials = "no-credentials"
    case unknownKey = "unknown-key"
    case unknownCertificate = "unknown-certificate"
    case ambiguousCertificate = "ambiguous-certificate"
    case credentialsDisagree = "credentials-disagree"
    case keyMissing = "key-missing"
    case certificateMissing = "certificate-missing"
    case partnerInactive = "partner-inactive"
    case addressNotAllowed = "address-not-allowed"
    case rateExceeded = "rate-exceeded"
    case clinicNotVisible = "clinic-not-visible"
    case scopeMissing = "scope-missing"
  }

  package let reason: Reason
  /// The partner, once a credential has proved it; nil is a stranger, who is counted and sampled.
  package let partnerID: String?
  /// The clinic that was named, where the partner may see it.
  package var clinicID: String?
  package var retryAfterSeconds: Int?
  /// The scope that would have allowed it.
  package var missingScope: String?

  package init(_ reason: Reason, partnerID: String? = nil, retryAfterSeconds: Int? = nil, missingScope: String? = nil) {
    self.reason = reason
    self.partnerID = partnerID
    self.retryAfterSeconds = retryAfterSeconds
    self.missingScope = missingScope
  }

  package var status: Int {
    switch reason {
    case .ambiguousCredentials: 400
    case .addressNotAllowed, .scopeMissing: 403
    case .clinicNotVisible: 404
    case .rateExceeded: 429
    default: 401
    }
  }

  /// The code of OperationOutcome.issue (FHIR R4 valueset-issue-type).
  package var issueCode: String {
    switch reason {
    case .ambiguousCredentials: "invalid"
    case .addressNotAllowed, .scopeMissing: "forbidden"
    case .clinicNotVisible: "not-found"
    case .rateExceeded: "throttled"
    default: "login"
    }
  }

  /// What the caller reads. Holds nothing that it has not proved to be entitled to.
  package var diagnostics: String {
    switch reason {
    case .ambiguousCredentials:
      "Give one credential: either Authorization: Bearer or X-API-Key, once."
    case .malformedCredentials, .noCredentials, .unknownKey, .unknownCertificate, .ambiguousCertificate,
      .credentialsDisagree, .partnerInactive:
      "No accepted credentials. Send a valid API key in Authorization: Bearer or X-API-Key, a registered client certificate, or both as agreed."
    case .keyMissing: "This partner must also send its API key in Authorization: Bearer or X-API-Key."
    case .certificateMissing: "This partner must also present its registered client certificate."
    case .addressNotAllowed: "This partner may not call from this network address."
    case .rateExceeded: "Too many requests; try again after the seconds in Retry-After."
    case .clinicNotVisible: "No such clinic."
    case .scopeMissing: "Needs the scope \(missingScope ?? "for this interaction")."
    }
  }

  /// The value of `WWW-Authenticate` with a 401 (RFC 6750 §3); nil with other statuses.
  package var challenge: String? {
    guard status == 401 else { return nil }
    return reason == .noCredentials
      ? "Bearer realm=\"passerelle\"" : "Bearer realm=\"passerelle\", error=\"invalid_token\""
  }
}

/// Who is calling: proved by what was presented, before the body is read.
package struct Caller: Sendable, Equatable {
  package let partner: Partner
  /// What it may do with the key that it used.
  package let scopes: ScopeSet
  /// The key that it used, for "last used".
  package let keyID: String?
}

/// The decision who may do what, as pure functions of values that were looked up before.
package enum AccessDecision {
  /// What was presented and what the tables know of it.
  package struct Evidence: Sendable {
    package var presentedKey: PresentedKey
    /// The row that the presented key's id found.
    package var keyRecord: APIKeyRecord?
    package var certificate: CertificateMatch
    /// The partner of the key's row or, without a key, of the certificate.
    package var partner: Partner?
    package var peer: IPAddress
    /// Unix seconds.
    package var now: Int64

    package init(
      presentedKey: PresentedKey, keyRecord: APIKeyRecord?, certificate: CertificateMatch, partner: Partner?,
      peer: IPAddress, now: Int64
    ) {
      self.presentedKey = presentedKey
      self.keyRecord = keyRecord
      self.certificate = certificate
      self.partner = partner
      self.peer = peer
      self.now = now
    }
  }

  /// What the caller wants to do.
  package enum Action: Sendable, Equatable {
    case fhir(Interaction, type: String)
    case postHL7v2

    /// The smallest scope that allows it.
    var scope: String {
      switch self {
      case .fhir(let interaction, let type):
        "system/\(interaction.isSystemWide ? "*" : type).\(interaction.permission)"
      case .postHL7v2: Scope.hl7v2Text
      }
    }
  }

  /// Who it is. Any credential that is presented must be good, whichever the partner's requirement asks for; a
  /// certificate that no partner owns proves nothing, and does no harm beside a good key.
  package static func authenticate(_ evidence: Evidence) throws(AccessRefusal) -> Caller {
    let byKey = try partnerOfKey(evidence)
    var byCertificate: String?
    switch evidence.certificate {
    case .partner(let id): byCertificate = id
    case .ambiguous: throw AccessRefusal(.ambiguousCertificate)
    case .none, .unknown: break
    }
    guard let id = byKey ?? byCertificate else {
      throw AccessRefusal(evidence.certificate == .unknown ? .unknownCertificate : .noCredentials)
    }
    if let byKey, let byCertificate, byKey != byCertificate { throw AccessRefusal(.credentialsDisagree) }
    guard let partner = evidence.partner, partner.id == id else {
      throw AccessRefusal(byKey != nil ? .unknownKey : .unknownCertificate)
    }
    guard partner.isActive else { throw AccessRefusal(.partnerInactive, partnerID: id) }
    if byKey == nil, partner.requirement != .certificate { throw AccessRefusal(.keyMissing, partnerID: id) }
    if byCertificate == nil, partner.requirement != .key { throw AccessRefusal(.certificateMissing, partnerID: id) }
    let record = byKey == nil ? nil : evidence.keyRecord
    for allowed in [partner.addresses, record?.addresses ?? []] where !allowed.isEmpty {
      guard allowed.contains(where: { $0.contains(evidence.peer) }) else {
        throw AccessRefusal(.addressNotAllowed, partnerID: id)
      }
    }
    let scopes = record?.scopes.map { partner.scopes.intersection($0) } ?? partner.scopes
    return Caller(partner: partner, scopes: scopes, keyID: record?.id)
  }

  private static func partnerOfKey(_ evidence: Evidence) throws(AccessRefusal) -> String? {
    guard case .key(let key) = evidence.presentedKey else { return nil }
    guard let record = evidence.keyRecord, record.accepts(key, now: evidence.now) else {
      throw AccessRefusal(.unknownKey)
    }
    return record.partnerID
  }

  /// Whether the caller may do it there. A clinic that does not exist (nil) and one that it may not see are one case,
  /// decided before the scope, so that both answer alike.
  /// - Parameters:
  ///   - action: nil for what whoever may see the clinic may ask, such as its capabilities.
  ///   - rate: what the limiter says of this call.
  package static func authorize(
    _ caller: Caller, _ action: Action?, clinicID: String?, rate: RateLimiter.Verdict = .allowed
  ) throws(AccessRefusal) {
    let id = caller.partner.id
    if case .refused(let seconds) = rate {
      throw AccessRefusal(.rateExceeded, partnerID: id, retryAfterSeconds: seconds)
    }
    guard let clinicID, caller.partner.clinics.contains(clinicID) else {
      throw AccessRefusal(.clinicNotVisible, partnerID: id)
    }
    guard let action else { return }
    guard allows(caller, action) else {
      throw AccessRefusal(.scopeMissing, partnerID: id, missingScope: action.scope)
    }
  }

  /// Whether the caller's scopes hold the action: the check of every further hop (include, chain, batch entry).
  package static func allows(_ caller: Caller, _ action: Action) -> Bool {
    switch action {
    case .fhir(let interaction, let type): caller.scopes.allows(interaction, on: type)
    case .postHL7v2: caller.scopes.mayPostHL7v2
    }
  }
}
