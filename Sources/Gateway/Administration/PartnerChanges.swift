import Crypto
import Reactor

/// What kind of software a partner is: decides what it is sent.
package enum PartnerKind: String, Sendable, CaseIterable { case emr, insurer, accounting, hospital, auditor, other }

/// A certificate as the gateway's tables know it: one alternative name, or the fingerprint of its public key.
package struct CertificateName: Sendable, Hashable {
  package enum Kind: String, Sendable { case san, spki }

  package let kind: Kind
  package let value: String

  /// `DNS:host` (compared in lower case), `URI:…`, `email:…` or `IP:…`.
  package init?(alternativeName text: String) {
    guard let rule = CertificateRule(alternativeName: text) else { return nil }
    kind = .san
    switch rule {
    case .dnsName(let name): value = "DNS:" + name.lowercased()
    case .address(let address): value = "IP:\(address)"
    default: value = text
    }
  }

  /// SHA-256 of SubjectPublicKeyInfo in hexadecimal; colons as `openssl` writes them are let pass.
  package init?(fingerprint text: String) {
    let digits = text.filter { $0 != ":" }.lowercased()
    guard Hex.decode(digits)?.count == 32 else { return nil }
    kind = .spki
    value = digits
  }

  package init(_ kind: Kind, _ value: String) {
    self.kind = kind
    self.value = value
  }
}

