import COpenSSL
import Glibc

/// What a TLS handshake settled.
public struct TLSInfo: Sendable {
  /// `TLSv1.2` or `TLSv1.3`.
  public let version: String
  /// The suite's name, such as `TLS_AES_128_GCM_SHA256`.
  public let suite: String
  /// The application protocol agreed on by ALPN.
  public let applicationProtocol: String?
  /// The name that the client asked for (SNI).
  public let serverName: String?
  /// The peer's own certificate, verified; nil when it gave none.
  public let peerCertificate: PeerCertificate?
}

/// One SSL object over a non-blocking descriptor. Does not wait: says what it is blocked on.
final class TLSSession {
  enum Progress {
    case count(Int)
    case blockedOnRead
    case blockedOnWrite
  }

  private let pointer: OpaquePointer
  /// A fatal error forbids every further call, also the goodbye.
  private var isBroken = false

  /// - Parameter host: for a client, the name or address that the server's certificate must carry.
  init(context: TLSContext, fd: Int32, host: String?) throws(TLSError) {
    ERR_clear_error()
    guard let pointer = SSL_new(context.pointer) else { throw .configuration("SSL_new") }
    self.pointer = pointer
    guard SSL_set_fd(pointer, fd) == 1 else { throw .configuration("SSL_set_fd") }
    if context.isServer {
      SSL_set_accept_state(pointer)
    } else {
      SSL_set_connect_state(pointer)
      guard let host, !host.isEmpty else { throw TLSError(.badConfiguration, "a client must say which host it means") }
      try expect(host: host)
    }
  }

  deinit { SSL_free(pointer) }

  private func expect(host: String) throws(TLSError) {
    if let address = SocketAddress(ip: host, port: 0) {
      let parameters = SSL_get0_param(pointer)
      guard X509_VERIFY_PARAM_set1_ip(parameters, address.bytes, address.bytes.count) == 1 else {
        throw .configuration("X509_VERIFY_PARAM_set1_ip")
      }
      return
    }
    SSL_set_hostflags(pointer, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    guard SSL_set1_host(pointer, host) == 1, copenssl_set_server_name(pointer, host) == 1 else {
      throw .configuration("host name \(host)")
    }
  }

  /// One step of the handshake; `count` when it is done.
  func handshake() throws(StreamError) -> Progress {
    ERR_clear_error()
    let outcome = SSL_do_handshake(pointer)
    return outcome == 1 ? .count(0) : try blocked(outcome, "handshake")
  }

  /// `count(0)` is the peer's orderly end.
  func read(into room: UnsafeMutableRawBufferPointer) throws(StreamError) -> Progress {
    guard !isBroken else { throw StreamError(.closed, "read after an error of TLS") }
    ERR_clear_error()
    let count = SSL_read(pointer, room.baseAddress, Int32(clamping: room.count))
    return count > 0 ? .count(Int(count)) : try blocked(count, "read")
  }

  func write(_ bytes: [UInt8], from start: Int) throws(StreamError) -> Progress {
    guard !isBroken else { throw StreamError(.closed, "write after an error of TLS") }
    ERR_clear_error()
    let count = bytes.withUnsafeBytes { raw in
      let rest = UnsafeRawBufferPointer(rebasing: raw[start...])
      return SSL_write(pointer, rest.baseAddress, Int32(clamping: rest.count))
    }
    return count > 0 ? .count(Int(count)) : try blocked(count, "write")
  }

  private func blocked(_ outcome: Int32, _ call: String) throws(StreamError) -> Progress {
    let number = errno
    switch SSL_get_error(pointer, outcome) {
    case SSL_ERROR_WANT_READ: return .blockedOnRead
    case SSL_ERROR_WANT_WRITE: return .blockedOnWrite
    case SSL_ERROR_ZERO_RETURN: return .count(0)
    case SSL_ERROR_SYSCALL:
      isBroken = true
      ERR_clear_error()
      throw number == 0 ? StreamError(.reset, "TLS \(call)") : StreamError.of(errno: number, "TLS \(call)")
    default:
      isBroken = true
      if copenssl_error_reason(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING {
        ERR_clear_error()
        throw StreamError(.truncated, "the peer left without ending TLS")
      }
      throw StreamError(TLSError.connection(pointer))
    }
  }

  /// Says goodbye (close_notify), if the connection still allows it.
  func shutdown() {
    guard !isBroken, SSL_is_init_finished(pointer) == 1 else { return }
    ERR_clear_error()
    SSL_shutdown(pointer)
    ERR_clear_error()
  }

  var info: TLSInfo {
    var (protocolStart, protocolLength): (UnsafePointer<UInt8>?, UInt32) = (nil, 0)
    SSL_get0_alpn_selected(pointer, &protocolStart, &protocolLength)
    let agreed = UnsafeBufferPointer(start: protocolStart, count: Int(protocolLength))
    let certificate = SSL_get1_peer_certificate(pointer)
    defer { X509_free(certificate) }
    return TLSInfo(
      version: String(cString: SSL_get_version(pointer)),
      suite: SSL_CIPHER_get_name(SSL_get_current_cipher(pointer)).map { String(cString: $0) } ?? "",
      applicationProtocol: agreed.isEmpty ? nil : String(decoding: agreed, as: UTF8.self),
      serverName: SSL_get_servername(pointer, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) },
      peerCertificate: certificate.map { PeerCertificate($0) })
  }
}

extension ByteStream {
  /// Puts the connection under TLS as the server; the context decides about client certificates.
  public func startTLS(server context: TLSContext, until deadline: Deadline) async throws(StreamError) {
    try await startTLS(context, host: nil, until: deadline)
  }

  /// Puts the connection under TLS as the client and verifies that the server is `host`, a DNS name or an IP address.
  public func startTLS(client context: TLSContext, host: String, until deadline: Deadline) async throws(StreamError) {
    try await startTLS(context, host: host, until: deadline)
  }

  private func startTLS(_ context: TLSContext, host: String?, until deadline: Deadline) async throws(StreamError) {
    precondition(session == nil, "TLS was started before")
    let session: TLSSession
    do { session = try TLSSession(context: context, fd: fd, host: host) } catch { throw StreamError(error) }
    while true {
      guard !isClosed else { throw StreamError(.closed, "TLS handshake") }
      let outcome: Readiness
      switch try session.handshake() {
      case .count:
        self.session = session
        tls = session.info
        return
      case .blockedOnRead:
        loop.clearReadable(fd: fd)
        outcome = await loop.waitReadable(fd: fd, until: deadline)
      case .blockedOnWrite:
        loop.clearWritable(fd: fd)
        outcome = await loop.waitWritable(fd: fd, until: deadline)
      }
      if outcome == .timedOut { throw StreamError(.timedOut, "TLS handshake with \(peer)") }
      if outcome == .interrupted { throw StreamError(.closed, "TLS handshake") }
    }
  }
}
