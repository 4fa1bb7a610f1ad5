/// One HL7 v2 message in ER7 form: the received bytes, and an index over them.
///
/// A value: cheap to copy (one reference), Sendable. Reading never copies the message; `bytes` are exactly those given.
/// Everything read from it (`HL7Segment`, `HL7Element`, typed faces) points into the same bytes and keeps them alive.
/// Changing it (`message.PID?.administrativeSex = "F"`, `set(_:at:)`) makes new bytes, in which all that was not
/// changed stands as it was.
public struct HL7Message: Sendable {
  var storage: HL7Storage

  init(storage: HL7Storage) {
    self.storage = storage
  }

  /// Reads a message that begins with MSH. Complexity: one pass over the bytes.
  ///
  /// Refused are bytes without a usable MSH-1 and MSH-2, lines that are no segment, a second MSH, batch envelopes,
  /// unsupported charsets, bytes that are not valid in the charset declared, and anything above a limit. Content is
  /// not judged: that is `HL7Validator`'s.
  public init(parsing bytes: [UInt8], options: HL7Options = HL7Options()) throws(HL7Error) {
    try self.init(parsing: bytes[...], options: options)
  }

  /// Reads a message that is part of something larger, such as a batch, without copying it out.
  public init(parsing bytes: ArraySlice<UInt8>, options: HL7Options = HL7Options()) throws(HL7Error) {
    storage = try HL7Storage.parse(bytes, header: HL7SegmentName.MSH, options: options)
  }

  /// The bytes as they were received.
  public var bytes: ArraySlice<UInt8> { storage.bytes }
  public var delimiters: HL7Delimiters { storage.delimiters }
  /// The charset that texts are decoded with: MSH-18, else the profile's default or fallback.
  public var charset: HL7Charset { storage.charset }
  /// What was tolerated while reading, one entry a kind.
  public var notices: [HL7Notice] { storage.notices }

  /// The segments in order, MSH first.
  public var segments: HL7Segments { HL7Segments(storage: storage, range: 0..<storage.segments.count) }

  /// The first segment of a name, such as `PID`.
  public func segment(_ name: String) -> HL7Segment? { segments.first(named: name) }

  /// The segment that every message begins with.
  public var header: HL7Segment { HL7Segment(storage: storage, index: 0) }

  /// The element at a path such as `PID-3[2].4.1`; an absent one where the message has none, or the path has no
  /// meaning. For paths from configuration, check them once with `HL7Path.init(_:)`.
  public subscript(path: String) -> HL7Element {
    guard let path = try? HL7Path(path) else { return .absent(in: storage, .field) }
    return self[path]
  }

  /// The element at a path; absent where the message has none.
  public subscript(path: HL7Path) -> HL7Element {
    let name = path.packedName
    var turn = path.occurrence
    for index in storage.segments.indices where storage.segments[index].name == name {
      turn -= 1
      if turn == 0 { return path.element(in: HL7Segment(storage: storage, index: index)) }
    }
    return .absent(in: storage, .field)
  }
}

extension HL7Storage {
  /// Finds the header, its delimiters and its charset, and indexes all that follows.
  ///
  /// With `checksCharset` off, as for a header recovered from something broken, a charset that is not known or does
  /// not match is no error.
  static func parse(
    _ bytes: ArraySlice<UInt8>, header: UInt32, options: HL7Options, checksCharset: Bool = true
  ) throws(HL7Error) -> HL7Storage {
    let limit = min(options.limits.messageBytes, Int(UInt32.max))
    guard bytes.count <= limit else {
      throw HL7Error(
        .limitExceeded, "\(bytes.count) bytes; the limit of this listener is \(limit)",
        condition: .applicationInternalError)
    }
    let opening = try HL7Opening(bytes, expecting: header, options: options)
    var scanner = HL7Scanner(
      delimiters: opening.delimiters, options: options, start: opening.start, count: bytes.count)
    try bytes.withUnsafeBufferPointer { buffer throws(HL7Error) in try scanner.scan(buffer) }
    let unresolved = HL7Storage(
      bytes: bytes, delimiters: opening.delimiters, charset: options.defaultCharset, segments: scanner.segments,
      marks: scanner.marks, notices: opening.notices + scanner.notices)
    // A line feed that ends no segment is one more byte of MSH-2, which then declares what was not read.
    guard HL7Segment(storage: unresolved, index: 0)[2].bytes.count == opening.delimiters.encodingCount else {
      throw HL7Opening.ambiguousDelimiters(header, at: opening.start + 4)
    }
    guard checksCharset else { return unresolved.with(unresolved.declaredCharset ?? .ascii, nil) }
    return try unresolved.resolvingCharset(hasEightBitBytes: scanner.hasEightBitBytes, options: options)
  }

