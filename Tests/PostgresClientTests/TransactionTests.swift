import PostgresClient
import TestSupport
import XCTest

/// Explicit transactions, grouped commits and the statement cache against a real server.
final class TransactionTests: XCTestCase {
  private func withPool<Value: Sendable>(
    _ configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (PostgresPool) async throws -> Value
  ) async throws -> Value {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("transactions")
    return try await PostgresTestCluster.withPool(dsn: dsn, configure: configure, body)
  }

  private struct Refused: Error {}

  func testASavepointUndoesItsPartAlone() async throws {
    try await withPool { pool in
      _ = try await pool.run(PostgresQuery("create table m (id int primary key, state text)"))
      try await pool.transaction { transaction in
        _ = try await transaction.run(PostgresQuery("insert into m values (1, 'stored')"))
        do {
          try await transaction.savepoint { inner in
            _ = try await inner.run(PostgresQuery("insert into m values (2, 'applied')"))
            _ = try await inner.run(PostgresQuery("insert into m values (1, 'twice')"))
          }
          XCTFail("the duplicate key must throw")
        } catch let error as PostgresError {
          XCTAssertEqual(error.sqlState, "23505")
        }
        _ = try await transaction.finish([PostgresQuery("update m set state = 'error' where id = 1")])
      }
      let rows = try await pool.run(PostgresQuery("select id, state from m order by id"))
      XCTAssertEqual(try rows.map { try $0.string(1) }, ["error"])
    }
  }

  func testAThrowRollsBackAndTheConnectionIsUsedAgain() async throws {
    try await withPool({ $0.connections = 1 }) { pool in
      _ = try await pool.run(PostgresQuery("create table m (id int)"))
      do {
        try await pool.transaction { transaction in
          _ = try await transaction.run(PostgresQuery("insert into m values (1)"))
          throw Refused()
        }
      } catch is Refused {}
      do {
        try await pool.transaction { transaction in
          do { _ = try await transaction.run(PostgresQuery("select 1/0")) } catch {}
        }
        XCTFail("a failed transaction cannot commit")
      } catch let error as PostgresError {
        XCTAssertEqual(error.code, .transactionOver)
      }
      let count = try await pool.run(PostgresQuery("select count(*) from m"))
      XCTAssertEqual(try count[0].int(0), 0)
      XCTAssertEqual(pool.statistics.connects, 1)
    }
  }

  func testAGroupSharesACommitAndAnErrorReachesItsOwnerAlone() async throws {
    try await withPool { pool in
      _ = try await pool.run(PostgresQuery("create table g (id int primary key, tx int8)"))
      let tasks = (0..<40).map { number in
        Task(executorPreference: pool.loop) { () -> String in
          do throws(PostgresError) {
            let results = try await pool.runGrouped([
              PostgresQuery(
                "insert into g values ($1, pg_current_xact_id()::text::int8) returning id", [.int(number % 30)])
            ])
            return try results[0][0].string(0)
          } catch {
            return error.sqlState ?? "\(error)"
          }
        }
      }
      var answers: [String] = []
      for task in tasks { answers.append(await task.value) }
      XCTAssertEqual(answers.filter { $0 == "23505" }.count, 10)
      XCTAssertEqual(Set(answers).count, 31)
      _ = try await pool.run(PostgresQuery("truncate g"))
      let clean = (0..<20).map { number in
        Task(executorPreference: pool.loop) {
          try await pool.runGrouped([
            PostgresQuery("insert into g values ($1, pg_current_xact_id()::text::int8)", [.int(number)])
          ])[0].affectedRows
        }
      }
      for task in clean {
        let rows = try await task.value
        XCTAssertEqual(rows, 1)
      }
      let transactions = try await pool.run(PostgresQuery("select count(distinct tx) from g"))
      XCTAssertEqual(try transactions[0].int(0), 1)
    }
  }

