import Glibc
import Reactor

/// What `doctor` sees without a database.
extension Doctor {
  func dataFolder() -> Finding {
    let path = configuration.gateway.dataFolder
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      return .warn(
        "data folder", "\(path) is not there yet", next: "`passerelle serve` makes it if it may; else make it yourself")
    }
    guard facts.st_mode & S_IFMT == S_IFDIR, access(path, R_OK | W_OK | X_OK) == 0 else {
      return .fail(
        "data folder", "\(path) is no folder that this user may write to",
        next: "give it to the user who runs Passerelle: chown, chmod 700")
    }
    if facts.st_mode & 0o077 != 0 {
      return .warn("data folder", "\(path) can be read by others; it holds keys", next: "chmod 700 \(path)")
    }
    var space = statvfs()
    guard statvfs(path, &space) == 0 else {
      return .fail("data folder", "\(path): \(SystemFailure.last.reason)", next: "check the file system")
    }
    let free = Int(clamping: UInt64(space.f_bavail) * UInt64(space.f_frsize))
    guard free >= configuration.operations.diskFreeBytes else {
      return .fail(
        "data folder", "\(free >> 20) MiB free in \(path), less than [operations] disk_free_bytes",
        next: "make room; /readyz says not ready until there is")
    }
    return .pass("data folder", "\(path) can be written to, \(free >> 20) MiB free")
  }

  func certificates() -> [Finding] {
    var findings: [Finding] = []
    let http = configuration.http
    if http.tls {
      if http.certificate.isEmpty {
        findings.append(
          .fail(
            "certificate of [http]", "certificate and key are not set, and tls is on", next: "set both, in PEM files"))
      } else {
        findings.append(identity("[http]", http.certificate, http.key))
      }
      if !http.clientCA.isEmpty { findings.append(authority("[http] client_ca", http.clientCA)) }
    }
    for listener in configuration.mllpListeners where listener.tls != .none {
      let place = "[mllp \"\(listener.name)\"]"
      if !listener.certificate.isEmpty { findings.append(identity(place, listener.certificate, listener.key)) }
      if !listener.clientCA.isEmpty { findings.append(authority("\(place) client_ca", listener.clientCA)) }
    }
    return findings
  }

  private func identity(_ place: String, _ certificate: String, _ key: String) -> Finding {
    let check = "certificate of \(place)"
    do throws(TLSError) {
      let context = try TLSContext.server(identity: .init(chainPath: certificate, keyPath: key))
      guard let own = context.certificate else {
        return .fail(check, "\(certificate) holds none", next: "give a PEM file")
      }
      var facts = stat()
      if stat(key, &facts) == 0, facts.st_mode & 0o077 != 0 {
        return .warn(check, "others may read the private key \(key)", next: "chmod 600 \(key)")
      }
      return Self.dates(check, own, configuration.operations.certificateWarningDays)
    } catch {
      return .fail(check, error.detail, next: "give the certificate and the key that belongs to it, both PEM")
    }
  }

  private func authority(_ check: String, _ path: String) -> Finding {
    do throws(TLSError) {
      let all = try PeerCertificate.read(path: path)
      let first = all.min { $0.notAfter < $1.notAfter } ?? all[0]
      return Self.dates(check, first, configuration.operations.certificateWarningDays)
    } catch {
      return .fail(check, error.detail, next: "give the PEM file of whoever signs partners' certificates")
    }
  }

  static func dates(_ check: String, _ certificate: PeerCertificate, _ warningDays: Int) -> Finding {
    let now = WallClock.unixSeconds
    let days = (certificate.notAfter - now) / 86_400
    if certificate.notAfter <= now {
      return .fail(check, "\(certificate.subject) has expired", next: "replace it, then send SIGHUP to the gateway")
    }
    if certificate.notBefore > now {
      return .fail(
        check, "\(certificate.subject) is not valid yet", next: "check this machine's clock and the certificate's dates"
      )
    }
    guard days >= warningDays else {
      return .warn(
        check, "\(certificate.subject) ends in \(days) days", next: "replace it, then send SIGHUP to the gateway")
    }
    return .pass(check, "\(certificate.subject) is good for \(days) days")
  }
}
