import Crypto
import Glibc
package import HTTP
package import Reactor

/// Sends kept bytes to a partner: over TLS with verification, with our certificate, signed, to a checked address.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
package final class DeliverySender: @unchecked Sendable {
  package struct Settings: Sendable {
    package var connectMilliseconds: Int
    package var responseMilliseconds: Int
    package var responseBytes: Int
    package var keptConnections: HTTPConnectionPool.Limits
    /// Whether every partner may be reached at private and loopback addresses.
    package var allowsPrivateAddresses: Bool

    package init(_ configuration: Configuration.Deliveries) {
      connectMilliseconds = configuration.connectMilliseconds
      responseMilliseconds = configuration.responseMilliseconds
      responseBytes = configuration.responseBytes
      keptConnections = HTTPConnectionPool.Limits()
      keptConnections.connections = configuration.keptConnections
      keptConnections.connectionsEach = configuration.keptConnectionsEach
      keptConnections.idleMilliseconds = configuration.keptMilliseconds
      allowsPrivateAddresses = configuration.privateAddresses == .allow
    }
  }

  /// What a partner answered.
  package struct Answer: Sendable {
    package let status: Int
    package let retryAfterSeconds: Int?
    /// The beginning of the body as text, for whoever looks at the delivery.
    package let excerpt: String
  }

  /// A partner that may be spoken to.
  package struct Route: Sendable {
    package let partner: String
    package let url: DeliveryURL
    /// Checked, in the resolver's order.
    package let addresses: [SocketAddress]
    let tls: TLSContext
    let secrets: WebhookSecrets?
  }

  /// A failure as the state machine takes it.
  package struct Failure: Error, Sendable {
    package let failure: DeliveryFailure
    /// Somebody is there, though not with an answer that counts.
    var isReached = false

    init(setup text: String) { failure = .setup(text) }

    init(noAnswer text: String, isReached: Bool = false) {
      failure = .noAnswer(text)
      self.isReached = isReached
    }
  }

  static let tlsLifetimeMilliseconds = 60_000
  static let excerptCharacters = 1_000

  let loop: EventLoop
  let settings: Settings
  private let sealingKey: [UInt8]
  private var contexts: ExpiringCache<[String], TLSContext>
  /// MLLP connections that rest between two messages of a feed.
  var resting: [String: RestingConnection] = [:]
  /// Where a task looks after those.
  var watched: Set<String> = []
  /// Connections for the next delivery to the same partner; nil where none are kept.
  let pool: HTTPConnectionPool?

  /// - Parameter sealingKey: opens `delivery_secret_sealed`; 32 bytes.
  package init(loop: EventLoop, settings: Settings, sealingKey: [UInt8]) {
    self.loop = loop
    self.settings = settings
    self.sealingKey = sealingKey
    contexts = ExpiringCache(lifetimeMilliseconds: Self.tlsLifetimeMilliseconds, capacity: 1_000)
    pool =
      settings.keptConnections.connections > 0
      ? HTTPConnectionPool(loop: loop, limits: settings.keptConnections) : nil
  }

  /// Closes what waits for another delivery: when the process stops.
  package func close() {
    closeResting()
    pool?.close()
  }

  /// Reads the partner's entry, resolves its host and keeps the addresses that may be spoken to.
  /// - Parameter scheme: what the delivery's format is sent over.
  package func route(
    to target: DeliveryTarget, scheme: DeliveryURL.Scheme = .https
  ) async throws(Failure) -> Route {
    guard let text = target.url else { throw Failure(setup: "the partner has no delivery URL") }
    let url: DeliveryURL
    do throws(DeliveryURL.Failure) { url = try DeliveryURL(text) } catch { throw Failure(setup: error.description) }
    guard url.scheme == scheme else {
      throw Failure(
        setup: "the partner's delivery URL begins with \(url.scheme.rawValue)://, and what it is owed goes over "
          + "\(scheme.rawValue)://; one partner is reached in one way")
    }
    let secrets = scheme == .https ? try secrets(of: target) : nil
    let tls = try await context(for: target)
    let deadline = Deadline.after(milliseconds: settings.connectMilliseconds)
    let found: [SocketAddress]
    do throws(ResolveError) {
      found = try await Resolver.addresses(of: url.host, port: url.port, loop: loop, until: deadline)
    } catch {
      throw Failure(noAnswer: "the host \(url.host) has no address: \(error.reason)")
    }
    let mayBePrivate = settings.allowsPrivateAddresses || target.allowsPrivateNetworks
    let allowed = found.filter { address in
      mayBePrivate ? address.family != .unix : IPAddress(address.host)?.isPublic ?? false
    }
    guard !allowed.isEmpty else {
      throw Failure(
        setup: "the host \(url.host) leads to \(found.first?.host ?? "nowhere"), a private or special address, which "
          + "is refused; allow private networks for this partner if that is meant")
    }
    return Route(partner: target.slug, url: url, addresses: allowed, tls: tls, secrets: secrets)
  }

  private func secrets(of target: DeliveryTarget) throws(Failure) -> WebhookSecrets? {
    guard let sealed = target.secretSealed else { return nil }
    do throws(CryptoError) {
      return try WebhookSecrets(sealed: sealed, partner: target.slug, key: sealingKey)
    } catch {
      throw Failure(
        setup: "the partner's signing secret does not open with this process's sealing_key; give every process the "
          + "same key or set the secret again")
    }
  }

  /// The partner's TLS context; files are read away from the loop, again once a minute.
  private func context(for target: DeliveryTarget) async throws(Failure) -> TLSContext {
    let key = [target.authoritiesPath ?? "", target.certificatePath ?? "", target.keyPath ?? ""]
    if let known = contexts.value(key, now: loop.now) { return known }
    let trust: TLSContext.Trust = target.authoritiesPath.map { .authorities(path: $0) } ?? .system
    var identity: TLSContext.Identity?
    switch (target.certificatePath, target.keyPath) {
    case (let chain?, let key?): identity = TLSContext.Identity(chainPath: chain, keyPath: key)
    case (nil, nil): break
    default: throw Failure(setup: "the partner has a client certificate without its key, or a key without one")
    }
    let ours = identity
    do {
      let context = try await BlockingPool.shared.run { try TLSContext.client(trust: trust, identity: ours) }
      contexts.keep(context, for: key, now: loop.now)
      return context
    } catch {
      throw Failure(setup: "\(error)")
    }
  }

  /// Sends, to one address after the other until one takes the connection. An answer of any status is an answer.
  package func send(
    _ body: [UInt8], contentType: String, key: String, trace: TraceContext, along route: Route
  ) async throws(Failure) -> Answer {
    var limits = HTTPLimits()
    limits.bodyBytes = settings.responseBytes
    var client = HTTPClient(
      loop: loop, limits: limits, connectTimeoutMilliseconds: settings.connectMilliseconds,
      totalTimeoutMilliseconds: settings.connectMilliseconds + settings.responseMilliseconds)
    client.pool = pool
    let request = HTTPClient.Request(
      .post, target: route.url.target, fields: fields(body, contentType, key, trace, route.secrets), body: body)
    var failure = Failure(noAnswer: "no address could be tried")
    for address in route.addresses.prefix(4) {
      do throws(HTTPClientError) {
        let answer = try await client.send(request, to: address, host: route.url.host, tls: route.tls)
        return Answer(
          status: answer.status.code,
          retryAfterSeconds: Self.seconds(answer.fields[.retryAfter], now: WallClock.unixSeconds),
          excerpt: Self.excerpt(answer.body))
      } catch {
        failure = Failure(noAnswer: "\(error)")
        guard error.code == .connect else { throw failure }
      }
    }
    throw failure
  }

  private func fields(
    _ body: [UInt8], _ contentType: String, _ key: String, _ trace: TraceContext, _ secrets: WebhookSecrets?
  ) -> HTTPFields {
    let timestamp = WallClock.unixSeconds
    var fields = HTTPFields()
    fields.append(.userAgent, "Passerelle")
    fields.append(.contentType, contentType)
    fields.append(.idempotencyKey, key)
    fields.append("webhook-id", key)
    fields.append("webhook-timestamp", String(timestamp))
    if let secrets {
      fields.append("webhook-signature", secrets.signature(id: key, timestamp: timestamp, body: body))
    }
    fields.append(.traceparent, trace.traceparent)
    return fields
  }

  /// `Retry-After` as seconds from now (RFC 9110, section 10.2.3); nil for anything else.
  static func seconds(_ retryAfter: String?, now: Int64) -> Int? {
    guard let retryAfter else { return nil }
    if retryAfter.utf8.count <= 9, let seconds = Int(retryAfter), seconds >= 0 { return seconds }
    return HTTPDate.unixSeconds(retryAfter).map { Int(clamping: max(0, $0 - now)) }
  }

  /// Printable text of the answer's beginning.
  static func excerpt(_ body: [UInt8]) -> String {
    let text = String(decoding: body.prefix(4 * excerptCharacters), as: UTF8.self)
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(excerptCharacters).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }
}
