// Elements are values: a change makes new bytes, of which the element is the whole, and leaves the message it came from
// as it was. Whoever asked for the element puts it back: `message.PID?.patientName[0].familyName = "Berrada"` writes
// the component, the repetition, the field, the segment and the message, each with all its other bytes as they stood.
extension HL7Element {
  /// An element that holds nothing, with the standard delimiters, in UTF-8.
  static let blank = HL7Element(storage: .blank, start: 0, end: 0, level: .repetition)

  /// Puts a value in the place of the whole element.
  public mutating func set(_ content: HL7Content) { replace(content) }

  mutating func replace(_ content: HL7Content) {
    guard level != .literal else { return lose() }
    var encoder = encoder
    encoder.write(content, as: level)
    become(encoder)
  }

  /// Puts a value in the place of a part that a data type numbers; see `part(_:)`.
  mutating func setPart(_ number: Int, _ replacement: HL7Replacement) {
    switch level {
    case .field:
      var first = repetition(1)
      first.setPart(number, replacement)
      setPiece(1, .repetition, first)
    case .repetition: setPiece(number, .component, replacement)
    case .component: setPiece(number, .subcomponent, replacement)
    case .subcomponent where number == 1: setPiece(1, .subcomponent, replacement)
    case .subcomponent, .literal: lose()
    }
  }

  mutating func setRepetition(_ number: Int, _ replacement: HL7Replacement) {
    if level == .field {
      setPiece(number, .repetition, replacement)
    } else if number == 1 {
      var encoder = encoder
      encoder.write(replacement, as: level)
      become(encoder)
    } else {
      lose()
    }
  }

  /// Puts a value at a place inside a field. A part left out of the place means all of what it would be part of.
  mutating func set(_ content: HL7Content, repetition: Int?, component: Int?, subcomponent: Int?) {
    guard repetition != nil || component != nil else { return replace(content) }
    guard let component else { return setRepetition(repetition ?? 1, .content(content)) }
    var inner = self.repetition(repetition ?? 1)
    if let subcomponent {
      var part = inner.component(component)
      part.setPart(subcomponent, .content(content))
      inner.setPart(component, .element(part))
    } else {
      inner.setPart(component, .content(content))
    }
    setRepetition(repetition ?? 1, .element(inner))
  }

  // MARK: Bytes

  private var encoder: HL7Encoder { HL7Encoder(delimiters: storage.delimiters, charset: storage.charset) }

  /// How many values set in this element could not be expressed.
  var losses: Int { storage.notices.reduce(0) { $0 + ($1.kind == .notExpressible ? $1.count : 0) } }

  private mutating func setPiece(_ number: Int, _ pieces: Level, _ replacement: HL7Replacement) {
    var encoder = encoder
    encoder.write(replacement, as: pieces)
    if case .element(let element) = replacement { encoder.losses += element.losses }
    splice(number, pieces, encoder)
  }

  private mutating func setPiece(_ number: Int, _ pieces: Level, _ element: HL7Element) {
    setPiece(number, pieces, .element(element))
  }

  /// Puts bytes in the place of a piece, and before it as many delimiters as it needs.
  private mutating func splice(_ number: Int, _ pieces: Level, _ new: HL7Encoder) {
    let delimiter = level == pieces ? nil : storage.delimiters.before(pieces)
    guard (1...HL7Encoder.partLimit).contains(number), number == 1 || delimiter != nil else { return lose() }
    var whole = encoder
    whole.losses = new.losses + losses
    let found = delimiter.map { storage.part(number - 1, separatedBy: $0, from: start, to: end) } ?? (start, end)
    if let (from, to) = found {
      whole.bytes += storage.slice(start, from)
      whole.bytes += new.bytes
      whole.bytes += storage.slice(to, end)
    } else {
      whole.bytes += bytes
      if let delimiter, !new.bytes.isEmpty {
        let pieces = storage.count(of: delimiter, from: start, to: end) + 1
        whole.bytes += [UInt8](repeating: delimiter, count: number - pieces)
        whole.bytes += new.bytes
      }
    }
    become(whole)
  }

  /// Says that something could not be set, and changes nothing.
  private mutating func lose() {
    var same = encoder
    same.bytes = Array(bytes)
    same.losses = losses + 1
    become(same)
  }

  private mutating func become(_ encoder: HL7Encoder) {
    let storage = HL7Storage(detached: encoder)
    self = HL7Element(storage: storage, start: 0, end: UInt32(clamping: encoder.bytes.count), level: level)
  }
}

extension HL7Element.Level: Comparable {
  static func < (a: HL7Element.Level, b: HL7Element.Level) -> Bool { a.rawValue < b.rawValue }

  func finer(than level: HL7Element.Level) -> Bool { self > level }

  /// The level of the parts.
  var next: HL7Element.Level {
    switch self {
    case .field: .repetition
    case .repetition: .component
    case .component, .subcomponent: .subcomponent
    case .literal: .literal
    }
  }
}

extension HL7Repeats {
  /// The repetition at a place, from 0. Setting one beyond the last leaves empty ones between.
  public subscript(position: Int) -> Value {
    get { Value(field.repetition(position + 1)) }
    set { field.setRepetition(position + 1, .element(newValue.element)) }
  }

  /// Adds a repetition behind the last.
  public mutating func append(_ value: Value) { self[count] = value }

  /// Removes every repetition.
  public mutating func removeAll() { field.replace(.absent) }
}

extension HL7Storage {
  /// What every blank element points into.
  static let blank = HL7Storage(detached: HL7Encoder(delimiters: .standard, charset: .utf8))

  /// Bytes that are not a message: an element, or a segment without index.
  convenience init(detached encoder: HL7Encoder, segments: [Entry] = [], marks: [UInt32] = []) {
    let lost = HL7Notice(kind: .notExpressible, count: encoder.losses, offset: 0)
    self.init(
      bytes: encoder.bytes[...], delimiters: encoder.delimiters, charset: encoder.charset, segments: segments,
      marks: marks, notices: encoder.losses > 0 ? [lost] : [])
  }
}
