import Crypto
package import HTTP
package import PostgresClient
package import Reactor
import Synchronization

/// The calls of all loops, counted together, so that a partner's limit is the process's and not each loop's.
package final class SharedRateLimiter: Sendable {
  private let limiter: Mutex<RateLimiter>

  package init(maximumEntries: Int = 10_000) { limiter = Mutex(RateLimiter(maximumEntries: maximumEntries)) }

  package func take(_ partner: Partner, now: UInt64) -> RateLimiter.Verdict {
    guard let limit = partner.rateLimit else { return .allowed }
    return limiter.withLock { $0.take(partner.id, limit: limit, now: now) }
  }
}

/// Why a caller does not get in.
package enum GateFailure: Error, Sendable {
  case refused(AccessRefusal)
  /// Nobody can be looked up now.
  case unavailable(PostgresError)
}

/// Who a connection's last request came from, and what it showed to prove it.
private final class Acquaintance {
  let caller: Caller
  private let authorization: [[UInt8]]
  private let apiKeys: [[UInt8]]
  /// Monotonic nanoseconds.
  private let until: UInt64
  private let forgotten: Int

  init(_ fields: HTTPFields, _ caller: Caller, until: UInt64, _ forgotten: Int) {
    self.caller = caller
    authorization = fields.valueBytes(.authorization).map { Array($0) }
    apiKeys = fields.valueBytes(.apiKey).map { Array($0) }
    self.until = until
    self.forgotten = forgotten
  }

  func holds(_ fields: HTTPFields, at now: UInt64, _ forgotten: Int) -> Bool {
    now < until && forgotten == self.forgotten && Self.same(fields.valueBytes(.authorization), authorization)
      && Self.same(fields.valueBytes(.apiKey), apiKeys)
  }

  private static func same(_ shown: [ArraySlice<UInt8>], _ known: [[UInt8]]) -> Bool {
    shown.count == known.count && zip(shown, known).allSatisfy { $0 == $1[...] }
  }
}

/// Looks up who calls and asks `AccessDecision` whether they may, before a byte of a body is read.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to the loop's thread, but for `limiter`, which locks.
package final class Gatekeeper: @unchecked Sendable {
  private let directory: PartnerDirectory
  private let limiter: SharedRateLimiter
  private let loop: EventLoop

  package init(directory: PartnerDirectory, limiter: SharedRateLimiter, loop: EventLoop) {
    self.directory = directory
    self.limiter = limiter
    self.loop = loop
  }

  /// Who calls over HTTP, by key, client certificate or both.
  ///
  /// A connection whose next request shows the same credentials is known by them for as long as what was looked up
  /// holds; nobody but who has shown them there can be taken for their owner.
  package func caller(_ fields: HTTPFields, _ connection: HTTPConnectionInfo) async throws(GateFailure) -> Caller {
    if let known = connection.memory.value as? Acquaintance, known.holds(fields, at: loop.now, directory.forgotten) {
      return known.caller
    }
    let presented: PresentedKey
    do throws(PresentedKey.Failure) {
      presented = try PresentedKey.extract(
        authorization: fields.values(.authorization), xAPIKey: fields.values(.apiKey))
    } catch {
      throw .refused(AccessRefusal(error == .ambiguous ? .ambiguousCredentials : .malformedCredentials))
    }
    let certificate = connection.tls?.peerCertificate
    let caller = try await caller(presented, certificate, connection.peer)
    connection.memory.value = Acquaintance(
      fields, caller, until: directory.expiry(ofKey: caller.keyID, certificate), directory.forgotten)
    return caller
  }

  /// Who calls, by what they present.
  package func caller(
    _ key: PresentedKey, _ certificate: PeerCertificate?, _ peer: SocketAddress
  ) async throws(GateFailure) -> Caller {
    let evidence: AccessDecision.Evidence
    do throws(PostgresError) {
      evidence = try await self.evidence(key, certificate, peer)
    } catch {
      throw .unavailable(error)
    }
    do throws(AccessRefusal) {
      let caller = try AccessDecision.authenticate(evidence)
      if let id = caller.keyID { directory.keyWasUsed(id) }
      return caller
    } catch {
      throw .refused(error)
    }
  }

  private func evidence(
    _ key: PresentedKey, _ certificate: PeerCertificate?, _ peer: SocketAddress
  ) async throws(PostgresError) -> AccessDecision.Evidence {
    var owner: PartnerDirectory.KeyOwner?
    if case .key(let key) = key { owner = try await directory.owner(ofKey: key.id) }
    var match = CertificateMatch.none
    var partner = owner?.partner
    if let certificate {
      let known = try await directory.owner(of: certificate)
      match = known.map { .partner($0.id) } ?? .unknown
      if partner == nil { partner = known }
    }
    return AccessDecision.Evidence(
      presentedKey: key, keyRecord: owner?.record, certificate: match, partner: partner,
      peer: IPAddress(peer) ?? IPAddress(high: 0, low: 0), now: WallClock.unixSeconds)
  }

  /// The clinic that a caller names, if it may do there what it wants (nil: what needs no scope); a clinic that it may not see is one that does
  /// not exist.
  package func clinic(
    _ slug: String, for caller: Caller, _ action: AccessDecision.Action?
  ) async throws(GateFailure) -> ClinicIdentity {
    let clinic: ClinicIdentity?
    do throws(PostgresError) {
      clinic = try await directory.clinic(slug: slug)
    } catch {
      throw .unavailable(error)
    }
    let rate = limiter.take(caller.partner, now: loop.now)
    do throws(AccessRefusal) {
      try AccessDecision.authorize(caller, action, clinicID: clinic?.id, rate: rate)
    } catch {
      var refusal = error
      // Its auditors see who was refused there; of a clinic that the partner may not see nothing is told.
      if let clinic, caller.partner.clinics.contains(clinic.id) { refusal.clinicID = clinic.id }
      throw .refused(refusal)
    }
    guard let clinic else { throw .refused(AccessRefusal(.clinicNotVisible, partnerID: caller.partner.id)) }
    return clinic
  }
}

extension HTTPFieldName {
  static let apiKey: HTTPFieldName = "X-API-Key"
  static let requestID: HTTPFieldName = "X-Request-Id"
}
