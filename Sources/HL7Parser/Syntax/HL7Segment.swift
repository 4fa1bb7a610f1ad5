/// One segment of a message: its name and its fields, pointing into the received bytes.
public struct HL7Segment: Sendable {
  let storage: HL7Storage
  /// The place of the segment in its message, from 0.
  public let index: Int

  init(storage: HL7Storage, index: Int) {
    self.storage = storage
    self.index = index
  }

  var entry: HL7Storage.Entry { storage.segments[index] }

  /// The three characters of the name.
  public var name: String { HL7SegmentName.text(entry.name) }

  /// The bytes of the segment, without its terminator.
  public var bytes: ArraySlice<UInt8> { storage.slice(entry.start, entry.end) }

  /// The number of the last field that is written, empty or not.
  public var fieldCount: Int { Int(entry.markCount) + (declaresDelimiters ? 1 : 0) }

  /// Where the segment stands, for findings.
  public var location: HL7Location { storage.location(ofSegment: index) }

  private var declaresDelimiters: Bool { HL7SegmentName.declaresDelimiters(entry.name) }

  /// A field by its number, from 1; absent where the segment ends before it. MSH-1 is the separator itself.
  public subscript(field: Int) -> HL7Element {
    get { element(field) }
    set { setField(field, .element(newValue)) }
  }

  private func element(_ field: Int) -> HL7Element {
    let entry = entry
    var number = field
    let declares = HL7SegmentName.declaresDelimiters(entry.name)
    if declares {
      if field == 1, entry.markCount > 0 {
        return HL7Element(storage: storage, start: entry.start + 3, end: entry.start + 4, level: .literal)
      }
      number -= 1
    }
    guard number >= 1, number <= Int(entry.markCount) else { return .absent(in: storage, .field) }
    let mark = Int(entry.firstMark) + number - 1
    let end = number < Int(entry.markCount) ? storage.marks[mark + 1] : entry.end
    let level: HL7Element.Level = declares && field == 2 ? .literal : .field
    return HL7Element(storage: storage, start: storage.marks[mark] + 1, end: end, level: level)
  }
}

/// Segments of a message in order: all of them, or a run.
public struct HL7Segments: RandomAccessCollection, Sendable {
  let storage: HL7Storage
  let range: Range<Int>

  public var startIndex: Int { range.lowerBound }
  public var endIndex: Int { range.upperBound }

  public subscript(position: Int) -> HL7Segment {
    precondition(range.contains(position), "segment index out of range")
    return HL7Segment(storage: storage, index: position)
  }

  public subscript(bounds: Range<Int>) -> HL7Segments {
    precondition(range.lowerBound <= bounds.lowerBound && bounds.upperBound <= range.upperBound)
    return HL7Segments(storage: storage, range: bounds)
  }

  /// The first segment of a name.
  public func first(named name: String) -> HL7Segment? {
    guard let packed = HL7SegmentName.pack(name) else { return nil }
    return first(packed).map { HL7Segment(storage: storage, index: $0) }
  }

  /// Every segment of a name.
  public func all(named name: String) -> [HL7Segment] {
    guard let packed = HL7SegmentName.pack(name) else { return [] }
    return range.compactMap {
      storage.segments[$0].name == packed ? HL7Segment(storage: storage, index: $0) : nil
    }
  }

  /// The runs that each begin with a segment of the name `opening` and reach to before the next one, or before a
  /// segment named in `closing`: `groups(from: "IN1")`, `groups(from: "RGS")`.
  public func groups(from opening: String, closing: Set<String> = []) -> [HL7Segments] {
    guard let opening = HL7SegmentName.pack(opening) else { return [] }
    let closing = Set(closing.compactMap { HL7SegmentName.pack($0) })
    var groups: [HL7Segments] = []
    var start: Int?
    for index in range {
      let name = storage.segments[index].name
      guard name == opening || closing.contains(name) else { continue }
      if let start { groups.append(HL7Segments(storage: storage, range: start..<index)) }
      start = name == opening ? index : nil
    }
    if let start { groups.append(HL7Segments(storage: storage, range: start..<range.upperBound)) }
    return groups
  }

  private func first(_ name: UInt32) -> Int? { range.first { storage.segments[$0].name == name } }
}
