import ClinicModel
import PostgresClient

/// Turns one criterion into a condition on the row `r`. `$1` is the clinic.
struct SearchConditions {
  var sql: SQLText

  /// - Parameter relation: names the clinic's column through its alias.
  mutating func condition(_ criterion: SearchCriterion, _ source: SearchSource) -> String {
    switch criterion.test {
    case .isMissing(let isMissing): return isMissing ? missing(source) : present(source)
    case .tokens(let tokens, let isNegated):
      let found = tokenCondition(tokens, source)
      return isNegated ? "(\(found)) is not true" : found
    case .strings(let values, let match): return any(values) { $0.string($1, match, source) }
    case .dates(let dates): return any(dates) { $0.date($1, source) }
    case .references(let references): return reference(references, source)
    }
  }

  /// One of several, as an `or`.
  private mutating func any<Value>(_ values: [Value], _ one: (inout SearchConditions, Value) -> String) -> String {
    let parts = values.map { one(&self, $0) }
    return parts.count == 1 ? parts[0] : "(" + parts.joined(separator: " or ") + ")"
  }

  // MARK: :missing

  /// What shows, each by itself, that an element is there. `exists` stands by itself, never under `not`: only so does
  /// Postgres join from either side.
  private enum Sign {
    case column(String)
    case text(String)
    /// What follows `exists`.
    case rows(String)

    var present: String {
      switch self {
      case .column(let column): "\(column) is not null"
      case .text(let column): "coalesce(\(column), '') <> ''"
      case .rows(let select): "exists (\(select))"
      }
    }

    var absent: String {
      switch self {
      case .column(let column): "\(column) is null"
      case .text(let column): "coalesce(\(column), '') = ''"
      case .rows(let select): "not exists (\(select))"
      }
    }
  }

  private func missing(_ source: SearchSource) -> String {
    var absent = signs(source).map(\.absent)
    if case .patientKeys(let kinds) = source {
      // The patient's own columns first: their index leaves few rows to look up.
      absent = kinds.map { ["family", "given"].contains($0) ? "r.\($0)_key = ''" : "r.\($0) is null" } + absent
    }
    return absent.isEmpty ? "false" : absent.joined(separator: " and ")
  }

  private func present(_ source: SearchSource) -> String {
    let present = signs(source).map(\.present)
    if present.isEmpty { return "true" }
    return present.count == 1 ? present[0] : "(" + present.joined(separator: " or ") + ")"
  }

  /// Empty for what is never missing.
  private func signs(_ source: SearchSource) -> [Sign] {
    switch source {
    case .id: return []
    case .instant(let column, _), .day(let column, _), .code(let column, _, _), .coding(_, let column):
      return [.column(column)]
    case .contact(let column, let function): return [.text("\(function)(\(column))")]
    case .period(let start, let end): return [.column(start), .column(end)]
    case .identifier(let owner, let ownerColumn, let bare):
      let some = "select from clinic.identifier i where \(Self.identifiers(owner)) and i.owner_id = \(ownerColumn)"
      return (bare.map { [.column("r.\($0)")] } ?? []) + [.rows(some)]
    case .patientKeys(let kinds):
      return [.rows("select from clinic.patient_key k where \(Self.keys(kinds)) and k.patient_id = r.id")]
    case .texts(let columns): return columns.map { .text($0.key) }
    case .reference(let columns): return columns.values.sorted().map { .column($0) }
    case .practitioners(let columns): return columns.map { .column($0) }
    case .participants(let columns):
      let types = columns.keys.sorted().map { "'\($0.lowercased())'" }.joined(separator: ", ")
      let some =
        "select from clinic.appointment_participant p where p.clinic_id = $1 and p.appointment_id = r.id"
        + " and p.actor_type in (\(types)) and p.deleted_at is null"
      return columns.values.sorted().map { .column($0) } + [.rows(some)]
    }
  }

  /// The rows of `clinic.identifier i` of an owner's type: a literal, or a column when it has a dot.
  static func identifiers(_ owner: String) -> String {
    "i.clinic_id = $1 and i.owner_type = \(owner.contains(".") ? owner : "'\(owner)'") and i.deleted_at is null"
  }

  static func keys(_ kinds: [String]) -> String {
    let list = kinds.map { "'\($0)'" }.joined(separator: ", ")
    return "k.clinic_id = $1 and k.kind " + (kinds.count == 1 ? "= \(list)" : "in (\(list))")
  }

  // MARK: Tokens

  private mutating func tokenCondition(_ tokens: [SearchToken], _ source: SearchSource) -> String {
    switch source {
    case .id:
      let ids = tokens.compactMap { $0.system == .any ? $0.code : nil }
      return ids.isEmpty ? "false" : "r.id " + sql.equals(ids)
    case .code(let column, let system, _): return code(tokens, column, system)
    case .coding(let system, let code): return coding(tokens, system, code)
    case .identifier(let owner, let ownerColumn, let bare):
      return identifier(tokens, owner: owner, ownerColumn: ownerColumn, bare: bare)
    case .patientKeys(let kinds):
      let keys = contactKeys(tokens, isPhone: kinds == ["phone"])
      guard !keys.isEmpty else { return "false" }
      return
        "exists (select from clinic.patient_key k where \(Self.keys(kinds)) and k.key \(sql.equals(keys)) and k.patient_id = r.id)"
    case .contact(let column, let function):
      let keys = contactKeys(tokens, isPhone: function == "clinic.phone_key")
      return keys.isEmpty ? "false" : "\(function)(\(column)) " + sql.equals(keys)
    default: return "false"
    }
  }

