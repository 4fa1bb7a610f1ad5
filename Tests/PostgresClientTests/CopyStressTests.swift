import PostgresClient
import TestSupport
import XCTest

/// COPY hands the descriptor from the pipeline's reader to the channel and back; an edge lost there is a hang.
final class CopyStressTests: XCTestCase {
  private static func chunks(_ cycle: Int) -> [[UInt8]] {
    (0..<(cycle % 4)).map { part in Array("\(cycle)\t\(part)\n".utf8) }
  }

  private static let create = PostgresQuery("create table many (cycle int8, part int8)")

  func testAThousandCopiesInASessionAreEachFollowedByAQuery() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("copies")
    try await PostgresTestCluster.withPool(dsn: dsn, configure: { $0.connections = 1 }) { pool in
      _ = try await pool.run(Self.create)
      try await pool.withSession { session in
        for cycle in 0..<1_000 {
          var left = Self.chunks(cycle)
          let copied = try await session.copyIn("COPY many FROM STDIN") { left.isEmpty ? nil : left.removeFirst() }
          XCTAssertEqual(copied, cycle % 4)
          let seen = try await session.run(PostgresQuery("select count(*) from many where cycle = $1", [.int(cycle)]))
          XCTAssertEqual(try seen[0].int(0), cycle % 4)
        }
      }
      XCTAssertEqual(pool.statistics.connects, 1)
    }
  }

  func testAThousandTransactionsCopyAndInsert() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("copies")
    try await PostgresTestCluster.withPool(dsn: dsn, configure: { $0.connections = 2 }) { pool in
      _ = try await pool.run(Self.create)
      for cycle in 0..<1_000 {
        try await pool.transaction { transaction in
          _ = try await transaction.run(
            PostgresQuery("create temporary table staged (like many) on commit drop"))
          for _ in 0..<2 {
            var left = Self.chunks(cycle)
            _ = try await transaction.copyIn("COPY staged FROM STDIN") { left.isEmpty ? nil : left.removeFirst() }
            _ = try await transaction.run(PostgresQuery(dynamic: "insert into many select * from staged"))
          }
        }
      }
      let rows = try await pool.run(PostgresQuery("select count(*) from many"))
      XCTAssertEqual(try rows[0].int(0), 250 * (1 + 2 + 3) * 3)
    }
  }
}
