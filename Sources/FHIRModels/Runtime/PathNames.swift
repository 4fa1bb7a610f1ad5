/// Finds the fields of a type by their name in paths (`value` for `valueQuantity` and its siblings).
///
/// Names are numbers here, given once when an expression is compiled, so that a step of a walk compares no text.
struct PathNames: Sendable {
  /// A name that stands in some type's table.
  typealias Name = UInt16

  private struct Entry {
    let name: Name
    let first: UInt16
    let last: UInt16
  }

  private let numbers: [String: Name]
  /// One list a type, in the order of the schema, sorted by name.
  private let tables: [[Entry]]
  private let base: Int

  static let shared = PathNames(Schema.shared)

  private init(_ schema: Schema) {
    var numbers: [String: Name] = [:]
    var tables: [[Entry]] = []
    for type in schema.types {
      let fields = type.pointer.pointee.fields
      var entries: [Entry] = []
      var index = 0
      while index < fields.count {
        let name = numbers[fields[index].pathName] ?? Name(numbers.count)
        numbers[fields[index].pathName] = name
        let last = fields[index].group.upperBound
        entries.append(Entry(name: name, first: UInt16(index), last: UInt16(last)))
        index = last + 1
      }
      tables.append(entries.sorted { $0.name < $1.name })
    }
    self.numbers = numbers
    self.tables = tables
    base = schema.types.first.map { Int(bitPattern: $0.pointer) } ?? 0
  }

  /// The number of a name; nil when no type has a field of it.
  func number(of name: String) -> Name? { numbers[name] }

  /// The fields of `type` that are called `name`; nil when it has none.
  func fields(_ name: Name, of type: TypeReference) -> ClosedRange<Int>? {
    let table = tables[index(of: type)]
    var low = 0
    var high = table.count
    while low < high {
      let middle = (low + high) / 2
      if table[middle].name < name { low = middle + 1 } else { high = middle }
    }
    guard low < table.count, table[low].name == name else { return nil }
    return Int(table[low].first)...Int(table[low].last)
  }

  /// The type's place in the schema.
  func index(of type: TypeReference) -> Int {
    (Int(bitPattern: type.pointer) - base) / MemoryLayout<NodeType>.stride
  }

  func fields(named name: String, of type: TypeReference) -> ClosedRange<Int>? {
    numbers[name].flatMap { fields($0, of: type) }
  }
}
