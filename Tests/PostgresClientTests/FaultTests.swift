import Glibc
import PostgresClient
import Reactor
import TestSupport
import XCTest

/// What must not win: slow statements, killed backends, a server that stops, dies, or hangs.
final class FaultTests: XCTestCase {
  private static func code(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return "no error"
    } catch let error as PostgresError {
      return error.code.description
    } catch {
      return "\(error)"
    }
  }

  private func withPool<Value: Sendable>(
    _ configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (PostgresPool) async throws -> Value
  ) async throws -> Value {
    try await PostgresTestCluster.withPool(dsn: PostgresTestCluster.shared().dsn(), configure: configure, body)
  }

  func testAStatementIsCancelledAtItsDeadlineAndThePoolGoesOn() async throws {
    try await withPool({ $0.connections = 1 }) { pool in
      _ = try await pool.run(PostgresQuery("create table if not exists slow_effect (id int)"))
      let before = Deadline.after(milliseconds: 0)
      let code = await Self.code {
        _ = try await pool.run(
          [PostgresQuery("insert into slow_effect values (1)"), PostgresQuery("select pg_sleep(20)")],
          timeoutMilliseconds: 150)
      }
      XCTAssertEqual(code, "timedOut")
      XCTAssertLessThan(Deadline.after(milliseconds: 0).nanoseconds - before.nanoseconds, 10_000_000_000)
      let count = try await pool.run(PostgresQuery("select count(*) from slow_effect"))
      XCTAssertEqual(try count[0].int(0), 0, "rolled back")
      _ = try await pool.run(PostgresQuery("drop table slow_effect"))
      XCTAssertEqual(pool.statistics.connects, 2, "a cancelled connection is not used again")
    }
  }

  func testACancelThatHitsANeighbourIsNotItsError() async throws {
    try await withPool({
      $0.connections = 1
      $0.stallMilliseconds = 10_000
    }) { pool in
      _ = try await pool.run(PostgresQuery("select 1"))
      let loop = pool.loop
      let slow = Task(executorPreference: loop) {
        await Self.code { _ = try await pool.run([PostgresQuery("select pg_sleep(20)")], timeoutMilliseconds: 100) }
      }
      let others = (0..<8).map { number in
        Task(executorPreference: loop) {
          try await pool.run(PostgresQuery("select $1::int, pg_sleep(0.01)", [.int(number)]))[0].int(0)
        }
      }
      for (number, other) in others.enumerated() {
        let answer = try await other.value
        XCTAssertEqual(answer, number)
      }
      let code = await slow.value
      XCTAssertEqual(code, "timedOut")
    }
  }

  func testAKilledBackendLeavesTheOutcomeOpenAndIsReplaced() async throws {
    try await withPool({ $0.connections = 1 }) { pool in
      let dsn = try PostgresTestCluster.shared().dsn()
      let pid = try await pool.run(PostgresQuery("select pg_backend_pid()"))[0].int(0)
      let killer = PostgresPool(PostgresConfiguration(dsn: dsn), loop: pool.loop)
      let kill = Task(executorPreference: pool.loop) {
        await pool.loop.sleep(milliseconds: 50)
        _ = try await killer.run(PostgresQuery("select pg_terminate_backend($1)", [.int(pid)]))
        await killer.shutdown()
      }
      let code = await Self.code { _ = try await pool.run(PostgresQuery("select pg_sleep(5)")) }
      XCTAssertEqual(code, "commitUnknown")
      try await kill.value
      let next = try await pool.run(PostgresQuery("select pg_backend_pid()"))[0].int(0)
      XCTAssertNotEqual(next, pid)
    }
  }

  func testALostTransactionIsKnownLostBeforeCommit() async throws {
    try await withPool { pool in
      let code = await Self.code {
        try await pool.transaction { transaction in
          _ = try await transaction.run(PostgresQuery("select 1"))
          _ = try await transaction.run(PostgresQuery("select pg_terminate_backend(pg_backend_pid())"))
        }
      }
      XCTAssertEqual(code, "connectionLost")
      let one = try await pool.run(PostgresQuery("select 1"))
      XCTAssertEqual(try one[0].int(0), 1)
    }
  }

  func testAFullPoolRefusesAndSaysSo() async throws {
    try await withPool({
      $0.connections = 1
      $0.pipelinesPerConnection = 1
      $0.waiters = 2
      $0.acquireTimeoutMilliseconds = 500
    }) { pool in
      _ = try await pool.run(PostgresQuery("select 1"))
      let tasks = (0..<5).map { _ in
        Task(executorPreference: pool.loop) {
          await Self.code { _ = try await pool.run(PostgresQuery("select pg_sleep(3)")) }
        }
      }
      var codes: [String] = []
      for task in tasks { codes.append(await task.value) }
      XCTAssertEqual(codes.filter { $0 == "no error" }.count, 1)
      XCTAssertEqual(codes.filter { $0 == "poolExhausted" }.count, 4)
    }
  }

  func testARestartedServerIsFoundAgainUnaided() async throws {
    let cluster = try PostgresTestCluster()
    defer { cluster.drop() }
    try await PostgresTestCluster.withPool(
      dsn: cluster.dsn(), configure: { $0.acquireTimeoutMilliseconds = 2_000 }
    ) { pool in
      _ = try await pool.run(PostgresQuery("select 1"))
      try cluster.stopImmediately()
      let code = await Self.code { _ = try await pool.run(PostgresQuery("select 1")) }
      XCTAssert(["connectionFailed", "commitUnknown", "connectionLost"].contains(code), code)
      let away = await Self.code { _ = try await pool.run(PostgresQuery("select 1")) }
      XCTAssertEqual(away, "connectionFailed")
      try cluster.start()
      var back = "never"
      for _ in 0..<20 where back != "no error" {
        back = await Self.code { _ = try await pool.run(PostgresQuery("select 1")) }
      }
      XCTAssertEqual(back, "no error")
    }
  }

  func testAStoppedServerKeepsNobodyWaitingForLong() async throws {
    let cluster = try PostgresTestCluster()
    defer { cluster.drop() }
    try await PostgresTestCluster.withPool(
      dsn: cluster.dsn(),
      configure: {
        $0.connections = 1
        $0.cancelGraceMilliseconds = 200
        $0.acquireTimeoutMilliseconds = 500
        $0.connectTimeoutMilliseconds = 2_000
      }
    ) { pool in
      let pid = Int32(try await pool.run(PostgresQuery("select pg_backend_pid()"))[0].int(0))
      let postmaster = try cluster.processID()
      defer { for process in [postmaster, pid] { kill(process, SIGCONT) } }
      for process in [postmaster, pid] { kill(process, SIGSTOP) }
      let before = Deadline.after(milliseconds: 0).nanoseconds
      let code = await Self.code { _ = try await pool.run([PostgresQuery("select 1")], timeoutMilliseconds: 200) }
      XCTAssertEqual(code, "timedOut")
      let next = await Self.code { _ = try await pool.run([PostgresQuery("select 1")], timeoutMilliseconds: 5_000) }
      XCTAssertEqual(next, "connectionFailed")
      XCTAssertLessThan(Deadline.after(milliseconds: 0).nanoseconds - before, 4_500_000_000)
      for process in [postmaster, pid] { kill(process, SIGCONT) }
      var back = "never"
      for _ in 0..<20 where back != "no error" {
        back = await Self.code { _ = try await pool.run(PostgresQuery("select 1")) }
      }
      XCTAssertEqual(back, "no error")
    }
  }
}
