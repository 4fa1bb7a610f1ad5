extension HL7Segment {
  /// A segment that stands alone, without any field; MSH, FHS and BHS have their delimiters.
  ///
  /// `name` is a capital letter followed by two capitals or digits. Put into a message, it takes on that message's
  /// delimiters and charset.
  public init(_ name: String, delimiters: HL7Delimiters = .standard, charset: HL7Charset = .utf8) {
    let packed = HL7SegmentName.pack(name)
    precondition(packed != nil, "a segment name has three characters")
    var encoder = HL7Encoder(delimiters: delimiters, charset: charset)
    encoder.bytes += name.utf8
    if let packed, HL7SegmentName.declaresDelimiters(packed) {
      encoder.bytes.append(delimiters.field)
      encoder.bytes += delimiters.encodingCharacters
    }
    self.init(detached: encoder)
  }

  /// A segment that stands alone, of bytes that begin with its name.
  init(detached encoder: HL7Encoder) {
    let marks = HL7SegmentMarks.all(in: encoder.bytes[...], delimiter: encoder.delimiters.field)
    let name = HL7SegmentName.pack(encoder.bytes[0], encoder.bytes[1], encoder.bytes[2])
    let entry = HL7Storage.Entry(
      name: name, start: 0, end: UInt32(clamping: encoder.bytes.count), firstMark: 0, markCount: UInt32(marks.count))
    self.init(storage: HL7Storage(detached: encoder, segments: [entry], marks: marks), index: 0)
  }

  /// Puts a value in the place of a whole field, from 1 to `HL7SegmentDraft.fieldLimit`; fields between are empty. The
  /// delimiters that MSH-1 and MSH-2 declare cannot be changed.
  public mutating func set(_ content: HL7Content, field: Int) { setField(field, .content(content)) }

  mutating func setField(_ number: Int, _ replacement: HL7Replacement) {
    let declares = HL7SegmentName.declaresDelimiters(entry.name)
    var whole = HL7Encoder(delimiters: storage.delimiters, charset: storage.charset)
    whole.losses = losses
    let delimiters = whole.delimiters
    guard (declares ? 3 : 1)...HL7SegmentDraft.fieldLimit ~= number else {
      whole.losses += 1
      whole.bytes += bytes
      self = HL7Segment(detached: whole)
      return
    }
    var new = HL7Encoder(delimiters: delimiters, charset: storage.charset)
    new.write(replacement, as: .field)
    if case .element(let element) = replacement { new.losses += element.losses }
    whole.losses += new.losses
    if number <= fieldCount {
      let old = self[number]
      whole.bytes += storage.slice(entry.start, old.start)
      whole.bytes += new.bytes
      whole.bytes += storage.slice(old.end, entry.end)
    } else {
      whole.bytes += bytes
      if !new.bytes.isEmpty {
        let missing = number - max(fieldCount, declares ? 2 : 0)
        whole.bytes += [UInt8](repeating: delimiters.field, count: missing)
        whole.bytes += new.bytes
      }
    }
    self = HL7Segment(detached: whole)
  }

  /// How many values set in this segment could not be expressed; not asked of one that stands in a message.
  var losses: Int {
    storage.segments.count == 1
      ? storage.notices.reduce(0) { $0 + ($1.kind == .notExpressible ? $1.count : 0) } : 0
  }
}

/// The offsets of the field separators of a segment.
enum HL7SegmentMarks {
  static func all(in bytes: ArraySlice<UInt8>, delimiter: UInt8, offset: Int = 0) -> [UInt32] {
    var marks: [UInt32] = []
    for (index, byte) in bytes.enumerated() where byte == delimiter { marks.append(UInt32(clamping: offset + index)) }
    return marks
  }
}