  func testNeighboursOfOneScopeShareIt() async throws {
    try await withPool { pool in
      _ = try await pool.run(PostgresQuery("create sequence entered"))
      let tasks = (0..<12).map { number in
        Task(executorPreference: pool.loop) { () -> [String] in
          let scope = PostgresQuery(
            "select nextval('entered'), set_config('passerelle.test', $1, true)", [.text(number < 8 ? "a" : "b")])
          let results = try await pool.runGrouped(
            [
              PostgresQuery("select current_setting('passerelle.test')"),
              PostgresQuery("select $1::int", [.int(number)]),
            ],
            in: scope)
          return [try results[0][0].string(0), try results[1][0].string(0)] + (results.count == 2 ? [] : ["more"])
        }
      }
      for (number, task) in tasks.enumerated() {
        let answer = try await task.value
        XCTAssertEqual(answer, [number < 8 ? "a" : "b", String(number)])
      }
      let entered = try await pool.run(PostgresQuery("select last_value from entered"))[0].int(0)
      XCTAssertEqual(entered, 2)
      let alone = try await pool.runGrouped(
        [PostgresQuery("select current_setting('passerelle.test')")],
        in: PostgresQuery("select set_config('passerelle.test', 'c', true)"))
      XCTAssertEqual(alone.count, 1)
      XCTAssertEqual(try alone[0][0].string(0), "c")
    }
  }

  func testEvictedStatementsAreDroppedAtTheServer() async throws {
    try await withPool({
      $0.connections = 1
      $0.preparedStatements = 4
    }) { pool in
      for number in 0..<20 {
        let result = try await pool.run(PostgresQuery(dynamic: "select \(number) + $1::int", [.int(1)]))
        XCTAssertEqual(try result[0].int(0), number + 1)
      }
      var count = PostgresQuery("select count(*) from pg_prepared_statements")
      count.isPrepared = false
      let held = try await pool.run(count)[0].int(0)
      XCTAssertEqual(held, 4)
    }
  }

  func testAPlanThatNoLongerFitsIsMadeAnew() async throws {
    try await withPool({ $0.connections = 1 }) { pool in
      _ = try await pool.run(PostgresQuery("create table c (a int)"))
      _ = try await pool.run(PostgresQuery("insert into c values (7)"))
      let before = try await pool.run(PostgresQuery(dynamic: "select * from c"))
      XCTAssertEqual(before.columnCount, 1)
      _ = try await pool.run(PostgresQuery("alter table c add column b text default 'x'"))
      let after = try await pool.run(PostgresQuery(dynamic: "select * from c"))
      XCTAssertEqual(after.columns, ["a", "b"])
      XCTAssertEqual(pool.statistics.retries, 1)
      _ = try await pool.run(PostgresQuery("deallocate all"))
      let again = try await pool.run(PostgresQuery(dynamic: "select * from c"))
      XCTAssertEqual(try again[0].string("b"), "x")
    }
  }

  func testAPreparationThatFailsIsTriedAgainNextTime() async throws {
    try await withPool({ $0.connections = 1 }) { pool in
      for _ in 0..<2 {
        do {
          _ = try await pool.run(PostgresQuery(dynamic: "select * from later"))
          XCTFail("there is no such table yet")
        } catch let error as PostgresError {
          XCTAssertEqual(error.sqlState, "42P01")
        }
      }
      _ = try await pool.run([
        PostgresQuery("create table later (a int)"), PostgresQuery("insert into later values (1)"),
      ])
      let rows = try await pool.run(PostgresQuery(dynamic: "select * from later"))
      XCTAssertEqual(rows.rowCount, 1)
    }
  }

  func testWhatCannotBeSentIsRefusedBeforeAnythingIs() async throws {
    try await withPool({ $0.parameterBytes = 1_000 }) { pool in
      for value in [
        PostgresValue.text("a\0b"), .utf8([0]), .textArray(["\0"]), .bytes(Array(repeating: 0, count: 1_001)),
      ] {
        do {
          _ = try await pool.run([PostgresQuery("create table nul (a int)"), PostgresQuery("select $1", [value])])
          XCTFail("must be refused")
        } catch let error as PostgresError {
          XCTAssertEqual(error.code, .invalidParameter)
        }
      }
      XCTAssertEqual(pool.statistics.pipelines, 0)
    }
  }
}
