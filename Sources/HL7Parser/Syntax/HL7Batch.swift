/// A file of messages: batches in an envelope (`[FHS] { [BHS] { MSH … } [BTS] } [FTS]`), or messages one after another.
///
/// The messages are slices of the bytes given; each is parsed when asked, so that one broken message does not spoil the
/// others. HL7 chapter 2, "Batch".
public struct HL7Batch: Sendable {
  /// One batch; its header and trailer are absent where messages stand without an envelope.
  public struct Group: Sendable {
    public internal(set) var header: HL7Segment?
    public internal(set) var messages: [ArraySlice<UInt8>] = []
    public internal(set) var trailer: HL7Segment?
  }

  public let bytes: [UInt8]
  public private(set) var fileHeader: HL7Segment?
  public private(set) var groups: [Group] = []
  public private(set) var fileTrailer: HL7Segment?
  /// Counts that do not agree, trailers without header and the like.
  public private(set) var findings: [HL7Finding] = []

  /// All messages in order.
  public var messages: [ArraySlice<UInt8>] { groups.flatMap(\.messages) }

  /// Whether the bytes begin as a batch does, so that they are to be read as one.
  public static func isBatch(_ bytes: some Collection<UInt8>) -> Bool {
    let head = Array(bytes.drop { HL7Lines.isBlank($0) }.prefix(3))
    return head == Array("FHS".utf8) || head == Array("BHS".utf8)
  }

  /// Reads the envelope. Throws where the file has none of the segments of one, an envelope segment cannot be read,
  /// or envelopes stand within one another.
  public init(parsing bytes: [UInt8], options: HL7Options = HL7Options()) throws(HL7Error) {
    guard bytes.count <= min(options.limits.messageBytes, Int(UInt32.max)) else {
      throw HL7Error(
        .limitExceeded, "\(bytes.count) bytes; the limit of this listener is \(options.limits.messageBytes)",
        condition: .applicationInternalError)
    }
    self.bytes = bytes
    var reader = Reader(options: options, delimiters: .standard)
    for line in HL7Lines(bytes) { try reader.take(line, into: &self) }
    reader.endMessage(at: bytes.count, in: &self)
    if fileHeader == nil && groups.isEmpty {
      throw HL7Error(.noHeader, "no FHS, BHS or MSH segment in the file", condition: .segmentSequenceError)
    }
    checkCounts()
  }

  private mutating func checkCounts() {
    for group in groups {
      check(group.trailer, "BTS", against: group.messages.count, "messages", isDue: group.header != nil)
    }
    check(fileTrailer, "FTS", against: groups.count, "batches", isDue: fileHeader != nil)
  }

  private mutating func check(_ trailer: HL7Segment?, _ name: String, against count: Int, _ of: String, isDue: Bool) {
    guard let trailer else {
      if isDue {
        findings.append(
          HL7Finding(.segmentSequenceError, at: HL7Location(name), "\(name) is missing: the file may be cut short"))
      }
      return
    }
    guard let text = trailer[1].string else { return }
    guard Int(text) == count else {
      findings.append(
        HL7Finding(
          .dataTypeError, at: HL7Location(name, field: 1), "\(name)-1 does not agree: the file holds \(count) \(of)"))
      return
    }
  }

  /// Follows the lines of a file. A message runs from its MSH to the next header or trailer.
  private struct Reader {
    let options: HL7Options
    var delimiters: HL7Delimiters
    var messageStart: Int?
    var isInBatch = false
    var messageCount = 0

    mutating func take(_ line: Range<Int>, into batch: inout HL7Batch) throws(HL7Error) {
      guard line.count >= 3 else { return }
      let bytes = batch.bytes
      let name = HL7SegmentName.pack(bytes[line.lowerBound], bytes[line.lowerBound + 1], bytes[line.lowerBound + 2])
      let known = [HL7SegmentName.FHS, HL7SegmentName.BHS, HL7SegmentName.MSH, HL7SegmentName.BTS, HL7SegmentName.FTS]
      guard known.contains(name) else {
        if messageStart == nil { throw misplaced(name, line, "a segment outside any message") }
        return
      }
      endMessage(at: line.lowerBound, in: &batch)
      switch name {
      case HL7SegmentName.FHS:
        guard batch.fileHeader == nil, batch.groups.isEmpty else { throw misplaced(name, line, "FHS within a file") }
        batch.fileHeader = try envelope(bytes[line], name)
      case HL7SegmentName.BHS:
        guard !isInBatch else { throw misplaced(name, line, "BHS within a batch") }
        batch.groups.append(Group(header: try envelope(bytes[line], name)))
        isInBatch = true
      case HL7SegmentName.BTS:
        guard isInBatch else { throw misplaced(name, line, "BTS without BHS") }
        batch.groups[batch.groups.count - 1].trailer = try envelope(bytes[line], name)
        isInBatch = false
      case HL7SegmentName.FTS:
        guard batch.fileHeader != nil, batch.fileTrailer == nil else { throw misplaced(name, line, "FTS without FHS") }
        batch.fileTrailer = try envelope(bytes[line], name)
        isInBatch = false
      default:
        try beginMessage(line, in: &batch)
      }
    }

    mutating func endMessage(at end: Int, in batch: inout HL7Batch) {
      guard let start = messageStart else { return }
      batch.groups[batch.groups.count - 1].messages.append(batch.bytes[start..<end])
      messageStart = nil
    }

    private mutating func beginMessage(_ line: Range<Int>, in batch: inout HL7Batch) throws(HL7Error) {
      messageCount += 1
      guard messageCount <= options.limits.batchMessages else {
        throw HL7Error(
          .limitExceeded, "more than \(options.limits.batchMessages) messages in one batch file",
          condition: .applicationInternalError, offset: line.lowerBound)
      }
      let needsGroup = batch.groups.isEmpty || (!isInBatch && batch.groups.last?.trailer != nil)
      if needsGroup { batch.groups.append(Group()) }
      messageStart = line.lowerBound
    }

    private mutating func envelope(_ line: ArraySlice<UInt8>, _ name: UInt32) throws(HL7Error) -> HL7Segment {
      let storage: HL7Storage
      if HL7SegmentName.declaresDelimiters(name) {
        storage = try HL7Storage.parse(line, header: name, options: options, checksCharset: false)
        delimiters = storage.delimiters
      } else {
        storage = try HL7Storage.parse(line, delimiters: delimiters, options: options)
      }
      return HL7Segment(storage: storage, index: 0)
    }

    private func misplaced(_ name: UInt32, _ line: Range<Int>, _ what: String) -> HL7Error {
      HL7Error(
        .batchStructure, "\(what); the order is [FHS] { [BHS] messages [BTS] } [FTS]",
        condition: .segmentSequenceError, location: HL7Location(HL7SegmentName.text(name)), offset: line.lowerBound)
    }
  }
}

/// The non-empty lines of bytes, parted by CR, LF or both.
struct HL7Lines: Sequence {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  func makeIterator() -> Iterator { Iterator(bytes: bytes) }

  /// Blank space, or a byte of the UTF-8 byte order mark, none of which a segment begins with.
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) || byte == 0xEF || byte == 0xBB || byte == 0xBF
  }

  struct Iterator: IteratorProtocol {
    let bytes: [UInt8]
    var at = 0

    mutating func next() -> Range<Int>? {
      while at < bytes.count, HL7Lines.isBlank(bytes[at]) { at += 1 }
      guard at < bytes.count else { return nil }
      let start = at
      while at < bytes.count, bytes[at] != .carriageReturn, bytes[at] != .lineFeed { at += 1 }
      return start..<at
    }
  }
}
