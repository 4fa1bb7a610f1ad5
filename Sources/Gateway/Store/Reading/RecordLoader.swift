package import PostgresClient
import Reactor

/// Reads records by id. Reads of the same clinic and type that are asked for within one turn of the loop become one
/// statement a relation, and those of different clinics and types share a round trip.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `pool.loop`'s thread.
package final class RecordLoader: @unchecked Sendable {
  /// Ids of one statement at most; more start another batch.
  package static let batchLimit = 2_000

  private struct Key: Hashable {
    let relation: ObjectIdentifier
    let isVersions: Bool
    let clinic: String
  }

  private final class Batch<Value: Sendable> {
    var ids: Set<String> = []
    var waiting: [UnsafeContinuation<Result<[String: Value], RecordReadingError>, Never>] = []
  }

  private let pool: PostgresPool
  private var open: [Key: AnyObject] = [:]
  /// Batches sent and ids asked for; for metrics.
  package private(set) var batches = 0
  package private(set) var ids = 0

  package init(pool: PostgresPool) { self.pool = pool }

  /// The records with these ids, deleted ones too; absent ids are left out.
  /// - Parameter clinic: the clinic's UUID; rows of any other are invisible.
  package func load<Relation: RecordRows>(
    _ relation: Relation.Type, clinic: String, ids: [String]
  ) async throws(RecordReadingError) -> [String: Relation.Record] {
    try await gather(Key(relation: ObjectIdentifier(relation), isVersions: false, clinic: clinic), ids) {
      (ids) async throws(RecordReadingError) -> [String: Relation.Record] in
      let results = try await self.run(clinic, Relation.queries(ids, clinic: clinic), ids.count)
      return try Relation.records(results, clinic: clinic)
    }
  }

  /// Which versions of these records are current.
  package func versions<Relation: RecordRows>(
    _ relation: Relation.Type, clinic: String, ids: [String]
  ) async throws(RecordReadingError) -> [String: RecordVersion] {
    try await gather(Key(relation: ObjectIdentifier(relation), isVersions: true, clinic: clinic), ids) {
      (ids) async throws(RecordReadingError) -> [String: RecordVersion] in
      let query = PostgresQuery(Relation.versions, [.text(clinic), .textArray(ids)])
      let results = try await self.run(clinic, [query], ids.count)
      var versions: [String: RecordVersion] = [:]
      for row in results[0] {
        var reader = RowReader(row)
        let id = try reader.text()
        versions[id] = RecordVersion(version: Int64(try reader.int()), isDeleted: try reader.bool())
      }
      return versions
    }
  }

  private func run(
    _ clinic: String, _ queries: [PostgresQuery], _ count: Int
  ) async throws(RecordReadingError) -> [PostgresResult] {
    batches += 1
    ids += count
    do throws(PostgresError) {
      return try await pool.runGrouped(queries, in: ClinicScope.query(clinic, plans: .chosen))
    } catch {
      throw RecordReadingError(error)
    }
  }

  /// The first to ask waits for the end of the turn and reads for all who asked meanwhile.
  private func gather<Value: Sendable>(
    _ key: Key, _ ids: [String], _ read: ([String]) async throws(RecordReadingError) -> [String: Value]
  ) async throws(RecordReadingError) -> [String: Value] {
    if ids.isEmpty { return [:] }
    if let batch = open[key] as? Batch<Value>, batch.ids.count + ids.count <= Self.batchLimit {
      batch.ids.formUnion(ids)
      let outcome = await withUnsafeContinuation { batch.waiting.append($0) }
      return try outcome.get()
    }
    let batch = Batch<Value>()
    batch.ids = Set(ids)
    open[key] = batch
    await withUnsafeContinuation { continuation in pool.loop.atEndOfTurn { continuation.resume() } }
    if open[key] === batch { open[key] = nil }
    let outcome: Result<[String: Value], RecordReadingError>
    do throws(RecordReadingError) {
      outcome = .success(try await read(Array(batch.ids)))
    } catch {
      outcome = .failure(error)
    }
    for waiter in batch.waiting { waiter.resume(returning: outcome) }
    return try outcome.get()
  }
}

/// Makes a clinic's rows visible until the end of the transaction.
package enum ClinicScope {
  /// - Parameter clinic: the clinic's UUID.
  package static func query(_ clinic: String) -> PostgresQuery {
    PostgresQuery("select set_config('passerelle.clinic_id', $1, true)", [.text(clinic)])
  }

  /// How statements that are kept prepared are planned.
  package enum Plans: String, Sendable {
    /// Once for all values: where the statement itself names the way to few rows, planning it anew for each request
    /// would take longer than running it.
    case kept = "force_generic_plan"
    /// For the values at hand, as long as Postgres thinks that it pays.
    case chosen = "auto"
  }

  /// The same for transactions that calls share, each with plans of its own kind.
  package static func query(_ clinic: String, plans: Plans) -> PostgresQuery {
    PostgresQuery(
      "select set_config('passerelle.clinic_id', $1, true), set_config('plan_cache_mode', $2, true)",
      [.text(clinic), .text(plans.rawValue)])
  }
}
