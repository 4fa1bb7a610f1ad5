import CLinux
import Glibc
import Reactor

/// The demo's certificate authority and everybody's certificates, made by the `openssl` command and kept.
///
/// What is good for another month is left alone; what is missing, does not fit or ends sooner is made anew. Blocking:
/// for start-up, never on a loop.
struct DemoCertificates: Sendable {
  /// Who has one: its file's name, what it is for, and the names in it.
  enum Holder: CaseIterable {
    case server
    case receiver
    case gateway
    case emr, hospital, insurer, accounting, auditor

    var name: String { "\(self)" }
    var isServer: Bool { self == .server || self == .receiver }
    /// Subject alternative names in the spelling of `openssl` configurations and of the gateway's tables.
    var names: String {
      isServer ? "DNS:localhost,IP:127.0.0.1,IP:::1" : "DNS:\(name).demo.example"
    }
  }

  static let renewalDays: Int64 = 30
  static let authorityDays = 3_650
  static let certificateDays = 397

  let folder: String

  var authority: String { "\(folder)/ca.pem" }
  func certificate(_ holder: Holder) -> String { "\(folder)/\(holder.name).pem" }
  func key(_ holder: Holder) -> String { "\(folder)/\(holder.name).key" }
  private var authorityKey: String { "\(folder)/ca.key" }

  /// Makes what is missing or near its end.
  /// - Returns: the names of what was made.
  func prepare() throws(CommandFailure) -> [String] {
    do throws(DataFolder.Failure) { try DataFolder.makeFolder(folder) } catch {
      throw CommandFailure(.failure, "\(error)")
    }
    var made: [String] = []
    if !isGood(authority, authorityKey, asServer: false) {
      try make(
        "ca", commonName: "Passerelle demo authority", days: Self.authorityDays, signs: true,
        extensions: "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign")
      // What the old authority signed is trusted no more.
      for holder in Holder.allCases { unlink(certificate(holder)) }
      made.append("ca")
    }
    for holder in Holder.allCases where !isGood(certificate(holder), key(holder), asServer: holder.isServer) {
      try make(
        holder.name, commonName: holder.isServer ? "localhost" : "\(holder.name) (demo)", days: Self.certificateDays,
        signs: false,
        extensions: """
          basicConstraints = critical,CA:FALSE
          keyUsage = critical,digitalSignature
          extendedKeyUsage = \(holder.isServer ? "serverAuth" : "clientAuth")
          subjectAltName = \(holder.names)
          """)
      made.append(holder.name)
    }
    return made
  }

  private func isGood(_ certificate: String, _ key: String, asServer: Bool) -> Bool {
    guard let context = try? TLSContext.server(identity: .init(chainPath: certificate, keyPath: key)),
      let own = context.certificate
    else { return false }
    return own.notAfter - WallClock.unixSeconds > Self.renewalDays * 86_400
  }

  private func make(
    _ name: String, commonName: String, days: Int, signs: Bool, extensions: String
  ) throws(CommandFailure) {
    let draft = "\(folder)/\(name).new"
    let configuration = """
      [req]
      distinguished_name = name
      x509_extensions = extensions
      prompt = no
      [name]
      CN = \(commonName)
      [extensions]
      \(extensions)
      subjectKeyIdentifier = hash
      authorityKeyIdentifier = keyid

      """
    do throws(DataFolder.Failure) {
      try DataFolder.write(Array(configuration.utf8), to: draft + ".cnf", mode: 0o600)
    } catch {
      throw CommandFailure(.failure, error.description)
    }
    defer { unlink(draft + ".cnf") }
    var arguments = [
      "req", "-x509", "-sha256", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config",
      draft + ".cnf", "-days", "\(days)", "-keyout", draft + ".key", "-out", draft + ".pem",
    ]
    if !signs { arguments += ["-CA", authority, "-CAkey", authorityKey] }
    try Self.openssl(arguments)
    chmod(draft + ".key", 0o600)
    guard rename(draft + ".key", "\(folder)/\(name).key") == 0, rename(draft + ".pem", "\(folder)/\(name).pem") == 0
    else { throw CommandFailure(.failure, "\(folder)/\(name).pem: \(SystemFailure.last.reason)") }
  }

  /// Runs `openssl` and waits for it; what it says on standard error becomes the failure's text.
  private static func openssl(_ arguments: [String]) throws(CommandFailure) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CommandFailure(.failure, "pipe: \(SystemFailure.last.reason)") }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var words: [UnsafeMutablePointer<CChar>?] = (["openssl"] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var child = pid_t()
    let error = posix_spawnp(&child, "openssl", &actions, nil, words, environ)
    close(ends[1])
    guard error == 0 else {
      throw CommandFailure(
        .unavailable,
        "the openssl command cannot be run (\(String(cString: strerror(error)))); install the package openssl")
    }
    var said: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = read(ends[0], &chunk, chunk.count), count > 0 || (count < 0 && errno == EINTR) {
      if count > 0, said.count < 1 << 16 { said += chunk[..<count] }
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      throw CommandFailure(.failure, "openssl \(arguments[0]): \(String(decoding: said.suffix(2_000), as: UTF8.self))")
    }
  }
}
