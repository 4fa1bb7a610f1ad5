import XML

/// The fields that element names stand for, kept by the reader's indices so that a name is looked up once a type.
struct FieldCache {
  private struct Entry {
    var type: UnsafeMutablePointer<NodeType>?
    var name = -1
    var field = NameTable.missing
  }

  private var entries: [Entry]

  /// A cache for a document of `bytes`: a small one meets few names, and to clear more costs it more than it gains.
  init(bytes: Int) { entries = [Entry](repeating: Entry(), count: bytes < 8 << 10 ? 64 : 256) }

  /// The field of `type` that the reader's name `index` stands for; `NameTable.missing` if none does.
  mutating func find(_ index: Int, _ type: TypeReference, _ reader: borrowing XMLReader) -> Int {
    let place = (Int(bitPattern: type.pointer) >> 4 &+ index &* 31) & (entries.count &- 1)
    if entries[place].type == type.pointer, entries[place].name == index { return entries[place].field }
    let field = type.pointer.pointee.names.find(reader.name(at: index))
    entries[place] = Entry(type: type.pointer, name: index, field: field)
    return field
  }
}

/// A name that is compared as text once and by the reader's index from then on.
struct KnownName {
  private let text: StaticString
  private var index = -1

  init(_ text: StaticString) { self.text = text }

  mutating func matches(_ other: Int, _ reader: borrowing XMLReader) -> Bool {
    if other == index { return true }
    guard index < 0, reader.name(at: other) == text.description else { return false }
    index = other
    return true
  }
}

/// The namespaces of FHIR's documents.
struct Namespaces {
  static let fhir: StaticString = "http://hl7.org/fhir"

  var fhir = KnownName(Namespaces.fhir)
  var xhtml = KnownName(XHTMLNarrative.namespace)
}