  /// One segment that does not declare delimiters, such as a batch trailer, with those of its header.
  static func parse(
    _ bytes: ArraySlice<UInt8>, delimiters: HL7Delimiters, options: HL7Options
  ) throws(HL7Error) -> HL7Storage {
    var scanner = HL7Scanner(delimiters: delimiters, options: options, start: 0, count: bytes.count)
    try bytes.withUnsafeBufferPointer { buffer throws(HL7Error) in try scanner.scan(buffer) }
    guard !scanner.segments.isEmpty else {
      throw HL7Error(.invalidSegment, "an empty segment", condition: .segmentSequenceError)
    }
    return HL7Storage(
      bytes: bytes, delimiters: delimiters, charset: options.defaultCharset, segments: scanner.segments,
      marks: scanner.marks, notices: scanner.notices)
  }

  /// The charset that MSH-18 names, or the default where it names none; `nil` where the name is unknown.
  private var declaredCharset: HL7Charset? {
    let declared = HL7Segment(storage: self, index: 0)[18].repetition(1)
    return declared.hasValue ? HL7Charset.named(declared.bytes) : charset
  }

  /// The storage with the charset that MSH-18 names, or the profile's, checked against the bytes.
  private func resolvingCharset(hasEightBitBytes: Bool, options: HL7Options) throws(HL7Error) -> HL7Storage {
    guard let named = declaredCharset else {
      throw HL7Error(
        .unsupportedCharset,
        "MSH-18 names a charset that is not read here; use UNICODE UTF-8, ASCII or 8859/1 to 8859/15",
        condition: .tableValueNotFound, location: HL7Location("MSH", field: 18))
    }
    let others = try furtherCharsets()
    guard hasEightBitBytes, !named.isValid(bytes) else {
      return named == charset && others.isEmpty ? self : with(named.switching(!others.isEmpty), nil)
    }
    let isDeclared = HL7Segment(storage: self, index: 0)[18].repetition(1).hasValue
    // `ASCII~8859/1` of a sender that never switches means the second.
    let assumed = others + (isDeclared ? [] : [options.fallbackCharset].compactMap(\.self))
    if let other = assumed.first(where: { $0.isValid(bytes) }) {
      return with(other.switching(!others.isEmpty), HL7Notice(kind: .charsetAssumed, count: 1, offset: 0))
    }
    guard isDeclared, !options.refusesCharsetMismatch else { throw mismatch(of: named) }
    return with(named, HL7Notice(kind: .charsetMismatch, count: 1, offset: 0))
  }

  /// The further sets of MSH-18. One that is not read here is no harm as long as nothing switches to it.
  private func furtherCharsets() throws(HL7Error) -> [HL7Charset] {
    let field = HL7Segment(storage: self, index: 0)[18]
    guard field.repetitionCount > 1 else { return [] }
    let names = field.repetitions.dropFirst().filter(\.hasValue)
    let known = names.compactMap { HL7Charset.named($0.bytes) }
    guard known.count < names.count, bytes.contains(0x1B) else { return known }
    throw HL7Error(
      .unsupportedCharset,
      "the message switches to a charset of MSH-18 that is not read here; use UNICODE UTF-8, or ASCII and 8859/1 to "
        + "8859/15", condition: .tableValueNotFound, location: HL7Location("MSH", field: 18))
  }

  private func with(_ charset: HL7Charset, _ notice: HL7Notice?) -> HL7Storage {
    HL7Storage(
      bytes: bytes, delimiters: delimiters, charset: charset, segments: segments, marks: marks,
      notices: notice.map { notices + [$0] } ?? notices)
  }

  /// The error for bytes that are not text in `charset`, at the first field that shows it.
  private func mismatch(of charset: HL7Charset) -> HL7Error {
    for index in segments.indices {
      let entry = segments[index]
      guard !charset.isValid(slice(entry.start, entry.end)) else { continue }
      let segment = HL7Segment(storage: self, index: index)
      let field = (1...max(1, segment.fieldCount)).first { !charset.isValid(segment[$0].bytes) }
      return HL7Error(
        .charsetMismatch, "the bytes are not valid \(charset.name); declare the charset they are in, in MSH-18",
        condition: .dataTypeError, location: location(ofSegment: index, field: field), offset: Int(entry.start))
    }
    return HL7Error(
      .charsetMismatch, "bytes outside the segments are not valid \(charset.name)", condition: .dataTypeError)
  }
}

