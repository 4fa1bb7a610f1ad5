import COpenSSL

/// What matters of an X.509 certificate: the names and fingerprints that a partner is recognised by.
///
/// The common name of the subject is shown, never compared: only `subjectAlternativeNames` name anybody (RFC 6125).
public struct PeerCertificate: Sendable, Hashable {
  public let dnsNames: [String]
  public let uris: [String]
  public let emails: [String]
  /// IP addresses in their usual text.
  public let ipAddresses: [String]
  /// SHA-256 of the subject's public key info, lower-case hex: survives a renewal with the same key.
  public let publicKeySHA256: String
  /// SHA-256 of the whole certificate, lower-case hex.
  public let certificateSHA256: String
  /// Seconds since 1970.
  public let notBefore: Int64
  /// Seconds since 1970.
  public let notAfter: Int64
  /// Lower-case hex.
  public let serialNumber: String
  /// Distinguished names as text (RFC 2253), for people.
  public let issuer: String
  public let subject: String
  /// The extended key usage says clientAuth.
  public let isForClients: Bool

  /// Every alternative name as `DNS:…`, `URI:…`, `email:…` or `IP:…`.
  public var subjectAlternativeNames: [String] {
    dnsNames.map { "DNS:\($0)" } + uris.map { "URI:\($0)" } + emails.map { "email:\($0)" }
      + ipAddresses.map { "IP:\($0)" }
  }

  init(_ certificate: OpaquePointer) {
    var (dns, uris, emails, addresses): ([String], [String], [String], [String]) = ([], [], [], [])
    if let names = copenssl_alternative_names(certificate) {
      for index in 0..<copenssl_name_count(names) {
        var (start, length): (UnsafePointer<UInt8>?, Int32) = (nil, 0)
        let type = copenssl_name_at(names, index, &start, &length)
        let bytes = Array(UnsafeBufferPointer(start: start, count: Int(max(0, length))))
        // A NUL or a control byte in a name has only ever been an attack.
        if type == GEN_IPADD {
          if bytes.count == 4 || bytes.count == 16 {
            addresses.append(SocketAddress(family: bytes.count == 4 ? .ipv4 : .ipv6, bytes: bytes, port: 0).host)
          }
        } else if type >= 0, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) {
          let text = String(decoding: bytes, as: UTF8.self)
          switch type {
          case GEN_DNS: dns.append(text.lowercased())
          case GEN_URI: uris.append(text)
          default: emails.append(text)
          }
        }
      }
      GENERAL_NAMES_free(names)
    }
    (dnsNames, self.uris, self.emails, ipAddresses) = (dns, uris, emails, addresses)
    publicKeySHA256 = Self.digest { output in
      var encoded: UnsafeMutablePointer<UInt8>?
      let length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded)
      guard length > 0 else { return false }
      defer { CRYPTO_free(encoded, nil, 0) }
      return EVP_Digest(encoded, Int(length), output, nil, EVP_sha256(), nil) == 1
    }
    certificateSHA256 = Self.digest { X509_digest(certificate, EVP_sha256(), $0, nil) == 1 }
    notBefore = copenssl_unix_seconds(X509_get0_notBefore(certificate))
    notAfter = copenssl_unix_seconds(X509_get0_notAfter(certificate))
    serialNumber = Self.serial(of: certificate)
    issuer = Self.text(of: X509_get_issuer_name(certificate))
    subject = Self.text(of: X509_get_subject_name(certificate))
    isForClients = copenssl_is_for_clients(certificate) != 0
  }

  private static func digest(_ fill: (UnsafeMutablePointer<UInt8>) -> Bool) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { output in
      guard let start = output.baseAddress, fill(start) else { return "" }
      return output.map { byte in
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
      }.joined()
    }
  }

  private static func serial(of certificate: OpaquePointer) -> String {
    guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) else { return "" }
    defer { BN_free(number) }
    guard let text = BN_bn2hex(number) else { return "" }
    defer { CRYPTO_free(text, nil, 0) }
    return String(cString: text).lowercased()
  }

  private static func text(of name: OpaquePointer?) -> String {
    guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(memory) }
    copenssl_print_name(memory, name)
    var bytes = [UInt8](repeating: 0, count: 1_024)
    let count = BIO_read(memory, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(Int(max(0, count))), as: UTF8.self)
  }
}
