import PostgresClient

/// The order of a search's rows, ending in columns that make it unique, and where a page begins in it.
struct SearchOrder: Sendable, Equatable {
  let columns: [SortColumn]

  /// - Parameters:
  ///   - keys: the order asked for.
  ///   - tieBreak: follows them; turned the way of the keys where they all go one way, so that their index serves both.
  init(keys: [SortColumn], tieBreak: [SortColumn]) {
    if !keys.isEmpty, keys.allSatisfy({ $0.isDescending == keys[0].isDescending }), tieBreak.count == 1 {
      columns = keys + tieBreak.map { $0.descending(keys[0].isDescending) }
    } else {
      columns = keys + tieBreak
    }
  }

  /// Nulls stand where an index has them: last going up, first going down.
  func clause(_ name: (Int, SortColumn) -> String) -> String {
    columns.enumerated().map { name($0.offset, $0.element) + ($0.element.isDescending ? " desc" : "") }
      .joined(separator: ", ")
  }

  /// Conditions for the rows after `values`, one a branch; an index serves each where one serves the order.
  func conditions(after values: [String?], _ sql: inout SQLText) -> [String] {
    guard values.count == columns.count else { return ["false"] }
    guard columns.allSatisfy({ $0.isDescending == columns[0].isDescending }),
      columns.dropFirst().allSatisfy({ !$0.isNullable })
    else { return lexicographic(values, &sql) }
    return rowwise(values, &sql)
  }

  /// Every column goes one way, only the first may be null: a comparison of rows.
  private func rowwise(_ values: [String?], _ sql: inout SQLText) -> [String] {
    let comparison = columns[0].isDescending ? "<" : ">"
    func compare(_ from: Int, _ sql: inout SQLText) -> String {
      let names = columns[from...].map(\.expression)
      let bound = columns.indices[from...].map { sql.bind(PostgresValue(values[$0]), as: columns[$0].cast) }
      return names.count == 1
        ? "\(names[0]) \(comparison) \(bound[0])"
        : "(\(names.joined(separator: ", "))) \(comparison) (\(bound.joined(separator: ", ")))"
    }
    let first = columns[0]
    guard first.isNullable else { return [compare(0, &sql)] }
    let isNull = "\(first.expression) is null"
    switch (values[0] == nil, first.isDescending) {
    case (false, false): return [compare(0, &sql), isNull]
    case (false, true): return [compare(0, &sql)]
    case (true, false): return ["\(isNull) and \(compare(1, &sql))"]
    case (true, true): return ["\(isNull) and \(compare(1, &sql))", "\(first.expression) is not null"]
    }
  }

  /// Column by column: equal so far, and after in the next.
  private func lexicographic(_ values: [String?], _ sql: inout SQLText) -> [String] {
    var alternatives: [String] = []
    var equal: [String] = []
    for (column, value) in zip(columns, values) {
      func add(_ after: String) { alternatives.append((equal + [after]).joined(separator: " and ")) }
      guard let value else {
        if column.isDescending { add("\(column.expression) is not null") }
        equal.append("\(column.expression) is null")
        continue
      }
      let bound = sql.bind(.text(value), as: column.cast)
      add("\(column.expression) \(column.isDescending ? "<" : ">") \(bound)")
      if column.isNullable, !column.isDescending { add("\(column.expression) is null") }
      equal.append("\(column.expression) = \(bound)")
    }
    return alternatives.isEmpty ? ["false"] : alternatives
  }
}
