// A message is a value: each change makes new bytes and a new index over them, at the cost of one pass. Where many
// segments change, `updateAll` does it in one. Whatever is not changed keeps its bytes: terminators, trailing delimiters
// and escapes included.
extension HL7Message {
  /// A message of a header alone, to be filled.
  public init(_ header: HL7.MSH) {
    var encoder = HL7Encoder(delimiters: header.segment.storage.delimiters, charset: header.segment.storage.charset)
    encoder.losses = header.segment.losses
    encoder.write(header.segment)
    let piece = HL7Piece(bytes: encoder.bytes[...], gap: [.carriageReturn])
    let empty = HL7Storage(detached: HL7Encoder(delimiters: encoder.delimiters, charset: encoder.charset))
    self.init(storage: empty.assembling([piece], leading: [], losses: encoder.losses) ?? empty)
    followHeader()
  }

  /// Puts a segment in the place of another.
  public mutating func replace(at index: Int, with segment: HL7Segment) {
    precondition(segments.indices.contains(index), "segment index out of range")
    edit { pieces, encoder in pieces[index].bytes = encoder.piece(segment) }
  }

  /// Inserts a segment before the one at `index`; nothing goes before the header.
  public mutating func insert(_ segment: HL7Segment, at index: Int) {
    precondition(index > 0 && index <= segments.count, "segment index out of range")
    edit { pieces, encoder in
      let terminator = pieces.terminator
      if pieces[index - 1].gap.isEmpty { pieces[index - 1].gap = terminator }
      pieces.insert(HL7Piece(bytes: encoder.piece(segment), gap: terminator), at: index)
    }
  }

  public mutating func append(_ segment: HL7Segment) { insert(segment, at: segments.count) }

  public mutating func append(_ face: some HL7SegmentFace) { append(face.segment) }

  /// Removes a segment; the header stays.
  public mutating func remove(at index: Int) {
    precondition(index > 0 && index < segments.count, "segment index out of range")
    edit { pieces, _ in pieces.remove(at: index) }
  }

  /// Removes every segment of a name; the header stays.
  public mutating func removeAll(named name: String) {
    let doomed = segments.indices.filter { $0 > 0 && segments[$0].name == name }
    guard !doomed.isEmpty else { return }
    edit { pieces, _ in for index in doomed.reversed() { pieces.remove(at: index) } }
  }

  /// Changes every segment of a type, in one pass over the message.
  public mutating func updateAll<Face: HL7SegmentFace, Failure: Error>(
    _ face: Face.Type, _ change: (inout Face) throws(Failure) -> Void
  ) throws(Failure) {
    var changed: [(Int, HL7Segment)] = []
    for index in segments.indices where segments[index].name == Face.name {
      var face = Face(segments[index])
      try change(&face)
      changed.append((index, face.segment))
    }
    edit { pieces, encoder in for (index, segment) in changed { pieces[index].bytes = encoder.piece(segment) } }
  }

  /// Puts a segment in the place of the first of its type, or behind the last segment; nil removes it.
  mutating func setFirst<Face: HL7SegmentFace>(_ face: Face?) {
    let index = segments.first(named: Face.name)?.index
    switch (face, index) {
    case (let face?, let index?): replace(at: index, with: face.segment)
    case (let face?, nil): append(face.segment)
    case (nil, let index?) where index > 0: remove(at: index)
    case (nil, _): break
    }
  }

  // MARK: By path

  /// Puts a value at a path; see `set(_:at:)` for one that is parsed.
  public mutating func set(_ content: HL7Content, at path: String) throws(HL7Error) {
    try set(content, at: try HL7Path(path))
  }

  /// Puts a value at a path such as `PID-5[2].1`: `.text`, `.null`, `.absent` to remove it, or a list of its parts.
  ///
  /// A path that ends with the field means the whole field, one that ends with the component the whole component. The
  /// segment after the last of its name is appended (`NTE[3]-3` where there are two); one further on is refused, as is
  /// what the delimiters or the charset cannot express. Then the message is as it was.
  public mutating func set(_ content: HL7Content, at path: HL7Path) throws(HL7Error) {
    let those = segments.indices.filter { segments[$0].entry.name == path.packedName }
    let index: Int? = path.occurrence <= those.count ? those[path.occurrence - 1] : nil
    guard index != nil || path.occurrence == those.count + 1, path.segment != "MSH" || index == 0 else {
      throw HL7Error(
        .invalidPath, "there are \(those.count) \(path.segment) segments; the next is number \(those.count + 1)",
        condition: .segmentSequenceError, location: path.location)
    }
    var segment =
      index.map { segments[$0] }
      ?? HL7Segment(path.segment, delimiters: delimiters, charset: charset)
    let before = index == nil ? 0 : segment.losses
    var field = segment[path.field]
    field.set(content, repetition: path.repetition, component: path.component, subcomponent: path.subcomponent)
    segment.setField(path.field, .element(field))
    guard segment.losses == before else {
      throw HL7Error(
        .notExpressible, "the message's delimiters or its charset (\(charset.name)) cannot express what is set here",
        condition: .dataTypeError, location: path.location)
    }
    if let index { replace(at: index, with: segment) } else { append(segment) }
  }

