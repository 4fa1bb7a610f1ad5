import COpenSSL
import Glibc

/// A TLS configuration that cannot be used, or a handshake that was refused by us or by the peer.
public struct TLSError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Reason: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// A file of the configuration is missing, unreadable or not what it should be.
    public static let badConfiguration = Reason(description: "bad configuration")
    public static let certificateExpired = Reason(description: "certificate expired")
    public static let certificateNotYetValid = Reason(description: "certificate not yet valid")
    /// The chain ends at an authority that is not trusted, or at none.
    public static let unknownAuthority = Reason(description: "unknown certificate authority")
    public static let certificateRevoked = Reason(description: "certificate revoked")
    /// The revocation list is missing or out of date, so nothing can be trusted.
    public static let revocationUnknown = Reason(description: "revocation list missing or out of date")
    /// The certificate was not made for this use (its extended key usage).
    public static let wrongPurpose = Reason(description: "certificate made for another purpose")
    /// The server's certificate names another host.
    public static let hostMismatch = Reason(description: "certificate names another host")
    public static let certificateRequired = Reason(description: "client certificate required")
    public static let badCertificate = Reason(description: "certificate not accepted")
    /// No version, suite or group in common, or bytes that are not TLS.
    public static let protocolFailure = Reason(description: "handshake failed")
  }

  public let reason: Reason
  /// What OpenSSL says, or which file is wrong and how.
  public let detail: String

  public init(_ reason: Reason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }

  public var description: String { "TLS: \(reason.description) (\(detail))" }

  /// The errors that OpenSSL queued on this thread, oldest first; empties the queue.
  static func drainQueue() -> [(number: UInt, text: String)] {
    var errors: [(UInt, String)] = []
    var buffer = [CChar](repeating: 0, count: 256)
    while case let number = ERR_get_error(), number != 0 {
      ERR_error_string_n(number, &buffer, buffer.count)
      let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      errors.append((number, String(text.split(separator: ":").last ?? "")))
    }
    return errors
  }

  /// A call on the configuration failed.
  static func configuration(_ what: String) -> TLSError {
    let texts = drainQueue().map(\.text)
    return TLSError(.badConfiguration, texts.isEmpty ? what : "\(what): \(texts.joined(separator: ", "))")
  }

  /// A handshake, read or write failed. What our own verification found comes first, then the peer's alert.
  static func connection(_ session: OpaquePointer) -> TLSError {
    let errors = drainQueue()
    let verdict = SSL_get_verify_result(session)
    if verdict != Int(X509_V_OK) {
      let text = X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "error \(verdict)"
      return TLSError(reason(ofVerdict: Int32(verdict)), text)
    }
    let text = errors.map(\.text).joined(separator: ", ")
    for error in errors {
      let number = copenssl_error_reason(error.number)
      if number == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE { return TLSError(.certificateRequired, text) }
      if let reason = reason(ofAlert: number - 1_000) { return TLSError(reason, "the peer says: \(text)") }
    }
    return TLSError(.protocolFailure, text)
  }

  private static func reason(ofVerdict verdict: Int32) -> Reason {
    switch verdict {
    case X509_V_ERR_CERT_HAS_EXPIRED: .certificateExpired
    case X509_V_ERR_CERT_NOT_YET_VALID: .certificateNotYetValid
    case X509_V_ERR_CERT_REVOKED: .certificateRevoked
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
      X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
      .revocationUnknown
    case X509_V_ERR_INVALID_PURPOSE: .wrongPurpose
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .hostMismatch
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_SIGNATURE_FAILURE:
      .unknownAuthority
    default: .badCertificate
    }
  }

  /// RFC 8446, section 6.2.
  private static func reason(ofAlert alert: Int32) -> Reason? {
    switch alert {
    case 42, 46: .badCertificate
    case 43: .wrongPurpose
    case 44: .certificateRevoked
    case 45: .certificateExpired
    case 48: .unknownAuthority
    case 116: .certificateRequired
    default: nil
    }
  }
}
