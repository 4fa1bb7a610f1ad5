package import PostgresClient

/// A statement under construction: fixed pieces, and whatever comes from outside bound as `$1`, `$2` ….
package struct SQLText: Sendable {
  package private(set) var text = ""
  package private(set) var values: [PostgresValue] = []

  mutating func append(_ piece: String) { text += piece }

  /// Binds a value and gives its place, with a cast where Postgres could not tell the type.
  mutating func bind(_ value: PostgresValue, as type: String? = nil) -> String {
    values.append(value)
    return "$\(values.count)" + (type.map { "::" + $0 } ?? "")
  }

  /// `= $n` for one text, `= any ($n)` for several.
  mutating func equals(_ texts: [String]) -> String {
    texts.count == 1 ? "= " + bind(.text(texts[0])) : "= any (" + bind(.textArray(texts), as: "text[]") + ")"
  }

  var query: PostgresQuery { PostgresQuery(dynamic: text, values) }
}