  /// A contact point has no system; its value is compared as digits, or without case.
  private func contactKeys(_ tokens: [SearchToken], isPhone: Bool) -> [String] {
    tokens.compactMap { token in
      guard let code = token.code else { return nil }
      if case .uri = token.system { return nil }
      let key = isPhone ? FoldedKey.phone(code) : Self.mailKey(code)
      return key.isEmpty ? nil : key
    }
  }

  /// Equal to `clinic.email_key`.
  static func mailKey(_ text: String) -> String {
    var bytes = Array(text.utf8.drop { $0 == 0x20 })
    while bytes.last == 0x20 { bytes.removeLast() }
    return String(decoding: bytes.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  private mutating func code(_ tokens: [SearchToken], _ column: String, _ system: String?) -> String {
    let asked = Self.codes(tokens, system: system)
    if asked.isAny { return "\(column) is not null" }
    return asked.codes.isEmpty ? "false" : "\(Self.bytewise(column)) \(sql.equals(asked.codes))"
  }

  private mutating func coding(_ tokens: [SearchToken], _ system: String, _ code: String) -> String {
    let code = Self.bytewise(code)
    let parts: [String] = tokens.compactMap { token in
      switch (token.system, token.code) {
      case (.any, let asked?): "\(code) \(sql.equals([asked]))"
      case (.absent, let asked?): "(\(code) \(sql.equals([asked])) and \(system) is null)"
      case (.uri(let uri), let asked?): "(\(code) \(sql.equals([asked])) and \(system) \(sql.equals([uri])))"
      case (.uri(let uri), nil): "(\(system) \(sql.equals([uri])) and \(code) is not null)"
      default: nil
      }
    }
    return parts.isEmpty ? "false" : "(" + parts.joined(separator: " or ") + ")"
  }

  /// The codes that tokens ask for. A code element has the system of its value set, so `|code` matches nothing.
  static func codes(_ tokens: [SearchToken], system: String?) -> (codes: [String], isAny: Bool) {
    var codes: [String] = []
    var isAny = false
    for token in tokens {
      switch token.system {
      case .absent: if system == nil, let code = token.code { codes.append(code) }
      case .any: if let code = token.code { codes.append(code) }
      case .uri(let uri):
        guard uri == system else { continue }
        if let code = token.code { codes.append(code) } else { isAny = true }
      }
    }
    return (codes, isAny)
  }

  /// A column in the order of bytes, as its index has it whatever the database's own order is.
  static func bytewise(_ column: String) -> String { "\(column) collate \"C\"" }

  private mutating func identifier(
    _ tokens: [SearchToken], owner: String, ownerColumn: String, bare: String?
  ) -> String {
    var values: [String] = []
    var pairs: [(system: String, value: String)] = []
    var systems: [String] = []
    var bareValues: [String] = []
    for token in tokens {
      switch (token.system, token.code) {
      case (.any, let code?):
        values.append(code)
        bareValues.append(code)
      case (.absent, let code?): bareValues.append(code)
      case (.uri(let uri), let code?): pairs.append((uri, code))
      case (.uri(let uri), nil): systems.append(uri)
      default: break
      }
    }
    var parts: [String] = []
    let select = "select i.owner_id from clinic.identifier i where \(Self.identifiers(owner))"
    if !values.isEmpty { parts.append("\(select) and i.value \(sql.equals(values))") }
    if pairs.count == 1 {
      parts.append(
        "\(select) and i.value = \(sql.bind(.text(pairs[0].value))) and i.system = \(sql.bind(.text(pairs[0].system)))")
    } else if pairs.count > 1 {
      let bound = sql.bind(.textArray(pairs.map(\.value)), as: "text[]")
      let also = sql.bind(.textArray(pairs.map(\.system)), as: "text[]")
      parts.append("\(select) and (i.value, i.system) in (select * from unnest(\(bound), \(also)))")
    }
    if !systems.isEmpty { parts.append("\(select) and i.system \(sql.equals(systems))") }
    if let bare, !bareValues.isEmpty {
      parts.append(
        "select b.id from clinic.invoice b where b.clinic_id = $1 and b.\(bare) \(sql.equals(bareValues))"
          + " and (b.\(bare) \(sql.equals(values.isEmpty ? [""] : values)) or not exists (select from clinic.identifier i"
          + " where \(Self.identifiers(owner)) and i.owner_id = b.id and i.value = b.\(bare)))")
    }
    guard !parts.isEmpty else { return "false" }
    return "\(ownerColumn) in (\(parts.joined(separator: " union all ")))"
  }

  // MARK: Strings

  private mutating func string(_ value: String, _ match: SearchStringMatch, _ source: SearchSource) -> String {
    switch source {
    case .patientKeys(let kinds): return patientString(value, match, kinds)
    case .texts(let columns): return any(columns) { $0.text(value, match, $1) }
    default: return "false"
    }
  }

  private mutating func patientString(_ value: String, _ match: SearchStringMatch, _ kinds: [String]) -> String {
    let folded = FoldedKey.fold(value)
    let key = "exists (select from clinic.patient_key k where \(Self.keys(kinds)) and k.patient_id = r.id"
    switch match {
    case .startsWith: return "\(key) and \(range("k.key", prefix: folded)))"
    case .contains: return "\(key) and \(inside("k.key", folded)))"
    case .exact:
      // The key narrows, the columns decide.
      let bound = sql.bind(.text(value), as: "text")
      var parts: [String] = []
      for kind in kinds {
        parts.append(kind == "family" ? "r.family = \(bound)" : "\(bound) = any (r.given)")
        parts.append(
          "exists (select from clinic.patient_name n where n.clinic_id = $1 and n.patient_id = r.id"
            + " and n.deleted_at is null and \(kind == "family" ? "n.family = \(bound)" : "\(bound) = any (n.given)"))")
      }
      let exact = "(" + parts.joined(separator: " or ") + ")"
      return folded.isEmpty ? exact : "\(key) and k.key = \(sql.bind(.text(folded)))) and \(exact)"
    }
  }

  /// Contains. No index serves it: the functions that could are not trusted under row security.
  mutating func inside(_ column: String, _ folded: String) -> String {
    "position(\(sql.bind(.text(folded), as: "text")) in \(column)) > 0"
  }

  /// Begins with: a range over text in the order of bytes, which indexes serve and `like` under row security does not.
  mutating func range(_ column: String, prefix: String) -> String {
    guard let bound = FoldedKey.upperBound(ofPrefix: prefix) else { return "\(column) is not null" }
    return "\(column) >= \(sql.bind(.text(prefix))) and \(column) < \(sql.bind(.text(bound)))"
  }

  private mutating func text(_ value: String, _ match: SearchStringMatch, _ column: SearchSource.TextColumn) -> String {
    let folded = FoldedKey.fold(value)
    switch match {
    case .exact:
      let bound = sql.bind(.text(value), as: "text")
      return column.isArray ? "\(bound) = any (\(column.column))" : "\(column.column) = \(bound)"
    case .startsWith where column.isArray:
      return
        "exists (select from unnest(\(column.column)) v where clinic.fold(v) collate \"C\" >= \(sql.bind(.text(folded)))"
        + (FoldedKey.upperBound(ofPrefix: folded).map { " and clinic.fold(v) collate \"C\" < \(sql.bind(.text($0))))" }
          ?? ")")
    case .startsWith: return "(\(range(column.key, prefix: folded)))"
    case .contains where column.isArray:
      return
        "exists (select from unnest(\(column.column)) v where \(inside("clinic.fold(v)", folded)))"
    case .contains: return inside(column.key, folded)
    }
  }

  // MARK: References

  private mutating func reference(_ references: [SearchReference], _ source: SearchSource) -> String {
    switch source {
    case .reference(let columns):
      let parts = Self.ids(references, columns).map { "\($0.column) \(sql.equals($0.ids))" }
      return parts.isEmpty ? "false" : "(" + parts.joined(separator: " or ") + ")"
    case .practitioners(let columns):
      let parts = columns.flatMap { Self.ids(references, ["Practitioner": $0]) }
        .map { "\($0.column) \(sql.equals($0.ids))" }
      return parts.isEmpty ? "false" : "(" + parts.joined(separator: " or ") + ")"
    case .participants(let columns):
      let parts = Self.ids(references, columns).map { wanted in
        "select a.id from clinic.appointment a where a.clinic_id = $1 and a.\(wanted.column.dropFirst(2)) \(sql.equals(wanted.ids))"
          + " union all select p.appointment_id from clinic.appointment_participant p where p.clinic_id = $1"
          + " and p.actor_type = '\(wanted.type.lowercased())' and p.actor_id \(sql.equals(wanted.ids))"
          + " and p.deleted_at is null"
      }
      return parts.isEmpty ? "false" : "r.id in (\(parts.joined(separator: " union all ")))"
    default: return "false"
    }
  }

  /// The ids to look for in each column.
  static func ids(
    _ references: [SearchReference], _ columns: [String: String]
  ) -> [(type: String, column: String, ids: [String])] {
    var found: [(type: String, column: String, ids: [String])] = []
    for (type, column) in columns.sorted(by: { $0.key < $1.key }) {
      let ids = references.compactMap { reference -> String? in
        guard case .local(let types, let id) = reference, types.contains(type) else { return nil }
        return id
      }
      if !ids.isEmpty { found.append((type, column, ids)) }
    }
    return found
  }
}
