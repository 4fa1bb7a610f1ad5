import PostgresClient
import Reactor

/// Keeps the store in bounds while the server runs: makes partitions ahead, drops those past their time, purges what
/// belonged to them (`gateway.maintain`), and has the planner told of tables that have grown (`gateway.refresh_statistics`).
/// Of several processes on one database one at a time does it.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
final class StoreMaintenance: @unchecked Sendable {
  /// How a turn ended.
  enum Outcome: Equatable {
    /// - hasMore: there are more rows to purge than one turn takes.
    case done(hasMore: Bool)
    /// Another process is at it.
    case busy
    case failed
  }

  /// Rows of a table that a turn purges at most, as in `gateway.maintain_as_of`.
  private static let purgedAtMost = 5_000
  private static let turnMilliseconds = 60_000
  private static let retryMilliseconds = 60_000
  private static let nextPurgeMilliseconds = 200
  private static let statisticsMilliseconds = 3_000

  private let pool: PostgresPool
  private let settings: Configuration.Retention
  private let log: Logger
  private let count: (String, String, Int) -> Void
  private let bell: LoopSignal
  private let statisticsBell: LoopSignal
  private var isStopping = false

  /// - Parameters:
  ///   - pool: role passerelle_dispatcher.
  ///   - count: told what was done: `purged` or `dropped`, the table, how many.
  init(
    pool: PostgresPool, settings: Configuration.Retention, log: Logger,
    count: @escaping (_ work: String, _ table: String, _ rows: Int) -> Void
  ) {
    self.pool = pool
    self.settings = settings
    self.log = log
    self.count = count
    bell = LoopSignal(loop: pool.loop)
    statisticsBell = LoopSignal(loop: pool.loop)
  }

  /// Runs until `stop`.
  func run() async {
    while !isStopping {
      let pause =
        switch await turn() {
        case .done(hasMore: true): Self.nextPurgeMilliseconds
        case .done(hasMore: false), .busy: settings.intervalSeconds * 1_000
        case .failed: min(Self.retryMilliseconds, settings.intervalSeconds * 1_000)
        }
      _ = await bell.wait(until: .after(milliseconds: pause))
    }
  }

  /// Looks for tables that have outgrown their statistics, until `stop`.
  func keepStatistics() async {
    while !isStopping {
      _ = await statisticsBell.wait(until: .after(milliseconds: Self.statisticsMilliseconds))
      if !isStopping { await refreshStatistics() }
    }
  }

  /// Has such tables analyzed, a few at a time; returns which. The plans that sessions keep are made anew then.
  @discardableResult
  func refreshStatistics() async -> [String] {
    do throws(PostgresError) {
      let query = PostgresQuery("select gateway.refresh_statistics()")
      var grown: [String] = []
      for row in try await pool.run(query, timeoutMilliseconds: Self.turnMilliseconds) {
        grown.append(try row.string(0))
      }
      for table in grown { log.info("statistics-refreshed", ["table": .code(table)]) }
      return grown
    } catch {
      log.warning("statistics-failed", ["code": .code(error.sqlState ?? error.code.description)])
      return []
    }
  }

  /// Ends the wait for the next turn; one under way is given its time by the pool.
  func stop() async {
    isStopping = true
    bell.ring()
    statisticsBell.ring()
    await pool.shutdown(graceMilliseconds: 500)
  }

  /// One turn. Not to be used by two tasks at once.
  func turn() async -> Outcome {
    do throws(PostgresError) {
      let query = PostgresQuery(
        "select work, name, rows from gateway.maintain($1::int, $2::int, $3::int, $4::int)",
        [
          .int(settings.partitionsAheadMonths), .int(settings.messagesMonths), .int(settings.auditMonths),
          .int(settings.deliveriesDays),
        ])
      var hasMore = false
      for row in try await pool.run(query, timeoutMilliseconds: Self.turnMilliseconds) {
        let (work, name, rows) = (try row.string(0), try row.optionalString(1) ?? "", try row.int(2))
        if work == "busy" { return .busy }
        guard rows > 0 else { continue }
        note(work, name, rows)
        if work == "purged", rows >= Self.purgedAtMost { hasMore = true }
      }
      return .done(hasMore: hasMore)
    } catch {
      // 55P03: the partitions were in use for as long as it was willing to keep others waiting.
      log.warning("maintenance-failed", ["code": .code(error.sqlState ?? error.code.description)])
      return .failed
    }
  }

  private func note(_ work: String, _ name: String, _ rows: Int) {
    switch work {
    case "made": log.info("partitions-made", ["count": .integer(rows)])
    case "dropped":
      log.info("partition-dropped", ["name": .code(name)])
      // Without its month: `hl7_message_202611`.
      count(work, String(name.dropLast(7)), rows)
    default:
      log.info("rows-purged", ["table": .code(name), "count": .integer(rows)])
      count(work, name, rows)
    }
  }
}
