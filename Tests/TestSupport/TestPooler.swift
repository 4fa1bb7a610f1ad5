import Foundation
import Glibc

/// pgbouncer in transaction mode before a test cluster.
public final class TestPooler: Sendable {
  public let port: UInt16
  private let process: ChildProcess
  private let folder: String

  /// Where Debian and others put the program; nil where it is not installed.
  public static var program: String? {
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].first { access($0, X_OK) == 0 }
  }

  /// Starts it with few connections to the server, so that clients change them often.
  public init(program: String, before cluster: PostgresTestCluster, serverConnections: Int = 4) throws {
    let folder = NSTemporaryDirectory() + "/psl-pooler-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    self.folder = folder
    port = try FreePort.choose()
    let sockets = TestDSN.value(of: "host", in: try cluster.dsn())
    let users = ["postgres"] + ["app", "dispatcher", "auditor", "owner"].map { "passerelle_\($0)" }
    try users.map { "\"\($0)\" \"\"\n" }.joined().write(toFile: folder + "/users", atomically: true, encoding: .utf8)
    try """
    [databases]
    * = host=\(sockets)
    [pgbouncer]
    listen_addr = 127.0.0.1
    listen_port = \(port)
    unix_socket_dir =
    auth_type = trust
    auth_file = \(folder)/users
    pool_mode = transaction
    default_pool_size = \(serverConnections)
    max_client_conn = 500
    ignore_startup_parameters = extra_float_digits
    """.write(toFile: folder + "/pgbouncer.ini", atomically: true, encoding: .utf8)
    var words = [program, "-q", folder + "/pgbouncer.ini"]
    // It refuses to run as root; the cluster's owner may enter the socket's folder.
    var facts = stat()
    if getuid() == 0, stat(sockets, &facts) == 0, let owner = getpwuid(facts.st_uid) {
      words += ["-u", String(cString: owner.pointee.pw_name)]
    }
    process = try ChildProcess(words, log: folder + "/log")
    try waitUntilItListens()
  }

  /// Ends it.
  public func stop() {
    process.kill()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// The same connection through the pooler. The socket's folder gives way to its address.
  public func dsn(_ direct: String) -> String { TestDSN.through(port: port, direct) }

  private func waitUntilItListens() throws {
    for _ in 0..<400 {
      if process.end != nil { break }
      let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      defer { close(probe) }
      var address = sockaddr_in.loopback(port: port)
      let size = socklen_t(MemoryLayout<sockaddr_in>.size)
      if withUnsafePointer(to: &address, { $0.asSockaddr { connect(probe, $0, size) } }) == 0 { return }
      usleep(25_000)
    }
    throw ChildProcess.Failure("pgbouncer does not listen: \(process.output)")
  }
}
