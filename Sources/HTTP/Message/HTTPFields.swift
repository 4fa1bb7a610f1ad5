/// Header fields in the order they came: names compared without regard to case, repeated names kept apart.
///
/// One buffer holds the bytes of all of them, so that a parsed header costs two allocations whatever its size; a value
/// becomes a `String` when somebody asks.
public struct HTTPFields: Sendable {
  struct Entry: Sendable {
    var hash: UInt32
    var nameStart: UInt32
    var nameCount: UInt32
    var valueStart: UInt32
    var valueCount: UInt32
  }

  private(set) var bytes: [UInt8]
  private(set) var entries: [Entry]

  public init() {
    bytes = []
    entries = []
  }

  init(bytes: [UInt8], entries: [Entry]) {
    self.bytes = bytes
    self.entries = entries
  }

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }

  /// The first value of a name; setting replaces all of them, nil removes them.
  public subscript(name: HTTPFieldName) -> String? {
    get { entries.first { matches($0, name) }.map(value) }
    set {
      entries = entries.filter { !matches($0, name) }
      if let newValue { append(name, newValue) }
    }
  }

  /// All values of a name, in order.
  public func values(_ name: HTTPFieldName) -> [String] { entries.filter { matches($0, name) }.map(value) }

  /// The bytes of every value of a name, in order, without making a `String`.
  public func valueBytes(_ name: HTTPFieldName) -> [ArraySlice<UInt8>] { entries(named: name).map(valueBytes) }

  public func contains(_ name: HTTPFieldName) -> Bool { entries.contains { matches($0, name) } }

  /// Every field, in order.
  public var all: [(name: String, value: String)] {
    entries.map { (String(decoding: nameBytes($0), as: UTF8.self), value($0)) }
  }

  /// Adds a field after those that are there. Control bytes in the value become spaces, so that a value can never be
  /// the end of its line.
  public mutating func append(_ name: HTTPFieldName, _ value: String) {
    let start = bytes.count
    bytes.append(contentsOf: name.bytes)
    let valueStart = bytes.count
    var value = value
    value.withUTF8 { raw in
      for byte in raw { bytes.append(HTTPCharacters.isFieldContent(byte) ? byte : 0x20) }
    }
    entries.append(
      Entry(
        hash: name.hash, nameStart: UInt32(start), nameCount: UInt32(name.bytes.count), valueStart: UInt32(valueStart),
        valueCount: UInt32(bytes.count - valueStart)))
  }

  /// Writes the fields as lines.
  func serialize(into output: inout [UInt8]) {
    for entry in entries {
      output.append(contentsOf: nameBytes(entry))
      output.append(0x3A)
      output.append(0x20)
      output.append(contentsOf: valueBytes(entry))
      output.append(0x0D)
      output.append(0x0A)
    }
  }

  // MARK: Bytes

  func nameBytes(_ entry: Entry) -> ArraySlice<UInt8> {
    bytes[Int(entry.nameStart)..<Int(entry.nameStart + entry.nameCount)]
  }

  func valueBytes(_ entry: Entry) -> ArraySlice<UInt8> {
    bytes[Int(entry.valueStart)..<Int(entry.valueStart + entry.valueCount)]
  }

  func entries(named name: HTTPFieldName) -> [Entry] { entries.filter { matches($0, name) } }

  private func value(_ entry: Entry) -> String { String(decoding: valueBytes(entry), as: UTF8.self) }

  private func matches(_ entry: Entry, _ name: HTTPFieldName) -> Bool {
    guard entry.hash == name.hash, Int(entry.nameCount) == name.bytes.count else { return false }
    return bytes.withUnsafeBufferPointer { all in
      name.bytes.withUnsafeBufferPointer { wanted in
        for index in 0..<wanted.count
        where HTTPCharacters.lowerToken(all[Int(entry.nameStart) + index]) != HTTPCharacters.lowerToken(wanted[index]) {
          return false
        }
        return true
      }
    }
  }

  /// Whether a comma-separated list (such as `Connection`) holds a token.
  func list(_ name: HTTPFieldName, contains token: String) -> Bool {
    entries.contains { entry in
      matches(entry, name)
        && valueBytes(entry).split(separator: 0x2C).contains { part in
          let trimmed = part.drop { $0 == 0x20 || $0 == 0x09 }
          let end = trimmed.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? trimmed.startIndex
          return HTTPCharacters.equalIgnoringCase(trimmed[..<end], Array(token.utf8))
        }
    }
  }
}
