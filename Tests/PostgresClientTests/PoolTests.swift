import PostgresClient
import Reactor
import TestSupport
import XCTest

/// The pool against a real server.
final class PoolTests: XCTestCase {
  private func withPool<Value: Sendable>(
    _ configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (PostgresPool) async throws -> Value
  ) async throws -> Value {
    try await PostgresTestCluster.withPool(dsn: PostgresTestCluster.shared().dsn(), configure: configure, body)
  }

  func testEveryKindOfValueComesBackAsItWent() async throws {
    try await withPool { pool in
      let row = try await pool.run(
        PostgresQuery(
          "select $1::int8, $2::text, $3::bool, $4::float8, $5::bytea, $6::jsonb, $7::text[], $8::int8[], $9::text, $10::uuid",
          [
            .int(Int64.min), "é\"'\\", true, 0.1, .bytes([0, 1, 255, 92]), .utf8(Array(#"{"a":1}"#.utf8)),
            .textArray(["a b", "", "c\"d\\e", "NULL", "é,{}"]), .intArray([1, -2]), nil,
            "6F9619FF-8B86-D011-B42D-00C04FC964FF",
          ]))[0]
      XCTAssertEqual(try row.int(0), .min)
      XCTAssertEqual(try row.string(1), "é\"'\\")
      XCTAssertEqual(try row.bool(2), true)
      XCTAssertEqual(try row.double(3), 0.1)
      XCTAssertEqual(try row.bytes(4), [0, 1, 255, 92])
      XCTAssertEqual(try row.string("jsonb"), #"{"a": 1}"#)
      XCTAssertEqual(try row.strings(6), ["a b", "", "c\"d\\e", "NULL", "é,{}"])
      XCTAssertEqual(try row.string(7), "{1,-2}")
      XCTAssertTrue(row.isNull(8))
      XCTAssertNil(try row.optionalString(8))
      XCTAssertEqual(try row.string(9), "6f9619ff-8b86-d011-b42d-00c04fc964ff")
      XCTAssertThrowsError(try row.string(8)) { XCTAssertEqual(($0 as? PostgresError)?.code, .unexpectedValue) }
      XCTAssertThrowsError(try row.int(1)) { XCTAssertEqual(($0 as? PostgresError)?.code, .unexpectedValue) }
      XCTAssertThrowsError(try row.string("nowhere"))
    }
  }

  func testArraysOfBytesArriveWhole() async throws {
    try await withPool { pool in
      let row = try await pool.run(
        PostgresQuery(
          "select ($1::bytea[])[2], array_length($1, 1), ($1::bytea[])[3] = '', $2::bytea[] = '{}'",
          [.bytesArray([[1], [0, 255, 34, 92, 44], []]), .bytesArray([])]))[0]
      XCTAssertEqual(try row.bytes(0), [0, 255, 34, 92, 44])
      XCTAssertEqual(try row.int(1), 3)
      XCTAssertEqual(try row.bool(2), true)
      XCTAssertEqual(try row.bool(3), true)
    }
  }

  func testBinaryResultsReadAlike() async throws {
    try await withPool { pool in
      var query = PostgresQuery(
        "select $1::int8, $2::int4, $3::int2, $4::bool, $5::bytea, $6::text, $7::float8",
        [.int(-5), .int(70_000), .int(-3), false, .bytes([0, 255]), "héllo", 2.5])
      query.binaryResults = true
      let row = try await pool.run(query)[0]
      XCTAssertEqual([try row.int(0), try row.int(1), try row.int(2)], [-5, 70_000, -3])
      XCTAssertEqual(try row.bool(3), false)
      XCTAssertEqual(try row.bytes(4), [0, 255])
      XCTAssertEqual(try row.string(5), "héllo")
      XCTAssertEqual(try row.double(6), 2.5)
    }
  }

  func testManyCallersGetTheirOwnAnswersInOneTransactionEach() async throws {
    try await withPool { pool in
      let loop = pool.loop
      let tasks = (0..<500).map { number in
        Task(executorPreference: loop) {
          let results = try await pool.run([
            PostgresQuery("select set_config('passerelle.clinic_id', $1, true)", [.text("\(number)")]),
            PostgresQuery("select $1::int8 * 2, current_setting('passerelle.clinic_id')", [.int(number)]),
          ])
          return (try results[1][0].int(0), try results[1][0].int(1))
        }
      }
      for (number, task) in tasks.enumerated() {
        let (double, clinic) = try await task.value
        XCTAssertEqual(double, number * 2)
        XCTAssertEqual(clinic, number)
      }
      let left = try await pool.run(PostgresQuery("select current_setting('passerelle.clinic_id', true)"))
      XCTAssertEqual(try left[0].optionalString(0) ?? "", "")
    }
  }

  func testAnErrorInTheMiddleRollsAllBackAndHurtsNobodyElse() async throws {
    try await withPool({ $0.connections = 1 }) { pool in
      _ = try await pool.run(PostgresQuery("create temp table t (id int primary key)"))
      let loop = pool.loop
      let tasks = (0..<20).map { number in
        Task(executorPreference: loop) { () -> String in
          do throws(PostgresError) {
            let results = try await pool.run([
              PostgresQuery("insert into t values ($1)", [.int(number)]),
              PostgresQuery("select 100 / $1::int", [.int(number % 2)]),
              PostgresQuery("select count(*) from t where id = $1", [.int(number)]),
            ])
            return try results[2][0].string(0)
          } catch {
            return error.sqlState ?? error.description
          }
        }
      }
      for (number, task) in tasks.enumerated() {
        let answer = await task.value
        XCTAssertEqual(answer, number % 2 == 0 ? "22012" : "1")
      }
      let count = try await pool.run(PostgresQuery("select count(*) from t"))
      XCTAssertEqual(try count[0].int(0), 10)
      XCTAssertEqual(pool.statistics.connects, 1)
    }
  }

  func testACommitThatFailsGivesNoResultsOut() async throws {
    try await withPool({ $0.connections = 1 }) { pool in
      _ = try await pool.run(
        PostgresQuery("create temp table d (id int unique deferrable initially deferred, note text)"))
      do {
        _ = try await pool.run([
          PostgresQuery("insert into d values (1, 'a') returning id"), PostgresQuery("insert into d values (1, 'b')"),
        ])
        XCTFail("the deferred constraint must fail the commit")
      } catch let error as PostgresError {
        XCTAssertEqual(error.sqlState, "23505")
        XCTAssertEqual(error.constraintName, "d_id_key")
        XCTAssertFalse(error.description.contains("(id)=(1)"), error.description)
        XCTAssertFalse(error.mayHaveCommitted)
      }
      let count = try await pool.run(PostgresQuery("select count(*) from d"))
      XCTAssertEqual(try count[0].int(0), 0)
      XCTAssertEqual(pool.statistics.connects, 1, "the connection lives on")
    }
  }
}
