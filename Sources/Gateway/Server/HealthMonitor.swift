import CLinux
package import PostgresClient
package import Reactor

/// Runs the checks behind `/readyz`, one after the other, once a second: database, disk, certificates.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
package final class HealthMonitor: @unchecked Sendable {
  private let loop: EventLoop
  private let pool: PostgresPool
  private let folder: DataFolder
  private let limits: Configuration.Operations
  /// The certificates that the listeners serve now, for a look at when they end.
  private let certificates: @Sendable () -> [PeerCertificate]
  package private(set) var readiness: Readiness
  private let bell: LoopSignal
  private var isStopping = false

  package init(
    loop: EventLoop, pool: PostgresPool, folder: DataFolder, limits: Configuration.Operations,
    certificates: @escaping @Sendable () -> [PeerCertificate]
  ) {
    self.loop = loop
    self.pool = pool
    self.folder = folder
    self.limits = limits
    self.certificates = certificates
    bell = LoopSignal(loop: loop)
    readiness = Readiness(
      ["database", "disk", "certificates"].map {
        Readiness.Check($0, intervalMilliseconds: 2_000, deadlineMilliseconds: limits.checkMilliseconds)
      })
  }

  /// Runs until `stop`.
  package func run() async {
    while !isStopping {
      readiness.record("disk", disk(), now: loop.now)
      readiness.record("certificates", certificateState(), now: loop.now)
      readiness.record("database", await database(), now: loop.now)
      _ = await bell.wait(until: .after(milliseconds: 1_000))
    }
  }

  package func stop() {
    isStopping = true
    readiness.drain()
    bell.ring()
  }

  private func database() async -> Readiness.Outcome {
    do throws(PostgresError) {
      _ = try await pool.run(PostgresQuery("select 1"), timeoutMilliseconds: limits.checkMilliseconds)
      return .passed
    } catch {
      return .failed("Postgres does not answer (\(error.code))")
    }
  }

  private func disk() -> Readiness.Outcome {
    guard let free = folder.freeBytes else { return .failed("data_folder cannot be looked at") }
    return free < limits.diskFreeBytes ? .failed("\(free >> 20) MiB left for data_folder") : .passed
  }

  private func certificateState() -> Readiness.Outcome {
    let now = WallClock.unixSeconds
    guard let first = certificates().min(by: { $0.notAfter < $1.notAfter }) else { return .passed }
    let days = (first.notAfter - now) / 86_400
    if first.notAfter <= now { return .failed("a certificate has expired") }
    return days < limits.certificateWarningDays ? .warned("a certificate expires in \(days) days") : .passed
  }
}
