package import Reactor

/// The TLS contexts of all listeners, read from the configured files and read again at SIGHUP.
package final class TLSContexts: Sendable {
  /// Nil where HTTP is plain (loopback only).
  package let http: TLSContextBox?
  private let mllp: [String: TLSContextBox]

  package init(_ configuration: Configuration) throws(StartFailure) {
    http = configuration.http.tls ? try Self.http(configuration.http) : nil
    var mllp: [String: TLSContextBox] = [:]
    for listener in configuration.mllpListeners where listener.tls != .none {
      mllp[listener.name] = try Self.mllp(listener, configuration.http)
    }
    self.mllp = mllp
  }

  /// The context of an MLLP listener; nil where it is plain.
  package func mllp(_ name: String) -> TLSContextBox? { mllp[name] }

  /// Our own certificates, as they are served now.
  package var certificates: [PeerCertificate] {
    ([http].compactMap { $0 } + mllp.values).compactMap { $0.current.certificate }
  }

  /// Reads every file again and returns the names of the listeners whose files were bad; those keep what they had.
  package func reload() -> [String] {
    var failures: [String] = []
    for (name, box) in [("http", http)] + mllp.map({ ($0.key, Optional($0.value)) }) {
      do throws(TLSError) { try box?.reload() } catch { failures.append(name) }
    }
    return failures
  }

  private static func http(_ settings: Configuration.HTTPService) throws(StartFailure) -> TLSContextBox {
    let requirement: TLSContext.ClientCertificates =
      switch settings.clientCertificate {
      case .none: .none
      case .optional: settings.clientCA.isEmpty ? .none : .optional
      case .required: .required
      }
    return try box("[http]") { () throws(TLSError) in
      try TLSContext.server(
        identity: .init(chainPath: settings.certificate, keyPath: settings.key), clientCertificates: requirement,
        clientAuthorities: settings.clientCA.isEmpty ? nil : settings.clientCA,
        revocationLists: settings.clientCRL.isEmpty ? nil : settings.clientCRL, speaksHTTP: true)
    }
  }

  private static func mllp(
    _ listener: Configuration.MLLPListener, _ http: Configuration.HTTPService
  ) throws(StartFailure) -> TLSContextBox {
    func choose(_ own: String, _ common: String) -> String { own.isEmpty ? common : own }
    let requirement: TLSContext.ClientCertificates =
      listener.tls == .required ? .required : listener.tls == .optional ? .optional : .none
    let authorities = choose(listener.clientCA, http.clientCA)
    let identity = TLSContext.Identity(
      chainPath: choose(listener.certificate, http.certificate), keyPath: choose(listener.key, http.key))
    let lists = http.clientCRL
    return try box("[mllp \"\(listener.name)\"]") { () throws(TLSError) in
      try TLSContext.server(
        identity: identity, clientCertificates: requirement,
        clientAuthorities: authorities.isEmpty ? nil : authorities, revocationLists: lists.isEmpty ? nil : lists)
    }
  }

  private static func box(
    _ section: String, _ load: @escaping @Sendable () throws(TLSError) -> TLSContext
  ) throws(StartFailure) -> TLSContextBox {
    do throws(TLSError) {
      return try TLSContextBox(load: load)
    } catch {
      throw StartFailure("\(section): \(error)")
    }
  }
}
