import HL7Parser

/// The text of one leaf as XML has it.
enum HL7XMLPiece: Hashable {
  /// Characters; delimiters in them are text, and are escaped when they become ER7.
  case text(String)
  /// `<escape V="…"/>`: a sequence that does not stand for a character.
  case escape(String)
  /// Bytes that stood in ER7 as they are, and that no text gives back: a delimiter without its escape, a lone escape
  /// character, a control character.
  case raw([UInt8])
}

/// Parts the bytes of a leaf into pieces that become the same bytes again.
struct HL7XMLText {
  private let delimiters: HL7Delimiters
  private let charset: HL7Charset
  private(set) var pieces: [HL7XMLPiece] = []
  private var run: [UInt8] = []

  init(_ bytes: ArraySlice<UInt8>, delimiters: HL7Delimiters, charset: HL7Charset) {
    self.delimiters = delimiters
    self.charset = charset
    if bytes.elementsEqual([0x22, 0x22]) {
      pieces = [.text("\"\"")]
      return
    }
    var rest = bytes
    while let byte = rest.first {
      rest = rest.dropFirst()
      if byte == delimiters.escape {
        takeEscape(&rest)
      } else if isPlain(byte) {
        run.append(byte)
      } else {
        raw([byte])
      }
    }
    endRun()
  }

  /// Whether text that holds this byte becomes this byte again.
  private func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F && delimiters.escapeLetter(for: byte) == nil
  }

  /// Takes what follows an escape character: a sequence, or nothing that is one.
  private mutating func takeEscape(_ rest: inout ArraySlice<UInt8>) {
    guard let escape = delimiters.escape, let close = rest.firstIndex(of: escape) else {
      return raw(delimiters.escape.map { [$0] } ?? [])
    }
    let sequence = rest[..<close]
    if sequence.count == 1, let letter = sequence.first, let meaning = meaning(of: letter) {
      run.append(meaning)
    } else if sequence.allSatisfy(isPlain), let text = text(Array(sequence)) {
      endRun()
      pieces.append(.escape(text))
    } else {
      return raw([escape])
    }
    rest = rest[(close + 1)...]
  }

  /// The delimiter that a letter stands for, where that delimiter is written by that letter.
  private func meaning(of letter: UInt8) -> UInt8? {
    let all = [
      delimiters.field, delimiters.component, delimiters.repetition, delimiters.escape, delimiters.subcomponent,
      delimiters.truncation,
    ]
    return all.lazy.compactMap { $0 }.first { delimiters.escapeLetter(for: $0) == letter }
  }

  private mutating func raw(_ bytes: [UInt8]) {
    endRun()
    if case .raw(let before)? = pieces.last {
      pieces[pieces.count - 1] = .raw(before + bytes)
    } else {
      pieces.append(.raw(bytes))
    }
  }

  private mutating func endRun() {
    guard !run.isEmpty else { return }
    pieces.append(text(run).map { .text($0) } ?? .raw(run))
    run.removeAll(keepingCapacity: true)
  }

  /// The text of bytes; nil where they are none in this charset, or hold characters that XML cannot.
  private func text(_ bytes: [UInt8]) -> String? {
    guard charset.isValid(bytes[...]) else { return nil }
    let text = bytes.withUnsafeBufferPointer { charset.decode($0) }
    return text.unicodeScalars.contains { $0.value == 0xFFFE || $0.value == 0xFFFF } ? nil : text
  }
}
