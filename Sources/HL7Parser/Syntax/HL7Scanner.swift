/// The one pass over a message that finds its segments and fields.
///
/// Sixteen bytes at a time are compared with the two delimiters that matter here (field, repetition) and with
/// "below 0x20", which takes in both terminators and every control character. Only the hits are looked at one by
/// one, so long encapsulated data costs little more than reading it.
struct HL7Scanner {
  private(set) var segments: [HL7Storage.Entry] = []
  private(set) var marks: [UInt32] = []
  private(set) var notices: [HL7Notice] = []
  /// Whether any byte had its high bit set.
  private(set) var hasEightBitBytes = false

  private let delimiters: HL7Delimiters
  private let limits: HL7Limits
  private let tolerant: Bool
  private let fieldByte: UInt8
  private let repetitionByte: UInt8
  private var start: Int
  private var firstMark = 0
  private var repetitions = 1

  /// A scanner for bytes whose first segment starts at `start`.
  init(delimiters: HL7Delimiters, options: HL7Options, start: Int, count: Int) {
    self.delimiters = delimiters
    limits = options.limits
    tolerant = options.terminators == .tolerant
    fieldByte = delimiters.field
    repetitionByte = delimiters.repetition ?? delimiters.field
    self.start = start
    segments.reserveCapacity(16)
    marks.reserveCapacity(min(count / 4, 512))
  }

  mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>) throws(HL7Error) {
    guard let base = bytes.baseAddress else { return }
    let raw = UnsafeRawPointer(base)
    let fields = SIMD16<UInt8>(repeating: fieldByte)
    let repeats = SIMD16<UInt8>(repeating: repetitionByte)
    let space = SIMD16<UInt8>(repeating: 0x20)
    var seen = SIMD16<UInt8>(repeating: 0)
    var at = start
    while at + 16 <= bytes.count {
      let block = raw.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
      seen |= block
      let hits = (block .< space) .| (block .== fields) .| (block .== repeats)
      let lanes = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
      if lanes.x | lanes.y != 0 {
        try take(lanes.x, at: at, in: bytes)
        try take(lanes.y, at: at + 8, in: bytes)
      }
      at += 16
    }
    var tail: UInt8 = 0
    while at < bytes.count {
      let byte = base[at]
      tail |= byte
      if byte < 0x20 || byte == fieldByte || byte == repetitionByte { try take(at, byte, in: bytes) }
      at += 1
    }
    let both = unsafeBitCast(seen, to: SIMD2<UInt64>.self)
    hasEightBitBytes = (both.x | both.y) & 0x8080_8080_8080_8080 != 0 || tail & 0x80 != 0
    if start < bytes.count {
      try endSegment(at: bytes.count, next: bytes.count, in: bytes)
      notice(.missingFinalTerminator, at: bytes.count)
    }
  }

  /// Takes each byte of the eight from `at` whose lane is set.
  @inline(__always)
  private mutating func take(
    _ lanes: UInt64, at: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) throws(HL7Error) {
    var hits = lanes & 0x8080_8080_8080_8080
    while hits != 0 {
      let place = at + hits.trailingZeroBitCount >> 3
      try take(place, bytes[place], in: bytes)
      hits &= hits - 1
    }
  }

  @inline(__always)
  private mutating func take(
    _ place: Int, _ byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>
  ) throws(HL7Error) {
    if byte == fieldByte {
      marks.append(UInt32(truncatingIfNeeded: place))
      repetitions = 1
    } else if byte == repetitionByte {
      repetitions += 1
      if repetitions > limits.repetitions { throw tooMany("repetitions of one field", limits.repetitions, place) }
    } else {
      try takeControl(place, byte, in: bytes)
    }
  }

  private mutating func takeControl(
    _ place: Int, _ byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>
  ) throws(HL7Error) {
    switch byte {
    case .carriageReturn:
      try endSegment(at: place, next: place + 1, in: bytes)
    case .lineFeed where tolerant && place == start:
      // The second half of CRLF, or an empty line.
      notice(.lineFeedTerminator, at: place)
      start = place + 1
    case .lineFeed where tolerant && endsSegment(place, in: bytes):
      notice(.lineFeedTerminator, at: place)
      try endSegment(at: place, next: place + 1, in: bytes)
    case 0x09:
      break
    default:
      notice(.controlCharacter, at: place)
    }
  }

  /// Whether what follows a line feed is a segment, another terminator or nothing.
  private func endsSegment(_ place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let next = place + 1
    guard next < bytes.count else { return true }
    if bytes[next] == .carriageReturn || bytes[next] == .lineFeed { return true }
    guard next + 3 <= bytes.count, HL7SegmentName.isValid(bytes[next], bytes[next + 1], bytes[next + 2]) else {
      return false
    }
    guard next + 3 < bytes.count else { return true }
    let after = bytes[next + 3]
    return after == fieldByte || after == .carriageReturn || after == .lineFeed
  }

  private mutating func endSegment(
    at end: Int, next: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) throws(HL7Error) {
    let from = start
    start = next
    repetitions = 1
    if marks.count == firstMark && bytes[from..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
      notice(.emptySegment, at: from)
      return
    }
    guard end - from >= 3, HL7SegmentName.isValid(bytes[from], bytes[from + 1], bytes[from + 2]),
      end - from == 3 || bytes[from + 3] == fieldByte
    else { throw invalidSegment(at: from, end: end, in: bytes) }
    let name = HL7SegmentName.pack(bytes[from], bytes[from + 1], bytes[from + 2])
    try checkEnvelope(name, at: from)
    segments.append(
      HL7Storage.Entry(
        name: name, start: UInt32(from), end: UInt32(end), firstMark: UInt32(firstMark),
        markCount: UInt32(marks.count - firstMark)))
    firstMark = marks.count
    if segments.count > limits.segments { throw tooMany("segments", limits.segments, from) }
    if marks.count > limits.fields { throw tooMany("fields", limits.fields, from) }
  }

  /// A message has one header, and it comes first; batch headers and trailers do not belong in it.
  private func checkEnvelope(_ name: UInt32, at offset: Int) throws(HL7Error) {
    guard !segments.isEmpty else { return }
    if name == HL7SegmentName.MSH {
      throw HL7Error(
        .secondHeader, "a second MSH: several messages in one frame; send each in its own, or as a batch",
        condition: .segmentSequenceError, location: HL7Location("MSH", occurrence: 2), offset: offset)
    }
    if [HL7SegmentName.FHS, HL7SegmentName.BHS, HL7SegmentName.BTS, HL7SegmentName.FTS].contains(name) {
      throw HL7Error(
        .batchEnvelope, "a batch header or trailer inside a message; read the file as a batch",
        condition: .segmentSequenceError, location: HL7Location(HL7SegmentName.text(name)), offset: offset)
    }
  }

  private func invalidSegment(at from: Int, end: Int, in bytes: UnsafeBufferPointer<UInt8>) -> HL7Error {
    let cause =
      from < end && bytes[from] == .lineFeed
      ? "it begins with a line feed, and this sender's profile takes only CR as terminator"
      : "a segment begins with a capital letter, two capitals or digits and the field separator"
    return HL7Error(
      .invalidSegment, "segment \(segments.count + 1) of the message has no valid name: \(cause)",
      condition: .segmentSequenceError, location: segments.last.map { HL7Location(HL7SegmentName.text($0.name)) },
      offset: from)
  }

  private func tooMany(_ what: String, _ limit: Int, _ offset: Int) -> HL7Error {
    HL7Error(
      .limitExceeded, "more than \(limit) \(what), the limit of this listener", condition: .applicationInternalError,
      offset: offset)
  }

  private mutating func notice(_ kind: HL7Notice.Kind, at offset: Int) {
    if let index = notices.firstIndex(where: { $0.kind == kind }) {
      notices[index].count += 1
    } else {
      notices.append(HL7Notice(kind: kind, count: 1, offset: offset))
    }
  }
}
