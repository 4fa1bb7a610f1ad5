import Foundation
public import PostgresClient
import Reactor

/// One throw-away Postgres for a test process: made at first use by `Scripts/postgres.sh fresh`, dropped at exit.
///
/// Suites take a database each with `makeDatabase`. Works as root (a service user owns the cluster) and as an
/// ordinary user.
public final class PostgresTestCluster: Sendable {
  /// The folder that `Scripts/postgres.sh` knows the cluster by.
  public let directory: String
  /// Asked of the script once: spawning a process for each database costs, and Foundation has crashed at it.
  private let maintenanceDSN: String

  private static let lock = NSLock()
  nonisolated(unsafe) private static var started: PostgresTestCluster?  // guarded by `lock`

  /// The process's cluster; makes it when there is none.
  public static func shared() throws -> PostgresTestCluster {
    lock.lock()
    defer { lock.unlock() }
    if let started { return started }
    let cluster = try PostgresTestCluster()
    started = cluster
    atexit { PostgresTestCluster.dropShared() }
    return cluster
  }

  private static func dropShared() {
    guard let cluster = started else { return }
    _ = try? script(["drop", cluster.directory])
  }

  /// A cluster of one's own, for tests that stop it. Call `drop` when done.
  /// - Parameter root: the folder that it is made in; short, because of the socket's path.
  public init(in root: String = "/tmp") throws {
    directory = try Self.script(["fresh"], root: root)
    maintenanceDSN = try Self.script(["dsn", directory, "postgres"])
  }

  /// Stops and deletes the cluster.
  public func drop() { _ = try? Self.script(["drop", directory]) }

  /// Stops the server as if the power failed.
  public func stopImmediately() throws { _ = try Self.script(["stop", directory, "immediate"]) }

  /// Starts the server again with the data it had.
  public func start() throws { _ = try Self.script(["start", directory]) }

  /// Makes a standby that every commit waits for from now on; its folder, for `takeOver` and `dropStandby`.
  public func makeStandby() throws -> String { try Self.script(["standby", directory]) }

  /// Lets a standby answer where this cluster, which has stopped, answered.
  public func takeOver(by standby: String) throws { _ = try Self.script(["takeover", directory, standby]) }

  public func dropStandby(_ standby: String) { _ = try? Self.script(["drop", standby]) }

  /// The connection string of the superuser for a database.
  public func dsn(database: String = "postgres") throws -> String {
    maintenanceDSN.replacingOccurrences(of: "dbname=postgres", with: "dbname=\(database)")
  }

  /// The process id of the postmaster.
  public func processID() throws -> Int32 {
    let text = try String(contentsOfFile: directory + "/data/postmaster.pid", encoding: .utf8)
    return Int32(text.prefix { $0 != "\n" }) ?? 0
  }

  /// Makes a database and returns its superuser's connection string.
  /// - Parameter template: the database that it is a copy of, and that nobody may be connected to; empty when nil.
  public func makeDatabase(_ label: String = "test", template: String? = nil) async throws -> String {
    let name = "\(label)_\(UInt32.random(in: 0 ... .max))".lowercased().filter {
      $0.isLetter || $0.isNumber || $0 == "_"
    }
    try await Self.withPool(dsn: try dsn()) { pool in
      var query = PostgresQuery(dynamic: "CREATE DATABASE \"\(name)\" TEMPLATE \"\(template ?? "template0")\"")
      query.isPrepared = false
      _ = try await pool.run([query], timeoutMilliseconds: 180_000)
    }
    return try dsn(database: name)
  }

  /// Runs `body` on a loop of its own with a pool, then shuts both down.
  public static func withPool<Value: Sendable>(
    dsn: String, configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (PostgresPool) async throws -> Value
  ) async throws -> Value {
    var configuration = PostgresConfiguration(dsn: dsn)
    configure(&configuration)
    let settings = configuration
    return try await EventLoop.onLoop { loop in
      let pool = PostgresPool(settings, loop: loop)
      let outcome: Result<Value, any Error>
      do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
      await pool.shutdown(graceMilliseconds: 1_000)
      return try outcome.get()
    }
  }

  /// The root of the checkout.
  public static let root: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  private static func script(_ arguments: [String], root folder: String = "/tmp") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [root + "/Scripts/postgres.sh"] + arguments
    var environment = ProcessInfo.processInfo.environment
    environment["PASSERELLE_FRESH_ROOT"] = folder
    environment["PASSERELLE_FRESH_OWNER"] = String(ProcessInfo.processInfo.processIdentifier)
    process.environment = environment
    // A file rather than a pipe: the server that it starts would keep a pipe open.
    let output = NSTemporaryDirectory() + "/psl-out-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    defer { unlink(output) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ScriptError(arguments: arguments, status: process.terminationStatus)
    }
    return try String(contentsOfFile: output, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// `Scripts/postgres.sh` failed; it said why on standard error.
  public struct ScriptError: Error {
    public let arguments: [String]
    public let status: Int32
  }
}
