/// What is put in the place of an element.
enum HL7Replacement {
  case content(HL7Content)
  /// Part of this or of another message, whatever its delimiters and charset.
  case element(HL7Element)
}

/// Bytes being written in a message's delimiters and charset.
struct HL7Encoder {
  /// The highest number of a repetition, component or sub-component that is written.
  static let partLimit = 100_000

  let delimiters: HL7Delimiters
  let charset: HL7Charset
  var bytes: [UInt8] = []
  /// How many characters the charset could not express (`?` stands in their place), and how many values the delimiters
  /// could not.
  var losses = 0

  init(delimiters: HL7Delimiters, charset: HL7Charset) {
    self.delimiters = delimiters
    self.charset = charset
  }

  mutating func write(_ replacement: HL7Replacement, as slot: HL7Element.Level) {
    switch replacement {
    case .content(let content): write(content, as: slot)
    case .element(let element): write(element, as: slot)
    }
  }

  mutating func write(text: String) {
    losses += HL7Escapes.encode(text, into: &bytes, delimiters: delimiters, charset: charset)
  }

  // MARK: Content

  /// Writes a value where an element of the level `slot` stands. A list of components inside a component is one of
  /// sub-components; of one finer still, or without a delimiter, only the first is written.
  mutating func write(_ content: HL7Content, as slot: HL7Element.Level) {
    switch content {
    case .absent: break
    case .null: bytes.append(contentsOf: [0x22, 0x22])
    case .text(let text): write(text: text)
    case .repetitions(let parts): list(parts, slot == .field ? .repetition : nil, or: slot)
    case .components(let parts): list(parts, slot.finer(than: .component) ? nil : max(.component, slot.next), or: slot)
    case .subcomponents(let parts): list(parts, slot == .subcomponent ? nil : .subcomponent, or: slot)
    }
  }

  /// Trailing absent parts are not written.
  private mutating func list(_ parts: [HL7Content], _ level: HL7Element.Level?, or slot: HL7Element.Level) {
    let last = parts.lastIndex { !$0.isAbsent } ?? -1
    for (index, part) in parts.enumerated() where index <= last {
      if index > 0 {
        guard let level, let delimiter = delimiters.before(level), index < Self.partLimit else {
          losses += 1
          return
        }
        bytes.append(delimiter)
      }
      write(part, as: level ?? slot)
    }
  }

  // MARK: Elements

  /// Writes an element where one of the level `slot` stands: parts of a component become components of a field and the
  /// other way round, so that a data type means the same in both.
  mutating func write(_ element: HL7Element, as slot: HL7Element.Level) {
    guard !element.isAbsent else { return }
    guard element.level != .literal, element.level != .subcomponent else { return leaf(element) }
    if element.level == slot, isAlike(element.storage) {
      bytes.append(contentsOf: element.bytes)
      return
    }
    let count = element.partCount
    guard count > 1 else { return write(element.firstPart, as: slot) }
    let level: HL7Element.Level? =
      switch (element.level, slot) {
      case (.field, .field): .repetition
      case (.repetition, .field), (.repetition, .repetition), (.component, .field), (.component, .repetition):
        .component
      case (.repetition, .component), (.component, .component): .subcomponent
      default: nil
      }
    guard let level, let delimiter = delimiters.before(level) else {
      losses += 1
      return write(element.firstPart, as: slot)
    }
    for (index, part) in element.parts.enumerated() {
      if index > 0 { bytes.append(delimiter) }
      write(part, as: level)
    }
  }

  /// Writes a segment with its name, without a terminator. MSH, FHS and BHS get the delimiters that are written with.
  mutating func write(_ segment: HL7Segment) {
    guard !isAlike(segment.storage) else {
      bytes.append(contentsOf: segment.bytes)
      return
    }
    bytes.append(contentsOf: segment.name.utf8)
    let declares = HL7SegmentName.declaresDelimiters(segment.entry.name)
    if declares {
      bytes.append(delimiters.field)
      bytes.append(contentsOf: delimiters.encodingCharacters)
    }
    for number in stride(from: declares ? 3 : 1, through: segment.fieldCount, by: 1) {
      bytes.append(delimiters.field)
      write(segment[number], as: .field)
    }
  }

  private func isAlike(_ storage: HL7Storage) -> Bool {
    storage.delimiters == delimiters && storage.charset == charset
  }

  // MARK: Leaves

  /// Writes a text with its escape sequences: those that mean text as that text, formatting as formatting.
  private mutating func leaf(_ element: HL7Element) {
    if element.isNull { return bytes.append(contentsOf: [0x22, 0x22]) }
    let storage = element.storage
    guard element.level != .literal, !isAlike(storage), let escape = storage.delimiters.escape,
      element.bytes.contains(escape)
    else {
      if isAlike(storage), element.level != .literal {
        bytes.append(contentsOf: element.bytes)
      } else {
        write(text: element.fullText ?? "")
      }
      return
    }
    var rest = element.bytes
    while let open = rest.firstIndex(of: escape) {
      text(rest[..<open], of: storage)
      guard let close = rest[(open + 1)...].firstIndex(of: escape) else {
        return text(rest[open...], of: storage)
      }
      sequence(rest[(open + 1)..<close], whole: rest[open...close], of: storage)
      rest = rest[(close + 1)...]
    }
    text(rest, of: storage)
  }

  private mutating func text(_ bytes: ArraySlice<UInt8>, of storage: HL7Storage) {
    guard !bytes.isEmpty else { return }
    write(text: bytes.withUnsafeBufferPointer { storage.charset.decode($0) })
  }

  private mutating func sequence(_ inner: ArraySlice<UInt8>, whole: ArraySlice<UInt8>, of storage: HL7Storage) {
    // A command that holds a delimiter of these would break the element it stands in: it goes on as text.
    if HL7Escapes.isFormatting(inner), inner.allSatisfy({ delimiters.escapeLetter(for: $0) == nil }) {
      guard let escape = delimiters.escape else {
        losses += 1
        return
      }
      bytes.append(escape)
      bytes.append(contentsOf: inner)
      bytes.append(escape)
    } else {
      write(text: HL7Escapes.decode(whole, of: storage))
    }
  }
}

extension HL7Delimiters {
  /// The delimiter that parts of a level are split by.
  func before(_ level: HL7Element.Level) -> UInt8? {
    switch level {
    case .field, .literal: field
    case .repetition: repetition
    case .component: component
    case .subcomponent: subcomponent
    }
  }
}
