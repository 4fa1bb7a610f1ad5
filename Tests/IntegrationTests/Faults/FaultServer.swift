import Foundation
import Glibc
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// The built program serving from a folder of its own, as a process that can be stopped, starved and killed.
final class FaultServer: Sendable {
  static let clinic = SampleClinic.all[0].slug

  /// The program beside the tests, or `PASSERELLE_PROGRAM`.
  static var program: String {
    if let path = ProcessInfo.processInfo.environment["PASSERELLE_PROGRAM"] { return path }
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("passerelle").path
  }

  /// What may differ from one fault to the next.
  struct Options {
    /// Where the runtime roles connect, when not to the database itself.
    var dsn: String?
    var dataFolder: String?
    /// Less free space than this is not ready; 0 leaves the machine's own disk out of the test.
    var diskFreeBytes = 0
    /// Further lines of the configuration file.
    var configuration = ""
    /// Options of `prlimit`.
    var limits: [String] = []
    var environment: [String: String] = [:]
    /// Where logs go; a file in the folder when nil.
    var log: String?
  }

  /// A folder with a configuration, certificates and ports, in which the server can be started again and again.
  let folder: String
  let callers: FaultCallers
  private let options: Options
  private let running = Running()

  // @unchecked: guarded by `lock`.
  private final class Running: @unchecked Sendable {
    let lock = NSLock()
    var child: ChildProcess?
  }

  private init(folder: String, callers: FaultCallers, options: Options) {
    (self.folder, self.callers, self.options) = (folder, callers, options)
  }

  /// Prepares a server over a database and runs `body` with it; whatever runs then is killed.
  static func run(
    _ database: FaultDatabase, _ options: Options = Options(), _ body: @Sendable (FaultServer) async throws -> Void
  ) async throws {
    let loop = try EventLoop()
    try loop.start()
    let folder = NSTemporaryDirectory() + "/psl-fault-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let ports = try (0..<3).map { _ in try FreePort.choose() }
    let callers = FaultCallers(loop: loop, key: database.key, https: ports[0], mllp: ports[1], operations: ports[2])
    let server = FaultServer(folder: folder, callers: callers, options: options)
    let outcome: Result<Void, any Error>
    do {
      try server.writeFiles(options.dsn ?? database.dsn, owner: database.dsn)
      outcome = .success(try await body(server))
    } catch { outcome = .failure(error) }
    server.child?.kill()
    loop.stop()
    loop.join()
    if case .failure = outcome { FaultRun.say(server.output.suffix(4_000).description) }
    try? FileManager.default.removeItem(atPath: folder)
    try outcome.get()
  }

  /// Runs `body` with a server that is ready and reaches its database through a proxy.
  static func runBehindProxy(
    _ database: FaultDatabase, _ body: @Sendable (FaultServer, FaultProxy) async throws -> Void
  ) async throws {
    let proxy = try FaultProxy(to: .unix(path: database.sockets + "/.s.PGSQL.5432"))
    defer { proxy.stop() }
    var options = Options()
    options.dsn = TestDSN.through(port: proxy.port, database.dsn)
    try await run(database, options) { server in
      try await server.start()
      try await body(server, proxy)
    }
  }

  var configurationPath: String { folder + "/passerelle.conf" }

  private func writeFiles(_ dsn: String, owner: String) throws {
    let files = try TestCertificates.shared.get()
    try use(certificate: "server")
    func role(_ name: String) -> String {
      dsn.replacingOccurrences(of: "user=postgres", with: "user=passerelle_\(name)")
    }
    try """
    [gateway]
    data_folder = "\(options.dataFolder ?? folder + "/data")"
    environment = "test"
    base_url = "https://localhost:\(callers.https)"
    loops = 2
    [database]
    app = "\(role("app"))"
    dispatcher = "\(role("dispatcher"))"
    auditor = "\(role("auditor"))"
    owner = "\(owner)"
    [http]
    listen = ["127.0.0.1:\(callers.https)"]
    certificate = "\(folder)/server.pem"
    key = "\(folder)/server.key"
    client_ca = "\(files.certificate("ca"))"
    [mllp "hl7"]
    address = "127.0.0.1:\(callers.mllp)"
    tls = "required"
    clinic = "\(Self.clinic)"
    [operations]
    listen = "127.0.0.1:\(callers.operations)"
    disk_free_bytes = \(options.diskFreeBytes)
    \(options.configuration)
    """.write(toFile: configurationPath, atomically: true, encoding: .utf8)
  }

  /// Puts a certificate of `TestCertificates` where the server reads its own.
  func use(certificate name: String) throws {
    let files = try TestCertificates.shared.get()
    for (from, to) in [(files.certificate(name), "server.pem"), (files.key(name), "server.key")] {
      try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: "\(folder)/\(to)"))
    }
  }

  // MARK: The process

  private var child: ChildProcess? { running.lock.withLock { running.child } }

  /// What all processes of this folder have said.
  var output: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

  /// Runs a command of the program with this configuration.
  func command(_ words: [String], configuration: String? = nil) throws -> ChildProcess {
    try ChildProcess(
      [Self.program] + words + ["--config", configuration ?? configurationPath], log: options.log ?? folder + "/log",
      limits: options.limits, environment: options.environment)
  }

  /// Starts to serve and waits until it is ready.
  @discardableResult
  func start(file: StaticString = #filePath, line: UInt = #line) async throws -> ChildProcess {
    let child = try command(["serve"])
    running.lock.withLock { running.child = child }
    let isReady = await FaultClock.wait(seconds: 30) {
      if child.end != nil { return true }
      return (try? await callers.operation("/readyz"))?.status == 200
    }
    guard isReady, child.end == nil else {
      throw ChildProcess.Failure("not ready (\(child.end.map { "\($0)" } ?? "runs")): \(output)")
    }
    return child
  }

  /// Starts a server that is expected to refuse, and returns how it ended and what it said.
  func startRefused(configuration: String? = nil) async throws -> (end: ChildProcess.End?, said: String) {
    let before = output.count
    let child = try command(["serve"], configuration: configuration)
    let end = await child.waitForEnd(seconds: 30)
    return (end, String(output.dropFirst(before)))
  }
}
