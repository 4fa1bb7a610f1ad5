import Glibc

/// The received bytes and where their segments and fields lie. Shared by everything that reads one message.
///
/// Index format: `marks` holds the offset of every field separator of the message, in order; a segment knows the
/// first of its own. For `PID|1||42<CR>PV1|1` at offset 0:
///
///     segments  {name PID, start 0, end 9, firstMark 0, markCount 3}  {name PV1, start 10, end 15, firstMark 3 …}
///     marks     3 5 6   13
///
/// Field n of a segment lies between mark n and mark n + 1 (counted from 1), the last one ends with the segment.
/// Offsets count from the first byte given, also when those bytes are a slice of something larger.
final class HL7Storage: Sendable {
  struct Entry: Sendable {
    /// The three bytes of the name, first in the highest place.
    var name: UInt32
    var start: UInt32
    /// The end of the content; the terminator is not in it.
    var end: UInt32
    var firstMark: UInt32
    var markCount: UInt32
  }

  let bytes: ArraySlice<UInt8>
  let delimiters: HL7Delimiters
  let charset: HL7Charset
  let segments: [Entry]
  let marks: [UInt32]
  let notices: [HL7Notice]
  /// Each segment's turn among those of its name; empty for short messages, where counting is as quick.
  private let occurrences: [Int]
  private static let countedSegments = 64

  init(
    bytes: ArraySlice<UInt8>, delimiters: HL7Delimiters, charset: HL7Charset, segments: [Entry], marks: [UInt32],
    notices: [HL7Notice]
  ) {
    self.bytes = bytes
    self.delimiters = delimiters
    self.charset = charset
    self.segments = segments
    self.marks = marks
    self.notices = notices
    occurrences = segments.count > Self.countedSegments ? Self.occurrences(of: segments) : []
  }

  private static func occurrences(of segments: [Entry]) -> [Int] {
    var counts: [UInt32: Int] = [:]
    return segments.map { segment in
      let turn = counts[segment.name, default: 0] + 1
      counts[segment.name] = turn
      return turn
    }
  }

  subscript(offset: UInt32) -> UInt8 { bytes[bytes.startIndex + Int(offset)] }

  func slice(_ start: UInt32, _ end: UInt32) -> ArraySlice<UInt8> {
    bytes[bytes.startIndex + Int(start)..<bytes.startIndex + Int(end)]
  }

  /// The first place of `byte` in the range, or `end`.
  func firstOffset(of byte: UInt8, from start: UInt32, to end: UInt32) -> UInt32 {
    guard start < end else { return end }
    return bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, Int(end) <= buffer.count else { return end }
      guard let hit = memchr(base + Int(start), Int32(byte), Int(end - start)) else { return end }
      return UInt32(UnsafeRawPointer(hit) - UnsafeRawPointer(base))
    }
  }

  /// The first place in the range whose byte is wanted, or `end`. For what lies near the start.
  @inline(__always)
  func firstOffset(from start: UInt32, to end: UInt32, where isWanted: (UInt8) -> Bool) -> UInt32 {
    bytes.withUnsafeBufferPointer { buffer in
      var at = Int(start)
      let last = min(Int(end), buffer.count)
      while at < last, !isWanted(buffer[at]) { at += 1 }
      return UInt32(truncatingIfNeeded: at)
    }
  }

  /// How many times `byte` occurs in the range.
  func count(of byte: UInt8, from start: UInt32, to end: UInt32) -> Int {
    var count = 0
    var at = firstOffset(of: byte, from: start, to: end)
    while at < end {
      count += 1
      at = firstOffset(of: byte, from: at + 1, to: end)
    }
    return count
  }

  /// The part of the range after `index` separators, or `nil` when there are fewer.
  func part(_ index: Int, separatedBy byte: UInt8, from start: UInt32, to end: UInt32) -> (UInt32, UInt32)? {
    var from = start
    for _ in 0..<index {
      from = firstOffset(of: byte, from: from, to: end)
      guard from < end else { return nil }
      from += 1
    }
    return (from, firstOffset(of: byte, from: from, to: end))
  }

  /// The location of a segment: its name and its turn among those of that name.
  func location(ofSegment index: Int, field: Int? = nil) -> HL7Location {
    let name = segments[index].name
    let occurrence =
      occurrences.isEmpty ? segments[...index].reduce(0) { $0 + ($1.name == name ? 1 : 0) } : occurrences[index]
    return HL7Location(HL7SegmentName.text(name), occurrence: occurrence, field: field)
  }
}

/// Segment names packed into an integer, for comparing without a string.
enum HL7SegmentName {
  static let MSH = pack(0x4D, 0x53, 0x48)
  static let FHS = pack(0x46, 0x48, 0x53)
  static let BHS = pack(0x42, 0x48, 0x53)
  static let BTS = pack(0x42, 0x54, 0x53)
  static let FTS = pack(0x46, 0x54, 0x53)

  static func pack(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt32 { UInt32(a) << 16 | UInt32(b) << 8 | UInt32(c) }

  /// The packed form of three ASCII bytes, or `nil` for any other length.
  static func pack(_ name: String) -> UInt32? {
    var name = name
    return name.withUTF8 { $0.count == 3 ? pack($0[0], $0[1], $0[2]) : nil }
  }

  static func text(_ name: UInt32) -> String {
    String(
      decoding: [
        UInt8(truncatingIfNeeded: name >> 16), UInt8(truncatingIfNeeded: name >> 8), UInt8(truncatingIfNeeded: name),
      ], as: UTF8.self)
  }

  /// Whether the segment's first two fields are the delimiters themselves.
  static func declaresDelimiters(_ name: UInt32) -> Bool { name == MSH || name == FHS || name == BHS }

  /// A capital letter, then two capitals or digits.
  static func isValid(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
    a.isASCIIUppercase && (b.isASCIIUppercase || b.isASCIIDigit) && (c.isASCIIUppercase || c.isASCIIDigit)
  }
}
