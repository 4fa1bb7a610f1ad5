import COpenSSL
import Glibc

/// One side's certificates, keys, trusted authorities and rules, read from files once and used by many connections.
///
/// TLS 1.2 and 1.3 with the suites and groups of Mozilla's intermediate profile; no renegotiation, no compression. Where
/// client certificates play a part there are no session tickets and no cache either: a resumed session would skip the
/// look at the certificate, its expiry and its revocation.
// @unchecked: the SSL_CTX is filled by `init` and afterwards only read; its counter of references is atomic.
public final class TLSContext: @unchecked Sendable {
  /// Whether a server asks for a client certificate.
  public enum ClientCertificates: Sendable {
    case none
    /// Asked for; a client without one is let in, one with a bad one is not.
    case optional
    case required
  }

  /// Whom a client trusts.
  public enum Trust: Sendable {
    /// The authorities that the system trusts.
    case system
    /// The authorities of one PEM file, and no others.
    case authorities(path: String)
  }

  /// A certificate chain (own certificate first) and its private key, both PEM.
  public struct Identity: Sendable {
    public var chainPath: String
    public var keyPath: String

    public init(chainPath: String, keyPath: String) {
      self.chainPath = chainPath
      self.keyPath = keyPath
    }
  }

  static let tls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
  static let tls13Suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
  static let groups = "X25519:prime256v1:secp384r1"

  let pointer: OpaquePointer
  let isServer: Bool
  /// Our own certificate, for a look at when it expires; nil for a client without one.
  public let certificate: PeerCertificate?

  private init(_ pointer: OpaquePointer, isServer: Bool) {
    self.pointer = pointer
    self.isServer = isServer
    certificate = SSL_CTX_get0_certificate(pointer).map { PeerCertificate($0) }
  }

  deinit { SSL_CTX_free(pointer) }

  /// A server's context.
  /// - Parameters:
  ///   - clientAuthorities: the PEM file of the authorities that client certificates come from; needed to ask for any.
  ///   - revocationLists: the PEM file of their revocation lists. When given, a certificate of an authority without a
  ///     list that is in date is refused.
  ///   - speaksHTTP: answers a client's ALPN offer with `http/1.1`.
  /// - Throws: `badConfiguration`, naming the file and what is wrong with it.
  public static func server(
    identity: Identity, clientCertificates: ClientCertificates = .none, clientAuthorities: String? = nil,
    revocationLists: String? = nil, speaksHTTP: Bool = false
  ) throws(TLSError) -> TLSContext {
    let pointer = try make(TLS_server_method(), tickets: clientCertificates == .none)
    do throws(TLSError) {
      try use(identity, pointer)
      if clientCertificates != .none {
        guard let clientAuthorities else {
          throw TLSError(.badConfiguration, "client certificates are asked for, but no file names their authorities")
        }
        try trust(clientAuthorities, pointer)
        SSL_CTX_set_client_CA_list(pointer, SSL_load_client_CA_file(clientAuthorities))
        copenssl_ctx_verify_client(pointer, clientCertificates == .required ? 1 : 0)
        if let revocationLists { try revoke(revocationLists, pointer) }
      }
      if speaksHTTP { copenssl_ctx_select_http11(pointer) }
    } catch {
      SSL_CTX_free(pointer)
      throw error
    }
    return TLSContext(pointer, isServer: true)
  }

  /// A client's context. The server's certificate is always verified, its names too.
  public static func client(
    trust: Trust = .system, identity: Identity? = nil, revocationLists: String? = nil
  ) throws(TLSError) -> TLSContext {
    let pointer = try make(TLS_client_method(), tickets: false)
    do throws(TLSError) {
      switch trust {
      case .system:
        guard SSL_CTX_set_default_verify_paths(pointer) == 1 else { throw .configuration("the system's authorities") }
      case .authorities(let path): try self.trust(path, pointer)
      }
      if let identity { try use(identity, pointer) }
      if let revocationLists { try revoke(revocationLists, pointer) }
      SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    } catch {
      SSL_CTX_free(pointer)
      throw error
    }
    return TLSContext(pointer, isServer: false)
  }

  // MARK: Parts

  private static func make(_ method: OpaquePointer?, tickets: Bool) throws(TLSError) -> OpaquePointer {
    ERR_clear_error()
    guard let pointer = SSL_CTX_new(method) else { throw .configuration("SSL_CTX_new") }
    copenssl_ctx_harden(pointer, tickets ? 1 : 0)
    copenssl_ctx_disable_session_cache(pointer)
    let mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
    copenssl_ctx_set_mode(pointer, Int(mode))
    copenssl_ctx_read_ahead(pointer)
    SSL_CTX_set_verify_depth(pointer, 4)
    guard copenssl_ctx_set_minimum_tls12(pointer) == 1, SSL_CTX_set_cipher_list(pointer, tls12Suites) == 1,
      SSL_CTX_set_ciphersuites(pointer, tls13Suites) == 1, copenssl_ctx_set_groups(pointer, groups) == 1
    else {
      SSL_CTX_free(pointer)
      throw .configuration("this OpenSSL lacks a suite or group of the intermediate profile")
    }
    return pointer
  }

  private static func use(_ identity: Identity, _ pointer: OpaquePointer) throws(TLSError) {
    try readable(identity.chainPath, "certificate")
    try readable(identity.keyPath, "private key")
    guard SSL_CTX_use_certificate_chain_file(pointer, identity.chainPath) == 1 else {
      throw .configuration("\(identity.chainPath) is not a PEM certificate chain")
    }
    guard SSL_CTX_use_PrivateKey_file(pointer, identity.keyPath, SSL_FILETYPE_PEM) == 1,
      SSL_CTX_check_private_key(pointer) == 1
    else { throw .configuration("\(identity.keyPath) is not the PEM private key of \(identity.chainPath)") }
  }

  private static func trust(_ path: String, _ pointer: OpaquePointer) throws(TLSError) {
    try readable(path, "authorities")
    guard SSL_CTX_load_verify_file(pointer, path) == 1 else {
      throw .configuration("\(path) holds no PEM certificate of an authority")
    }
  }

  private static func revoke(_ path: String, _ pointer: OpaquePointer) throws(TLSError) {
    try readable(path, "revocation lists")
    guard let lookup = X509_STORE_add_lookup(SSL_CTX_get_cert_store(pointer), X509_LOOKUP_file()),
      X509_load_crl_file(lookup, path, X509_FILETYPE_PEM) > 0
    else { throw .configuration("\(path) holds no PEM revocation list") }
    ERR_clear_error()
    copenssl_ctx_check_revocation(pointer)
  }

  private static func readable(_ path: String, _ what: String) throws(TLSError) {
    guard access(path, R_OK) == 0 else {
      throw TLSError(.badConfiguration, "\(what) file \(path): \(String(cString: strerror(errno)))")
    }
  }
}
