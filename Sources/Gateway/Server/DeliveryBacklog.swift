import PostgresClient
import Reactor

/// What is owed to partners, for `/metrics`: asked of the database when somebody looks, at most every ten seconds.
///
/// Every process shows the same numbers, those of the database. While it is away the last ones stay.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
final class DeliveryBacklog: @unchecked Sendable {
  /// `waiting` has failed and is tried again, `in-flight` is held by a worker.
  static let states = ["owed", "waiting", "in-flight", "dead"]
  private static let lifetimeMilliseconds = 10_000
  private static let queryMilliseconds = 1_000

  private let pool: PostgresPool
  private let shard: MetricsShard
  private let metrics: ServerMetrics
  private var due = Deadline.after(milliseconds: 0)

  init(pool: PostgresPool, shard: MetricsShard, metrics: ServerMetrics) {
    (self.pool, self.shard, self.metrics) = (pool, shard, metrics)
  }

  func refresh() async {
    guard due.hasPassed else { return }
    due = .after(milliseconds: Self.lifetimeMilliseconds)
    var found: [[String]: (count: Int, oldest: Int)] = [:]
    do throws(PostgresError) {
      let query = PostgresQuery("select kind, state, count, oldest_seconds from gateway.delivery_backlog()")
      for row in try await pool.run([query], timeoutMilliseconds: Self.queryMilliseconds)[0] {
        found[[try row.string(0), try row.string(1)]] = (try row.int(2), try row.int(3))
      }
    } catch {
      return
    }
    for kind in PartnerKind.allCases.map(\.rawValue) {
      for state in Self.states {
        let (count, oldest) = found[[kind, state]] ?? (0, 0)
        metrics.owed(shard, kind: kind, state: state, count: count, oldestSeconds: oldest)
      }
    }
  }
}
