import JSON
import PostgresClient

@testable import Gateway

/// How Postgres ran a statement, by EXPLAIN (ANALYZE).
struct QueryPlan {
  let text: String
  private let json: JSONValue

  /// - Parameter settings: of the session, for this statement.
  init(
    of query: PostgresQuery, _ settings: [String: String], _ clinic: String, _ pool: PostgresPool
  ) async throws {
    let arguments = query.values.map { value -> String in
      switch value {
      case .text(let text): "'\(text.replacing("'", with: "''"))'"
      case .textArray(let texts): "'{\(texts.joined(separator: ","))}'"
      case .intArray(let numbers): "'{\(numbers.map(String.init).joined(separator: ","))}'"
      case .int(let number): "\(number)"
      default: "null"
      }
    }
    let name = "plan\(UInt32.random(in: 0 ... .max))"
    let results = try await pool.run(
      [ClinicScope.query(clinic)] + settings.map { Self.plain("set local \($0.key) = \($0.value)") } + [
        Self.plain("prepare \(name) as \(query.text)"),
        Self.plain("explain (analyze, timing off, format json) execute \(name)(\(arguments.joined(separator: ", ")))"),
        Self.plain("deallocate \(name)"),
      ])
    text = try results[settings.count + 2][0].string(0)
    json = try JSONValue.parse(Array(text.utf8))
  }

  /// A statement that is not kept prepared.
  static func plain(_ text: String) -> PostgresQuery {
    var query = PostgresQuery(dynamic: text)
    query.isPrepared = false
    return query
  }

  /// Rows that the scans took up, kept or dropped.
  var rowsRead: Int {
    func number(_ node: JSONValue, _ name: String) -> Double { Double(node[name]?.number ?? "0") ?? 0 }
    func read(_ node: JSONValue) -> Double {
      let below = (node["Plans"]?.array ?? []).reduce(0) { $0 + read($1) }
      guard node["Node Type"]?.string?.hasSuffix("Scan") == true else { return below }
      let each =
        number(node, "Actual Rows") + number(node, "Rows Removed by Filter")
        + number(node, "Rows Removed by Index Recheck")
      return below + each * number(node, "Actual Loops")
    }
    return Int(json[0]?["Plan"].map(read) ?? .infinity)
  }
}
