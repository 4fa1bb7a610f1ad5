import Crypto
import Glibc
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
  package func caller(_ fields: HTTPFields, _ connection: HTTPConnectionInfo) async throws(GateFailure) -> Caller {
    let presented: PresentedKey
    do throws(PresentedKey.Failure) {
      presented = try PresentedKey.extract(
        authorization: fields.values(.authorization), xAPIKey: fields.values(.apiKey))
    } catch {
      throw .refused(AccessRefusal(error == .ambiguous ? .ambiguousCredentials : .malformedCredentials))
    }
    return try await caller(presented, connection.tls?.peerCertificate, connection.peer)
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
      peer: IPAddress(peer.host) ?? IPAddress(high: 0, low: 0), now: Int64(time(nil)))
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
      throw .refused(error)
    }
    guard let clinic else { throw .refused(AccessRefusal(.clinicNotVisible, partnerID: caller.partner.id)) }
    return clinic
  }
}

extension HTTPFieldName {
  static let apiKey: HTTPFieldName = "X-API-Key"
  static let requestID: HTTPFieldName = "X-Request-Id"
}