/// The first bytes of a message: what precedes the header, and the delimiters that it declares.
struct HL7Opening {
  let start: Int
  let delimiters: HL7Delimiters
  let notices: [HL7Notice]

  /// Finds the header segment `expecting` at the start of `bytes`, after a byte order mark or blank space.
  init(_ bytes: ArraySlice<UInt8>, expecting: UInt32, options: HL7Options) throws(HL7Error) {
    var at = bytes.startIndex
    var notices: [HL7Notice] = []
    try Self.refuseWideCharsets(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      notices.append(HL7Notice(kind: .byteOrderMark, count: 1, offset: 0))
      at += 3
    }
    let blank = bytes[at...].prefix { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
    if !blank.isEmpty {
      notices.append(HL7Notice(kind: .leadingWhitespace, count: blank.count, offset: at - bytes.startIndex))
      at = blank.endIndex
    }
    start = at - bytes.startIndex
    guard bytes.endIndex - at >= 3 else {
      throw HL7Error(
        bytes.endIndex == at ? .noHeader : .truncatedHeader, "no MSH segment: the message is empty or cut short",
        condition: .segmentSequenceError, offset: start)
    }
    let name = HL7SegmentName.pack(bytes[at], bytes[at + 1], bytes[at + 2])
    guard name == expecting else { throw Self.wrongHeader(name, expecting, at: start) }
    let declared = bytes[(at + 3)...].prefix { $0 != .carriageReturn && $0 != .lineFeed }
    guard let field = declared.first else {
      throw HL7Error(
        .truncatedHeader, "the header ends before its field separator", condition: .requiredFieldMissing,
        location: HL7Location(HL7SegmentName.text(name), field: 1), offset: start + 3)
    }
    let encoding = declared.dropFirst().prefix(6).prefix { $0 != field }
    guard let delimiters = HL7Delimiters(field: field, encodingCharacters: encoding) else {
      throw Self.ambiguousDelimiters(name, at: start + 4)
    }
    if encoding.count < 4 {
      notices.append(HL7Notice(kind: .fewDelimiters, count: 1, offset: start + 4))
    }
    self.delimiters = delimiters
    self.notices = notices
  }

  static func ambiguousDelimiters(_ name: UInt32, at offset: Int) -> HL7Error {
    HL7Error(
      .ambiguousDelimiters,
      "the delimiters must be 2 to 6 different punctuation characters, such as |^~\\&, then the field separator",
      condition: .dataTypeError, location: HL7Location(HL7SegmentName.text(name), field: 2), offset: offset)
  }

  private static func wrongHeader(_ name: UInt32, _ expecting: UInt32, at offset: Int) -> HL7Error {
    if HL7SegmentName.declaresDelimiters(name) {
      return HL7Error(
        .batchEnvelope, "\(HL7SegmentName.text(name)) where \(HL7SegmentName.text(expecting)) should stand: a batch",
        condition: .segmentSequenceError, location: HL7Location(HL7SegmentName.text(name)), offset: offset)
    }
    return HL7Error(
      .noHeader, "the first segment is not \(HL7SegmentName.text(expecting))", condition: .segmentSequenceError,
      offset: offset)
  }

  /// Whether bytes begin with MSH in UTF-16 or UTF-32.
  static func isWide(_ head: [UInt8]) -> Bool {
    let hasMark = head.starts(with: [0xFE, 0xFF]) || head.starts(with: [0xFF, 0xFE])
    guard hasMark || head.contains(0) else { return false }
    return head.dropFirst(hasMark ? 2 : 0).filter { $0 != 0 }.starts(with: Array("MS".utf8))
  }

  static func refuseWideCharsets(_ bytes: ArraySlice<UInt8>) throws(HL7Error) {
    if bytes.count > 1, bytes[bytes.startIndex] == 0x4D, bytes[bytes.startIndex + 1] == 0x53 { return }
    let head = Array(bytes.prefix(4))
    let wide: [[UInt8]] = [[0xFE, 0xFF], [0xFF, 0xFE], [0x4D, 0, 0x53, 0], [0, 0x4D, 0, 0x53], [0, 0, 0, 0x4D]]
    if wide.contains(where: { head.starts(with: $0) }) {
      throw HL7Error(
        .unsupportedCharset, "the message is in UTF-16 or UTF-32, whose bytes are not HL7's delimiters; send UTF-8",
        condition: .tableValueNotFound, location: HL7Location("MSH", field: 18))
    }
  }
}