/// An HL7 sender: MSH-3 and MSH-4, for one clinic or for all of its partner's.
package struct SenderName: Sendable, Hashable {
  package let application: String
  package let facility: String
  package let clinic: String?

  /// `APPLICATION/FACILITY` or `APPLICATION/FACILITY@clinic`.
  package init?(_ text: String) {
    var text = text[...]
    var clinic: String?
    if let at = text.lastIndex(of: "@") {
      clinic = String(text[text.index(after: at)...])
      text = text[..<at]
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 227, parts[1].utf8.count <= 227,
      clinic.map(isSlug) ?? true
    else { return nil }
    (application, facility, self.clinic) = (parts[0], parts[1], clinic)
  }
}

/// What is to be set of a partner: nil leaves what stands; an empty text or list clears it.
package struct PartnerChanges: Sendable, Equatable {
  package var name: String?
  package var kind: PartnerKind?
  package var scopes: [String]?
  /// Slugs of all the clinics that it may see.
  package var clinics: [String]?
  /// Slug of a clinic to the id or name of the payer whose claims an insurer takes there.
  package var payers: [String: String] = [:]
  package var networks: [String]?
  /// 0 is unlimited.
  package var ratePerMinute: Int?
  package var requirement: PartnerRequirement?
  package var addedCertificates: [CertificateName] = []
  package var revokedCertificates: [CertificateName] = []
  package var senders: [SenderName] = []
  /// A profile as `HL7PartnerProfile` reads it, in JSON.
  package var hl7Profile: String?
  package var deliveryURL: String?
  package var deliveryFormats: [String]?
  package var deliveryCA: String?
  package var deliveryCertificate: String?
  package var deliveryKey: String?
  package var deliverySecretSealed: [UInt8]?
  package var allowsPrivateNetworks: Bool?
  package var resumesDeliveries = false

  package init() {}
}

/// Reading them from a command line.
extension PartnerChanges {
  package init(_ arguments: ParsedArguments) throws(CommandFailure) {
    func list(_ name: String) -> [String]? { arguments.has(name) ? arguments.all(name) : nil }
    name = arguments["name"]
    kind = arguments["kind"].flatMap { PartnerKind(rawValue: $0) }
    scopes = try Self.scopes(arguments.all("scope"))
    clinics = list("clinic")
    for text in arguments.all("payer") {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, isSlug(parts[0]) else {
        throw CommandFailure(
          .usage, "--payer takes CLINIC=PAYER, such as casablanca='AMO', not \(text.debugDescription)")
      }
      payers[parts[0]] = parts[1]
    }
    networks = try Self.networks(arguments.all("from"))
    ratePerMinute = arguments.integer("rate")
    requirement = arguments["requires"].flatMap { PartnerRequirement(rawValue: $0) }
    addedCertificates = try Self.certificates(
      names: arguments.all("san"), fingerprints: arguments.all("spki"), files: arguments.all("certificate"))
    revokedCertificates = try Self.certificates(
      names: arguments.all("revoke-san"), fingerprints: arguments.all("revoke-spki"), files: [])
    for text in arguments.all("sender") {
      guard let sender = SenderName(text) else {
        throw CommandFailure(
          .usage, "--sender takes APPLICATION/FACILITY or APPLICATION/FACILITY@CLINIC, not \(text.debugDescription)")
      }
      senders.append(sender)
    }
    hl7Profile = try Self.profile(arguments["hl7-profile"])
    deliveryURL = arguments["delivery-url"]
    if let text = deliveryURL, !text.isEmpty {
      do throws(DeliveryURL.Failure) { _ = try DeliveryURL(text) } catch {
        throw CommandFailure(.usage, error.description)
      }
    }
    deliveryFormats = list("delivery-format")
    deliveryCA = try Self.certificateFile(arguments["delivery-ca"], "delivery-ca")
    deliveryCertificate = try Self.certificateFile(arguments["delivery-certificate"], "delivery-certificate")
    deliveryKey = try Self.readable(arguments["delivery-key"], "delivery-key")
    allowsPrivateNetworks = arguments.has("delivery-private-networks") ? true : nil
    resumesDeliveries = arguments.has("resume-deliveries")
  }

  /// Scopes in their canonical text; nil when none is given.
  package static func scopes(_ texts: [String]) throws(CommandFailure) -> [String]? {
    guard !texts.isEmpty else { return nil }
    var scopes: [Scope] = []
    for text in texts {
      do throws(Scope.Failure) {
        for part in text.split(separator: " ") { scopes.append(try Scope(String(part))) }
      } catch {
        throw CommandFailure(.usage, error.description)
      }
    }
    return ScopeSet(scopes).description.split(separator: " ").map(String.init)
  }

  /// Networks in their canonical text; nil when none is given.
  package static func networks(_ texts: [String]) throws(CommandFailure) -> [String]? {
    guard !texts.isEmpty else { return nil }
    var networks: [String] = []
    for text in texts {
      guard let network = CIDR(text) else {
        throw CommandFailure(
          .usage,
          "--from takes an address or a block such as 10.0.0.0/8 whose bits after the length are zero, not "
            + text.debugDescription)
      }
      networks.append(network.description)
    }
    return networks
  }

  private static func certificates(
    names: [String], fingerprints: [String], files: [String]
  ) throws(CommandFailure) -> [CertificateName] {
    var found: [CertificateName] = []
    for name in names {
      guard let certificate = CertificateName(alternativeName: name) else {
        throw CommandFailure(.usage, "a name is DNS:host, URI:…, email:… or IP:…, not \(name.debugDescription)")
      }
      found.append(certificate)
    }
    for fingerprint in fingerprints {
      guard let certificate = CertificateName(fingerprint: fingerprint) else {
        throw CommandFailure(
          .usage, "a fingerprint is SHA-256 in 64 hexadecimal digits, not \(fingerprint.debugDescription)")
      }
      found.append(certificate)
    }
    for file in files {
      let certificate = try first(of: file)
      guard certificate.isForClients else {
        throw CommandFailure(
          .failure,
          "\(file): this certificate is not made for clients (extended key usage clientAuth), so no connection could use it"
        )
      }
      found.append(CertificateName(.spki, certificate.publicKeySHA256))
    }
    return found
  }

  /// Reads a profile from a file; `none` is the one that everybody has who has none.
  private static func profile(_ path: String?) throws(CommandFailure) -> String? {
    guard let path else { return nil }
    if path == "none" { return "{}" }
    do {
      let text = String(decoding: try readWholeFile(path, maximumBytes: 1 << 20), as: UTF8.self)
      _ = try HL7PartnerProfile(text)
      return text
    } catch let error as SystemFailure {
      throw CommandFailure(.failure, "\(path): \(error.reason)")
    } catch {
      throw CommandFailure(.failure, "\(path): \(error)")
    }
  }

  private static func first(of file: String) throws(CommandFailure) -> PeerCertificate {
    do throws(TLSError) {
      return try PeerCertificate.read(path: file)[0]
    } catch {
      throw CommandFailure(.failure, error.detail)
    }
  }

  private static func certificateFile(_ path: String?, _ option: String) throws(CommandFailure) -> String? {
    guard let path = try readable(path, option), !path.isEmpty else { return path }
    _ = try first(of: path)
    return path
  }

  /// A path that the gateway will read later: absolute, since it may be started elsewhere. `none` clears it.
  private static func readable(_ path: String?, _ option: String) throws(CommandFailure) -> String? {
    guard let path else { return nil }
    if path == "none" { return "" }
    guard path.hasPrefix("/") else {
      throw CommandFailure(
        .usage, "--\(option) takes an absolute path: the gateway reads the file later, from anywhere")
    }
    do throws(SystemFailure) {
      _ = try readWholeFile(path, maximumBytes: 1 << 20)
    } catch {
      throw CommandFailure(.failure, "\(path): \(error.reason)")
    }
    return path
  }
}
