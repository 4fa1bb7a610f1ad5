import Crypto
package import Reactor

extension PresentedCertificate {
  /// What authorization needs of the certificate of a TLS peer.
  package init(_ peer: PeerCertificate) {
    self.init(
      dnsNames: peer.dnsNames, uris: peer.uris, emails: peer.emails,
      addresses: peer.ipAddresses.compactMap { IPAddress($0) },
      publicKeySHA256: Hex.decode(peer.publicKeySHA256) ?? [], isForClients: peer.isForClients)
  }
}
