internal import JSON

/// What a message would do to one row, for the operator's eyes: it holds a patient's data.
package struct RecordDifference: Sendable, Equatable {
  package struct Column: Sendable, Equatable {
    package let name: String
    /// As Postgres writes it; nil for null.
    package let before: String?
    package let after: String?
  }

  package enum Operation: String, Sendable { case create, update, delete, merge }

  package let operation: Operation
  package let relation: String
  package let id: String
  /// For a merge: the id of the survivor.
  package var survivor: String?
  package private(set) var columns: [Column]

  /// Adds columns that are not told of yet.
  mutating func add(_ more: [Column]) {
    columns += more.filter { column in !columns.contains { $0.name == column.name } }
  }

  /// What writes do, in their order, beside the rows that stand before them.
  static func all(_ writes: [RecordWrite], before: StandingRows) -> [RecordDifference] {
    writes.flatMap { write -> [RecordDifference] in
      let id = write.columns.first?.first ?? ""
      switch write.effect {
      case .insert(let relation):
        return [RecordDifference(operation: .create, relation: relation, id: id, columns: columns(write, over: nil))]
      case .update(let relation):
        let standing = before.row(named: relation, id)
        return [
          RecordDifference(operation: .update, relation: relation, id: id, columns: columns(write, over: standing))
        ]
      case .set(let relation, let fields):
        let standing = before.row(named: relation, id)
        let changed = columns(fields, over: standing)
        let operation: Operation = standing == nil ? .create : .update
        return changed.isEmpty
          ? [] : [RecordDifference(operation: operation, relation: relation, id: id, columns: changed)]
      case .delete(let relation):
        let standing = before.row(named: relation, id)
        return [RecordDifference(operation: .delete, relation: relation, id: id, columns: standing?.lost ?? [])]
      case .insertAll(let relation):
        return document(write).array?.map { item in
          RecordDifference(
            operation: .create, relation: relation, id: item["id"]?.string ?? "",
            columns: item.object.map { columns($0, over: nil) } ?? [])
        } ?? []
      case .merge(let relation):
        return [
          RecordDifference(
            operation: .merge, relation: relation, id: id, survivor: write.columns.last?.first, columns: [])
        ]
      case .consequence: return []
      }
    }
  }

  private static func document(_ write: RecordWrite) -> JSONValue {
    (try? JSONValue.parse(write.columns.last?.first ?? "")) ?? .null
  }

  private static func columns(_ write: RecordWrite, over standing: StandingRow?) -> [Column] {
    columns(document(write).object ?? [:], over: standing)
  }

  private static func columns(_ fields: JSONObject, over standing: StandingRow?) -> [Column] {
    fields.compactMap { field in
      // Columns of a list's row are all named, changed or not; a number may be written with more zeros.
      guard field.key != "id", standing.map({ !$0.holds(field.key, field.value) }) ?? !field.value.isNull else {
        return nil
      }
      if let number = field.value.double, standing?.text(field.key).flatMap({ Double($0) }) == number { return nil }
      return Column(
        name: field.key, before: standing?.shown(field.key, beside: field.value),
        after: field.value.isNull ? nil : field.value.string ?? field.value.text)
    }
  }
}

extension StandingRow {
  /// What the column holds, written as the value that it is to hold: Postgres's `t` is `true` beside a flag.
  fileprivate func shown(_ column: String, beside value: JSONValue) -> String? {
    guard let text = text(column), case .bool = value else { return text(column) }
    return text == "t" ? "true" : text == "f" ? "false" : text
  }

  /// Every column that holds something, as it is when the row is gone.
  fileprivate var lost: [RecordDifference.Column] {
    columnNames.compactMap { name in
      text(name).map { RecordDifference.Column(name: name, before: $0, after: nil) }
    }
  }
}