  // MARK: Bytes

  private mutating func edit(_ change: (inout [HL7Piece], inout HL7Encoder) -> Void) {
    var encoder = HL7Encoder(delimiters: delimiters, charset: charset)
    var pieces = storage.pieces
    change(&pieces, &encoder)
    guard let edited = storage.assembling(pieces, leading: storage.leading, losses: encoder.losses) else {
      self = HL7Message(storage: storage.losing(1))
      return
    }
    self = HL7Message(storage: edited)
    followHeader()
  }

  /// After a change to MSH-18 the texts are in the charset that it names.
  private mutating func followHeader() {
    let declared = header[18].repetition(1)
    guard declared.hasValue, let charset = HL7Charset.named(declared.bytes), charset != storage.charset else { return }
    var encoder = HL7Encoder(delimiters: delimiters, charset: charset)
    let pieces = zip(segments, storage.pieces).map { segment, piece in
      HL7Piece(bytes: encoder.piece(segment), gap: piece.gap)
    }
    let empty = HL7Storage(detached: encoder)
    if let edited = empty.assembling(pieces, leading: storage.leading, losses: encoder.losses, notices: notices) {
      self = HL7Message(storage: edited)
    }
  }
}

/// A segment's bytes and what stands between it and the next.
struct HL7Piece {
  var bytes: ArraySlice<UInt8>
  var gap: ArraySlice<UInt8>
}

extension [HL7Piece] {
  /// What ends a segment in this message.
  fileprivate var terminator: ArraySlice<UInt8> {
    let gap = first?.gap.prefix { $0 == .carriageReturn || $0 == .lineFeed }.prefix(2) ?? []
    return gap.isEmpty ? [.carriageReturn] : gap == [.carriageReturn, .carriageReturn] ? [.carriageReturn] : gap
  }
}

extension HL7Encoder {
  /// The bytes of a segment in these delimiters and this charset.
  fileprivate mutating func piece(_ segment: HL7Segment) -> ArraySlice<UInt8> {
    var own = HL7Encoder(delimiters: delimiters, charset: charset)
    own.write(segment)
    losses += own.losses + segment.losses
    return own.bytes[...]
  }
}

extension HL7Storage {
  /// What stands before the header.
  fileprivate var leading: ArraySlice<UInt8> { slice(0, segments.first?.start ?? 0) }

  fileprivate var pieces: [HL7Piece] {
    segments.indices.map { index in
      let entry = segments[index]
      let next = index + 1 < segments.count ? segments[index + 1].start : UInt32(bytes.count)
      return HL7Piece(bytes: slice(entry.start, entry.end), gap: slice(entry.end, next))
    }
  }

  /// Storage of the same delimiters and charset over the bytes of `pieces`; nil where they are more than the index can
  /// reach.
  fileprivate func assembling(
    _ pieces: [HL7Piece], leading: ArraySlice<UInt8>, losses: Int, notices: [HL7Notice]? = nil
  ) -> HL7Storage? {
    let count = pieces.reduce(leading.count) { $0 + $1.bytes.count + $1.gap.count }
    guard count < Int(UInt32.max) else { return nil }
    var whole: [UInt8] = []
    whole.reserveCapacity(count)
    whole += leading
    var entries: [Entry] = []
    entries.reserveCapacity(pieces.count)
    var marks: [UInt32] = []
    marks.reserveCapacity(self.marks.count + 16)
    for piece in pieces {
      let start = whole.count
      let first = marks.count
      let name = piece.bytes.prefix(3)
      guard name.count == 3 else { return nil }
      marks += HL7SegmentMarks.all(in: piece.bytes, delimiter: delimiters.field, offset: start)
      whole += piece.bytes
      entries.append(
        Entry(
          name: HL7SegmentName.pack(name[name.startIndex], name[name.startIndex + 1], name[name.startIndex + 2]),
          start: UInt32(start), end: UInt32(whole.count), firstMark: UInt32(first),
          markCount: UInt32(marks.count - first)))
      whole += piece.gap
    }
    let edited = HL7Storage(
      bytes: whole[...], delimiters: delimiters, charset: charset, segments: entries, marks: marks,
      notices: notices ?? self.notices)
    return losses > 0 ? edited.losing(losses) : edited
  }

  /// The same with a notice that values could not be expressed.
  fileprivate func losing(_ count: Int) -> HL7Storage {
    var notices = notices
    if let index = notices.firstIndex(where: { $0.kind == .notExpressible }) {
      notices[index].count += count
    } else {
      notices.append(HL7Notice(kind: .notExpressible, count: count, offset: 0))
    }
    return HL7Storage(
      bytes: bytes, delimiters: delimiters, charset: charset, segments: segments, marks: marks, notices: notices)
  }
}
